/* emit_stmt: statements, functions and program-scope constants. */
#include "compiler/spmd.h"

static void add(yki_emit *e, const char *s) { yki_text_add(e->out, s); }

void yki_emit_line(yki_emit *e)
{
    yki_text_printf(e->out, "\n%*s", (int)(e->indent * 4), "");
}

bool yki_needs_items(const yki_func *f) { return f->work_items != 0; }

/* ---- updates of reductions ---- */

static void update_value(yki_emit *e, const yki_update *u)
{
    if (u->value) yki_emit_expr(e, u->value);
    else add(e, "1");
}

static void update_index(yki_emit *e, const yki_update *u)
{
    if (u->index) yki_emit_expr(e, u->index);
    else add(e, "0");
}

static const char *update_word(yki_use u)
{
    return u == YKI_USE_SUM ? "sum" : u == YKI_USE_MIN ? "min" : "max";
}

/* The element is the lane's own: results lie `YK_LANES` apart. */
static void update_host(yki_emit *e, const yki_update *u)
{
    const yki_argument *a = &e->k->arg[u->arg];
    yki_text_printf(e->out, "yk_reduce_%s_%s(&u_%s[(int64_t)(", update_word(u->use),
                    yki_kind_suffix(a->elem->kind), a->var->name);
    if (e->check) yki_text_printf(e->out, "yk_check_index(yk_w, %u, (int64_t)", u->arg);
    update_index(e, u);
    if (e->check) add(e, ")");
    yki_text_printf(e->out, ") * yk_step], ");
    update_value(e, u);
    add(e, ");");
    yki_use_builtin(e,
                    u->use == YKI_USE_SUM   ? "reduce_sum"
                    : u->use == YKI_USE_MIN ? "reduce_min"
                                            : "reduce_max",
                    a->elem->kind);
}

static void update_device(yki_emit *e, const yki_update *u)
{
    const yki_argument *a = &e->k->arg[u->arg];
    if (a->ordered) {
        yki_text_printf(e->out, "yk_add_%s(&u_%s[", yki_kind_suffix(a->elem->kind), a->var->name);
        update_index(e, u);
        add(e, "], ");
        update_value(e, u);
        add(e, ");");
        return;
    }
    yki_text_printf(e->out, "yk_%s_%s(yk_l_%s, u_%s, yk_u_%s, (ulong)(", update_word(u->use),
                    yki_kind_suffix(a->elem->kind), a->var->name, a->var->name, a->var->name);
    update_index(e, u);
    add(e, "), ");
    update_value(e, u);
    add(e, ");");
}

/* ---- statements ---- */

static void block(yki_emit *e, const yki_stmt *s)
{
    add(e, "{");
    e->indent++;
    for (const yki_stmt *c = s->first; c; c = c->next) {
        yki_emit_line(e);
        yki_emit_stmt(e, c);
    }
    e->indent--;
    yki_emit_line(e);
    add(e, "}");
}

/* Bodies are always blocks, so that no `else` finds the wrong `if`. */
static void body(yki_emit *e, const yki_stmt *s)
{
    if (s->kind == YKI_ST_BLOCK) {
        block(e, s);
        return;
    }
    add(e, "{ ");
    yki_emit_stmt(e, s);
    add(e, " }");
}

/* { ... } of a private array that lives from one segment to another. */
static void lane_array(yki_emit *e, const yki_var *v)
{
    const yki_expr *x = v->init;
    uint32_t count = (uint32_t)(v->type->size / v->type->elem->size);
    for (uint32_t i = 0; i < x->arg_count; i++) {
        yki_text_printf(e->out, "yk_v%u[%u][yk_l] = ", v->id, i);
        if (x->args[i]) yki_emit_expr(e, x->args[i]);
        else add(e, "0");
        add(e, "; ");
    }
    if (x->arg_count == count) return;
    yki_text_printf(e->out, "for (int yk_i = %u; yk_i < %u; yk_i++) yk_v%u[yk_i][yk_l] = 0;",
                    x->arg_count, count, v->id);
}

