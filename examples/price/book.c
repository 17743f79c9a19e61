/* book: see book.h. */
#include "book.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const result_names[OUTPUTS] = {"value", "delta", "gamma", "vega", "theta", "rho"};

/* The names that a column goes by; the first is ours. */
static const char *const names[INPUTS][8] = {
    [SIGN] = {"type", "option", "option_type", "call_put", "cp", "right"},
    [SPOT] = {"spot", "s", "underlying", "underlying_price", "stock"},
    [STRIKE] = {"strike", "k", "x", "strike_price"},
    [YEARS] = {"years", "t", "time", "maturity", "years_to_expiry", "time_to_expiry"},
    [RATE] = {"rate", "r", "interest_rate"},
    [DIVIDEND] = {"dividend", "q", "dividend_yield"},
    [VOLATILITY] = {"volatility", "vol", "sigma", "iv", "implied_volatility"},
};

enum { ABSENT = -1 };

/* A field as it may be shown on a terminal. */
static const char *shown(char buf[40], const char *field)
{
    size_t k = 0;
    for (; field[k] && k < 36; k++) buf[k] = (unsigned char)field[k] < ' ' ? '?' : field[k];
    snprintf(buf + k, 4, "%s", field[k] ? "..." : "");
    return buf;
}

void book_reject(book *b, const csv *file, size_t line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "price: %s:%zu: ", file->name, line);
    vfprintf(stderr, format, args);
    fputs("; row left out\n", stderr);
    va_end(args);
    b->bad++;
}

/* ---- the header ---- */

/* Case does not matter, and a blank or - is as good as _. */
static bool same_name(const char *field, const char *name)
{
    for (; *field && *name; field++, name++) {
        char ch = *field == ' ' || *field == '-' ? '_' : *field;
        if (strncasecmp(&ch, name, 1) != 0) return false;
    }
    return *field == *name;
}

static int column_of(const char *field)
{
    for (int c = 0; c < INPUTS; c++)
        for (size_t k = 0; k < sizeof names[c] / sizeof *names[c] && names[c][k]; k++)
            if (same_name(field, names[c][k])) return c;
    return ABSENT;
}

static int bad_header(const csv *file, const csv_row *row, const char *what, const char *name)
{
    fprintf(stderr, "price: %s:%zu: %s%s\n", file->name, row->line, what, name);
    return -1;
}

/* Which field gives which column: at[]. */
static int read_header(const csv *file, const csv_row *row, const char *prefix, int at[INPUTS])
{
    if (row->problem) return bad_header(file, row, "the header: ", row->problem);
    if (row->fields > CSV_MAX_FIELDS) return bad_header(file, row, "too many columns", "");
    for (int c = 0; c < INPUTS; c++) at[c] = ABSENT;
    for (size_t f = 0; f < row->fields; f++) {
        int c = column_of(row->field[f]);
        if (c != ABSENT && at[c] != ABSENT)
            return bad_header(file, row, "two columns give the ", names[c][0]);
        if (c != ABSENT) at[c] = (int)f;
        size_t skip = strlen(prefix);
        bool ours = strncasecmp(row->field[f], prefix, skip) == 0;
        for (int r = 0; ours && r < OUTPUTS; r++)
            if (strcasecmp(row->field[f] + skip, result_names[r]) == 0)
                return bad_header(file, row, "results would be a second column (--prefix): ",
                                  row->field[f]);
    }
    for (int c = 0; c < INPUTS; c++)
        if (at[c] == ABSENT && c != DIVIDEND)
            return bad_header(file, row, "no column gives the ", names[c][0]);
    return 0;
}

/* ---- numbers ---- */

/* Digits, a point (or comma), an exponent, and at most one % at the end.  Not what else
 * strtod takes: hexadecimal, infinity, NaN. */
static bool looks_like_number(const char *s, bool comma)
{
    s += *s == '+' || *s == '-';
    size_t whole = strspn(s, "0123456789"), rest = 0;
    s += whole;
    if (*s == '.' || (comma && *s == ',')) rest = strspn(++s, "0123456789"), s += rest;
    if (whole + rest == 0) return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '+' || *s == '-';
        size_t digits = strspn(s, "0123456789");
        if (digits == 0) return false;
        s += digits;
    }
    if (*s == '\0') return true;
    s += strspn(s, " \xc2\xa0");     /* some put a blank there, some one that keeps together */
    return strcmp(s, "%") == 0;
}

