/* walk_expr: the value of an expression as a polynomial, and every access to an
 * argument on the way.
 *
 * Called by walk.c statement by statement, helpers included (their bodies are walked at
 * each call with what is known of the arguments).  What is not certainly equal to a
 * polynomial is unknown. */
#include "compiler/back.h"

#include <string.h>

static yki_syms *syms(yki_walk *w) { return &w->k->syms; }

static yki_val known(const yki_poly *p, uint8_t wrap)
{
    return (yki_val){p, -1, p ? wrap : (uint8_t)YKI_EXACT};
}

/* ---- accesses ---- */

static void record(yki_walk *w, yki_val place, const yki_expr *e, bool read, bool write,
                   bool partial)
{
    if (w->quiet || place.array < 0) return;
    yki_access *a = yki_arena_alloc(w->b->arena, sizeof *a);
    if (!a) return;
    a->expr = e;
    a->in = w->func;
    a->index = place.p;
    a->box = w->box;
    a->arg = (uint32_t)place.array;
    a->depth = w->depth;
    a->read = read;
    a->write = write;
    a->narrow = place.wrap != YKI_EXACT;
    a->partial = partial;
    if (w->k->last_access) w->k->last_access->next = a;
    else w->k->accesses = a;
    w->k->last_access = a;
}

/* The element that an lvalue designates: its array and offset. */
static yki_val place_of(yki_walk *w, const yki_expr *e, bool *partial)
{
    if (e->kind == YKI_EX_DEREF) return yki_walk_expr(w, e->a);
    if (e->kind == YKI_EX_MEMBER) {
        *partial = true;
        return place_of(w, e->a, partial);
    }
    if (e->kind == YKI_EX_INDEX) {
        yki_val base = yki_walk_expr(w, e->a), index = yki_walk_expr(w, e->b);
        if (base.array < 0) return base;
        base.p = yki_poly_add(syms(w), base.p, index.p);
        if (index.wrap > base.wrap) base.wrap = index.wrap;
        return base;
    }
    if (e->kind == YKI_EX_CAST && e->cast == YKI_CAST_DECAY) {
        *partial = true;
        return place_of(w, e->a, partial);
    }
    if (e->kind != YKI_EX_VAR) return yki_walk_expr(w, e);
    return yki_unknown();
}

static bool in_program_constant(const yki_expr *e)
{
    while (e && e->kind != YKI_EX_VAR) e = e->a;
    return e && yki_is_constant(e->var);
}

static void touch(yki_walk *w, const yki_expr *e, bool read, bool write)
{
    bool partial = false;
    yki_val place = place_of(w, e, &partial);
    bool outside = e->type->space == YKI_SPACE_GLOBAL || e->type->space == YKI_SPACE_CONSTANT;
    if (place.array < 0 && outside && !w->quiet && !in_program_constant(e)) {
        yki_error(w->b->diags, e->pos, "cannot tell which array this pointer leads into");
        yki_hint(w->b->diags, "let a pointer lead into one argument only");
    }
    record(w, place, e, read, write, partial);
}

/* ---- arithmetic ---- */

static uint8_t worst(yki_val a, yki_val b) { return a.wrap > b.wrap ? a.wrap : b.wrap; }

/* Certainly not negative: ids and counters with positive factors. */
static bool not_negative(yki_walk *w, const yki_poly *p)
{
    for (uint32_t i = 0; p && i < p->n; i++) {
        if (p->term[i].c < 0) return false;
        for (unsigned k = 0; k < p->term[i].n; k++) {
            const yki_sym *sym = yki_sym_get(syms(w), p->term[i].sym[k]);
            if (!sym || sym->kind == YKI_SYM_SCALAR) return false;
        }
    }
    return p != NULL;
}

/* Some value of first .. first + count - 1. */
static yki_val somewhere(yki_walk *w, const yki_poly *first, const yki_poly *count, uint8_t wrap)
{
    const yki_sym *t = yki_sym_counter(syms(w), count, false);
    return known(yki_poly_add(syms(w), first, yki_poly_sym(syms(w), t)), wrap);
}

