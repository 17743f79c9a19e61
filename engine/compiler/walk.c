/* walk: goes through a kernel's body once, as it would run, and writes down every access
 * to an argument, with its index and the conditions it stands under.
 *
 * Called by yki_analyse.  Decides nothing: mode.c and window.c judge what was found.
 * The first conditions of a kernel that are pure bounds on its global ids become its
 * active box. */
#include "compiler/back.h"

yki_kinfo *yki_walk_kinfo(yki_walk *w) { return w->k; }
yki_arena *yki_walk_arena(yki_walk *w) { return w->b->arena; }

yki_val yki_walk_value(yki_walk *w, const yki_expr *e)
{
    bool quiet = w->quiet;
    w->quiet = true;
    yki_val v = yki_walk_expr(w, e);
    w->quiet = quiet;
    return v;
}

void yki_walk_set(yki_walk *w, const yki_var *var, yki_val v)
{
    yki_val *note = yki_arena_alloc(w->b->arena, sizeof *note);
    if (note) *note = v;
    ((yki_var *)(uintptr_t)var)->note = note; /* ours to write */
}

/* ---- what a statement contains ---- */

uint32_t yki_writes_in_expr(const yki_expr *e, const yki_var *var)
{
    if (!e) return 0;
    uint32_t n = 0;
    if ((e->kind == YKI_EX_ASSIGN || e->kind == YKI_EX_INCDEC) && e->a->kind == YKI_EX_VAR &&
        e->a->var == var) {
        n++;
    }
    for (uint32_t i = 0; i < e->arg_count; i++) n += yki_writes_in_expr(e->args[i], var);
    return n + yki_writes_in_expr(e->a, var) + yki_writes_in_expr(e->b, var) +
           yki_writes_in_expr(e->c, var);
}

uint32_t yki_writes_in(const yki_stmt *s, const yki_var *var)
{
    if (!s) return 0;
    uint32_t n = yki_writes_in_expr(s->expr, var) + yki_writes_in_expr(s->step, var);
    for (const yki_var *v = s->vars; v; v = v->next) n += yki_writes_in_expr(v->init, var);
    for (const yki_stmt *c = s->first; c; c = c->next) n += yki_writes_in(c, var);
    return n + yki_writes_in(s->init, var) + yki_writes_in(s->body, var) +
           yki_writes_in(s->other, var);
}

bool yki_jumps_in(const yki_stmt *s, bool in_loop, bool in_switch)
{
    if (!s) return false;
    switch (s->kind) {
    case YKI_ST_RETURN: return true;
    case YKI_ST_BREAK: return !in_loop && !in_switch;
    case YKI_ST_CONTINUE: return !in_loop;
    case YKI_ST_FOR:
    case YKI_ST_WHILE:
    case YKI_ST_DO: in_loop = true; break;
    case YKI_ST_SWITCH: in_switch = true; break;
    default: break;
    }
    for (const yki_stmt *c = s->first; c; c = c->next) {
        if (yki_jumps_in(c, in_loop, in_switch)) return true;
    }
    return yki_jumps_in(s->body, in_loop, in_switch) || yki_jumps_in(s->other, in_loop, in_switch);
}

/* Does it always end by leaving the function? */
static bool always_returns(const yki_stmt *s)
{
    if (!s) return false;
    if (s->kind == YKI_ST_RETURN) return true;
    if (s->kind == YKI_ST_IF) return always_returns(s->body) && always_returns(s->other);
    if (s->kind != YKI_ST_BLOCK) return false;
    for (const yki_stmt *c = s->first; c; c = c->next) {
        if (always_returns(c)) return true;
    }
    return false;
}

/* ---- statements ---- */

static void walk_list(yki_walk *w, const yki_stmt *first);

static void declare(yki_walk *w, const yki_stmt *s)
{
    for (const yki_var *v = s->vars; v; v = v->next) {
        yki_val val = v->init ? yki_walk_expr(w, v->init) : yki_unknown();
        if (v->reassigned || v->address_taken || !v->init) val.p = NULL;
        yki_walk_set(w, v, val);
    }
}

/* A write that both branches do is done for sure: the first is made so, as if it stood
 * outside. */
static void join_branches(yki_access *from, yki_access *middle,
                          const yki_bound *box, uint32_t depth)
{
    for (yki_access *a = from; a && a != middle; a = a->next) {
        for (yki_access *b = middle; b; b = b->next) {
            bool same = a->write && b->write && a->arg == b->arg &&
                        yki_poly_equal(a->index, b->index) && a->partial == b->partial;
            if (!same || a->depth > depth + 1 || b->depth > depth + 1) continue;
            a->depth = b->depth = depth;
            a->box = b->box = box;
        }
    }
}

static yki_access *after(yki_walk *w, yki_access *last)
{
    return last ? last->next : w->k->accesses;
}

static void branch(yki_walk *w, const yki_expr *cond, bool negate, const yki_stmt *s, bool list)
{
    const yki_bound *box = w->box;
    uint32_t depth = w->depth;
    if (!yki_guard_bounds(w, cond, negate, false, &w->box)) w->depth++;
    if (list) walk_list(w, s);
    else yki_walk_stmt(w, s);
    w->box = box;
    w->depth = depth;
}