/* The program never calls setlocale, so strtod wants a point, whatever LANG says. */
static double number_of(const char *field, bool *comma)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", field);
    char *point = strchr(copy, ',');
    if (point) *point = '.', *comma = true;
    double v = strtod(copy, NULL);
    return strchr(copy, '%') ? v / 100 : v;
}

static const char *why_not(int c, const char *field, double v)
{
    bool fraction = c == RATE || c == DIVIDEND || c == VOLATILITY;
    if (strchr(field, '%') && !fraction) return "cannot be a percentage";
    if (!isfinite(v)) return "is out of range";
    if (c != RATE && c != DIVIDEND && v <= 0) return "must be above 0";
    return NULL;
}

/* 1 for a call, -1 for a put, 0 for neither. */
static double sign_of(const char *field)
{
    if (strcasecmp(field, "call") == 0 || strcasecmp(field, "c") == 0) return 1;
    if (strcasecmp(field, "put") == 0 || strcasecmp(field, "p") == 0) return -1;
    return 0;
}

/* One field; false after telling what is wrong with it. */
static bool read_field(book *b, const csv *file, size_t line, int c, const char *field, double *out)
{
    char buf[40];
    const char *name = names[c][0], *why = NULL;
    bool comma = file->separator != ',';
    if (!*field) {
        book_reject(b, file, line, "%s is missing", name);
        return false;
    }
    if (c == SIGN) {
        *out = sign_of(field);
        if (*out == 0) why = "is neither call nor put";
    } else if (!looks_like_number(field, comma) || strlen(field) > 60) {
        why = "is not a number";
    } else {
        *out = number_of(field, &b->decimal_comma);
        why = why_not(c, field, *out);
    }
    if (why) book_reject(b, file, line, "%s \"%s\" %s", name, shown(buf, field), why);
    return !why;
}

/* ---- rows ---- */

static int grow(book *b)
{
    size_t room = b->room ? 2 * b->room : 1024;
    if (room > SIZE_MAX / sizeof *b->text) return -1;
    row_text *text = realloc(b->text, room * sizeof *text);
    if (!text) return -1;
    b->text = text;
    for (int c = 0; c < INPUTS; c++) {
        double *in = realloc(b->in[c], room * sizeof *in);
        if (!in) return -1;
        b->in[c] = in;
    }
    b->room = room;
    return 0;
}

static row_text text_of(const csv_row *row)
{
    return (row_text){.text = row->text, .bytes = row->bytes, .line = row->line};
}

/* Adds the row if it is good.  -1 without memory. */
static int add_row(book *b, const csv *file, const csv_row *row, size_t fields,
                   const int at[INPUTS])
{
    if (b->rows == b->room && grow(b) != 0) {
        fprintf(stderr, "price: %s: out of memory at line %zu\n", file->name, row->line);
        return -1;
    }
    if (row->problem) return book_reject(b, file, row->line, "%s", row->problem), 0;
    if (row->fields != fields) {
        book_reject(b, file, row->line, "%zu fields where the header has %zu", row->fields,
                    fields);
        return 0;
    }
    for (int c = 0; c < INPUTS; c++) {
        double *to = &b->in[c][b->rows];
        if (at[c] == ABSENT) *to = 0;       /* no dividends */
        else if (!read_field(b, file, row->line, c, row->field[at[c]], to)) return 0;
    }
    b->text[b->rows++] = text_of(row);
    return 0;
}

int book_read(book *b, csv *file, const char *prefix)
{
    csv_row row;
    int at[INPUTS];
    *b = (book){0};
    if (!csv_next(file, &row)) {
        fprintf(stderr, "price: %s: empty; a header was expected\n", file->name);
        return -1;
    }
    if (read_header(file, &row, prefix, at) != 0) return -1;
    b->header = text_of(&row);
    size_t fields = row.fields;
    while (csv_next(file, &row))
        if (add_row(b, file, &row, fields, at) != 0) return -1;
    return 0;
}

void book_free(book *b)
{
    for (int c = 0; c < INPUTS; c++) free(b->in[c]);
    free(b->text);
    *b = (book){0};
}
