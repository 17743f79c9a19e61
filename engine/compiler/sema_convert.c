/* sema_convert: nodes, and the conversions that C makes without being asked, as casts. */
#include <string.h>

#include "compiler/parse_int.h"

yki_expr *yki_new_expr(yki_parser *p, yki_expr_kind kind, yki_pos pos, const yki_type *type)
{
    if (p->u->arena.failed) return p->u->poison;
    yki_expr *e = yki_arena_node(&p->u->arena, sizeof *e);
    e->kind = kind;
    e->pos = e->begin = pos;
    e->type = type;
    e->depth = 1;
    return e;
}

yki_expr *yki_finish(yki_parser *p, yki_expr *e)
{
    const yki_expr *children[3] = {e->a, e->b, e->c};
    if (e == p->u->poison) return e;
    uint32_t deepest = 0;
    for (size_t i = 0; i < 3; i++) {
        if (!children[i]) continue;
        if (yki_bad(children[i])) return p->u->poison;
        if (children[i]->depth > deepest) deepest = children[i]->depth;
    }
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (!e->args[i]) continue;
        if (yki_bad(e->args[i])) return p->u->poison;
        if (e->args[i]->depth > deepest) deepest = e->args[i]->depth;
    }
    e->depth = deepest + 1;
    if (e->depth <= YKI_EXPR_DEPTH) return e;
    yki_error(p->d, e->pos, "this expression is more than %d operators deep", YKI_EXPR_DEPTH);
    return p->u->poison;
}

yki_expr *yki_int_expr(yki_parser *p, yki_pos pos, yki_type_kind kind, uint64_t bits)
{
    yki_expr *e = yki_new_expr(p, YKI_EX_INT, pos, yki_unit_type(p->u, kind));
    if (e != p->u->poison) e->bits = yki_wrap(e->type, bits);
    return e;
}

yki_expr *yki_cast_to(yki_parser *p, yki_expr *e, const yki_type *to, yki_cast cast)
{
    if (yki_bad(e) || to->kind == YKI_T_ERROR) return p->u->poison;
    yki_expr *c = yki_new_expr(p, YKI_EX_CAST, e->pos, to->plain);
    if (c == p->u->poison) return c;
    c->cast = cast;
    c->implicit = true;
    c->a = e;
    c->begin = e->begin;
    return yki_finish(p, c);
}

yki_expr *yki_rvalue(yki_parser *p, yki_expr *e)
{
    if (e->type->kind != YKI_T_ARRAY) return e;
    if (!e->lvalue) {
        yki_error(p->d, e->begin, "an array inside a value that has no address");
        yki_hint(p->d, "store the struct in a variable first");
        return p->u->poison;
    }
    return yki_cast_to(p, e, yki_type_pointer(p->u, e->type->elem), YKI_CAST_DECAY);
}

/* A double literal, with signs before it. */
static bool double_literal(const yki_expr *e, double *v)
{
    double sign = 1;
    while (e->kind == YKI_EX_UNARY && (e->op == YKI_OP_NEG || e->op == YKI_OP_PLUS)) {
        if (e->op == YKI_OP_NEG) sign = -sign;
        e = e->a;
    }
    *v = sign * e->real;
    return e->kind == YKI_EX_FLOAT && e->type->kind == YKI_T_DOUBLE;
}

/* A number to another number type.  `float x = 0.5;` is converted here and now, so that a
 * kernel does not need doubles for it. */
yki_expr *yki_to_arith(yki_parser *p, yki_expr *e, const yki_type *to)
{
    double v;
    if (yki_bad(e) || e->type->plain == to->plain) return e;
    if (to->kind == YKI_T_FLOAT && double_literal(e, &v)) {
        yki_expr *f = yki_new_expr(p, YKI_EX_FLOAT, e->pos, to->plain);
        if (yki_bad(f)) return f;
        f->real = (double)(float)v;
        f->begin = e->begin;
        return f;
    }
    return yki_cast_to(p, e, to, YKI_CAST_NUMBER);
}

bool yki_is_null_pointer(const yki_expr *e)
{
    int64_t v;
    if (e->kind == YKI_EX_CAST && e->type->kind == YKI_T_POINTER && !e->type->elem->quals &&
        e->type->elem->kind == YKI_T_VOID && !e->type->elem->space)
        e = e->a; /* (void *)0 */
    while (e->kind == YKI_EX_CAST && e->cast == YKI_CAST_NULL) e = e->a;
    return yki_type_is_integer(e->type) && yki_fold_int(e, &v) && v == 0;
}

/* ---- pointers ---- */

static const char *space_word(unsigned space)
{
    static const char *const words[] = {"private", "global", "constant", "local", "generic"};
    return words[space];
}

/* What is behind the arrays: where qualifiers sit. */
static bool same_pointee(const yki_type *a, const yki_type *b)
{
    return a->plain == b->plain || a->kind == YKI_T_VOID || b->kind == YKI_T_VOID;
}

static void mismatch(yki_parser *p, const yki_expr *e, const yki_type *to, const char *what)
{
    yki_error(p->d, e->begin, "%s: expected '%s', found '%s'", what,
              yki_type_text(p->u, to->plain), yki_type_text(p->u, e->type->plain));
}

