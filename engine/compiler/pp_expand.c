/* pp_expand: macro expansion.  See pp_int.h; the order of steps in substitution is the
 * C standard's: # and ## see arguments as written, everything else sees them expanded. */
#include <stdio.h>
#include <string.h>

#include "compiler/pp_int.h"

typedef struct arg {
    yki_token *raw;      /* to NULL */
    yki_token *expanded;
    bool done;           /* expanded is valid */
} arg;

typedef struct list {
    yki_token *first, *last;
} list;

static void push(list *l, yki_token *t)
{
    t->next = NULL;
    if (l->last) l->last->next = t;
    else l->first = t;
    l->last = t;
}

static bool spend(pp *p, const yki_token *at, long cost)
{
    p->budget -= cost;
    if (p->budget > 0 || p->stop) return !p->stop;
    yki_error(&p->u->diags, at->pos, "macros and includes grow beyond %d tokens", PP_BUDGET);
    p->stop = true;
    return false;
}

yki_token *yki_pp_copy(pp *p, const yki_token *t)
{
    yki_token *copy = yki_arena_node(&p->u->arena, sizeof *copy);
    *copy = *t;
    copy->next = NULL;
    spend(p, t, 1);
    return copy;
}

static bool halted(const pp *p)
{
    return p->stop || p->u->arena.failed;
}

/* ---- hide sets ---- */

static bool hidden(pp *p, const yki_hide *h, const yki_atom *a)
{
    long cost = 0;
    for (; h; h = h->next, cost++)
        if (h->atom == a) break;
    p->budget -= cost / 16;
    return h != NULL;
}

static const yki_hide *hide_add(pp *p, const yki_hide *h, const yki_atom *a)
{
    if (hidden(p, h, a)) return h;
    yki_hide *n = yki_arena_node(&p->u->arena, sizeof *n);
    *n = (yki_hide){a, h};
    return n;
}

static const yki_hide *hide_join(pp *p, const yki_hide *a, const yki_hide *b)
{
    for (; a && !halted(p); a = a->next) b = hide_add(p, b, a->atom);
    return b;
}

static const yki_hide *hide_common(pp *p, const yki_hide *a, const yki_hide *b)
{
    const yki_hide *both = NULL;
    for (; a && !halted(p); a = a->next)
        if (hidden(p, b, a->atom)) both = hide_add(p, both, a->atom);
    return both;
}

/* ---- # and ## ---- */

yki_token *yki_pp_lex_text(pp *p, const char *text, size_t len, const yki_token *like)
{
    yki_file *f = yki_arena_node(&p->u->arena, sizeof *f);
    f->text = text;
    f->len = len;
    yki_token *first = yki_lex(p->u, f, true), *before = NULL;
    for (yki_token *t = first; t->kind != YKI_TK_FILE_END; t = t->next) {
        t->pos = like->pos;
        t->origin = like->origin;
        t->hide = like->hide;
        t->bol = false;
        before = t;
    }
    if (!before) return NULL;
    before->next = NULL;
    first->space = like->space;
    return first;
}

static yki_token *make_token(pp *p, const yki_text *text, const yki_token *like, bool one)
{
    char *copy = yki_arena_strn(&p->u->arena, yki_text_get(text), text->len);
    if (text->failed) p->u->arena.failed = true;
    if (!copy) return NULL;
    yki_token *t = yki_pp_lex_text(p, copy, text->len, like);
    return one && t && t->next ? NULL : t;
}

/* #arg: the argument's spelling as a string. */
static yki_token *stringize(pp *p, const yki_token *hash, const yki_token *raw)
{
    yki_text s = {0};
    yki_text_add(&s, "\"");
    for (const yki_token *t = raw; t && s.len < 65536; t = t->next) {
        if (t != raw && (t->space || t->bol)) yki_text_add(&s, " ");
        bool quoted = t->kind == YKI_TK_STRING || t->kind == YKI_TK_CHAR;
        for (uint32_t i = 0; i < t->len; i++) {
            if (quoted && (t->text[i] == '"' || t->text[i] == '\\')) yki_text_add(&s, "\\");
            yki_text_add_n(&s, &t->text[i], 1);
        }
    }
    yki_text_add(&s, "\"");
    yki_token *t = make_token(p, &s, hash, true);
    yki_text_free(&s);
    return t ? t : yki_pp_copy(p, hash);
}

