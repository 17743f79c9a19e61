/* grid300: a grid of 30 x 10 calls of 0.1 s as tasks; see tasks.h. */
#include "base/base.h"
#include "cases/tasks.h"

static const bench_row rows[] = {
    {"grid300", 300, "300 sleeps of 0.1 s", BENCH_ROW_NO_DEVICES},
};
static const bench_task_row hows[YKI_COUNT(rows)] = {
    {.order = "grid300", .samples = 1, .rounds = 5, .quick_rounds = 1, .threads_others = 300,
     .serial_s = 30},
};

static int measure(bench_shared *shared, const bench_row *row)
{
    return bench_measure_tasks(shared, row, &hows[row - rows]);
}

const bench_case bench_case_grid300 = {
    .name = "grid300", .about = "a grid of 30 x 10 calls that sleep 0.1 s",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