/* Notes that `value` is never negative. */
static void fact(yki_walk *w, const yki_poly *value)
{
    yki_bound *b = value ? yki_arena_alloc(w->b->arena, sizeof *b) : NULL;
    if (!b) return;
    *b = (yki_bound){.relation = true, .dim = UINT8_MAX, .value = value, .outer = w->k->facts};
    w->k->facts = b;
}

/* Such a value that is close to an id and never more than `most`, or less than `least`. */
static yki_val at_most(yki_walk *w, yki_val v, const yki_poly *most)
{
    fact(w, yki_poly_sub(syms(w), most, v.p));
    return v;
}

static yki_val at_least(yki_walk *w, yki_val v, const yki_poly *least)
{
    fact(w, yki_poly_sub(syms(w), v.p, least));
    return v;
}

/* v % m lies in 0 .. m - 1 where v is not negative. */
static yki_val modulo(yki_walk *w, const yki_expr *e, yki_val a, yki_val m)
{
    yki_syms *s = syms(w);
    if (!a.p || !m.p || a.wrap != YKI_EXACT || m.wrap != YKI_EXACT) return yki_unknown();
    const yki_poly *one_less = yki_poly_add(s, yki_poly_sub(s, a.p, m.p), yki_poly_int(s, 1));
    if (yki_type_is_signed(e->type) && !not_negative(w, a.p) && !not_negative(w, one_less)) {
        return yki_unknown();
    }
    if (!yki_type_is_signed(e->type) && !not_negative(w, a.p)) {
        return yki_unknown();
    }
    return somewhere(w, yki_poly_int(s, 0), m.p, YKI_EXACT);
}

static yki_val binary(yki_walk *w, const yki_expr *e, yki_val a, yki_val b)
{
    yki_syms *s = syms(w);
    uint8_t wrap = worst(a, b);
    int64_t n;
    if (e->type->kind == YKI_T_UINT && wrap == YKI_EXACT) wrap = YKI_MOD32;
    switch (e->op) {
    case YKI_OP_ADD: return known(yki_poly_add(s, a.p, b.p), wrap);
    case YKI_OP_SUB: return known(yki_poly_sub(s, a.p, b.p), wrap);
    case YKI_OP_MUL: return known(yki_poly_mul(s, a.p, b.p), wrap);
    case YKI_OP_SHL:
        if (!yki_poly_const(b.p, &n) || n < 0 || n > 30) return yki_unknown();
        return known(yki_poly_mul(s, a.p, yki_poly_int(s, (int64_t)1 << n)), wrap);
    case YKI_OP_MOD: return modulo(w, e, a, b);
    case YKI_OP_AND:
        if (!yki_poly_const(b.p, &n) || n < 0 || n == INT64_MAX) return yki_unknown();
        return somewhere(w, yki_poly_int(s, 0), yki_poly_int(s, n + 1), YKI_EXACT);
    default: return yki_unknown();
    }
}

static yki_val pointer_step(yki_walk *w, const yki_expr *e, yki_val a, yki_val b)
{
    if (a.array < 0) return yki_unknown();
    a.p = e->op == YKI_OP_SUB ? yki_poly_sub(syms(w), a.p, b.p) : yki_poly_add(syms(w), a.p, b.p);
    a.wrap = worst(a, b);
    return a;
}

static void note_ids32(yki_walk *w, const yki_poly *p)
{
    for (uint32_t i = 0; p && i < p->n; i++) {
        for (unsigned k = 0; k < p->term[i].n; k++) {
            const yki_sym *sym = yki_sym_get(syms(w), p->term[i].sym[k]);
            if (sym && sym->kind == YKI_SYM_GID) w->k->ids32 |= (uint8_t)(1u << sym->dim);
        }
    }
}

static bool fits32(const yki_poly *p, bool sign)
{
    int64_t v;
    if (!yki_poly_const(p, &v)) return false;
    return sign ? v >= INT32_MIN && v <= INT32_MAX : v >= 0 && v <= UINT32_MAX;
}

