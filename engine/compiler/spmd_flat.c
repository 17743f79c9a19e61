/* spmd_flat: which segments under a mask can do without a branch; see spmd.h.
 *
 * C compilers do not vectorise a loop over lanes where reads of arguments depend on the
 * mask: such a read might fault.  Where the segment is a straight line and reads only arrays
 * that the kernel never writes, all lanes run it and the mask decides what is kept; lanes
 * that take no part read the first element, which is there if any lane takes part.
 * Called by spmd.c.  Pure. */
#include "compiler/spmd.h"

typedef struct look {
    const yki_spmd *plan;
    const yki_kinfo *k;
    bool reads;     /* arguments' elements */
    bool branch;    /* a branch is needed */
} look;

static bool in_argument(const yki_expr *e)
{
    return (e->kind == YKI_EX_INDEX || e->kind == YKI_EX_DEREF) &&
           (e->type->space == YKI_SPACE_GLOBAL || e->type->space == YKI_SPACE_CONSTANT);
}

static const yki_expr *without_casts(const yki_expr *e)
{
    while (e->kind == YKI_EX_CAST) e = e->a;
    return e;
}

/* The argument that the pointer is, if the kernel only reads it. */
static bool only_read(const look *l, const yki_expr *pointer)
{
    const yki_expr *x = without_casts(pointer);
    if (x->kind != YKI_EX_VAR || x->var->kind != YKI_VAR_PARAM || !x->var->func->is_kernel)
        return false;
    return l->k->arg[x->var->index].use == YKI_USE_IN;
}

static void look_at(look *l, const yki_expr *e, bool perhaps);

static void look_at_index(look *l, const yki_expr *e, bool perhaps)
{
    if (in_argument(e) && only_read(l, e->a)) {
        l->reads = true;
        l->branch |= perhaps;
    } else if (in_argument(e) || !yki_spmd_uniform(l->plan, e->b)) {
        l->branch = true;   /* in lanes that take no part the index may be anything */
    }
    look_at(l, e->b, perhaps);
    if (!in_argument(e)) look_at(l, e->a, perhaps);
}

/* Variables alone can be put back. */
static void look_at_target(look *l, const yki_expr *target)
{
    const yki_expr *x = target;
    while (x->kind == YKI_EX_MEMBER) x = x->a;
    l->branch |= x->kind != YKI_EX_VAR;
}

static void look_at(look *l, const yki_expr *e, bool perhaps)
{
    if (!e || l->branch) return;
    switch (e->kind) {
    case YKI_EX_DEREF:
    case YKI_EX_ADDR: l->branch = true; return;
    case YKI_EX_INDEX: look_at_index(l, e, perhaps); return;
    case YKI_EX_CALL: l->branch |= e->func != NULL || yki_spmd_spoils(e); break;
    case YKI_EX_ASSIGN:
    case YKI_EX_INCDEC: look_at_target(l, e->a); break;
    case YKI_EX_COND: perhaps = true; break;
    case YKI_EX_BINARY:
        perhaps |= e->op == YKI_OP_LOGICAL_AND || e->op == YKI_OP_LOGICAL_OR;
        break;
    default: break;
    }
    l->branch |= yki_spmd_spoils(e);    /* it may divide by zero */
    for (uint32_t i = 0; i < e->arg_count; i++) look_at(l, e->args[i], perhaps);
    look_at(l, e->a, perhaps);
    look_at(l, e->b, perhaps);
    look_at(l, e->c, perhaps);
}

static void look_at_stmt(look *l, const yki_stmt *s, bool perhaps)
{
    if (!s || l->branch) return;
    l->branch |= yki_update_of(s) != NULL;
    switch (s->kind) {
    case YKI_ST_EMPTY: return;
    case YKI_ST_EXPR: look_at(l, s->expr, perhaps); return;
    case YKI_ST_BLOCK:
        for (const yki_stmt *c = s->first; c; c = c->next) look_at_stmt(l, c, perhaps);
        return;
    case YKI_ST_DECL:
        for (const yki_var *v = s->vars; v; v = v->next) {
            l->branch |= v->type->kind == YKI_T_ARRAY;
            look_at(l, v->init, perhaps);
        }
        return;
    case YKI_ST_IF:
        look_at(l, s->expr, perhaps);
        look_at_stmt(l, s->body, true);
        look_at_stmt(l, s->other, true);
        return;
    default: l->branch = true;
    }
}

bool yki_spmd_flat(const yki_spmd *s, const yki_kinfo *k, const yki_stmt *first,
                   const yki_stmt *end)
{
    look l = {s, k, false, false};
    for (; first && first != end; first = first->next) look_at_stmt(&l, first, false);
    return l.reads && !l.branch;
}

/* ---- loops that mostly gather ---- */

typedef struct tally {
    const yki_spmd *plan;
    uint32_t gathers, operations;
} tally;

static void count(tally *t, const yki_expr *e, bool index)
{
    if (!e) return;
    bool element = in_argument(e);
    if (element && e->kind == YKI_EX_INDEX && !yki_spmd_uniform(t->plan, e->b)) t->gathers++;
    bool operates = e->kind == YKI_EX_BINARY || e->kind == YKI_EX_INCDEC ||
                    e->kind == YKI_EX_CALL || (e->kind == YKI_EX_ASSIGN && e->op);
    t->operations += operates && !index;
    for (uint32_t i = 0; i < e->arg_count; i++) count(t, e->args[i], index);
    count(t, e->a, index || element);
    count(t, e->b, index || element);
    count(t, e->c, index);
}

static void count_stmt(tally *t, const yki_stmt *s)
{
    if (!s) return;
    for (const yki_var *v = s->vars; v; v = v->next) count(t, v->init, false);
    for (const yki_stmt *c = s->first; c; c = c->next) count_stmt(t, c);
    count(t, s->expr, false);
    count(t, s->step, false);
    count_stmt(t, s->init);
    count_stmt(t, s->body);
    count_stmt(t, s->other);
}

bool yki_spmd_gathers(const yki_spmd *s, const yki_stmt *loop)
{
    tally t = {s, 0, 0};
    count_stmt(&t, loop);
    return t.operations < 3 * t.gathers;
}
