/* turn: accesses across the grain.
 *
 *     out[x * height + y] = in[y * width + x];
 *
 * Neighbours in dimension 0 lie far apart there, neighbours in dimension 1 side by side.
 * Run row by row, each element costs a line of the cache.  The host's emitter runs such
 * kernels in tiles of 16 x 16 work-items and keeps a tile of each such access beside the
 * body, turned on its way from or to the array.  Only accesses that every work-item makes
 * for sure, to elements that nobody else in the launch writes.
 * Called by window.c, once the axis is known; pure but for what it notes in k. */
#include "compiler/window.h"

#define MOST_TURNS 4
#define FAR 16

static bool plain_element(const yki_type *t)
{
    return t->kind >= YKI_T_CHAR && t->kind <= YKI_T_DOUBLE && t->kind != YKI_T_BOOL;
}

static bool across(yki_kinfo *k, const yki_access *a)
{
    yki_syms *s = &k->syms;
    int64_t cx, cy;
    if (a->in != k->func || !yki_access_sure(k, a) || !yki_expr_pure(a->expr)) return false;
    if (!plain_element(k->arg[a->arg].elem) || yki_poly_has_kind(s, a->index, YKI_SYM_COUNTER))
        return false;
    if (!yki_poly_const(yki_access_stride(k, a, 1), &cy) || cy != 1) return false;
    const yki_poly *far = yki_access_stride(k, a, 0);
    return far && (!yki_poly_const(far, &cx) || cx >= FAR);
}

/* An array that is written: by no access but those to this element. */
static bool alone(yki_kinfo *k, const yki_access *a)
{
    for (const yki_access *b = k->accesses; b; b = b->next) {
        if (b->arg != a->arg) continue;
        if (!yki_poly_equal(a->index, b->index) || !across(k, b)) return false;
    }
    return true;
}

static yki_turn *turn_of(yki_back *b, yki_kinfo *k, const yki_access *a)
{
    uint32_t count = 0;
    yki_turn **end = &k->turns;
    for (; *end; end = &(*end)->next, count++) {
        if ((*end)->arg == a->arg && yki_poly_equal((*end)->index, a->index)) return *end;
    }
    yki_turn *t = count < MOST_TURNS ? yki_arena_alloc(b->arena, sizeof *t) : NULL;
    if (!t) return NULL;
    *t = (yki_turn){.index = a->index, .arg = a->arg, .id = count};
    return *end = t;
}

void yki_turns(yki_back *b, yki_kinfo *k)
{
    if (k->dims != 2 || k->axis != 1 || k->reduces || k->whole) return;
    for (yki_access *a = k->accesses; a; a = a->next) {
        const yki_argument *arg = &k->arg[a->arg];
        if (!across(k, a) || (arg->written && !alone(k, a))) continue;
        yki_turn *t = turn_of(b, k, a);
        if (!t) continue;
        a->turn = t;
        t->read |= a->read;
        t->write |= a->write;
    }
}

const yki_turn *yki_turn_of(const yki_kinfo *k, const yki_expr *e)
{
    for (const yki_access *a = k->accesses; a; a = a->next) {
        if (a->expr == e && a->turn) return a->turn;
    }
    return NULL;
}