static bool is_plain_id(yki_walk *w, const yki_poly *p)
{
    if (!p || p->n != 1 || p->term[0].n != 1 || p->term[0].c != 1) return false;
    const yki_sym *sym = yki_sym_get(syms(w), p->term[0].sym[0]);
    return sym && sym->kind == YKI_SYM_GID;
}

static yki_val number_cast(yki_walk *w, const yki_expr *e, yki_val v)
{
    yki_type_kind from = e->a->type->kind, to = e->type->kind;
    if (!v.p || !yki_type_is_integer(e->a->type) || !yki_type_is_integer(e->type)) {
        return yki_unknown();
    }
    if (from == to) return v;
    if (to >= YKI_T_LONG) {
        if (v.wrap == YKI_MOD32) v.wrap = YKI_NARROWED;
        return v;
    }
    if (to != YKI_T_INT && to != YKI_T_UINT) return yki_unknown();
    if (fits32(v.p, to == YKI_T_INT)) return v;
    if (from >= YKI_T_LONG && is_plain_id(w, v.p)) {
        note_ids32(w, v.p); /* the shape makes sure that the id fits */
        return v;
    }
    if (is_plain_id(w, v.p) && v.wrap == YKI_EXACT) return v;
    if (to == YKI_T_UINT) {
        if (v.wrap == YKI_EXACT) v.wrap = YKI_MOD32;
        return v;
    }
    if (from >= YKI_T_LONG || from == YKI_T_UINT) v.wrap = YKI_NARROWED;
    return v;
}

static yki_val cast(yki_walk *w, const yki_expr *e)
{
    if (e->cast == YKI_CAST_DECAY) {
        bool partial = false;
        yki_val v = place_of(w, e->a, &partial); /* an array inside an element of an argument */
        if (v.array >= 0) record(w, v, e, true, true, true);
        v.p = NULL;
        return v;
    }
    yki_val v = yki_walk_expr(w, e->a);
    if (e->cast == YKI_CAST_NUMBER) return number_cast(w, e, v);
    if (e->cast == YKI_CAST_QUALIFY) return v;
    if (e->cast == YKI_CAST_POINTER) {
        if (e->type->elem->plain != e->a->type->elem->plain) v.p = NULL;
        return v;
    }
    return yki_unknown();
}

/* ---- conditions ---- */

/* Walks e under a condition that may be a bound; gives its value. */
static yki_val under(yki_walk *w, const yki_expr *cond, bool negate, const yki_expr *e)
{
    const yki_bound *box = w->box;
    uint32_t depth = w->depth;
    if (!yki_guard_bounds(w, cond, negate, false, &w->box)) w->depth++;
    yki_val v = yki_walk_expr(w, e);
    w->box = box;
    w->depth = depth;
    return v;
}

/* The smaller and larger of two polynomials whose difference is constant. */
static yki_val either(yki_walk *w, yki_val a, yki_val b)
{
    yki_syms *s = syms(w);
    int64_t d;
    if (a.array != b.array) return yki_unknown();
    yki_val v = {NULL, a.array, worst(a, b)};
    if (!yki_poly_const(yki_poly_sub(s, b.p, a.p), &d)) return v;
    if (d == INT64_MIN || d == INT64_MAX) return v;
    yki_val r = somewhere(w, d < 0 ? b.p : a.p, yki_poly_int(s, (d < 0 ? -d : d) + 1), v.wrap);
    v.p = d == 0 ? a.p : r.p;
    return v;
}