static yki_expr *pointer_to_pointer(yki_parser *p, yki_expr *e, const yki_type *to,
                                    const char *what)
{
    const yki_type *from = e->type->elem, *want = to->elem;
    if (from->space != want->space) {
        mismatch(p, e, to, what);
        yki_note(p->d, "one points into %s memory, the other into %s memory",
                 space_word(want->space), space_word(from->space));
        if (want->space == YKI_SPACE_PRIVATE && !p->builtin_call)
            yki_hint(p->d, "declare it  %s", yki_type_text(p->u, e->type->plain));
        return p->u->poison;
    }
    if (!same_pointee(from, want)) {
        mismatch(p, e, to, what);
        yki_hint(p->d, "a cast '(%s)' says that this is meant", yki_type_text(p->u, to->plain));
        return p->u->poison;
    }
    unsigned lost = from->quals & ~(unsigned)want->quals & (YKI_CONST | YKI_VOLATILE);
    if (lost) {
        mismatch(p, e, to, what);
        yki_note(p->d, "that would drop '%s'", lost & YKI_CONST ? "const" : "volatile");
        return p->u->poison;
    }
    if (e->type->plain == to->plain) return e;
    return yki_cast_to(p, e, to, from->plain == want->plain ? YKI_CAST_QUALIFY : YKI_CAST_POINTER);
}

yki_expr *yki_convert(yki_parser *p, yki_expr *e, const yki_type *to, const char *what)
{
    e = yki_rvalue(p, e);
    if (yki_bad(e) || to->kind == YKI_T_ERROR) return p->u->poison;
    const yki_type *from = e->type;
    if (from->plain == to->plain && from->kind != YKI_T_VOID) return e;
    if (yki_type_is_arith(from) && yki_type_is_arith(to)) return yki_to_arith(p, e, to);
    if (to->kind == YKI_T_POINTER && yki_is_null_pointer(e))
        return yki_cast_to(p, e, to, YKI_CAST_NULL);
    if (to->kind == YKI_T_POINTER && from->kind == YKI_T_POINTER)
        return pointer_to_pointer(p, e, to, what);
    if (to->kind == YKI_T_BOOL && from->kind == YKI_T_POINTER)
        return yki_cast_to(p, e, to, YKI_CAST_BOOL_PTR);
    mismatch(p, e, to, what);
    if (from->kind == YKI_T_POINTER && from->elem->plain == to->plain)
        yki_hint(p->d, "'*' in front of it takes the value it points at");
    return p->u->poison;
}

/* ---- what the source spells ---- */

/* How a cast in parentheses converts; false where C does not allow it. */
static bool cast_kind(const yki_type *from, const yki_type *to, yki_cast *out)
{
    bool from_pointer = from->kind == YKI_T_POINTER, to_pointer = to->kind == YKI_T_POINTER;
    *out = YKI_CAST_NUMBER;
    if (to->kind == YKI_T_VOID) *out = YKI_CAST_VOID;
    else if (yki_type_is_arith(from) && yki_type_is_arith(to)) *out = YKI_CAST_NUMBER;
    else if (from_pointer && to_pointer)
        *out = from->elem->plain == to->elem->plain ? YKI_CAST_QUALIFY : YKI_CAST_POINTER;
    else if (from_pointer && to->kind == YKI_T_BOOL) *out = YKI_CAST_BOOL_PTR;
    else if (from_pointer && yki_type_is_integer(to)) *out = YKI_CAST_PTR_INT;
    else if (to_pointer && yki_type_is_integer(from)) *out = YKI_CAST_INT_PTR;
    else return from->kind == YKI_T_RECORD && from->plain == to->plain;
    return true;
}

yki_expr *yki_explicit_cast(yki_parser *p, yki_expr *e, const yki_type *to, yki_pos pos)
{
    yki_cast cast;
    e = yki_rvalue(p, e);
    if (yki_bad(e) || to->kind == YKI_T_ERROR) return p->u->poison;
    const yki_type *from = e->type;
    if (!cast_kind(from, to, &cast)) {
        yki_error(p->d, pos, "a value of type '%s' cannot be cast to '%s'",
                  yki_type_text(p->u, from->plain), yki_type_text(p->u, to));
        return p->u->poison;
    }
    if (to->kind == YKI_T_RECORD) return e;
    bool zero = cast == YKI_CAST_INT_PTR && yki_is_null_pointer(e);
    if ((cast == YKI_CAST_POINTER || cast == YKI_CAST_QUALIFY) &&
        from->elem->space != to->elem->space && !yki_is_null_pointer(e)) {
        yki_error(p->d, pos, "a cast cannot change the address space: from '%s' to '%s'",
                  yki_type_text(p->u, from->plain), yki_type_text(p->u, to));
        return p->u->poison;
    }
    yki_expr *c = yki_cast_to(p, e, to, zero ? YKI_CAST_NULL : cast);
    if (yki_bad(c)) return c;
    c->implicit = false;
    c->pos = c->begin = pos;
    return c;
}

yki_expr *yki_condition(yki_parser *p, yki_expr *e)
{
    e = yki_rvalue(p, e);
    if (yki_bad(e) || yki_type_is_scalar(e->type)) return e;
    yki_error(p->d, e->begin, "a condition is a number or a pointer, not '%s'",
              yki_type_text(p->u, e->type->plain));
    return p->u->poison;
}
