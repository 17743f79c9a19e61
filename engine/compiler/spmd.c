/* spmd: plans how a kernel's body runs 64 work-items abreast; see spmd.h. */
#include "compiler/spmd.h"

/* Loops of at most so many turns are left to the C compiler, which unrolls them. */
#define FEW_TURNS 16

typedef struct planner {
    yki_arena *arena;
    const yki_kinfo *k;
    yki_spmd *plan;
    bool unfit;
} planner;

/* ---- questions about statements ---- */

static bool is_loop(const yki_stmt *s)
{
    return s->kind == YKI_ST_FOR || s->kind == YKI_ST_WHILE || s->kind == YKI_ST_DO;
}

/* for (int j = A; j < B; ...) with constants close to each other. */
static bool few_turns(const yki_stmt *s)
{
    int64_t from, to;
    if (s->kind != YKI_ST_FOR || !s->init || s->init->kind != YKI_ST_DECL || !s->expr || !s->step)
        return false;
    const yki_expr *c = s->expr;
    if (c->kind != YKI_EX_BINARY || !s->init->vars->init ||
        !yki_fold_int(s->init->vars->init, &from))
        return false;
    if (!yki_fold_int(c->b, &to) && !yki_fold_int(c->a, &to)) return false;
    return to - from <= FEW_TURNS && from - to <= FEW_TURNS;
}

/* Is there a loop in it that is worth the change? */
static bool has_loop(const yki_stmt *s)
{
    if (!s) return false;
    if (is_loop(s) && (!few_turns(s) || has_loop(s->body))) return true;
    if (is_loop(s)) return false;
    for (const yki_stmt *c = s->first; c; c = c->next) {
        if (has_loop(c)) return true;
    }
    return has_loop(s->body) || has_loop(s->other);
}

static bool has_kind(const yki_stmt *s, yki_stmt_kind kind)
{
    if (!s) return false;
    if (s->kind == kind) return true;
    for (const yki_stmt *c = s->first; c; c = c->next) {
        if (has_kind(c, kind)) return true;
    }
    return has_kind(s->init, kind) || has_kind(s->body, kind) || has_kind(s->other, kind);
}

/* ---- mentions ---- */

typedef bool (*expr_test)(const yki_expr *e, const yki_var *var);

static bool mentions(const yki_expr *e, const yki_var *var)
{
    return e->kind == YKI_EX_VAR && e->var == var;
}

static bool writes(const yki_expr *e, const yki_var *var)
{
    if (e->kind != YKI_EX_ASSIGN && e->kind != YKI_EX_INCDEC) return false;
    const yki_expr *x = e->a;
    while (x->kind == YKI_EX_MEMBER || x->kind == YKI_EX_INDEX || x->kind == YKI_EX_CAST) x = x->a;
    return x->kind == YKI_EX_VAR && x->var == var;
}

static bool any_expr(const yki_expr *e, expr_test test, const yki_var *var)
{
    if (!e) return false;
    if (test(e, var)) return true;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (any_expr(e->args[i], test, var)) return true;
    }
    return any_expr(e->a, test, var) || any_expr(e->b, test, var) || any_expr(e->c, test, var);
}

static bool any_stmt(const yki_stmt *s, expr_test test, const yki_var *var)
{
    if (!s) return false;
    for (const yki_var *v = s->vars; v; v = v->next) {
        if (any_expr(v->init, test, var)) return true;
    }
    for (const yki_stmt *c = s->first; c; c = c->next) {
        if (any_stmt(c, test, var)) return true;
    }
    return any_expr(s->expr, test, var) || any_expr(s->step, test, var) ||
           any_stmt(s->init, test, var) || any_stmt(s->body, test, var) ||
           any_stmt(s->other, test, var);
}

static bool declares(const yki_stmt *s, const yki_var *var)
{
    if (!s) return false;
    for (const yki_var *v = s->vars; v; v = v->next) {
        if (v == var) return true;
    }
    for (const yki_stmt *c = s->first; c; c = c->next) {
        if (declares(c, var)) return true;
    }
    return declares(s->init, var) || declares(s->body, var) || declares(s->other, var);
}

