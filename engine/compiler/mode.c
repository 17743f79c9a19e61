/* mode: how a kernel uses each argument as a whole: in, out, inout, or a reduction.
 *
 * Reductions are verified here: the argument may occur in nothing but updates
 * a[e] += v (min, max likewise), each of which is marked with a yki_update for the
 * emitters.  Whether an output is written in full is decided by window.c, which knows
 * what an item covers. */
#include "compiler/update.h"

#include <string.h>

/* ---- equal expressions ---- */

static bool same_expr(const yki_expr *a, const yki_expr *b)
{
    if (!a || !b) return a == b;
    if (a->kind != b->kind || a->op != b->op || a->type->plain != b->type->plain ||
        a->var != b->var || a->bits != b->bits || a->real != b->real || a->field != b->field ||
        a->func != b->func || a->builtin != b->builtin || a->arg_count != b->arg_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->arg_count; i++) {
        if (!same_expr(a->args[i], b->args[i])) return false;
    }
    return same_expr(a->a, b->a) && same_expr(a->b, b->b) && same_expr(a->c, b->c);
}

static const yki_expr *skip_casts(const yki_expr *e)
{
    while (e->kind == YKI_EX_CAST && (e->cast == YKI_CAST_QUALIFY || e->implicit)) e = e->a;
    return e;
}

/* ---- one update ---- */

static bool is_element(const yki_expr *e, const yki_var *var)
{
    if (e->kind == YKI_EX_DEREF)
        return skip_casts(e->a)->kind == YKI_EX_VAR && skip_casts(e->a)->var == var;
    if (e->kind != YKI_EX_INDEX) return false;
    const yki_expr *p = skip_casts(e->a);
    return p->kind == YKI_EX_VAR && p->var == var;
}

typedef struct pass {
    yki_back *b;
    yki_kinfo *k;
    yki_argument *arg;
    yki_use use;
    bool failed;
} pass;

static yki_update *make(pass *p, const yki_expr *element, const yki_expr *value)
{
    yki_update *u = yki_arena_alloc(p->b->arena, sizeof *u);
    if (!u) return NULL;
    u->magic = YKI_UPDATE_MAGIC;
    u->arg = (uint32_t)(p->arg - p->k->arg);
    u->index = element->kind == YKI_EX_INDEX ? element->b : NULL;
    u->value = value;
    u->use = p->use;
    return u;
}

/* a[e] OP v or v OP a[e] on the right of a[e] = ...: gives v. */
static const yki_expr *other_operand(const pass *p, const yki_expr *element, const yki_expr *right)
{
    const yki_expr *x = NULL, *y = NULL;
    if (p->use == YKI_USE_SUM) {
        if (right->kind != YKI_EX_BINARY || right->op != YKI_OP_ADD) return NULL;
        x = right->a;
        y = right->b;
    } else {
        const char *name = p->use == YKI_USE_MIN ? "min" : "max";
        if (right->kind != YKI_EX_CALL || !right->builtin || right->arg_count != 2) return NULL;
        const char *called = right->builtin->name;
        if (strcmp(called, name) && !(called[0] == 'f' && !strcmp(called + 1, name))) return NULL;
        x = right->args[0];
        y = right->args[1];
    }
    if (same_expr(skip_casts(x), element)) return y;
    if (same_expr(skip_casts(y), element)) return x;
    return NULL;
}

static yki_update *match(pass *p, const yki_expr *e)
{
    if (e->kind == YKI_EX_INCDEC && is_element(e->a, p->arg->var)) {
        bool up = e->op == YKI_OP_PRE_INC || e->op == YKI_OP_POST_INC;
        return p->use == YKI_USE_SUM && up ? make(p, e->a, NULL) : NULL;
    }
    if (e->kind != YKI_EX_ASSIGN || !is_element(e->a, p->arg->var)) return NULL;
    if (e->op == YKI_OP_ADD) return p->use == YKI_USE_SUM ? make(p, e->a, e->b) : NULL;
    if (e->op != YKI_OP_NONE) return NULL;
    const yki_expr *v = other_operand(p, e->a, skip_casts(e->b));
    return v ? make(p, e->a, v) : NULL;
}

/* `if (v < a[e]) a[e] = v;` and its kin. */
static yki_update *match_if(pass *p, const yki_stmt *s)
{
    if (p->use == YKI_USE_SUM || s->other || yki_type_is_float(p->arg->elem)) return NULL;
    const yki_stmt *body = s->body;
    if (body->kind == YKI_ST_BLOCK) body = body->first;
    if (!body || body->next || body->kind != YKI_ST_EXPR) return NULL;
    const yki_expr *e = body->expr, *c = s->expr;
    if (e->kind != YKI_EX_ASSIGN || e->op != YKI_OP_NONE || !is_element(e->a, p->arg->var))
        return NULL;
    if (c->kind != YKI_EX_BINARY || c->op < YKI_OP_LT || c->op > YKI_OP_GE) return NULL;
    bool less = c->op == YKI_OP_LT || c->op == YKI_OP_LE;
    const yki_expr *small = skip_casts(less ? c->a : c->b), *large = skip_casts(less ? c->b : c->a);
    const yki_expr *value = p->use == YKI_USE_MIN ? small : large;
    const yki_expr *element = p->use == YKI_USE_MIN ? large : small;
    if (!same_expr(element, e->a) || !same_expr(value, skip_casts(e->b))) return NULL;
    if (c->a->type->plain != p->arg->elem->plain) return NULL;
    return make(p, e->a, e->b);
}

/* ---- the whole body ---- */