static void one_var(yki_emit *e, const yki_var *v)
{
    yki_text name = {0};
    if (yki_is_constant(v)) return; /* written at program scope */
    const yki_lane_var *lane = e->spmd ? yki_spmd_var(e->spmd, v) : NULL;
    if (lane && lane->scalar) return; /* set before the pass */
    if (lane && lane->lane && v->type->kind == YKI_T_ARRAY) {
        if (v->init) lane_array(e, v);
        return;
    }
    if (lane && lane->lane) { /* declared at the top of the pass */
        if (!v->init) return;
        yki_emit_var_name(e, v);
        add(e, " = ");
        if (v->init->kind == YKI_EX_INIT) {
            add(e, "(");
            yki_emit_type(e, v->type->plain);
            add(e, ")");
        }
        yki_emit_expr(e, v->init);
        add(e, ";");
        return;
    }
    yki_text_printf(&name, "u_%s", v->name);
    if (e->spmd) yki_text_printf(&name, "_%u", v->id);
    if (name.failed) e->out->failed = true;
    yki_emit_decl(e, v->type, yki_text_get(&name));
    if (v->init) {
        add(e, " = ");
        yki_emit_expr(e, v->init);
    }
    add(e, ";");
    if (!v->reads) yki_text_printf(e->out, " (void)%s;", yki_text_get(&name));
    yki_text_free(&name);
}

static void declaration(yki_emit *e, const yki_stmt *s)
{
    for (const yki_var *v = s->vars; v; v = v->next) {
        if (v != s->vars) add(e, " ");
        one_var(e, v);
    }
}

/* A condition: what stands in parentheses already needs none of its own. */
static void condition(yki_emit *e, const yki_expr *x)
{
    if (x->kind != YKI_EX_BINARY || x->op != YKI_OP_EQ) {
        yki_emit_expr(e, x);
        return;
    }
    yki_emit_expr(e, x->a);
    add(e, " == ");
    yki_emit_expr(e, x->b);
}

static void branch(yki_emit *e, const yki_stmt *s)
{
    add(e, "if (");
    condition(e, s->expr);
    add(e, ") ");
    body(e, s->body);
    if (!s->other) return;
    add(e, " else ");
    if (s->other->kind == YKI_ST_IF && !yki_update_of(s->other)) branch(e, s->other);
    else body(e, s->other);
}

static void loop_head(yki_emit *e, const yki_stmt *s)
{
    add(e, "for (");
    if (s->init && s->init->kind == YKI_ST_EXPR) yki_emit_expr(e, s->init->expr);
    add(e, "; ");
    if (s->expr) condition(e, s->expr);
    add(e, "; ");
    if (s->step) yki_emit_expr(e, s->step);
    add(e, ") ");
    body(e, s->body);
}

static void for_loop(yki_emit *e, const yki_stmt *s)
{
    bool declares = s->init && s->init->kind == YKI_ST_DECL;
    if (!declares) {
        loop_head(e, s);
        return;
    }
    add(e, "{ ");
    declaration(e, s->init);
    add(e, " ");
    loop_head(e, s);
    add(e, " }");
}

static void while_loop(yki_emit *e, const yki_stmt *s)
{
    if (s->kind == YKI_ST_DO) {
        add(e, "do ");
        body(e, s->body);
        add(e, " while (");
    } else {
        add(e, "while (");
    }
    condition(e, s->expr);
    add(e, ")");
    if (s->kind == YKI_ST_DO) add(e, ";");
    else body(e, s->body);
}

static void leave(yki_emit *e, const yki_stmt *s)
{
    add(e, "return");
    if (s->expr) {
        add(e, " ");
        yki_emit_expr(e, s->expr);
    }
    add(e, ";");
}

void yki_emit_stmt(yki_emit *e, const yki_stmt *s)
{
    const yki_update *u = yki_update_of(s);
    if (u) {
        if (e->device) update_device(e, u);
        else update_host(e, u);
        return;
    }
    switch (s->kind) {
    case YKI_ST_EMPTY: add(e, ";"); return;
    case YKI_ST_BLOCK: block(e, s); return;
    case YKI_ST_DECL: declaration(e, s); return;
    case YKI_ST_EXPR:
        yki_emit_expr(e, s->expr);
        add(e, ";");
        return;
    case YKI_ST_IF: branch(e, s); return;
    case YKI_ST_FOR:
    case YKI_ST_WHILE:
    case YKI_ST_DO:
        e->loops += 1;
        if (s->kind == YKI_ST_FOR) for_loop(e, s);
        else while_loop(e, s);
        e->loops -= 1;
        return;
    case YKI_ST_SWITCH:
        e->loops += 0x10000;
        add(e, "switch (");
        yki_emit_expr(e, s->expr);
        add(e, ") ");
        body(e, s->body);
        e->loops -= 0x10000;
        return;
    case YKI_ST_CASE:
        if (s->value < 0) yki_text_printf(e->out, "case (%lld):;", (long long)s->value);
        else yki_text_printf(e->out, "case %lld:;", (long long)s->value);
        return;
    case YKI_ST_DEFAULT: add(e, "default:;"); return;
    case YKI_ST_BREAK: add(e, e->on_break && !e->loops ? e->on_break : "break;"); return;
    case YKI_ST_CONTINUE:
        add(e, e->on_continue && !(e->loops & 0xffff) ? e->on_continue : "continue;");
        return;
    case YKI_ST_RETURN: leave(e, s); return;
    }
}