static bool any_part(const yki_part *p, expr_test test, const yki_var *var)
{
    for (const yki_stmt *s = p->first; s && s != p->end; s = s->next) {
        if (any_stmt(s, test, var)) return true;
    }
    if (p->kind == YKI_PART_LOOP && p->fused && any_stmt(p->stmt, test, var)) return true;
    return any_expr(p->expr, test, var);
}

static bool part_declares(const yki_part *p, const yki_var *var)
{
    for (const yki_stmt *s = p->first; s && s != p->end; s = s->next) {
        if (declares(s, var)) return true;
    }
    return p->kind == YKI_PART_LOOP && p->fused && declares(p->stmt->body, var);
}

bool yki_part_mentions(const yki_part *p, const yki_var *var)
{
    return any_part(p, mentions, var) || part_declares(p, var);
}

bool yki_part_writes(const yki_part *p, const yki_var *var)
{
    return any_part(p, writes, var) || part_declares(p, var);
}

/* ---- variables ---- */

const yki_lane_var *yki_spmd_var(const yki_spmd *s, const yki_var *var)
{
    const yki_lane_var *v = s->vars;
    while (v && v->var != var) v = v->next;
    return v;
}

static yki_lane_var *variable(planner *p, const yki_var *var)
{
    for (yki_lane_var *v = p->plan->vars; v; v = v->next) {
        if (v->var == var) return v;
    }
    yki_lane_var *v = yki_arena_alloc(p->arena, sizeof *v);
    if (!v) return NULL;
    v->var = var;
    v->segment = UINT32_MAX;
    v->next = p->plan->vars;
    p->plan->vars = v;
    return v;
}

static void collect_vars(planner *p, const yki_stmt *s)
{
    if (!s) return;
    for (const yki_var *v = s->vars; v; v = v->next) {
        if (!yki_is_constant(v)) variable(p, v);
    }
    for (const yki_stmt *c = s->first; c; c = c->next) collect_vars(p, c);
    collect_vars(p, s->init);
    collect_vars(p, s->body);
    collect_vars(p, s->other);
}

/* ---- derived variables ---- */

static bool repeatable_call(const yki_expr *e)
{
    if (!e->builtin) return false;
    if (e->builtin->cls == YKI_B_INTEGER) return true;
    return e->builtin->cls == YKI_B_WORK_ITEM && (e->builtin->work_item == YKI_WI_GLOBAL_ID ||
                                                  e->builtin->work_item == YKI_WI_GLOBAL_SIZE ||
                                                  e->builtin->work_item == YKI_WI_GLOBAL_OFFSET);
}

/* Cheap, the same whenever it is asked, and exact: no memory, no division, no floats. */
static bool repeatable(const planner *p, const yki_expr *e)
{
    if (!e) return true;
    if (!yki_type_is_integer(e->type) && e->type->kind != YKI_T_POINTER) return false;
    switch (e->kind) {
    case YKI_EX_INT: return true;
    case YKI_EX_VAR: {
        const yki_lane_var *v = yki_spmd_var(p->plan, e->var);
        return e->var->kind == YKI_VAR_PARAM || yki_is_constant(e->var) || (v && v->derived);
    }
    case YKI_EX_BINARY:
        if (e->op == YKI_OP_DIV || e->op == YKI_OP_MOD) return false;
        break;
    case YKI_EX_UNARY:
    case YKI_EX_COND:
    case YKI_EX_CAST: break;
    case YKI_EX_CALL:
        if (!repeatable_call(e)) return false;
        break;
    default: return false;
    }
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (!repeatable(p, e->args[i])) return false;
    }
    return repeatable(p, e->a) && repeatable(p, e->b) && repeatable(p, e->c);
}