/* The least and largest value of a sum of counters whose ranges are plain numbers. */
static bool spread(yki_syms *s, const yki_poly *p, int64_t *least, int64_t *most)
{
    *least = *most = 0;
    for (uint32_t i = 0; p && i < p->n; i++) {
        int64_t c = p->term[i].c, n = 2, reach;
        if (c > INT32_MAX || c < -INT32_MAX || p->term[i].n > 1) return false;
        if (p->term[i].n) {
            const yki_sym *t = yki_sym_get(s, p->term[i].sym[0]);
            if (!t || t->kind != YKI_SYM_COUNTER || !yki_poly_const(t->count, &n)) return false;
            if (n < 1 || n > INT32_MAX || __builtin_mul_overflow(c, n - 1, &reach)) return false;
            *(c < 0 ? least : most) += reach;
        } else {
            *least += c;
            *most += c;
        }
        if (*least < -INT32_MAX || *most > INT32_MAX) return false;
    }
    return p != NULL;
}

/* min, max and clamp of indexes: close to the id if the bounds are the ends of its range,
 * else anywhere between the bounds. */
static yki_val clamped(yki_walk *w, yki_val v, yki_val lo, yki_val hi)
{
    yki_syms *s = syms(w);
    if (!v.p || !lo.p || !hi.p) return yki_unknown();
    if (v.wrap != YKI_EXACT || lo.wrap != YKI_EXACT || hi.wrap != YKI_EXACT) return yki_unknown();
    int64_t least, over, add, to;
    for (const yki_bound *b = w->k->active; b; b = b->outer) {
        const yki_sym *id = b->upper ? yki_sym_dim(s, YKI_SYM_GID, b->dim) : NULL;
        if (!id) continue;
        const yki_poly *past = yki_poly_sub(s, v.p, yki_poly_sym(s, id));
        const yki_poly *end = yki_poly_add(s, b->value, yki_poly_int(s, b->shift - 1));
        if (!yki_poly_const(lo.p, &least) || least > 0) continue;
        if (!yki_poly_const(yki_poly_sub(s, hi.p, end), &over) || over < 0) continue;
        if (!spread(s, past, &add, &to)) continue;
        /* between id and id + past */
        if (add > 0) add = 0;
        if (to < 0) to = 0;
        const yki_poly *first = yki_poly_add(s, yki_poly_sym(s, id), yki_poly_int(s, add));
        yki_val r = somewhere(w, first, yki_poly_int(s, to - add + 1), YKI_EXACT);
        return at_least(w, at_most(w, r, hi.p), lo.p);
    }
    const yki_poly *count = yki_poly_add(s, yki_poly_sub(s, hi.p, lo.p), yki_poly_int(s, 1));
    return somewhere(w, lo.p, count, YKI_EXACT);
}

/* max(v, lo) where v is close to an id and lo at most 0; min(v, hi) where the id ends at
 * hi: still close to it.  Other pairs must differ by a constant. */
static yki_val nearer(yki_walk *w, yki_val a, yki_val b, bool smaller)
{
    yki_syms *s = syms(w);
    int64_t d, least, most, over;
    if (yki_poly_const(yki_poly_sub(s, a.p, b.p), &d)) return either(w, a, b);
    for (int turn = 0; turn < 2; turn++) {
        yki_val v = turn ? b : a, end = turn ? a : b;
        for (unsigned dim = 0; dim < 3; dim++) {
            const yki_poly *id = yki_poly_sym(s, yki_sym_dim(s, YKI_SYM_GID, dim));
            if (!spread(s, yki_poly_sub(s, v.p, id), &least, &most)) continue;
            bool close = !smaller && yki_poly_const(end.p, &d) && d <= 0;
            for (const yki_bound *x = w->k->active; smaller && x; x = x->outer) {
                const yki_poly *last = yki_poly_add(s, x->value, yki_poly_int(s, x->shift - 1));
                close = close || (x->upper && x->dim == dim &&
                                  yki_poly_const(yki_poly_sub(s, end.p, last), &over) && over >= 0);
            }
            if (!close) continue;
            if (smaller && least > 0) least = 0;
            if (!smaller && most < 0) most = 0;
            yki_val r = somewhere(w, yki_poly_add(s, id, yki_poly_int(s, least)),
                                  yki_poly_int(s, most - least + 1), YKI_EXACT);
            return smaller ? at_most(w, r, end.p) : at_least(w, r, end.p);
        }
    }
    return yki_unknown();
}