static void note_index(pass *p, const yki_update *u)
{
    int64_t v = 0;
    if (u->index && (!yki_fold_int(u->index, &v) || v < 0 || v >= 8)) {
        p->arg->fixed = 0;
        p->arg->read = true; /* varies: remembered through `read` until the end */
    } else if (v + 1 > (int64_t)p->arg->fixed) {
        p->arg->fixed = (uint32_t)v + 1;
    }
    p->arg->written = true;
}

static void misuse(pass *p, const yki_expr *e)
{
    static const char *const word[] = {[YKI_USE_SUM] = "YK_SUM", [YKI_USE_MIN] = "YK_MIN",
                                       [YKI_USE_MAX] = "YK_MAX"};
    static const char *const form[] = {[YKI_USE_SUM] = "a[e] += v",
                                       [YKI_USE_MIN] = "a[e] = min(a[e], v)",
                                       [YKI_USE_MAX] = "a[e] = max(a[e], v)"};
    if (p->failed) return;
    p->failed = true;
    yki_error(p->b->diags, e->pos,
              "'%s' is declared %s and may only be used as a statement like %s", p->arg->var->name,
              word[p->use], form[p->use]);
}

static void visit_expr(pass *p, const yki_expr *e)
{
    if (!e) return;
    if (e->kind == YKI_EX_VAR && e->var == p->arg->var) misuse(p, e);
    for (uint32_t i = 0; i < e->arg_count; i++) visit_expr(p, e->args[i]);
    visit_expr(p, e->a);
    visit_expr(p, e->b);
    visit_expr(p, e->c);
}

static void visit_update(pass *p, yki_update *u)
{
    if (u->index) visit_expr(p, u->index);
    if (u->value) visit_expr(p, u->value);
    note_index(p, u);
}

static void visit_stmt(pass *p, const yki_stmt *s)
{
    if (!s) return;
    yki_update *u = NULL;
    if (s->kind == YKI_ST_EXPR) u = match(p, s->expr);
    if (s->kind == YKI_ST_IF) u = match_if(p, s);
    if (u) {
        ((yki_stmt *)(uintptr_t)s)->note = u; /* ours to write */
        visit_update(p, u);
        return;
    }
    visit_expr(p, s->expr);
    visit_expr(p, s->step);
    for (const yki_var *v = s->vars; v; v = v->next) visit_expr(p, v->init);
    for (const yki_stmt *c = s->first; c; c = c->next) visit_stmt(p, c);
    visit_stmt(p, s->init);
    visit_stmt(p, s->body);
    visit_stmt(p, s->other);
}

const yki_update *yki_update_of(const yki_stmt *s)
{
    const yki_update *u = s->note;
    return u && u->magic == YKI_UPDATE_MAGIC ? u : NULL;
}

static void reduction(yki_back *b, yki_kinfo *k, yki_argument *a, yki_use use)
{
    pass p = {.b = b, .k = k, .arg = a, .use = use};
    yki_type_kind t = a->elem->kind;
    a->use = use;
    a->read = a->written = false;
    if ((t < YKI_T_INT || t > YKI_T_DOUBLE)) {
        yki_error(b->diags, a->var->annot.mode_pos,
                  "a reduction needs elements of type int, uint, long, ulong, float or double");
        return;
    }
    visit_stmt(&p, k->func->body);
    if (!a->written && !p.failed) {
        yki_error(b->diags, a->var->annot.mode_pos,
                  "'%s' is declared a reduction and never updated", a->var->name);
    }
    if (a->read) a->fixed = 0;
    a->read = true;
    a->ordered = use == YKI_USE_SUM && yki_type_is_float(a->elem);
    k->reduces = true;
    k->ordered = k->ordered || a->ordered;
    if (!a->ordered && a->elem->size == 8) k->atomic64 = true;
}

static void lanes(yki_kinfo *k)
{
    if (!k->ordered) return;
    k->lanes = 64;
    for (uint32_t i = 0; i < k->arg_count; i++) {
        if (k->arg[i].ordered && k->arg[i].elem->kind == YKI_T_DOUBLE) k->lanes = 32;
    }
    for (uint32_t i = 0; i < k->arg_count; i++) {
        if (k->arg[i].ordered && !k->arg[i].fixed) k->lanes = 1;
    }
}

static void plain_mode(yki_back *b, yki_argument *a)
{
    const yki_annot *n = &a->var->annot;
    a->use = a->written ? YKI_USE_INOUT : YKI_USE_IN;
    if (n->mode != YKI_MODE_OUT) return;
    a->use = YKI_USE_OUT;
    if (a->read) {
        yki_error(b->diags, n->mode_pos, "'%s' is declared YK_OUT but the kernel reads it",
                  a->var->name);
        yki_hint(b->diags, "leave YK_OUT away: then it is read and written");
    } else if (!a->written) {
        yki_error(b->diags, n->mode_pos, "'%s' is declared YK_OUT but never written", a->var->name);
    }
}

void yki_modes(yki_back *b, yki_kinfo *k)
{
    static const yki_use uses[] = {[YKI_MODE_SUM] = YKI_USE_SUM, [YKI_MODE_MIN] = YKI_USE_MIN,
                                   [YKI_MODE_MAX] = YKI_USE_MAX};
    for (const yki_access *x = k->accesses; x; x = x->next) {
        yki_argument *a = &k->arg[x->arg];
        a->read = a->read || x->read;
        a->written = a->written || x->write;
        a->narrow = a->narrow || x->narrow;
    }
    for (uint32_t i = 0; i < k->arg_count; i++) {
        yki_argument *a = &k->arg[i];
        if (a->use == YKI_USE_SCALAR) continue;
        yki_mode m = a->var->annot.mode;
        if (m >= YKI_MODE_SUM) reduction(b, k, a, uses[m]);
        else plain_mode(b, a);
    }
    lanes(k);
    if (k->reduces) k->contract = false;
}
