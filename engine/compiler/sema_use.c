/* sema_use: after parsing: who reads, writes and takes the address of each variable, who
 * calls whom, and what follows from that: recursion, missing bodies, doubles. */
#include <string.h>

#include "compiler/parse_int.h"

typedef enum use { USE_READ, USE_WRITE, USE_BOTH, USE_ADDRESS, USE_NONE } use;

typedef struct walk {
    yki_parser *p;
    yki_func *func;
    size_t call_capacity;
} walk;

static void visit(walk *w, yki_expr *e, use how);

static bool holds_double(const yki_type *t)
{
    while (t->kind == YKI_T_POINTER || t->kind == YKI_T_ARRAY) t = t->elem;
    return t->kind == YKI_T_DOUBLE || (t->kind == YKI_T_RECORD && t->record->has_double);
}

static void use_var(yki_var *v, use how)
{
    v->reads += how == USE_READ || how == USE_BOTH;
    v->writes += how == USE_WRITE || how == USE_BOTH;
    v->reassigned |= how == USE_WRITE || how == USE_BOTH;
    v->address_taken |= how == USE_ADDRESS;
}

/* What e[..] or *e designates lies in the array that e decayed from, or behind a pointer. */
static void visit_base(walk *w, yki_expr *base, use how)
{
    if (base->kind == YKI_EX_CAST && base->cast == YKI_CAST_DECAY) visit(w, base->a, how);
    else visit(w, base, USE_READ);
}

static void add_call(walk *w, yki_func *callee, const yki_expr *e)
{
    yki_func *f = w->func;
    if (!callee->used && !callee->body) {
        yki_error(w->p->d, e->pos, "'%s' is called but has no body", callee->name);
        yki_note_at(w->p->d, callee->pos, "it is declared here");
    }
    callee->used = true;
    for (uint32_t i = 0; i < f->call_count; i++)
        if (f->calls[i] == callee) return;
    if (f->call_count == w->call_capacity) {
        size_t capacity = yki_max(w->call_capacity * 2, 8);
        yki_func **calls = yki_arena_array(&w->p->u->arena, capacity, sizeof(yki_func *));
        if (!calls) return;
        if (f->call_count) memcpy(calls, f->calls, f->call_count * sizeof *calls);
        f->calls = calls;
        w->call_capacity = capacity;
    }
    f->calls[f->call_count++] = callee;
}

static void visit_call(walk *w, yki_expr *e)
{
    if (e->func) add_call(w, e->func, e);
    if (e->builtin && e->builtin->work_item)
        w->func->work_items |= 1u << e->builtin->work_item;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (e->args[i]) visit(w, e->args[i], USE_READ);
}

static void visit(walk *w, yki_expr *e, use how)
{
    if (holds_double(e->type)) w->func->uses_fp64 = true;
    switch (e->kind) {
    case YKI_EX_VAR: use_var(e->var, how); break;
    case YKI_EX_INCDEC: visit(w, e->a, USE_BOTH); break;
    case YKI_EX_ASSIGN:
        visit(w, e->a, e->op ? USE_BOTH : USE_WRITE);
        visit(w, e->b, USE_READ);
        break;
    case YKI_EX_INDEX:
        visit_base(w, e->a, how);
        visit(w, e->b, USE_READ);
        break;
    case YKI_EX_DEREF: visit_base(w, e->a, how); break;
    case YKI_EX_ADDR: visit(w, e->a, USE_ADDRESS); break;
    case YKI_EX_MEMBER: visit(w, e->a, how); break;
    case YKI_EX_CAST: visit(w, e->a, e->cast == YKI_CAST_DECAY ? USE_ADDRESS : USE_READ); break;
    case YKI_EX_CALL: visit_call(w, e); break;
    default:
        if (e->a) visit(w, e->a, USE_READ);
        if (e->b) visit(w, e->b, USE_READ);
        if (e->c) visit(w, e->c, USE_READ);
        for (uint32_t i = 0; i < e->arg_count; i++)
            if (e->args[i]) visit(w, e->args[i], USE_READ);
        break;
    }
}

static void visit_statements(walk *w, yki_stmt *s)
{
    for (; s; s = s->next) {
        for (yki_var *v = s->vars; v; v = v->next) {
            if (holds_double(v->type)) w->func->uses_fp64 = true;
            if (v->init) visit(w, v->init, USE_READ);
        }
        if (s->expr) visit(w, s->expr, USE_READ);
        if (s->step) visit(w, s->step, USE_READ);
        if (s->init) visit_statements(w, s->init);
        if (s->body) visit_statements(w, s->body);
        if (s->other) visit_statements(w, s->other);
        if (s->first) visit_statements(w, s->first);
    }
}

/* ---- the graph of calls ---- */

typedef struct frame {
    yki_func *func;
    uint32_t next;
} frame;

enum { WHITE, GREY, BLACK };

static void report_recursion(yki_parser *p, const frame *stack, size_t depth, const yki_func *f)
{
    const yki_func *through = stack[depth - 1].func;
    yki_error(p->d, f->pos, "not supported yet: recursion: '%s' calls itself%s%s%s", f->name,
              through == f ? "" : " through '", through == f ? "" : through->name,
              through == f ? "" : "'");
    yki_hint(p->d, "OpenCL C forbids it; a loop with an array as its stack says the same");
}

/* Depth first with a stack of its own; what callees need is added to their callers. */
static void walk_graph(yki_parser *p, yki_func *root, frame *stack, uint8_t *colour)
{
    size_t depth = 0;
    if (colour[root->id] != WHITE) return;
    stack[depth++] = (frame){root, 0};
    colour[root->id] = GREY;
    while (depth) {
        frame *top = &stack[depth - 1];
        yki_func *f = top->func;
        if (top->next == f->call_count) {
            colour[f->id] = BLACK;
            depth--;
            if (!depth) break;
            stack[depth - 1].func->uses_fp64 |= f->uses_fp64;
            stack[depth - 1].func->work_items |= f->work_items;
            continue;
        }
        yki_func *callee = f->calls[top->next++];
        if (colour[callee->id] == WHITE) {
            colour[callee->id] = GREY;
            stack[depth++] = (frame){callee, 0};
        } else if (colour[callee->id] == GREY) {
            report_recursion(p, stack, depth, callee);
        } else {
            f->uses_fp64 |= callee->uses_fp64;
            f->work_items |= callee->work_items;
        }
    }
}

void yki_check_use(yki_parser *p)
{
    yki_func *funcs = p->u->program.funcs;
    frame *stack = yki_arena_array(&p->u->arena, p->func_ids + 1u, sizeof *stack);
    uint8_t *colour = yki_arena_array(&p->u->arena, p->func_ids + 1u, 1);
    if (!stack || !colour) return;
    for (yki_func *f = funcs; f; f = f->next) {
        walk w = {.p = p, .func = f};
        f->uses_fp64 = holds_double(f->result);
        for (const yki_var *v = f->params; v; v = v->next) f->uses_fp64 |= holds_double(v->type);
        visit_statements(&w, f->body);
    }
    for (yki_func *f = funcs; f; f = f->next) walk_graph(p, f, stack, colour);
}
