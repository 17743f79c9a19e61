/* guard: recognises conditions that are pure bounds on global ids.
 *
 *     if (x >= w || y < 1) return;      if (i < n) { ... }      x > 0 ? u[x - 1] : 0
 *
 * A bound keeps the types of its comparison, so that a negative width, a wrapped
 * unsigned and a size_t cut exactly what they cut in C.  Called by the walk, for the
 * active box and for the conditions under which an access stands.  Everything that is
 * not certainly such a bound is left alone in the code. */
#include "compiler/back.h"

const char yki_always_true[] = "1", yki_always_false[] = "0";

bool yki_expr_pure(const yki_expr *e)
{
    if (!e) return true;
    if (e->kind == YKI_EX_ASSIGN || e->kind == YKI_EX_INCDEC ||
        (e->kind == YKI_EX_CALL && e->func)) {
        return false;
    }
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (!yki_expr_pure(e->args[i])) return false;
    }
    return yki_expr_pure(e->a) && yki_expr_pure(e->b) && yki_expr_pure(e->c);
}

static bool is_unsigned(yki_type_kind k) { return k == YKI_T_UINT || k == YKI_T_ULONG; }

/* The one global id that p holds with coefficient +-1 and nothing multiplied to it. */
static const yki_sym *single_id(yki_syms *s, const yki_poly *p, int64_t *sign)
{
    const yki_sym *found = NULL;
    for (uint32_t i = 0; p && i < p->n; i++) {
        const yki_term *t = &p->term[i];
        for (unsigned k = 0; k < t->n; k++) {
            const yki_sym *sym = yki_sym_get(s, t->sym[k]);
            if (!sym || sym->kind == YKI_SYM_COUNTER) return NULL;
            if (sym->kind != YKI_SYM_GID) continue;
            if (t->n != 1 || (t->c != 1 && t->c != -1) || found) return NULL;
            found = sym;
            *sign = t->c;
        }
    }
    return found;
}

static bool push(yki_walk *w, const yki_bound **list, const yki_bound *bound)
{
    yki_bound *b = yki_arena_alloc(yki_walk_arena(w), sizeof *b);
    if (!b) return false;
    *b = *bound;
    b->outer = *list;
    *list = b;
    return true;
}

/* id != limit cuts something off where limit is an end of the id's range. */
static bool push_unequal(yki_walk *w, yki_bound b, const yki_bound **list)
{
    yki_syms *s = &yki_walk_kinfo(w)->syms;
    int64_t zero;
    if (yki_poly_const(b.value, &zero) && zero == 0 && b.shift == 0) {
        b.shift = 1;
        return push(w, list, &b);
    }
    const yki_poly *limit = yki_poly_add(s, b.value, yki_poly_int(s, b.shift + 1));
    for (const yki_bound *a = yki_walk_kinfo(w)->active; a; a = a->outer) {
        if (a->relation || !a->upper || a->dim != b.dim) continue;
        const yki_poly *end = yki_poly_add(s, a->value, yki_poly_int(s, a->shift));
        if (!yki_poly_equal(end, limit) || a->type != b.type || a->inner != b.inner) continue;
        b.upper = true;
        return push(w, list, &b);
    }
    return false;
}

/* id OP limit, with the id alone on the left. */
static bool push_compare(yki_walk *w, yki_op op, yki_bound b, const yki_bound **list)
{
    bool after = op == YKI_OP_LE || op == YKI_OP_GT;
    switch (op) {
    case YKI_OP_EQ: {
        yki_bound hi = b;
        hi.upper = true;
        hi.shift++;
        return push(w, list, &b) && push(w, list, &hi);
    }
    case YKI_OP_NE: return push_unequal(w, b, list);
    default: break;
    }
    b.upper = op == YKI_OP_LT || op == YKI_OP_LE;
    b.shift += after;
    return push(w, list, &b);
}

static yki_op mirrored(yki_op op)
{
    switch (op) {
    case YKI_OP_LT: return YKI_OP_GT;
    case YKI_OP_GT: return YKI_OP_LT;
    case YKI_OP_LE: return YKI_OP_GE;
    case YKI_OP_GE: return YKI_OP_LE;
    default: return op;
    }
}

static yki_op negated(yki_op op)
{
    switch (op) {
    case YKI_OP_LT: return YKI_OP_GE;
    case YKI_OP_GE: return YKI_OP_LT;
    case YKI_OP_GT: return YKI_OP_LE;
    case YKI_OP_LE: return YKI_OP_GT;
    case YKI_OP_EQ: return YKI_OP_NE;
    default: return YKI_OP_EQ;
    }
}

/* Says that p, a sum in which ids and counters may mix, is not negative. */
static void push_relation(yki_walk *w, const yki_expr *e, const yki_poly *p, const yki_bound **list)
{
    yki_bound b = {.expr = e, .dim = UINT8_MAX, .value = p, .relation = true};
    if (p) push(w, list, &b);
}

static void relate(yki_walk *w, const yki_expr *e, yki_op op, const yki_poly *diff,
                   const yki_bound **list)
{
    yki_syms *s = &yki_walk_kinfo(w)->syms;
    const yki_poly *minus = yki_poly_sub(s, yki_poly_int(s, 0), diff), *one = yki_poly_int(s, 1);
    if (op == YKI_OP_LT || op == YKI_OP_EQ) {
        push_relation(w, e, op == YKI_OP_LT ? yki_poly_sub(s, minus, one) : minus, list);
    }
    if (op == YKI_OP_LE) push_relation(w, e, minus, list);
    if (op == YKI_OP_GT) push_relation(w, e, yki_poly_sub(s, diff, one), list);
    if (op == YKI_OP_GE || op == YKI_OP_EQ) push_relation(w, e, diff, list);
}

