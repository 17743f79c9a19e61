/* border: expressions that matter at the border of the range only.
 *
 *     int left = max(x - 1, 0);        v = x + j < width ? u[x + j] : 0;
 *
 * For ids of dimension 0 that keep away from the ends, what such a clamp or comparison
 * gives is known beforehand.  The host's emitter writes the body twice, once without
 * them, so that the C compiler sees plain neighbours where nearly all work-items are.
 * Called by the walk, in the kernel's own text alone (a helper is one function for all
 * its callers), and by emit_host.c.  Nothing depends on it but speed. */
#include "compiler/back.h"

#include <string.h>

/* The least value that p takes over its counters; NULL where that is not simple. */
static const yki_poly *least(yki_syms *s, const yki_poly *p)
{
    int64_t c;
    for (const yki_sym *t = s->first; t && p; t = t->next) {
        if (t->kind != YKI_SYM_COUNTER || !yki_poly_has(p, t)) continue;
        if (!yki_poly_const(yki_poly_coef(s, p, t), &c)) return NULL;
        const yki_poly *end = yki_poly_int(s, 0);
        if (c < 0) end = yki_poly_sub(s, t->count, yki_poly_int(s, 1));
        if (!end || yki_poly_has_kind(s, end, YKI_SYM_COUNTER)) return NULL;
        p = yki_poly_subst(s, p, t, end);
    }
    return p && !yki_poly_has_kind(s, p, YKI_SYM_GID) ? p : NULL;
}

/* The ids of dimension 0 for which `diff` is not negative, as a bound before *list. */
static bool keep_away(yki_walk *w, const yki_expr *e, const yki_poly *diff, const yki_bound **list)
{
    yki_syms *s = &w->k->syms;
    int64_t sign;
    const yki_sym *id = yki_sym_dim(s, YKI_SYM_GID, 0);
    if (!diff || !yki_poly_const(yki_poly_coef(s, diff, id), &sign)) return false;
    if (sign != 1 && sign != -1) return false;
    const yki_poly *rest = least(s, yki_poly_without(s, diff, id));
    yki_bound *b = rest ? yki_arena_alloc(w->b->arena, sizeof *b) : NULL;
    if (!b) return false;
    b->outer = *list;
    b->expr = e;
    b->upper = sign < 0;
    b->shift = b->upper;
    b->value = b->upper ? rest : yki_poly_sub(s, yki_poly_int(s, 0), rest);
    b->inner = b->type = YKI_T_LONG;
    if (!b->value) return false;
    *list = b;
    return true;
}

static bool in_kernel(const yki_walk *w) { return !w->quiet && w->calls == 0; }

/* What an expression is inside the border; two answers cancel each other. */
static void put(yki_walk *w, const yki_expr *e, int is, const yki_bound *inside)
{
    yki_border *b = w->k->borders;
    while (b && b->expr != e) b = b->next;
    if (b) {
        b->is = -1;
        return;
    }
    b = yki_arena_alloc(w->b->arena, sizeof *b);
    if (!b) return;
    *b = (yki_border){w->k->borders, e, inside, (int8_t)is};
    w->k->borders = b;
}

/* min, max or clamp. */
void yki_border_call(yki_walk *w, const yki_expr *e, const yki_val *v)
{
    yki_syms *s = &w->k->syms;
    const char *name = e->builtin->name;
    if (!in_kernel(w) || !yki_type_is_signed(e->type)) return;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (!v[i].p || v[i].wrap != YKI_EXACT || !yki_expr_pure(e->args[i])) return;
    }
    const yki_bound *list = NULL;
    if (!strcmp(name, "clamp")) {
        if (keep_away(w, e, yki_poly_sub(s, v[0].p, v[1].p), &list) &&
            keep_away(w, e, yki_poly_sub(s, v[2].p, v[0].p), &list)) {
            put(w, e, 0, list);
        }
        return;
    }
    const yki_sym *id = yki_sym_dim(s, YKI_SYM_GID, 0);
    int kept = yki_poly_has(v[0].p, id) ? 0 : 1, end = 1 - kept;
    bool smaller = !strcmp(name, "min");
    const yki_poly *diff = smaller ? yki_poly_sub(s, v[end].p, v[kept].p)
                                   : yki_poly_sub(s, v[kept].p, v[end].p);
    if (keep_away(w, e, diff, &list)) put(w, e, kept, list);
}

/* Of a condition and its opposite, that one is meant for the inside which ends at a
 * number before the ids, or at something else after them. */
static bool keeps_inside(const yki_bound *b)
{
    int64_t number;
    return b->upper != yki_poly_const(b->value, &number);
}

/* `diff` is not negative where the comparison is `is`. */
static void put_if_inside(yki_walk *w, const yki_expr *e, int is, const yki_poly *diff)
{
    const yki_bound *list = NULL;
    if (keep_away(w, e, diff, &list) && keeps_inside(list)) put(w, e, is, list);
}

static void signed_compare(yki_walk *w, const yki_expr *e, yki_val a, yki_val b)
{
    yki_syms *s = &w->k->syms;
    if (a.wrap != YKI_EXACT || b.wrap != YKI_EXACT) return;
    const yki_poly *up = yki_poly_sub(s, a.p, b.p), *down = yki_poly_sub(s, b.p, a.p);
    const yki_poly *one = yki_poly_int(s, 1);
    const yki_poly *above = yki_poly_sub(s, up, one), *below = yki_poly_sub(s, down, one);
    switch (e->op) {
    case YKI_OP_LT:
    case YKI_OP_GE:
        put_if_inside(w, e, e->op == YKI_OP_LT, below);
        put_if_inside(w, e, e->op != YKI_OP_LT, up);
        return;
    case YKI_OP_GT:
    case YKI_OP_LE:
        put_if_inside(w, e, e->op == YKI_OP_GT, above);
        put_if_inside(w, e, e->op != YKI_OP_GT, down);
        return;
    default:
        put_if_inside(w, e, e->op == YKI_OP_NE, above);
        put_if_inside(w, e, e->op == YKI_OP_NE, below);
    }
}

/* Unsigned ones wrap: only what guards recognise. */
static void unsigned_compare(yki_walk *w, const yki_expr *e)
{
    for (int negate = 0; negate < 2; negate++) {
        const yki_bound *list = NULL;
        if (!yki_guard_bounds(w, e, negate, false, &list) || !list || list->outer) continue;
        if (!list->relation && list->dim == 0 && keeps_inside(list)) put(w, e, !negate, list);
    }
}

void yki_border_compare(yki_walk *w, const yki_expr *e, yki_val a, yki_val b)
{
    if (!in_kernel(w) || e->op < YKI_OP_LT || e->op > YKI_OP_NE) return;
    if (e->note || !yki_type_is_integer(e->a->type) || !yki_expr_pure(e)) return;
    if (yki_type_is_signed(e->a->type)) signed_compare(w, e, a, b);
    else unsigned_compare(w, e);
}

const yki_border *yki_border_of(const yki_border *list, const yki_expr *e)
{
    while (list && list->expr != e) list = list->next;
    return list && list->is >= 0 ? list : NULL;
}
