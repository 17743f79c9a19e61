/* yoke-bench --list: the workloads and what they cost; see bench.h. */
#include <math.h>
#include <string.h>

#include "case.h"

/* What one core does in a second of plain C, give or take a factor of three; enough to tell
 * milliseconds from minutes. */
static const double BYTES_S = 10e9, FLOPS_S = 2.5e9;

/* "12", "0.25", "1.7 k": an amount an element. */
static const char *amount(char buf[YKI_HUMAN], double x)
{
    if (x > 0 && x < 0.01) snprintf(buf, YKI_HUMAN, "<0.01");
    else if (x > 0 && x < 999.5) snprintf(buf, YKI_HUMAN, "%.3g", x);
    else if (x > 0) yki_human_rate(buf, x, "");
    else snprintf(buf, YKI_HUMAN, "-");
    return buf;
}

/* "~8 ms": one digit is all that is known. */
static const char *rough_time(char buf[YKI_HUMAN], double s)
{
    const double hour = 3600, most = 99 * hour;
    if (s > most) return strcpy(buf, "> 99 h");
    if (s > 2 * hour) {
        snprintf(buf, YKI_HUMAN, "~%.0f h", s / hour);
        return buf;
    }
    double digit = s > 0 ? pow(10, floor(log10(s))) : 1;
    char text[YKI_HUMAN];
    yki_human_seconds(text, round(s / digit) * digit);
    const char *unit = strchr(text, ' ');
    snprintf(buf, YKI_HUMAN, "~%.*s%.8s", (int)strcspn(text, ". "), text, unit ? unit : "");
    return buf;
}

/* The text that fits: without what follows its semicolon, if that is too much. */
static int fitting(const char *about)
{
    const size_t room = 100 - 51;
    size_t n = strlen(about);
    return (int)(n <= room ? n : strcspn(about, ";") <= room ? strcspn(about, ";") : room);
}

static void workload_row(const bench_options *o, const yki_workload *w)
{
    char count[YKI_HUMAN], bytes[YKI_HUMAN], flops[YKI_HUMAN], time[YKI_HUMAN];
    yki_extent x;
    w->describe(bench_elements(o, w), &x);
    double n = x.elements ? (double)x.elements : 1;
    rough_time(time, x.bytes / BYTES_S + x.flops / FLOPS_S);
    printf("%-14s%9s%8s%9s%9s  %.*s\n", w->name, yki_human_count(count, x.elements),
           amount(bytes, x.bytes / n), amount(flops, x.flops / n), time,
           fitting(w->about), w->about);
}

int bench_list(const bench_options *o)
{
    printf("%-14s%9s%8s%9s%9s  %s\n", "workload", "elements", "bytes", "flops", "serial",
           "what it does");
    for (size_t k = 0; k < o->n_workloads; k++) workload_row(o, o->workloads[k]);
    for (size_t k = 0; k < o->n_cases; k++)
        printf("%-14s%9s%8s%9s%9s  %.*s\n", o->cases[k]->name, "-", "-", "-", "-",
               fitting(o->cases[k]->about), o->cases[k]->about);
    puts("\nBytes and flops are those of an element, at least.  Serial is a guess: 10 GB/s and "
         "2.5 Gflop/s.\nOther sizes: --list --size large.");
    return YKI_EXIT_OK;
}
