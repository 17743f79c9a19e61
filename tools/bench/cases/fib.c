/* fib: tasks that submit tasks and wait for them; see tasks.h. */
#include "base/base.h"
#include "cases/tasks.h"

static const bench_row rows[] = {
    {"fib", 27, "a task for fib(n-1), then fib(n-2)", BENCH_ROW_NO_DEVICES},
};
static const bench_task_row hows[YKI_COUNT(rows)] = {
    {.order = "fib", .samples = 5, .rounds = 4, .quick_rounds = 2},
};

static int measure(bench_shared *shared, const bench_row *row)
{
    return bench_measure_tasks(shared, row, &hows[row - rows]);
}

const bench_case bench_case_fib = {
    .name = "fib", .about = "fib(27) with a task for every first half",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