/* a ## b, into a. */
static void paste(pp *p, yki_token *a, const yki_token *b)
{
    if (b->kind == YKI_TK_MISSING) return;
    if (a->kind == YKI_TK_MISSING) {
        yki_token *next = a->next;
        *a = *b;
        a->next = next;
        return;
    }
    yki_text s = {0};
    yki_text_add_n(&s, a->text, a->len);
    yki_text_add_n(&s, b->text, b->len);
    yki_token *t = make_token(p, &s, a, true);
    if (t) {
        const yki_hide *hide = hide_common(p, a->hide, b->hide);
        bool space = a->space;
        *a = *t;
        a->next = NULL;
        a->hide = hide;
        a->space = space;
    } else if (!halted(p)) {
        yki_error(&p->u->diags, a->pos, "pasting with ## gives '%.60s', which is not one token",
                  yki_text_get(&s));
    }
    yki_text_free(&s);
}

/* ---- arguments ---- */

static arg *find_arg(const yki_macro *m, arg *args, const yki_token *t)
{
    if (t->kind != YKI_TK_NAME) return NULL;
    for (size_t i = 0; i < m->param_count; i++)
        if (m->params[i] == t->atom) return &args[i];
    return NULL;
}

static yki_token *expanded_arg(pp *p, arg *a)
{
    if (a->done) return a->expanded;
    list copy = {0};
    for (const yki_token *t = a->raw; t && !halted(p); t = t->next) push(&copy, yki_pp_copy(p, t));
    a->expanded = yki_pp_expand_list(p, copy.first);
    a->done = true;
    return a->expanded;
}

/* Reads the arguments of a call whose `(` is at *t; *t becomes the `)`.  NULL with a
 * message where there are too few or many, or no end. */
static arg *read_args(pp *p, const yki_macro *m, const yki_token *name, yki_token **t)
{
    size_t want = yki_max(m->param_count, 1), n = 0, depth = 0;
    arg *args = yki_arena_array(&p->u->arena, want, sizeof *args);
    if (!args) return NULL;
    list now = {0};
    for (yki_token *k = (*t)->next;; k = k->next) {
        if (!k || k->kind == YKI_TK_FILE_END || k->kind == YKI_TK_END) {
            yki_error(&p->u->diags, name->pos, "the call of macro '%s' has no closing ')'",
                      m->name->name);
            return NULL;
        }
        bool closes = depth == 0 && yki_token_is(k, ')');
        bool comma = depth == 0 && yki_token_is(k, ',') && !(m->variadic && n + 1 >= want);
        if (closes || comma) {
            if (n < want) args[n].raw = now.first;
            now = (list){0};
            n++;
            if (closes) {
                *t = k;
                break;
            }
            continue;
        }
        depth += yki_token_is(k, '(');
        depth -= yki_token_is(k, ')');
        push(&now, yki_pp_copy(p, k));
        if (halted(p)) return NULL;
    }
    bool none = n == 1 && !args[0].raw;
    bool fits = n == m->param_count || (m->variadic && n + 1 == m->param_count) ||
                (none && m->param_count == 0);
    if (fits) return args;
    yki_error(&p->u->diags, name->pos, "macro '%s' takes %zu argument%s, not %zu", m->name->name,
              m->param_count, m->param_count == 1 ? "" : "s", none ? 0 : n);
    if (m->pos.file) yki_note_at(&p->u->diags, m->pos, "'%s' is defined here", m->name->name);
    return NULL;
}

/* ---- substitution ---- */

/* A body token placed at the use: points at the use, remembers where it was written. */
static yki_token *place(pp *p, const yki_macro *m, yki_token *body, const yki_token *use)
{
    if (!body->origin && body->pos.file)
        body->origin = yki_source_origin(&p->u->sources, m->name->name, body->pos);
    yki_token *t = yki_pp_copy(p, body);
    t->pos = use->pos;
    t->pos.macro = body->origin;
    t->origin = 0;
    t->bol = false;
    return t;
}

static void push_copies(pp *p, list *out, const yki_token *from, const yki_token *like)
{
    bool first = true;
    for (; from && !halted(p); from = from->next, first = false) {
        yki_token *t = yki_pp_copy(p, from);
        if (first) t->space = like->space;
        push(out, t);
    }
}

/* The operand after ##, as written; at least one token. */
static list operand(pp *p, const yki_macro *m, arg *args, yki_token *b, const yki_token *use)
{
    list l = {0};
    arg *a = args ? find_arg(m, args, b) : NULL;
    if (a) push_copies(p, &l, a->raw, b);
    else push(&l, place(p, m, b, use));
    if (!l.first) {
        yki_token *none = place(p, m, b, use);
        none->kind = YKI_TK_MISSING;
        none->len = 0;
        none->atom = NULL;
        push(&l, none);
    }
    return l;
}

static bool is_va_args(const yki_macro *m, const yki_token *t)
{
    return m->variadic && t->kind == YKI_TK_NAME && t->atom == m->params[m->param_count - 1];
}