/* The one value that an id has under a condition: the end of its range, or ==. */
static const yki_sym *pinned(yki_walk *w, const yki_expr *cond, bool negate, const yki_poly **at)
{
    yki_syms *s = syms(w);
    const yki_bound *list = NULL;
    int64_t d;
    if (!yki_guard_bounds(w, cond, negate, false, &list)) return NULL;
    for (const yki_bound *b = list; b; b = b->outer) {
        const yki_poly *limit = yki_poly_add(s, b->value, yki_poly_int(s, b->shift));
        const yki_sym *id = yki_sym_dim(s, YKI_SYM_GID, b->dim);
        *at = limit;
        if (b->upper) *at = yki_poly_sub(s, limit, yki_poly_int(s, 1));
        if (b->upper && yki_poly_const(*at, &d) && d == 0) return id;
        const yki_bound *lists[] = {list, w->k->active};
        for (unsigned l = 0; l < 2 && !b->upper; l++) {
            for (const yki_bound *x = lists[l]; x; x = x->outer) {
                if (!x->upper || x->dim != b->dim) continue;
                const yki_poly *last = yki_poly_add(s, x->value, yki_poly_int(s, x->shift - 1));
                if (yki_poly_equal(last, limit)) return id;
            }
        }
    }
    return NULL;
}

/* A value that holds where an id is pinned, rewritten to move with the id as `like`. */
static yki_val moved(yki_walk *w, yki_val v, yki_val like, const yki_sym *id, const yki_poly *at)
{
    yki_syms *s = syms(w);
    if (!id) return v;
    const yki_poly *factor = yki_poly_sub(s, yki_poly_coef(s, like.p, id),
                                          yki_poly_coef(s, v.p, id));
    const yki_poly *zero = yki_poly_sub(s, yki_poly_sym(s, id), at);
    const yki_poly *p = yki_poly_add(s, v.p, yki_poly_mul(s, factor, zero));
    if (p) v.p = p;
    return v;
}

/* ---- calls ---- */

static yki_val work_item(yki_walk *w, const yki_expr *e)
{
    static const yki_sym_kind kinds[] = {
        [YKI_WI_GLOBAL_ID] = YKI_SYM_GID, [YKI_WI_GLOBAL_SIZE] = YKI_SYM_GSIZE,
        [YKI_WI_GLOBAL_OFFSET] = YKI_SYM_GOFFSET, [YKI_WI_LOCAL_SIZE] = YKI_SYM_LSIZE};
    yki_work_item wi = e->builtin->work_item;
    int64_t dim = 0;
    if (wi != YKI_WI_GLOBAL_ID && wi != YKI_WI_GLOBAL_SIZE && wi != YKI_WI_GLOBAL_OFFSET &&
        wi != YKI_WI_LOCAL_SIZE) {
        return yki_unknown();
    }
    if (e->arg_count != 1 || !yki_poly_const(yki_walk_expr(w, e->args[0]).p, &dim) || dim < 0 ||
        dim > 2) {
        return yki_unknown();
    }
    if (wi == YKI_WI_GLOBAL_ID && dim + 1 > (int64_t)w->k->dims) w->k->dims = (uint32_t)dim + 1;
    return known(yki_poly_sym(syms(w), yki_sym_dim(syms(w), kinds[wi], (unsigned)dim)), YKI_EXACT);
}

