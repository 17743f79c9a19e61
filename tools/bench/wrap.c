/* Lines of text that fit the table's width; see report.h.  No state. */
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of `text` that fit into `room` columns, up to a blank where there is one.  Only
 * ASCII is counted right; names of hardware are. */
static size_t piece(const char *text, size_t room)
{
    size_t n = strlen(text);
    if (n <= room) return n;
    /* A unit stays with its number. */
    for (n = room; n > 0 && (text[n] != ' ' || (text[n - 1] >= '0' && text[n - 1] <= '9')); n--)
        continue;
    return n ? n : room;
}

void bench_put_text(FILE *f, const char *tag, size_t indent, const char *text)
{
    fprintf(f, "%-*s", (int)indent, tag);
    size_t at = strlen(tag) > indent ? strlen(tag) : indent;
    for (;;) {
        size_t n = piece(text, BENCH_WIDTH - at);
        fprintf(f, "%.*s\n", (int)n, text);
        text += n;
        while (*text == ' ') text++;
        if (!*text) return;
        fprintf(f, "%*s", (int)indent, "");
        at = indent;
    }
}

void bench_put_line(FILE *f, const char *tag, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) return;
    bench_put_text(f, tag, BENCH_INDENT, text);
    free(text);
}

void bench_list_add(bench_text *list, const char *format, ...)
{
    size_t left = sizeof list->text - list->used;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(list->text + list->used, left, format, args);
    va_end(args);
    if (n > 0) list->used += (size_t)n < left ? (size_t)n : left - 1;
}
