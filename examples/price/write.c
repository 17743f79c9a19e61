/* Writing the book with its results.  See price.h. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "price.h"

static bool is_finite(double *const out[OUTPUTS], size_t i)
{
    for (int c = 0; c < OUTPUTS; c++)
        if (!isfinite(out[c][i])) return false;
    return true;
}

void price_sift(book *b, const csv *file, double *const out[OUTPUTS])
{
    for (size_t i = 0; i < b->rows; i++) {
        if (is_finite(out, i)) continue;
        book_reject(b, file, b->text[i].line, "a result is too large to be a number");
        b->text[i].text = NULL;
    }
}

static void put_number(double v, char separator, bool decimal_comma, FILE *to)
{
    char buf[32];
    snprintf(buf, sizeof buf, "%.12g", v);
    char *point = decimal_comma ? strchr(buf, '.') : NULL;
    if (point) *point = ',';
    putc(separator, to);
    fputs(buf, to);
}

void price_write(const book *b, char separator, double *const out[OUTPUTS], const char *prefix,
                 FILE *to)
{
    fwrite(b->header.text, 1, b->header.bytes, to);
    for (int c = 0; c < OUTPUTS; c++) fprintf(to, "%c%s%s", separator, prefix, result_names[c]);
    putc('\n', to);
    for (size_t i = 0; i < b->rows; i++) {
        const row_text *row = &b->text[i];
        if (!row->text) continue;
        fwrite(row->text, 1, row->bytes, to);
        for (int c = 0; c < OUTPUTS; c++)
            put_number(out[c][i], separator, b->decimal_comma, to);
        putc('\n', to);
    }
}
