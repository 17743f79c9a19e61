/* sleep16: 16 sleeps as tasks, which cannot end before the longest of 1.5 s has; see tasks.h. */
#include "base/base.h"
#include "cases/tasks.h"

static const bench_row rows[] = {
    {"sleep16", 16, "16 sleeps of 0.1 to 1.5 s", BENCH_ROW_NO_DEVICES},
    {"sleep16_cores", 16, "the same, all on as many threads as cores", BENCH_ROW_NO_DEVICES},
};
static const bench_task_row hows[YKI_COUNT(rows)] = {
    {.order = "sleep16", .samples = 1, .rounds = 2, .quick_rounds = 1, .threads_others = 16,
     .serial_s = 9.9, .runs_serial = true},
    {.order = "sleep16", .samples = 1, .rounds = 1, .quick_rounds = 1, .serial_s = 9.9},
};

static int measure(bench_shared *shared, const bench_row *row)
{
    return bench_measure_tasks(shared, row, &hows[row - rows]);
}

const bench_case bench_case_sleep16 = {
    .name = "sleep16", .about = "16 tasks that sleep 0.1 to 1.5 s, 9.9 s in all",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