/* Those that the body declares outside all loops and branches. */
static void find_derived(planner *p, const yki_stmt *body)
{
    for (const yki_stmt *s = body->first; s; s = s->next) {
        for (const yki_var *var = s->vars; var; var = var->next) {
            bool fixed = var->init && !var->reassigned && !var->address_taken &&
                         !(var->type->quals & YKI_VOLATILE);
            yki_lane_var *v = fixed && !yki_is_constant(var) ? variable(p, var) : NULL;
            if (!v || !repeatable(p, var->init)) continue;
            v->derived = true;
            v->uniform = yki_spmd_uniform(p->plan, var->init);
            v->lane = !v->uniform;
        }
    }
}

/* ---- uniform loops ---- */

/* The lanes lie along dimension 0; the other ids are the same in all. */
static bool other_dimension(const yki_expr *dimension)
{
    int64_t d;
    return yki_fold_int(dimension, &d) && d > 0;
}

static bool uniform_arguments(const yki_spmd *p, const yki_expr *e)
{
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (!yki_spmd_uniform(p, e->args[i])) return false;
    }
    return true;
}

bool yki_spmd_uniform(const yki_spmd *p, const yki_expr *e)
{
    if (!e) return true;
    switch (e->kind) {
    case YKI_EX_VAR: {
        if (yki_is_constant(e->var)) return true;
        if (e->var->kind == YKI_VAR_PARAM) return !e->var->reassigned && !e->var->address_taken;
        const yki_lane_var *v = yki_spmd_var(p, e->var);
        return v && v->uniform;
    }
    case YKI_EX_INT:
    case YKI_EX_FLOAT: return true;
    case YKI_EX_UNARY:
    case YKI_EX_BINARY:
    case YKI_EX_COND:
    case YKI_EX_CAST:
        return yki_spmd_uniform(p, e->a) && yki_spmd_uniform(p, e->b) && yki_spmd_uniform(p, e->c);
    case YKI_EX_CALL:
        if (!e->builtin || !uniform_arguments(p, e)) return false;
        if (e->builtin->cls == YKI_B_INTEGER || e->builtin->cls == YKI_B_COMMON) return true;
        if (e->builtin->cls != YKI_B_WORK_ITEM) return false;
        if (e->builtin->work_item == YKI_WI_GLOBAL_SIZE) return true;
        return e->builtin->work_item == YKI_WI_GLOBAL_ID && other_dimension(e->args[0]);
    default: return false;
    }
}

static bool uniform_loop(planner *p, const yki_stmt *s)
{
    if (s->kind != YKI_ST_FOR || !s->init || s->init->kind != YKI_ST_DECL || !s->expr || !s->step)
        return false;
    const yki_var *var = s->init->vars;
    if (!var || var->next || !var->init || var->address_taken ||
        !yki_spmd_uniform(p->plan, var->init))
        return false;
    if (yki_jumps_in(s->body, false, false) || any_stmt(s->body, writes, var)) return false;
    const yki_expr *step = s->step;
    bool steps = (step->kind == YKI_EX_INCDEC || step->kind == YKI_EX_ASSIGN) &&
                 step->a->kind == YKI_EX_VAR && step->a->var == var &&
                 yki_spmd_uniform(p->plan, step->b);
    yki_lane_var *v = steps ? variable(p, var) : NULL;
    if (!v) return false;
    v->uniform = true;
    if (yki_spmd_uniform(p->plan, s->expr)) return true;
    v->uniform = false;
    return false;
}

/* ---- parts ---- */

static yki_part *new_part(planner *p, yki_part_kind kind)
{
    yki_part *part = yki_arena_alloc(p->arena, sizeof *part);
    if (!part) {
        p->unfit = true;
        return NULL;
    }
    part->kind = kind;
    part->id = p->plan->count++;
    return part;
}

static yki_part *parts_of(planner *p, const yki_stmt *first, const yki_stmt *end);

static yki_part *parts_of_body(planner *p, const yki_stmt *s)
{
    if (!s) return NULL;
    return s->kind == YKI_ST_BLOCK ? parts_of(p, s->first, NULL) : parts_of(p, s, s->next);
}

