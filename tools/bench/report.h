/* What the writers of the table share: lines that fit its width, and the parts it is made
 * of.  See bench.h.  One thread, in the parent. */
#ifndef YOKE_BENCH_REPORT_H
#define YOKE_BENCH_REPORT_H

#include "bench.h"

#define BENCH_WIDTH 100     /* columns, however many devices there are */
#define BENCH_INDENT 9      /* behind "single", "split", "noise" */

/* Text that grows and is cut when it is full. */
typedef struct bench_text {
    char text[4096];
    size_t used;
} bench_text;
void bench_list_add(bench_text *list, const char *format, ...) YK_PRINTF(2, 3);

/* `tag`, then `text` from column `indent` on, broken at blanks to fit BENCH_WIDTH. */
void bench_put_text(FILE *f, const char *tag, size_t indent, const char *text);
void bench_put_line(FILE *f, const char *tag, const char *format, ...) YK_PRINTF(3, 4);

/* The machine, its devices and the builds of the baselines (headline.c). */
void bench_put_headline(FILE *f, const bench_report *report);
/* What the table needs said beside it: splits, why not, what went wrong, devices that
 * share cores (notes.c); what may be wrong with the figures, and the verdict. */
void bench_put_notes(FILE *f, const bench_report *report);
void bench_put_verdict(FILE *f, const bench_report *report);
/* "triad", or "triad + cl0" with --carve. */
const char *bench_result_name(char buf[64], const bench_result *r);

#endif