/* Pastes what follows a ## at *b on to the end of out. */
static void subst_paste(pp *p, const yki_macro *m, arg *args, yki_token **b,
                        const yki_token *use, list *out)
{
    yki_token *rhs = (*b)->next;
    bool comma = out->last && yki_token_is(out->last, ',') && args && is_va_args(m, rhs);
    list l = operand(p, m, args, rhs, use);
    *b = rhs->next;
    if (comma) { /* GNU: `, ## __VA_ARGS__` drops the comma before nothing */
        if (l.first->kind == YKI_TK_MISSING) {
            out->last->kind = YKI_TK_MISSING;
            out->last->len = 0;
        } else {
            push_copies(p, out, expanded_arg(p, find_arg(m, args, rhs)), rhs);
        }
        return;
    }
    if (out->last) paste(p, out->last, l.first);
    else push(out, yki_pp_copy(p, l.first));
    push_copies(p, out, l.first->next, l.first);
}

static yki_token *substitute(pp *p, const yki_macro *m, arg *args, const yki_token *use)
{
    list out = {0};
    for (yki_token *b = m->body; b && !halted(p);) {
        arg *a = args ? find_arg(m, args, b) : NULL;
        if (m->function && yki_token_is(b, '#') && b->next && find_arg(m, args, b->next)) {
            yki_token *at = place(p, m, b, use);
            push(&out, stringize(p, at, find_arg(m, args, b->next)->raw));
            b = b->next->next;
        } else if (yki_token_is(b, YKI_P_HASHHASH) && b->next && out.last) {
            subst_paste(p, m, args, &b, use, &out);
        } else if (b->next && yki_token_is(b->next, YKI_P_HASHHASH)) {
            list l = operand(p, m, args, b, use);
            push_copies(p, &out, l.first, b);
            b = b->next;
        } else if (a) {
            push_copies(p, &out, expanded_arg(p, a), b);
            b = b->next;
        } else {
            push(&out, place(p, m, b, use));
            b = b->next;
        }
    }
    return out.first;
}

/* ---- expansion ---- */

static yki_token *magic(pp *p, const yki_macro *m, const yki_token *use)
{
    char text[32];
    const char *file = "<built-in>";
    uint32_t line = 0;
    yki_unit_where(p->u, use->pos, &file, &line, NULL);
    yki_text s = {0};
    snprintf(text, sizeof text, "%u", line);
    if (m->kind == MACRO_LINE) yki_text_add(&s, text);
    else yki_text_printf(&s, "\"%s\"", file);
    yki_token *t = make_token(p, &s, use, true);
    yki_text_free(&s);
    return t;
}

/* Puts `made` in front of `rest`, with the use's hide set and spacing. */
static yki_token *splice(pp *p, yki_token *made, yki_token *rest, const yki_token *use,
                         const yki_hide *hide)
{
    list out = {0};
    for (yki_token *t = made, *next; t && !halted(p); t = next) {
        next = t->next;
        if (t->kind == YKI_TK_MISSING) continue;
        t->hide = hide_join(p, hide, t->hide);
        if (!out.first) {
            t->space = use->space;
            t->bol = use->bol;
        }
        push(&out, t);
    }
    if (!out.first) return rest;
    out.last->next = rest;
    return out.first;
}

bool yki_pp_expand(pp *p, yki_token **t)
{
    yki_token *use = *t;
    const yki_macro *m = use->kind == YKI_TK_NAME ? use->atom->macro : NULL;
    if (!m || use->painted || halted(p)) return false;
    if (hidden(p, use->hide, m->name)) {
        use->painted = true;
        return false;
    }
    if (!spend(p, use, 1)) return false;
    if (m->kind != MACRO_PLAIN) {
        *t = splice(p, magic(p, m, use), use->next, use, use->hide);
        return true;
    }
    if (!m->function) {
        const yki_hide *hide = hide_add(p, use->hide, m->name);
        *t = splice(p, substitute(p, m, NULL, use), use->next, use, hide);
        return true;
    }
    yki_token *paren = use->next;
    if (!paren || !yki_token_is(paren, '(')) return false;
    arg *args = read_args(p, m, use, &paren);
    if (!args) {
        use->painted = true;
        return false;
    }
    const yki_hide *hide = hide_add(p, hide_common(p, use->hide, paren->hide), m->name);
    *t = splice(p, substitute(p, m, args, use), paren->next, use, hide);
    return true;
}

yki_token *yki_pp_expand_list(pp *p, yki_token *t)
{
    list out = {0};
    if (p->expand_depth >= PP_EXPAND_DEPTH) {
        if (t && !p->stop)
            yki_error(&p->u->diags, t->pos, "macro calls are nested deeper than %d",
                      PP_EXPAND_DEPTH);
        p->stop = true;
        return NULL;
    }
    p->expand_depth++;
    while (t && !halted(p)) {
        if (yki_pp_expand(p, &t)) continue;
        yki_token *next = t->next;
        push(&out, t);
        t = next;
    }
    p->expand_depth--;
    return out.first;
}
