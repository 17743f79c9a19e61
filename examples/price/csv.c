/* csv: see csv.h. */
#include "csv.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole stream and a final zero byte; NULL with errno. */
static char *read_all(FILE *f, size_t *bytes)
{
    size_t room = (size_t)1 << 16, n = 0;
    char *text = malloc(room);
    while (text) {
        n += fread(text + n, 1, room - n - 1, f);
        if (n < room - 1) break;
        char *more = room > SIZE_MAX / 2 ? NULL : realloc(text, room *= 2);
        if (!more) free(text), errno = ENOMEM;
        text = more;
    }
    if (text && ferror(f)) {
        free(text);
        return NULL;
    }
    if (text) text[n] = '\0';
    *bytes = n;
    return text;
}

static bool at_line_end(const csv *c) { return *c->next == '\n' || *c->next == '\r'; }

static void skip_line_end(csv *c)
{
    if (*c->next == '\r') c->next++;
    if (*c->next == '\n') c->next++;
    c->line++;
}

/* Whichever separator the header has most of; the comma where it has none. */
static char find_separator(const char *text)
{
    static const char choices[] = ",;\t|";
    size_t count[sizeof choices] = {0}, best = 0;
    bool quoted = false;
    for (; *text && (quoted || (*text != '\n' && *text != '\r')); text++) {
        const char *hit = strchr(choices, *text);
        if (*text == '"') quoted = !quoted;
        else if (hit && !quoted) count[hit - choices]++;
    }
    for (size_t k = 1; choices[k]; k++)
        if (count[k] > count[best]) best = k;
    return choices[best];
}

static int start(csv *c)
{
    if (memcmp(c->text, "\xff\xfe", 2) == 0 || memcmp(c->text, "\xfe\xff", 2) == 0) {
        fprintf(stderr, "price: %s: UTF-16 text; save it as \"CSV UTF-8\"\n", c->name);
        return -1;
    }
    if (strncmp(c->next, "\xef\xbb\xbf", 3) == 0) c->next += 3;
    if (strncmp(c->next, "sep=", 4) == 0 && c->next[4] && strchr("\r\n", c->next[5])) {
        c->separator = c->next[4];
        c->next += 5;
        if (c->next < c->end) skip_line_end(c);
    } else {
        c->separator = find_separator(c->next);
    }
    return 0;
}

int csv_open(csv *c, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    size_t bytes = 0;
    *c = (csv){.name = standard ? "standard input" : path, .line = 1};
    FILE *f = standard ? stdin : fopen(path, "rb");
    c->text = f ? read_all(f, &bytes) : NULL;
    c->scratch = c->text ? malloc(bytes + 1) : NULL;
    if (!c->scratch) fprintf(stderr, "price: %s: %s\n", c->name, strerror(errno));
    if (f && !standard) fclose(f);
    c->next = c->text;
    c->end = c->text ? c->text + bytes : NULL;
    if (c->scratch && start(c) == 0) return 0;
    csv_close(c);
    return -1;
}

void csv_close(csv *c)
{
    free(c->text);
    free(c->scratch);
    *c = (csv){0};
}

static bool at_field_end(const csv *c)
{
    return c->next >= c->end || *c->next == c->separator || at_line_end(c);
}

static bool is_blank(const csv *c, char ch)
{
    return ch == ' ' || (ch == '\t' && c->separator != '\t');
}

/* A quoted field, from its opening quote on; what it says goes to `to`. */
static char *quoted(csv *c, csv_row *row, char *to)
{
    bool closed = false;
    for (c->next++; c->next < c->end && !closed; c->next++) {
        closed = *c->next == '"' && c->next[1] != '"';
        if (closed) continue;
        if (*c->next == '"') c->next++;     /* two stand for one */
        if (*c->next == '\n' || (*c->next == '\r' && c->next[1] != '\n')) c->line++;
        if (*c->next == '\0') row->problem = "there is a zero byte in it";
        *to++ = *c->next;
    }
    if (!closed) row->problem = "a quote is not closed";
    for (; !at_field_end(c); c->next++)
        if (!is_blank(c, *c->next)) row->problem = "there is text behind a closing quote";
    return to;
}

static char *plain(csv *c, csv_row *row, char *to)
{
    const char *first = to;
    for (; !at_field_end(c); c->next++) {
        if (*c->next == '\0') row->problem = "there is a zero byte in it";
        *to++ = *c->next;
    }
    while (to > first && is_blank(c, to[-1])) to--;
    return to;
}

static void read_row(csv *c, csv_row *row)
{
    char *to = c->scratch;
    *row = (csv_row){.text = c->next, .line = c->line};
    for (;;) {
        char *first = to;
        while (c->next < c->end && is_blank(c, *c->next)) c->next++;
        to = *c->next == '"' ? quoted(c, row, to) : plain(c, row, to);
        *to++ = '\0';
        if (row->fields < CSV_MAX_FIELDS) row->field[row->fields] = first;
        row->fields++;
        if (c->next >= c->end || at_line_end(c)) break;
        c->next++;      /* the separator */
    }
    row->bytes = (size_t)(c->next - row->text);
    if (c->next < c->end) skip_line_end(c);
}

bool csv_next(csv *c, csv_row *row)
{
    while (c->next < c->end) {
        read_row(c, row);
        if (row->fields > 1 || row->field[0][0] || row->problem) return true;
    }
    return false;
}
