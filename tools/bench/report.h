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

/* A table: fills the cells of each result's row. */
#define BENCH_MAX_COLUMNS 12
typedef struct bench_grid {
    const char *const *titles;
    int columns;
    void (*fill)(const bench_report *report, size_t row, char cells[][BENCH_TEXT]);
} bench_grid;
/* Its text, to be freed; NULL without memory.  The first column is left-aligned. */
char *bench_grid_text(const bench_grid *grid, const bench_report *report);
/* Of --scaling; and, of --sizes, from where on what is fastest (write_series.c). */
char *bench_scaling_text(const bench_report *report);
void bench_put_crossovers(FILE *f, const bench_report *report);

/* The machine, its devices and the builds of the baselines (headline.c). */
void bench_put_headline(FILE *f, const bench_report *report);
/* What the table needs said beside it: splits, why not, what went wrong, devices that
 * share cores (notes.c); what may be wrong with the figures, and the verdict. */
void bench_put_notes(FILE *f, const bench_report *report);
void bench_put_verdict(FILE *f, const bench_report *report);
/* "triad", or "triad + cl0" with --carve. */
const char *bench_result_name(char buf[64], const bench_result *r);

#endif