static bool spoils(const yki_expr *e, const yki_var *unused);

/* Variables of inner blocks that have one value for all lanes: set beside the lanes, even
 * where none of them takes part, hence without anything that could trap. */
static void find_scalars(planner *p, const yki_stmt *s)
{
    for (const yki_var *var = s->vars; var; var = var->next) {
        yki_type_kind t = var->type->kind;
        if (!var->init || var->reassigned || var->address_taken || yki_is_constant(var)) continue;
        if (t == YKI_T_ARRAY || t == YKI_T_RECORD || any_expr(var->init, spoils, NULL)) continue;
        yki_lane_var *v = yki_spmd_uniform(p->plan, var->init) ? variable(p, var) : NULL;
        if (v && !v->derived) v->uniform = v->scalar = true;
    }
}

static yki_part *segment(planner *p, const yki_stmt *first, const yki_stmt *end)
{
    for (const yki_stmt *s = first; s && s != end; s = s->next) find_scalars(p, s);
    yki_part *part = new_part(p, YKI_PART_SEGMENT);
    if (!part) return NULL;
    part->first = first;
    part->end = end;
    part->flat = yki_spmd_flat(p->plan, p->k, first, end);
    return part;
}

static yki_part *loop_part(planner *p, const yki_stmt *s)
{
    bool same = uniform_loop(p, s);
    yki_part *init = NULL, *loop = new_part(p, same ? YKI_PART_UNIFORM : YKI_PART_LOOP);
    if (!loop) return NULL;
    loop->stmt = s;
    loop->fused = !same && !has_loop(s->body);
    p->unfit |= !same && yki_spmd_gathers(p->plan, s);
    if (!loop->fused) {
        loop->body = parts_of_body(p, s->body);
        if (!same && s->step) {
            yki_part *step = new_part(p, YKI_PART_SEGMENT);
            if (step) step->expr = s->step;
            loop->other = step;
        }
    }
    if (!same && s->init) {
        init = segment(p, s->init, NULL);
        if (init) init->next = loop;
    }
    return init ? init : loop;
}

static yki_part *if_part(planner *p, const yki_stmt *s)
{
    yki_part *part = new_part(p, YKI_PART_IF);
    if (!part) return NULL;
    part->stmt = s;
    part->expr = s->expr;
    part->body = parts_of_body(p, s->body);
    part->other = parts_of_body(p, s->other);
    return part;
}

static yki_part *part_of(planner *p, const yki_stmt *s)
{
    if (is_loop(s)) return loop_part(p, s);
    if (s->kind == YKI_ST_IF) return if_part(p, s);
    if (s->kind == YKI_ST_BLOCK) return parts_of(p, s->first, NULL);
    p->unfit = true; /* a switch around a loop */
    return NULL;
}

/* Does a straight line begin behind the jump that it pays to have for itself? */
static bool line_after(const planner *p, const yki_stmt *s, const yki_stmt *end)
{
    bool guard = s->kind == YKI_ST_IF && yki_settled(s->expr) == 0;
    if (guard || !yki_jumps_in(s, false, false)) return false;
    const yki_stmt *last = s->next;
    while (last && last != end && !has_loop(last)) last = last->next;
    return yki_spmd_flat(p->plan, p->k, s->next, last);
}

static yki_part *parts_of(planner *p, const yki_stmt *first, const yki_stmt *end)
{
    yki_part *list = NULL, **tail = &list;
    const yki_stmt *from = first;
    for (const yki_stmt *s = first; s != end && !p->unfit; s = s->next) {
        if (!has_loop(s) && line_after(p, s, end)) {
            *tail = segment(p, from, s->next);
            if (*tail) tail = &(*tail)->next;
            from = s->next;
        }
        if (!has_loop(s)) continue;
        if (from != s) *tail = segment(p, from, s);
        while (*tail) tail = &(*tail)->next;
        *tail = part_of(p, s);
        while (*tail) tail = &(*tail)->next;
        from = s->next;
    }
    if (from != end) *tail = segment(p, from, end);
    return list;
}

