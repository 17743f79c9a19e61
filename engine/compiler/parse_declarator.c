/* parse_declarator: what stands around a declared name: stars, brackets, parameters. */
#include <string.h>

#include "compiler/parse_int.h"

enum { ARRAY_DIMS = 16, PARAMS_MAX = 256 };
static const uint64_t object_max = INT32_MAX; /* bytes of one object */

static const yki_type *error_type(yki_parser *p)
{
    return yki_unit_type(p->u, YKI_T_ERROR);
}

/* ---- pointers ---- */

static const yki_type *parse_stars(yki_parser *p, const yki_type *type)
{
    unsigned levels = 0;
    while (yki_at(p, '*')) {
        const yki_token *star = yki_next(p);
        if (++levels > ARRAY_DIMS) {
            yki_syntax(p, star->pos, "more than %d levels of pointers", ARRAY_DIMS);
            return error_type(p);
        }
        type = yki_type_pointer(p->u, type);
        for (const yki_token *t = yki_peek(p);; t = yki_peek(p)) {
            yki_keyword k = yki_keyword_of(t);
            unsigned arg = yki_keyword_arg(t);
            if (k == YKI_K_QUAL) {
                type = yki_type_qualify(p->u, type, arg, 0);
            } else if (k == YKI_K_SPACE && arg == YKI_SPACE_LOCAL) {
                yki_unsupported(p, t->pos, "local memory");
                type = error_type(p);
            } else if (k == YKI_K_SPACE) {
                type = yki_type_qualify(p->u, type, 0, arg);
            } else {
                break;
            }
            yki_next(p);
        }
    }
    return type;
}

/* ---- arrays ---- */

static const yki_type *make_array(yki_parser *p, const yki_type *elem, uint64_t count, yki_pos pos)
{
    size_t bytes;
    if (elem->kind == YKI_T_ERROR) return elem;
    if (elem->kind == YKI_T_VOID || !elem->size) {
        yki_error(p->d, pos, "an array of the incomplete type '%s'", yki_type_text(p->u, elem));
        return error_type(p);
    }
    if (!yki_mul(count, elem->size, &bytes) || bytes > object_max) {
        yki_error(p->d, pos, "this array is too large");
        return error_type(p);
    }
    return yki_type_array(p->u, elem, count);
}

/* `[n][m]...`: sizes first, since the innermost element comes last. */
static const yki_type *parse_brackets(yki_parser *p, const yki_type *elem)
{
    uint64_t counts[ARRAY_DIMS];
    yki_pos where[ARRAY_DIMS];
    size_t n = 0;
    while (!p->panic && yki_at(p, '[')) {
        const yki_token *open = yki_next(p);
        if (n == ARRAY_DIMS) {
            yki_syntax(p, open->pos, "more than %d array dimensions", ARRAY_DIMS);
            break;
        }
        while (yki_at_keyword(p, YKI_K_QUAL) || yki_at_keyword(p, YKI_K_STATIC)) yki_next(p);
        where[n] = yki_peek(p)->pos;
        counts[n] = 0;
        if (!yki_at(p, ']')) {
            int64_t v = yki_parse_constant(p, "the size of an array");
            if (v <= 0 && !p->panic) {
                yki_error(p->d, where[n], "the size of an array is at least 1, not %lld",
                          (long long)v);
                v = 1;
            }
            counts[n] = (uint64_t)v;
        } else if (n) {
            yki_error(p->d, where[n], "only the first dimension may be left open");
            counts[n] = 1;
        }
        n++;
        yki_expect(p, ']', "after the size of the array");
    }
    while (n-- > 0) elem = make_array(p, elem, counts[n], where[n]);
    return elem;
}

/* ---- parameters ---- */

static void pend(yki_parser *p, yki_declarator *d, yki_var *v)
{
    while (yki_is_annotation(yki_peek(p))) {
        yki_pending *a = yki_arena_node(&p->u->arena, sizeof *a);
        *a = (yki_pending){v, p->at, d->pending};
        d->pending = a;
        yki_next(p);
        if (yki_at(p, '(')) yki_skip_parens(p);
    }
}

/* What a parameter's declared type becomes. */
static const yki_type *adjust(yki_parser *p, const yki_declarator *d)
{
    const yki_type *t = d->type;
    if (d->is_function) {
        yki_unsupported(p, d->pos, "function pointers");
        return error_type(p);
    }
    if (t->kind == YKI_T_ARRAY) return yki_type_pointer(p->u, t->elem);
    if (t->kind == YKI_T_VOID || (t->kind == YKI_T_RECORD && !t->size)) {
        yki_error(p->d, d->pos, "a parameter cannot have the incomplete type '%s'",
                  yki_type_text(p->u, t));
        return error_type(p);
    }
    if (t->space) {
        yki_error(p->d, d->pos, "a parameter itself lies in private memory");
        yki_hint(p->d, "the address space belongs before the *, to what it points at");
        return error_type(p);
    }
    return t;
}

