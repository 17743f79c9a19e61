/* files: thousands of small files, a task for each; see tasks.h. */
#include "base/base.h"
#include "cases/tasks.h"

static const bench_row rows[] = {
    {"files", 2048, "files of 1 to 8 KiB, from the page cache", BENCH_ROW_NO_DEVICES},
    {"files_cold", 2048, "the same from the disk", BENCH_ROW_NO_DEVICES},
};
static const bench_task_row hows[YKI_COUNT(rows)] = {
    {.order = "files", .samples = 5, .rounds = 3, .quick_rounds = 1, .files = true},
    {.order = "files_cold", .samples = 3, .rounds = 2, .quick_rounds = 1, .threads_others = 32,
     .files = true},
};

static int measure(bench_shared *shared, const bench_row *row)
{
    return bench_measure_tasks(shared, row, &hows[row - rows]);
}

const bench_case bench_case_files = {
    .name = "files", .about = "2048 files of 1 to 8 KiB, read and summed",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