static yki_val builtin_call(yki_walk *w, const yki_expr *e)
{
    yki_val v[3] = {yki_unknown(), yki_unknown(), yki_unknown()};
    if (e->builtin->cls == YKI_B_WORK_ITEM) return work_item(w, e);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        yki_val a = yki_walk_expr(w, e->args[i]);
        if (i < 3) v[i] = a;
    }
    if (!yki_type_is_integer(e->type) || e->type->kind < YKI_T_INT) return yki_unknown();
    const char *name = e->builtin->name;
    yki_syms *s = syms(w);
    bool exact = v[0].wrap == YKI_EXACT && v[1].wrap == YKI_EXACT;
    if (!strcmp(name, "clamp") || !strcmp(name, "min") || !strcmp(name, "max"))
        yki_border_call(w, e, v);
    if (!strcmp(name, "clamp")) return clamped(w, v[0], v[1], v[2]);
    if (exact && !strcmp(name, "min")) return nearer(w, v[0], v[1], true);
    if (exact && !strcmp(name, "max")) return nearer(w, v[0], v[1], false);
    if (exact && yki_type_is_signed(e->type) &&
        (!strcmp(name, "mul24") || !strcmp(name, "mad24"))) {
        const yki_poly *p = yki_poly_mul(s, v[0].p, v[1].p);
        return known(name[1] == 'a' ? yki_poly_add(s, p, v[2].p) : p, YKI_EXACT);
    }
    return yki_unknown();
}

static yki_val helper_call(yki_walk *w, const yki_expr *e)
{
    yki_walk saved = *w;
    uint32_t i;
    yki_val args[64] = {{0}};
    for (i = 0; i < e->arg_count; i++) {
        yki_val v = yki_walk_expr(w, e->args[i]);
        if (i < YKI_COUNT(args)) args[i] = v;
    }
    if (e->func->body == NULL || w->calls > 32) return yki_unknown();
    i = 0;
    for (const yki_var *p = e->func->params; p; p = p->next, i++) {
        yki_val v = i < YKI_COUNT(args) ? args[i] : yki_unknown();
        if (p->reassigned || p->address_taken) v.p = NULL;
        yki_walk_set(w, p, v);
    }
    w->func = e->func;
    w->calls++;
    w->returns = 0;
    w->result = yki_unknown();
    yki_walk_stmt(w, e->func->body);
    yki_val result = w->returns == 1 ? w->result : yki_unknown();
    w->func = saved.func;
    w->calls = saved.calls;
    w->result = saved.result;
    w->returns = saved.returns;
    w->depth = saved.depth;
    w->box = saved.box;
    return result;
}

/* ---- the rest ---- */

/* A pointer variable is assigned: it must stay within one array. */
static void point(yki_walk *w, const yki_expr *e, yki_val v)
{
    const yki_val *old = e->a->var->note;
    if (e->op != YKI_OP_NONE) return;
    if (old && old->array >= 0 && old->array != v.array && !w->quiet) {
        yki_error(w->b->diags, e->pos, "'%s' leads into different arrays", e->a->var->name);
        yki_hint(w->b->diags, "use one pointer for each argument");
    }
    v.p = NULL;
    yki_walk_set(w, e->a->var, v);
}

static yki_val assign(yki_walk *w, const yki_expr *e)
{
    yki_val v = yki_walk_expr(w, e->b);
    touch(w, e->a, e->op != YKI_OP_NONE, true);
    if (e->a->kind == YKI_EX_VAR && e->type->kind == YKI_T_POINTER) point(w, e, v);
    return e->op == YKI_OP_NONE ? v : yki_unknown();
}

/* What neither branch's value exceeds, whatever the ids. */
static const yki_poly *larger_of(yki_walk *w, const yki_expr *cond, yki_val a, yki_val b)
{
    const yki_bound *yes = NULL, *no = NULL;
    int64_t d;
    yki_guard_bounds(w, cond, false, false, &yes);
    yki_guard_bounds(w, cond, true, false, &no);
    const yki_poly *x = yki_largest(w->k, a.p, yes), *y = yki_largest(w->k, b.p, no);
    if (!yki_poly_const(yki_poly_sub(syms(w), x, y), &d)) return NULL;
    return d < 0 ? y : x;
}

