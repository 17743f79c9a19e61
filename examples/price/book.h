/* price: a book of options as columns of numbers, read from a CSV file.
 *
 * One thread.  Rows that make no sense are told of and left out. */
#ifndef EXAMPLES_PRICE_BOOK_H
#define EXAMPLES_PRICE_BOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "csv.h"

/* What the kernel reads of an option, and what it finds out. */
enum { SIGN, SPOT, STRIKE, YEARS, RATE, DIVIDEND, VOLATILITY, INPUTS };
enum { VALUE, DELTA, GAMMA, VEGA, THETA, RHO, OUTPUTS };

extern const char *const result_names[OUTPUTS];

/* A row as it stands in the file: repeated in the output, before the results. */
typedef struct row_text {
    const char *text;
    size_t bytes;
    size_t line;        /* where it begins, for messages */
} row_text;

typedef struct book {
    size_t rows, room;
    double *in[INPUTS];
    row_text *text;
    row_text header;
    size_t bad;             /* rows left out */
    bool decimal_comma;     /* numbers were written 0,25: so will the results be */
} book;

/* Fills *b from the file; tells of bad rows on stderr, each with line and reason.  A file
 * that has a column of a result's name behind `prefix` already is refused.  Rows point
 * into the file, which must stay open.  0, or -1 after saying why; book_free in either case. */
int book_read(book *b, csv *file, const char *prefix);

/* Tells of a bad row and counts it. */
void book_reject(book *b, const csv *file, size_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void book_free(book *b);

#endif
