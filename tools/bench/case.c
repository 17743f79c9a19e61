/* Finding and measuring cases; see case.h. */
#include "case.h"

#include <stdarg.h>
#include <string.h>

#include "base/base.h"

const bench_case *bench_case_find(const char *name)
{
    for (size_t k = 0; k < bench_case_count; k++)
        if (strcmp(bench_cases[k]->name, name) == 0) return bench_cases[k];
    return NULL;
}

int bench_case_failed(bench_shared *shared, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(shared->result.failure, sizeof shared->result.failure, format, args);
    va_end(args);
    return YKI_EXIT_ERROR;
}

static int measure_row(bench_shared *shared, const bench_case *c, const bench_row *row)
{
    bench_result *r = &shared->result;
    bench_step(shared, BENCH_ACTIVE_NONE, 60, "%s", row->name);
    yki_copy_text(r->shape, sizeof r->shape, row->shape);
    int code = c->measure(shared, row);
    r->complete = !r->failure[0];
    return code == YKI_EXIT_OK && r->n_wrong ? YKI_EXIT_WRONG : code;
}

int bench_measure_case(bench_shared *shared)
{
    for (size_t k = 0; k < bench_case_count; k++) {
        const bench_case *c = bench_cases[k];
        for (size_t i = 0; i < c->n_rows; i++)
            if (strcmp(c->rows[i].name, shared->job.workload) == 0 &&
                c->rows[i].elements == shared->job.elements)
                return measure_row(shared, c, &c->rows[i]);
    }
    return YKI_EXIT_ERROR;
}