static yki_val conditional(yki_walk *w, const yki_expr *e)
{
    yki_walk_expr(w, e->a);
    yki_val a = under(w, e->a, false, e->b), b = under(w, e->a, true, e->c);
    if (!a.p || !b.p || a.wrap != YKI_EXACT || b.wrap != YKI_EXACT) return either(w, a, b);
    const yki_poly *at = NULL, *most = larger_of(w, e->a, a, b);
    const yki_sym *id = pinned(w, e->a, false, &at);
    a = moved(w, a, b, id, at);
    id = pinned(w, e->a, true, &at);
    b = moved(w, b, a, id, at);
    return at_most(w, either(w, a, b), most);
}

static yki_val binary_expr(yki_walk *w, const yki_expr *e)
{
    yki_val a = yki_walk_expr(w, e->a);
    if (e->op == YKI_OP_LOGICAL_AND || e->op == YKI_OP_LOGICAL_OR) {
        under(w, e->a, e->op == YKI_OP_LOGICAL_OR, e->b);
        return yki_unknown();
    }
    yki_val b = yki_walk_expr(w, e->b);
    yki_border_compare(w, e, a, b);
    if (e->type->kind == YKI_T_POINTER) return pointer_step(w, e, a, b);
    return yki_type_is_integer(e->type) ? binary(w, e, a, b) : yki_unknown();
}

static yki_val variable(yki_walk *w, const yki_expr *e)
{
    const yki_var *var = e->var;
    int64_t v;
    if (yki_is_constant(var)) {
        if (yki_type_is_integer(var->type) && var->init && yki_fold_int(var->init, &v)) {
            return known(yki_poly_int(syms(w), v), YKI_EXACT);
        }
        return yki_unknown();
    }
    return var->note ? *(const yki_val *)var->note : yki_unknown();
}

static yki_val unary(yki_walk *w, const yki_expr *e)
{
    yki_val v = yki_walk_expr(w, e->a);
    if (!yki_type_is_integer(e->type)) return yki_unknown();
    if (e->op == YKI_OP_PLUS) return v;
    if (e->op != YKI_OP_NEG) return yki_unknown();
    uint8_t wrap = e->type->kind == YKI_T_UINT && v.wrap == YKI_EXACT ? YKI_MOD32 : v.wrap;
    return known(yki_poly_sub(syms(w), yki_poly_int(syms(w), 0), v.p), wrap);
}

static yki_val integer(yki_walk *w, const yki_expr *e)
{
    if (e->type->kind == YKI_T_ULONG && e->bits > INT64_MAX) return yki_unknown();
    return known(yki_poly_int(syms(w), (int64_t)e->bits), YKI_EXACT);
}

static yki_val children(yki_walk *w, const yki_expr *e)
{
    if (e->a) yki_walk_expr(w, e->a);
    if (e->b) yki_walk_expr(w, e->b);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (e->args[i]) yki_walk_expr(w, e->args[i]);
    }
    return yki_unknown();
}

static yki_val address(yki_walk *w, const yki_expr *e)
{
    bool partial = false;
    yki_val v = place_of(w, e->a, &partial);
    if (partial) v.p = NULL;
    return v;
}

yki_val yki_walk_expr(yki_walk *w, const yki_expr *e)
{
    switch (e->kind) {
    case YKI_EX_INT: return integer(w, e);
    case YKI_EX_VAR: return variable(w, e);
    case YKI_EX_UNARY: return unary(w, e);
    case YKI_EX_BINARY: return binary_expr(w, e);
    case YKI_EX_COND: return conditional(w, e);
    case YKI_EX_CAST: return cast(w, e);
    case YKI_EX_CALL: return e->func ? helper_call(w, e) : builtin_call(w, e);
    case YKI_EX_ASSIGN: return assign(w, e);
    case YKI_EX_ADDR: return address(w, e);
    case YKI_EX_INCDEC: touch(w, e->a, true, true); return yki_unknown();
    case YKI_EX_COMMA: yki_walk_expr(w, e->a); return yki_walk_expr(w, e->b);
    case YKI_EX_INDEX:
    case YKI_EX_DEREF:
    case YKI_EX_MEMBER: touch(w, e, true, false); return yki_unknown();
    default: return children(w, e);
    }
}
