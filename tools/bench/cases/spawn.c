/* spawn: what a task costs that does nothing, a million of them in one group; see tasks.h. */
#include "base/base.h"
#include "cases/tasks.h"

static const bench_row rows[] = {
    {"spawn", 1048576, "time a task, submitted by one thread", BENCH_ROW_NO_DEVICES},
};
static const bench_task_row hows[YKI_COUNT(rows)] = {
    {.order = "spawn", .samples = 5, .rounds = 5, .quick_rounds = 2},
};

static int measure(bench_shared *shared, const bench_row *row)
{
    return bench_measure_tasks(shared, row, &hows[row - rows]);
}

const bench_case bench_case_spawn = {
    .name = "spawn", .about = "a million empty tasks, then a wait; time a task",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