static yki_var *parse_param(yki_parser *p, yki_declarator *fn)
{
    yki_spec s = yki_parse_spec(p);
    if (s.is_typedef || s.is_kernel || s.is_extern)
        yki_syntax(p, s.pos, "a parameter is declared without this word");
    yki_declarator d = yki_parse_declarator(p, s.type);
    if (!d.name) d.pos = s.pos;
    d.type = adjust(p, &d);
    yki_var *v = yki_new_var(p, YKI_VAR_PARAM, &d);
    yki_attrs a = {0};
    yki_parse_attributes(p, &a);
    pend(p, fn, v);
    return v;
}

static void reverse_pending(yki_declarator *d)
{
    yki_pending *list = NULL;
    while (d->pending) {
        yki_pending *a = d->pending;
        d->pending = a->next;
        a->next = list;
        list = a;
    }
    d->pending = list;
}

static void parse_params(yki_parser *p, yki_declarator *d)
{
    yki_var **tail = &d->params;
    const yki_token *open = yki_next(p);
    d->is_function = true;
    const yki_token *after = yki_peek_at(p, 1);
    if (yki_at_keyword(p, YKI_K_TYPE) && yki_keyword_arg(yki_peek(p)) == YKI_T_VOID &&
        yki_token_is(after, ')'))
        yki_next(p);
    while (!p->panic && !yki_at(p, ')')) {
        if (yki_at(p, YKI_P_ELLIPSIS)) {
            yki_syntax(p, yki_peek(p)->pos, "functions with a variable number of arguments do not "
                       "exist in OpenCL C");
            break;
        }
        if (d->param_count == PARAMS_MAX) {
            yki_syntax(p, open->pos, "more than %d parameters", PARAMS_MAX);
            break;
        }
        yki_var *v = parse_param(p, d);
        v->index = d->param_count++;
        *tail = v;
        tail = &v->next;
        if (!yki_take(p, ',')) break;
        if (yki_at(p, ')')) yki_expected(p, "a parameter");
    }
    reverse_pending(d);
    if (!p->panic) yki_expect(p, ')', "after the parameters");
}

/* ---- declarators ---- */

/* A `(` that opens a declarator within, rather than a list of parameters. */
static bool at_group(yki_parser *p)
{
    const yki_token *t = yki_peek_at(p, 1);
    if (!yki_at(p, '(')) return false;
    if (yki_token_is(t, '*') || yki_token_is(t, '(')) return true;
    if (t->kind != YKI_TK_NAME || yki_keyword_of(t)) return false;
    return !(t->atom->symbol && t->atom->symbol->kind == YKI_SYM_TYPEDEF);
}

static const yki_type *parse_suffix(yki_parser *p, yki_declarator *d, const yki_type *type)
{
    if (yki_at(p, '(')) {
        parse_params(p, d);
        if (yki_at(p, '[')) yki_syntax(p, yki_peek(p)->pos, "a function cannot return an array");
        if (type->kind == YKI_T_ARRAY) yki_syntax(p, d->pos, "a function cannot return an array");
        return type;
    }
    return yki_at(p, '[') ? parse_brackets(p, type) : type;
}

/* `(inner) suffix`: the suffix comes first, as it binds to what inner points at. */
static yki_declarator parse_group(yki_parser *p, const yki_type *type)
{
    yki_declarator outer = {0}, inner;
    const yki_token *open = yki_peek(p);
    size_t begin = p->at + 1;
    yki_skip_parens(p);
    type = parse_suffix(p, &outer, type);
    size_t end = p->at;
    bool points = yki_token_is(&p->u->tokens[begin], '*');
    if (outer.is_function && points) {
        yki_unsupported(p, open->pos, "function pointers");
        type = error_type(p);
    }
    p->at = begin;
    inner = yki_parse_declarator(p, type);
    yki_expect(p, ')', "in this declaration");
    if (inner.is_function && outer.is_function)
        yki_syntax(p, open->pos, "a function cannot return a function");
    if (!p->panic) p->at = end;
    if (outer.is_function && !points && !inner.is_function) {
        inner.is_function = true;
        inner.params = outer.params;
        inner.param_count = outer.param_count;
        inner.pending = outer.pending;
    }
    return inner;
}

yki_declarator yki_parse_declarator(yki_parser *p, const yki_type *base)
{
    yki_declarator d = {.pos = yki_peek(p)->pos, .type = base};
    if (!yki_enter(p)) {
        d.type = error_type(p);
        return d;
    }
    d.type = parse_stars(p, base);
    if (at_group(p)) {
        d = parse_group(p, d.type);
    } else {
        const yki_token *t = yki_peek(p);
        d.pos = t->pos;
        if (t->kind == YKI_TK_NAME && !yki_keyword_of(t)) d.name = yki_next(p)->atom;
        d.type = parse_suffix(p, &d, d.type);
    }
    yki_leave(p);
    return d;
}
