/* price: files of comma-separated values as programs write them.
 *
 * RFC 4180 and what is met beside it: line ends of any system, a byte order mark, commas,
 * semicolons or tabs (whichever the header has most of), Excel's first line "sep=;".
 * The whole file is in memory and rows point into it.  One thread. */
#ifndef EXAMPLES_PRICE_CSV_H
#define EXAMPLES_PRICE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#define CSV_MAX_FIELDS 256

typedef struct csv {
    const char *name;       /* of the file, for messages */
    char *text, *next, *end;
    size_t line;            /* that `next` is on, from 1 */
    char separator;
    char *scratch;          /* unquoted fields of the current row; as long as the file */
} csv;

typedef struct csv_row {
    const char *text;       /* as it stands, without its line end */
    size_t bytes, line;
    size_t fields;          /* all of them, also those that found no room */
    const char *field[CSV_MAX_FIELDS];  /* terminated, without quotes and blanks around;
                                         * valid until the next row is read */
    const char *problem;    /* NULL, or why the row cannot be taken apart */
} csv_row;

/* Reads the file ("-": standard input).  0, or -1 after saying why. */
int csv_open(csv *c, const char *path);

/* The next row that is not empty; false at the end. */
bool csv_next(csv *c, csv_row *row);

void csv_close(csv *c);

#endif