/* ---- which variables cross ---- */

static void mention_in(planner *p, const yki_part *part)
{
    for (yki_lane_var *v = p->plan->vars; v; v = v->next) {
        if (v->uniform || !yki_part_mentions(part, v->var)) continue;
        if (v->segment == UINT32_MAX) v->segment = part->id;
        else if (v->segment != part->id) v->lane = true;
    }
}

/* The condition of an unfused loop or of an if is a segment of its own. */
static void mention_expr(planner *p, const yki_expr *e)
{
    yki_part one = {.kind = YKI_PART_SEGMENT, .id = p->plan->count++, .expr = e};
    mention_in(p, &one);
}

/* A loop comes round again: what is declared outside it and kept inside crosses, even if
 * one segment alone mentions it; such variables are declared elsewhere, hence mentioned
 * in two. */
static void mention_all(planner *p, const yki_part *part)
{
    for (; part; part = part->next) {
        if (part->kind == YKI_PART_SEGMENT || (part->kind == YKI_PART_LOOP && part->fused))
            mention_in(p, part);
        else if (part->kind != YKI_PART_UNIFORM) mention_expr(p, part->stmt->expr);
        mention_all(p, part->body);
        mention_all(p, part->other);
    }
}

/* Is there a loop that all lanes turn in one that they leave when they are done?  Then it
 * turns as long as any lane needs it: the fewer they are, the sooner it ends. */
static bool part_with_masks(const yki_part *part)
{
    for (; part; part = part->next) {
        bool masked = part->kind == YKI_PART_LOOP && !part->fused;
        for (const yki_part *p = masked ? part->body : NULL; p; p = p->next) {
            if (p->kind == YKI_PART_UNIFORM) return true;
        }
        if (part_with_masks(part->body) || part_with_masks(part->other)) return true;
    }
    return false;
}

/* All lanes' private arrays lie on the stack. */
#define MOST_BYTES ((uint64_t)96 << 10)

static bool fits(const planner *p)
{
    uint64_t bytes = 0;
    for (const yki_lane_var *v = p->plan->vars; v; v = v->next) {
        const yki_type *t = v->var->type;
        if (!v->lane) continue;
        if (v->var->address_taken) return false;
        if (t->kind != YKI_T_ARRAY) continue;
        if (!yki_type_is_arith(t->elem)) return false;
        bytes += t->size * YKI_LANES;
    }
    return !p->unfit && bytes <= MOST_BYTES;
}

/* ---- what C compilers do not vectorise ---- */

static bool function_spoils(const yki_func *f, unsigned depth);

/* Division of integers and maths without vector versions stay scalar: then the detour
 * over arrays costs more than it brings. */
bool yki_spmd_spoils(const yki_expr *e)
{
    int64_t v;
    yki_op op = e->kind == YKI_EX_BINARY || e->kind == YKI_EX_ASSIGN ? e->op : YKI_OP_NONE;
    if ((op == YKI_OP_DIV || op == YKI_OP_MOD) && yki_type_is_integer(e->b->type) &&
        !yki_fold_int(e->b, &v)) {
        return true;
    }
    if (e->kind != YKI_EX_CALL) return false;
    return e->func ? function_spoils(e->func, 8) : !yki_builtin_vectorises(e->builtin->name);
}

static bool spoils(const yki_expr *e, const yki_var *unused)
{
    (void)unused;
    return yki_spmd_spoils(e);
}

static bool function_spoils(const yki_func *f, unsigned depth)
{
    if (depth == 0 || has_loop(f->body) || has_kind(f->body, YKI_ST_SWITCH)) return true;
    if (any_stmt(f->body, spoils, NULL)) return true;
    for (uint32_t i = 0; i < f->call_count; i++) {
        if (function_spoils(f->calls[i], depth - 1)) return true;
    }
    return false;
}