/* ---- functions ---- */

/* "T name(hidden, parameters)" of a function. */
static void signature(yki_emit *e, const yki_func *f, const char *name)
{
    yki_text param = {0};
    bool first = true;
    yki_emit_type(e, f->result);
    yki_text_printf(e->out, " %s(", name);
    if (e->check || yki_needs_items(f)) {
        add(e, "const yk_items yk_w");
        first = false;
    }
    for (const yki_var *p = f->params; p; p = p->next) {
        yki_text_free(&param);
        yki_text_printf(&param, "u_%s", p->name);
        if (!first) add(e, ", ");
        first = false;
        yki_emit_decl(e, p->type, yki_text_get(&param));
    }
    add(e, first ? "void)" : ")");
    if (param.failed) e->out->failed = true;
    yki_text_free(&param);
}

static void function(yki_emit *e, const yki_func *f, bool define)
{
    yki_text name = {0};
    yki_text_printf(&name, "f_%s_%u", f->name, f->id);
    add(e, e->device ? "static " : "YK_INLINE ");
    signature(e, f, yki_text_get(&name));
    yki_text_free(&name);
    if (define) {
        add(e, "\n");
        block(e, f->body);
        add(e, "\n\n");
    } else {
        add(e, ";\n");
    }
}

static bool reaches(const yki_func *from, const yki_func *f, unsigned depth)
{
    for (uint32_t i = 0; depth && i < from->call_count; i++) {
        if (from->calls[i] == f || reaches(from->calls[i], f, depth - 1)) return true;
    }
    return false;
}

void yki_emit_helpers(yki_emit *e)
{
    const yki_kinfo *k = e->k;
    e->k = NULL;
    for (int pass = 0; pass < 2; pass++) {
        for (const yki_func *f = e->b->program->funcs; f; f = f->next) {
            if (!f->used || !f->body || (k && !reaches(k->func, f, 32))) continue;
            function(e, f, pass == 1);
        }
    }
    e->k = k;
}

/* ---- constants ---- */

static bool has_double(const yki_type *t)
{
    if (t->kind == YKI_T_ARRAY) return has_double(t->elem);
    if (t->kind != YKI_T_RECORD) return t->kind == YKI_T_DOUBLE;
    for (const yki_field *f = t->record->fields; f; f = f->next) {
        if (has_double(f->type)) return true;
    }
    return false;
}

static void constant(yki_emit *e, const yki_var *v)
{
    yki_text name = {0};
    if (e->device && has_double(v->type) && !e->k->func->uses_fp64) return;
    yki_text_printf(&name, "c_%s_%u", v->name, v->id);
    if (!e->device)
        add(e, v->type->quals & YKI_CONST ? "static YK_UNUSED " : "static YK_UNUSED const ");
    yki_emit_decl(e, v->type, yki_text_get(&name));
    yki_text_free(&name);
    if (v->init) {
        add(e, " = ");
        yki_emit_expr(e, v->init);
    }
    add(e, ";\n");
}

static void constants_in(yki_emit *e, const yki_stmt *s)
{
    if (!s) return;
    for (const yki_var *v = s->vars; v; v = v->next) {
        if (yki_is_constant(v)) constant(e, v);
    }
    for (const yki_stmt *c = s->first; c; c = c->next) constants_in(e, c);
    constants_in(e, s->body);
    constants_in(e, s->other);
}

void yki_emit_constants(yki_emit *e)
{
    for (const yki_var *v = e->b->program->vars; v; v = v->next) constant(e, v);
    for (const yki_func *f = e->b->program->funcs; f; f = f->next) constants_in(e, f->body);
}
