/* diag: see diag.h.  Messages are formatted when they are reported, into the arena;
 * source lines are cut out when they are rendered. */
#include "compiler/front_int.h"

#include <stdio.h>
#include <string.h>

static void add(yki_diags *d, yki_severity severity, yki_pos pos, const char *format, va_list args)
{
    char text[512];
    bool place = severity == YKI_ERROR || severity == YKI_WARNING;
    if (d->arena->failed) return;
    if (place) d->dropped = d->errors >= YKI_DIAG_CAP;
    if (d->dropped) return;
    vsnprintf(text, sizeof text, format, args);
    struct yki_diag_entry *e = yki_arena_alloc(d->arena, sizeof *e);
    char *copy = yki_arena_strn(d->arena, text, strlen(text));
    if (!e || !copy) return;
    e->message = (yki_message){severity, pos, copy};
    if (d->last) d->last->next = e;
    else d->first = e;
    d->last = e;
    d->errors += severity == YKI_ERROR;
    d->warnings += severity == YKI_WARNING;
}

#define REPORT(severity, pos)                        \
    va_list args;                                    \
    va_start(args, format);                          \
    add(d, severity, pos, format, args);             \
    va_end(args)

void yki_error(yki_diags *d, yki_pos pos, const char *format, ...)
{
    REPORT(YKI_ERROR, pos);
}

void yki_warning(yki_diags *d, yki_pos pos, const char *format, ...)
{
    REPORT(YKI_WARNING, pos);
}

void yki_note(yki_diags *d, const char *format, ...)
{
    REPORT(YKI_NOTE, (yki_pos){0});
}

void yki_note_at(yki_diags *d, yki_pos pos, const char *format, ...)
{
    REPORT(YKI_NOTE, pos);
}

void yki_hint(yki_diags *d, const char *format, ...)
{
    REPORT(YKI_HINT, (yki_pos){0});
}

size_t yki_diags_errors(const yki_diags *d)
{
    return d->errors;
}

size_t yki_diags_warnings(const yki_diags *d)
{
    return d->warnings;
}

bool yki_diags_full(const yki_diags *d)
{
    return d->errors >= YKI_DIAG_CAP || d->arena->failed;
}

bool yki_diags_get(const yki_diags *d, size_t i, yki_message *out)
{
    const struct yki_diag_entry *e = d->first;
    while (e && i--) e = e->next;
    if (e) *out = e->message;
    return e != NULL;
}

/* ---- rendering ---- */

enum { LINE_SHOWN = 100 }; /* bytes of a source line shown at most */

/* What of the line is shown: all, or a window with the position in it. */
static void window(const yki_place *p, size_t *from, size_t *to)
{
    *from = 0;
    *to = p->len;
    if (p->len <= LINE_SHOWN) return;
    if (p->at > LINE_SHOWN * 3 / 4) *from = p->at - LINE_SHOWN / 2;
    while (*from && ((unsigned char)p->begin[*from] & 0xC0) == 0x80) --*from;
    *to = yki_min(p->len, *from + LINE_SHOWN);
    while (*to < p->len && ((unsigned char)p->begin[*to] & 0xC0) == 0x80) ++*to;
}

static void render_line(const yki_place *p, yki_text *out)
{
    size_t from, to;
    window(p, &from, &to);
    yki_text_printf(out, "%5u | %s", p->line, from ? "..." : "");
    for (size_t i = from; i < to; i++) {
        unsigned char c = (unsigned char)p->begin[i];
        char shown = c == '\t' || c >= 0x20 ? (char)c : '?';
        yki_text_add_n(out, c == 0x7F ? "?" : &shown, 1);
    }
    yki_text_printf(out, "%s\n      | %s", to < p->len ? "..." : "", from ? "   " : "");
    for (size_t i = from; i < p->at; i++) {
        unsigned char c = (unsigned char)p->begin[i];
        if ((c & 0xC0) != 0x80) yki_text_add(out, c == '\t' ? "\t" : " ");
    }
    yki_text_add(out, "^\n");
}

static void render_at(const yki_diags *d, yki_pos pos, const char *label, const char *text,
                      yki_text *out)
{
    yki_place p;
    if (!yki_source_place(d->sources, pos, &p)) {
        yki_text_printf(out, "%s: %s\n", label, text);
        return;
    }
    yki_text_printf(out, "%s:%u:%u: %s: %s\n", p.file->path, p.line, p.column, label, text);
    render_line(&p, out);
}

static void render_one(const yki_diags *d, const yki_message *m, yki_text *out)
{
    static const char *const labels[] = {"error", "warning", "note", "hint"};
    render_at(d, m->pos, labels[m->severity], m->text, out);
    const yki_origin *o = yki_source_origin_of(d->sources, m->pos);
    if (!o || !o->pos.file) return;
    char text[128];
    snprintf(text, sizeof text, "in the expansion of macro '%.64s'", o->macro);
    render_at(d, o->pos, "note", text, out);
}

void yki_diags_render(const yki_diags *d, yki_text *out)
{
    for (const struct yki_diag_entry *e = d->first; e; e = e->next)
        render_one(d, &e->message, out);
    if (d->errors >= YKI_DIAG_CAP)
        yki_text_printf(out, "note: stopped after %d errors\n", YKI_DIAG_CAP);
}
