/* yoke-bench --list: the workloads and their sizes; see bench.h. */
#include "case.h"

static void size_row(const yki_workload *w)
{
    printf("%-15s", w->name);
    for (int k = 0; k < YKI_SIZE_COUNT; k++) {
        char text[YKI_HUMAN];
        printf("%9s", yki_human_count(text, w->elements[k]));
    }
    printf("   %s\n", w->about);
}

int bench_list(void)
{
    printf("%-15s%9s%9s%9s   %s\n", "workload", "small", "medium", "large", "what it does");
    for (size_t k = 0; k < yki_workload_count; k++) size_row(yki_workloads[k]);
    for (size_t k = 0; k < bench_case_count; k++)
        printf("%-15s%9s%9s%9s   %s\n", bench_cases[k]->name, "-", "-", "-",
               bench_cases[k]->about);
    return YKI_EXIT_OK;
}
