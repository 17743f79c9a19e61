/* walk_for: loops that count.
 *
 *     for (int j = -r; j <= r; j++)      for (j = n - 1; j >= 0; j -= 2)
 *
 * Such a loop's variable is first + step * t with a counter t of known range; in any
 * other loop its variables are unknown.  Called by walk.c. */
#include "compiler/back.h"

typedef struct counting {
    const yki_var *var;
    yki_val first, limit;
    int64_t step;
    yki_op op; /* LT LE GT GE NE, the variable on the left */
} counting;

static bool find_start(yki_walk *w, const yki_stmt *s, counting *c)
{
    if (!s) return false;
    if (s->kind == YKI_ST_DECL && s->vars && !s->vars->next && s->vars->init) {
        c->var = s->vars;
        c->first = yki_walk_value(w, s->vars->init);
        return true;
    }
    const yki_expr *e = s->expr;
    if (s->kind != YKI_ST_EXPR || e->kind != YKI_EX_ASSIGN || e->op != YKI_OP_NONE ||
        e->a->kind != YKI_EX_VAR) {
        return false;
    }
    c->var = e->a->var;
    c->first = yki_walk_value(w, e->b);
    return true;
}

static bool find_step(yki_walk *w, const yki_expr *e, counting *c)
{
    if (!e) return false;
    while (e->kind == YKI_EX_CAST && e->cast == YKI_CAST_VOID) e = e->a;
    if ((e->kind != YKI_EX_INCDEC && e->kind != YKI_EX_ASSIGN) || e->a->kind != YKI_EX_VAR ||
        e->a->var != c->var) {
        return false;
    }
    c->step = 1;
    if (e->kind == YKI_EX_INCDEC) {
        if (e->op == YKI_OP_PRE_DEC || e->op == YKI_OP_POST_DEC) c->step = -1;
        return true;
    }
    if (e->op != YKI_OP_ADD && e->op != YKI_OP_SUB) return false;
    if (!yki_poly_const(yki_walk_value(w, e->b).p, &c->step) || c->step == 0 ||
        c->step > INT32_MAX || c->step < -INT32_MAX) {
        return false;
    }
    if (e->op == YKI_OP_SUB) c->step = -c->step;
    return true;
}

static bool is_var(const yki_expr *e, const yki_var *var)
{
    while (e->kind == YKI_EX_CAST && e->implicit) e = e->a;
    return e->kind == YKI_EX_VAR && e->var == var;
}

static bool find_limit(yki_walk *w, const yki_expr *e, counting *c)
{
    static const yki_op swapped[] = {[YKI_OP_LT] = YKI_OP_GT, [YKI_OP_GT] = YKI_OP_LT,
                                     [YKI_OP_LE] = YKI_OP_GE, [YKI_OP_GE] = YKI_OP_LE,
                                     [YKI_OP_NE] = YKI_OP_NE};
    if (!e || e->kind != YKI_EX_BINARY || e->op < YKI_OP_LT || e->op > YKI_OP_NE ||
        e->op == YKI_OP_EQ) {
        return false;
    }
    bool left = is_var(e->a, c->var);
    if (!left && !is_var(e->b, c->var)) return false;
    if (!yki_expr_pure(e)) return false;
    c->limit = yki_walk_value(w, left ? e->b : e->a);
    c->op = left ? e->op : swapped[e->op];
    return true;
}

/* How often it turns, as a polynomial; *exact if that is certain. */
static const yki_poly *turns(yki_syms *s, const counting *c, bool *exact)
{
    bool up = c->step > 0;
    int64_t n, step = up ? c->step : -c->step;
    bool fits = up ? (c->op == YKI_OP_LT || c->op == YKI_OP_LE)
                   : (c->op == YKI_OP_GT || c->op == YKI_OP_GE);
    if (!fits && !(c->op == YKI_OP_NE && step == 1)) return NULL;
    const yki_poly *span = up ? yki_poly_sub(s, c->limit.p, c->first.p)
                              : yki_poly_sub(s, c->first.p, c->limit.p);
    if (c->op == YKI_OP_LE || c->op == YKI_OP_GE) span = yki_poly_add(s, span, yki_poly_int(s, 1));
    *exact = true;
    if (step == 1 || !span) return span;
    if (!yki_poly_const(span, &n)) return NULL;
    return yki_poly_int(s, n <= 0 ? 0 : (n - 1) / step + 1);
}

static bool recognised(yki_walk *w, const yki_stmt *s, counting *c)
{
    if (!find_start(w, s->init, c) || !yki_type_is_integer(c->var->type)) return false;
    if (c->var->type->kind < YKI_T_INT || c->var->address_taken) return false;
    if (!find_step(w, s->step, c) || !find_limit(w, s->expr, c)) return false;
    if (yki_writes_in(s->body, c->var) || yki_writes_in_expr(s->expr, c->var)) return false;
    return c->first.wrap == YKI_EXACT && c->limit.wrap == YKI_EXACT && c->first.p && c->limit.p;
}

void yki_walk_for(yki_walk *w, const yki_stmt *s)
{
    counting c = {0};
    yki_syms *syms = &w->k->syms;
    uint32_t depth = w->depth;
    bool exact = false, jumps = yki_jumps_in(s->body, false, false);
    if (s->init) yki_walk_stmt(w, s->init);
    const yki_poly *count = recognised(w, s, &c) ? turns(syms, &c, &exact) : NULL;
    yki_sym *t = yki_sym_counter(syms, count, exact && !jumps);
    if (t) {
        t->var = c.var;
        t->first = c.first.p;
        t->step = c.step;
        yki_val v = {yki_poly_add(syms, c.first.p, yki_poly_mul(syms, yki_poly_int(syms, c.step),
                                                                yki_poly_sym(syms, t))),
                     -1, YKI_EXACT};
        yki_walk_set(w, c.var, v);
    }
    if (s->expr) yki_walk_expr(w, s->expr);
    if (!t || jumps) w->depth++;
    yki_walk_stmt(w, s->body);
    if (s->step) yki_walk_expr(w, s->step);
    w->depth = depth;
    if (t) yki_walk_set(w, c.var, yki_unknown());
}