static bool loops_spoil(const yki_stmt *s)
{
    if (!s) return false;
    if (is_loop(s) && !few_turns(s)) return any_stmt(s, spoils, NULL) || has_kind(s, YKI_ST_SWITCH);
    for (const yki_stmt *c = s->first; c; c = c->next) {
        if (loops_spoil(c)) return true;
    }
    return loops_spoil(s->body) || loops_spoil(s->other);
}

/* The guards are settled and empty; any other return leaves lanes behind. */
static bool returns_early(const yki_stmt *body)
{
    for (const yki_stmt *s = body->first; s; s = s->next) {
        bool guard = s->kind == YKI_ST_IF && yki_settled(s->expr) == 0 && !s->other;
        if (guard || (s->kind == YKI_ST_RETURN && !s->next)) continue;
        if (has_kind(s, YKI_ST_RETURN)) return true;
    }
    return false;
}

static bool param_changes(const yki_func *f)
{
    for (const yki_var *v = f->params; v; v = v->next) {
        if (v->reassigned || v->address_taken) return true;
    }
    return false;
}

/* ---- several rows at once ---- */

/* Does it depend on where the work-item is?  What never changes depends on what its first
 * value does; the variables of loops are asked for where their loop is. */
static bool asks_id(const yki_expr *e, const yki_var *unused)
{
    (void)unused;
    if (e->kind == YKI_EX_CALL)
        return e->builtin && e->builtin->work_item == YKI_WI_GLOBAL_ID;
    return e->kind == YKI_EX_VAR && e->var->kind == YKI_VAR_LOCAL && !e->var->reassigned &&
           any_expr(e->var->init, asks_id, NULL);
}

/* Do all rows run the same passes, each equally often? */
static bool same_in_rows(const yki_part *part)
{
    for (const yki_part *p = part; p; p = p->next) {
        if (p->kind == YKI_PART_SEGMENT) continue;
        if (p->kind != YKI_PART_UNIFORM || any_expr(p->stmt->init->vars->init, asks_id, NULL) ||
            any_expr(p->stmt->expr, asks_id, NULL) || any_expr(p->stmt->step, asks_id, NULL) ||
            !same_in_rows(p->body))
            return false;
    }
    return true;
}

/* As many as keep what 64 lanes hold across passes in sixteen of the 32 wide registers. */
static uint32_t rows_at_once(const yki_spmd *plan, const yki_kinfo *k)
{
    uint64_t bytes = 0;
    if (k->dims < 2 || k->axis == 0 || k->borders || !same_in_rows(plan->parts)) return 1;
    for (uint32_t i = 0; i < k->arg_count; i++) {
        if (yki_use_reduces(k->arg[i].use)) return 1;
    }
    for (const yki_lane_var *v = plan->vars; v; v = v->next) {
        if (v->scalar && any_expr(v->var->init, asks_id, NULL)) return 1;
        if (v->lane && v->var->type->kind == YKI_T_ARRAY) return 1;
        if (v->lane && !v->derived) bytes += v->var->type->size;
    }
    return bytes == 0 || bytes > 8 ? 1 : bytes > 4 ? 2 : 4;
}

yki_spmd *yki_spmd_plan(yki_back *b, const yki_kinfo *k)
{
    if (!has_loop(k->func->body) || loops_spoil(k->func->body) || returns_early(k->func->body) ||
        param_changes(k->func))
        return NULL;
    yki_spmd *plan = yki_arena_alloc(b->arena, sizeof *plan);
    if (!plan) return NULL;
    planner p = {b->arena, k, plan, false};
    collect_vars(&p, k->func->body);
    find_derived(&p, k->func->body);
    plan->parts = parts_of(&p, k->func->body->first, NULL);
    plan->lanes = !k->reduces && part_with_masks(plan->parts) ? YKI_FEW_LANES : YKI_LANES;
    mention_all(&p, plan->parts);
    plan->rows = rows_at_once(plan, k);
    return fits(&p) ? plan : NULL;
}