/* `rest`: the statements that follow, where the first branch always returns. */
static void walk_if(yki_walk *w, const yki_stmt *s, const yki_stmt *rest)
{
    yki_walk_expr(w, s->expr);
    yki_access *before = w->k->last_access;
    branch(w, s->expr, false, s->body, false);
    yki_access *middle_last = w->k->last_access;
    if (rest) branch(w, s->expr, true, rest, true);
    else if (s->other) branch(w, s->expr, true, s->other, false);
    if (!rest && !s->other) return;
    join_branches(after(w, before), after(w, middle_last), w->box, w->depth);
}

static void walk_list(yki_walk *w, const yki_stmt *first)
{
    for (const yki_stmt *s = first; s; s = s->next) {
        if (s->kind == YKI_ST_IF && !s->other && s->next && always_returns(s->body)) {
            walk_if(w, s, s->next);
            return;
        }
        bool leaves = s->kind != YKI_ST_RETURN && yki_jumps_in(s, false, false);
        yki_walk_stmt(w, s);
        if (leaves) w->depth++; /* what follows may not happen */
    }
}

static void walk_loop(yki_walk *w, const yki_stmt *s)
{
    uint32_t depth = w->depth;
    if (s->kind == YKI_ST_WHILE) {
        yki_walk_expr(w, s->expr);
        w->depth++;
    }
    if (yki_jumps_in(s->body, false, false)) w->depth++;
    yki_walk_stmt(w, s->body);
    if (s->kind == YKI_ST_DO) yki_walk_expr(w, s->expr);
    w->depth = depth;
}

static void walk_switch(yki_walk *w, const yki_stmt *s)
{
    yki_walk_expr(w, s->expr);
    w->depth++;
    yki_walk_stmt(w, s->body);
    w->depth--;
}

static void walk_return(yki_walk *w, const yki_stmt *s)
{
    w->returns++;
    if (s->expr) w->result = yki_walk_expr(w, s->expr);
}

void yki_walk_stmt(yki_walk *w, const yki_stmt *s)
{
    uint32_t depth = w->depth;
    if (!s) return;
    switch (s->kind) {
    case YKI_ST_BLOCK:
        walk_list(w, s->first);
        w->depth = depth;
        return;
    case YKI_ST_DECL: declare(w, s); return;
    case YKI_ST_EXPR: yki_walk_expr(w, s->expr); return;
    case YKI_ST_IF: walk_if(w, s, NULL); return;
    case YKI_ST_FOR: yki_walk_for(w, s); return;
    case YKI_ST_WHILE:
    case YKI_ST_DO: walk_loop(w, s); return;
    case YKI_ST_SWITCH: walk_switch(w, s); return;
    case YKI_ST_RETURN: walk_return(w, s); return;
    default: return;
    }
}

/* ---- the active box ---- */

static bool pure_decl(const yki_stmt *s)
{
    if (s->kind == YKI_ST_EMPTY) return true;
    if (s->kind != YKI_ST_DECL) return false;
    for (const yki_var *v = s->vars; v; v = v->next) {
        if (!yki_expr_pure(v->init)) return false;
    }
    return true;
}

static bool plain_return(const yki_stmt *s)
{
    if (s->kind == YKI_ST_BLOCK) return s->first && !s->first->next && plain_return(s->first);
    return s->kind == YKI_ST_RETURN;
}

static bool only_empty(const yki_stmt *s)
{
    while (s && s->kind == YKI_ST_EMPTY) s = s->next;
    return !s;
}

/* Leading guards, and the one that wraps all the rest.  Declarations on the way are
 * evaluated quietly; the walk proper comes to them again. */
static void find_active(yki_walk *w, const yki_stmt *first)
{
    for (const yki_stmt *s = first; s; s = s->next) {
        if (s->kind == YKI_ST_IF && !s->other && plain_return(s->body)) {
            yki_guard_bounds(w, s->expr, true, true, &w->k->active);
        } else if (s->kind == YKI_ST_IF && !s->other && only_empty(s->next)) {
            yki_guard_bounds(w, s->expr, false, true, &w->k->active);
            if (s->body->kind == YKI_ST_BLOCK && s->expr->note) find_active(w, s->body->first);
            return;
        } else if (s->kind == YKI_ST_BLOCK && only_empty(s->next)) {
            find_active(w, s->first);
            return;
        } else if (pure_decl(s)) {
            w->quiet = true;
            declare(w, s);
            w->quiet = false;
        } else {
            return;
        }
    }
}

void yki_walk_kernel(yki_back *b, yki_kinfo *k)
{
    yki_walk w = {.b = b, .k = k, .func = k->func, .result = yki_unknown()};
    uint32_t i = 0;
    for (const yki_var *p = k->func->params; p; p = p->next, i++) {
        yki_val v = yki_unknown();
        if (p->type->kind == YKI_T_POINTER) {
            v = (yki_val){yki_poly_int(&k->syms, 0), (int32_t)i, YKI_EXACT};
        } else if (yki_type_is_integer(p->type)) {
            v.p = yki_poly_sym(&k->syms, yki_sym_scalar(&k->syms, p));
        }
        if (p->reassigned || p->address_taken) v.p = NULL;
        yki_walk_set(&w, p, v);
    }
    find_active(&w, k->func->body->first);
    yki_walk_stmt(&w, k->func->body);
}