/* Signed comparisons: overflow is undefined, so terms may change sides. */
static bool signed_bound(yki_walk *w, const yki_expr *e, yki_op op, yki_val a, yki_val b,
                         const yki_bound **list)
{
    yki_syms *s = &yki_walk_kinfo(w)->syms;
    int64_t sign = 0;
    if (a.wrap != YKI_EXACT || b.wrap != YKI_EXACT) return false;
    const yki_poly *diff = yki_poly_sub(s, a.p, b.p);
    const yki_sym *id = single_id(s, diff, &sign);
    if (!id) {
        relate(w, e, op, diff, list);
        return false;
    }
    const yki_poly *rest = yki_poly_without(s, diff, id);
    yki_bound out = {.expr = e, .dim = id->dim, .inner = YKI_T_LONG, .type = YKI_T_LONG};
    out.value = sign > 0 ? yki_poly_sub(s, yki_poly_int(s, 0), rest) : rest;
    if (!out.value) return false;
    return push_compare(w, sign > 0 ? op : mirrored(op), out, list);
}

static const yki_expr *without_cast(const yki_expr *e)
{
    return e->kind == YKI_EX_CAST && e->cast == YKI_CAST_NUMBER ? e->a : e;
}

/* Unsigned ones: the id, plus at most a small constant, must stand alone on a side. */
static bool unsigned_bound(yki_walk *w, const yki_expr *e, yki_op op, const yki_expr *left,
                           const yki_expr *right, yki_type_kind type, const yki_bound **list)
{
    yki_syms *s = &yki_walk_kinfo(w)->syms;
    int64_t sign = 0, add = 0;
    yki_val a = yki_walk_value(w, left);
    const yki_sym *id = single_id(s, a.p, &sign);
    if (!id || sign < 0 || !yki_poly_const(yki_poly_without(s, a.p, id), &add)) return false;
    if (add < 0 || add > INT32_MAX || a.wrap == YKI_NARROWED) return false;
    /* an id that fits 31 bits does not wrap; the shape makes sure of that */
    if (a.wrap == YKI_MOD32 && add != 0 && !(yki_walk_kinfo(w)->ids32 >> id->dim & 1)) return false;
    const yki_expr *core = without_cast(right);
    if (!yki_type_is_integer(core->type)) return false;
    yki_val b = yki_walk_value(w, core);
    int64_t ignored;
    if (!b.p || single_id(s, b.p, &ignored) || yki_poly_has_kind(s, b.p, YKI_SYM_GID) ||
        yki_poly_has_kind(s, b.p, YKI_SYM_COUNTER) || b.wrap == YKI_NARROWED) {
        return false;
    }
    yki_bound out = {.expr = e, .dim = id->dim, .value = b.p, .shift = -add, .type = type,
                     .inner = core->type->kind};
    return push_compare(w, op, out, list);
}

static bool compare_bound(yki_walk *w, const yki_expr *e, bool negate, const yki_bound **list)
{
    yki_op op = negate ? negated(e->op) : e->op;
    yki_type_kind type = e->a->type->kind;
    if (!yki_type_is_integer(e->a->type)) return false;
    if (is_unsigned(type)) {
        return unsigned_bound(w, e, op, e->a, e->b, type, list) ||
               unsigned_bound(w, e, mirrored(op), e->b, e->a, type, list);
    }
    return signed_bound(w, e, op, yki_walk_value(w, e->a), yki_walk_value(w, e->b), list);
}

static bool take(const yki_expr *e, bool negate, bool mark)
{
    /* The tree is constant but for `note`, which is ours to write. */
    if (mark) ((yki_expr *)(uintptr_t)e)->note = (void *)(uintptr_t)(negate ? yki_always_false
                                                                           : yki_always_true);
    return true;
}

bool yki_guard_bounds(yki_walk *w, const yki_expr *e, bool negate, bool mark,
                      const yki_bound **list)
{
    if (!yki_expr_pure(e)) return false;
    if (e->kind == YKI_EX_CAST && e->cast == YKI_CAST_NUMBER && yki_type_is_integer(e->a->type)) {
        return e->type->kind == YKI_T_BOOL || e->type->size >= e->a->type->size
                   ? yki_guard_bounds(w, e->a, negate, mark, list) : false;
    }
    if (e->kind == YKI_EX_UNARY && e->op == YKI_OP_NOT) {
        return yki_guard_bounds(w, e->a, !negate, mark, list);
    }
    if (e->kind != YKI_EX_BINARY) return false;
    bool both = e->op == (negate ? YKI_OP_LOGICAL_OR : YKI_OP_LOGICAL_AND);
    if (both) { /* each side holds by itself */
        bool a = yki_guard_bounds(w, e->a, negate, mark, list);
        bool b = yki_guard_bounds(w, e->b, negate, mark, list);
        return a && b;
    }
    if (e->op < YKI_OP_LT || e->op > YKI_OP_NE) return false;
    return compare_bound(w, e, negate, list) && take(e, negate, mark);
}
