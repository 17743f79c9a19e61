/* submit_wait: what it costs to submit one task and wait for its future; see tasks.h. */
#include "base/base.h"
#include "cases/tasks.h"

static const bench_row rows[] = {
    {"submit_wait", 16384, "time a task, back to back", BENCH_ROW_NO_DEVICES},
};
static const bench_task_row hows[YKI_COUNT(rows)] = {
    {.order = "submit_wait", .samples = 5, .rounds = 4, .quick_rounds = 2},
};

static int measure(bench_shared *shared, const bench_row *row)
{
    return bench_measure_tasks(shared, row, &hows[row - rows]);
}

const bench_case bench_case_submit_wait = {
    .name = "submit_wait", .about = "submit a task and wait for it; time a task",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
