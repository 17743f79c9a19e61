/* emit_expr: expressions.  Everything is put in parentheses; conversions that the tree
 * makes explicit are written, so that both languages compute in the same types. */
#include "compiler/spmd.h"

#include <math.h>
#include <string.h>

static void add(yki_emit *e, const char *s) { yki_text_add(e->out, s); }

void yki_emit_var_name(yki_emit *e, const yki_var *v)
{
    bool scalar_param = v->kind == YKI_VAR_PARAM && v->func && v->func->is_kernel;
    if (e->param && scalar_param) {
        yki_text_printf(e->out, "%s%s", e->param, yki_public_name(e->b, v->name));
    } else if (yki_is_constant(v)) {
        yki_text_printf(e->out, "c_%s_%u", v->name, v->id);
    } else if (e->spmd && v->kind == YKI_VAR_LOCAL) {
        yki_text_printf(e->out, "u_%s_%u", v->name, v->id);
    } else {
        yki_text_printf(e->out, "u_%s", v->name);
    }
}

/* ---- literals ---- */

static void integer(yki_emit *e, const yki_expr *x)
{
    int64_t v = (int64_t)x->bits;
    const char *l = e->device ? "L" : "LL";
    switch (x->type->kind) {
    case YKI_T_INT:
        if (v == INT32_MIN) add(e, "(-2147483647 - 1)");
        else yki_text_printf(e->out, v < 0 ? "(%lld)" : "%lld", (long long)v);
        return;
    case YKI_T_UINT: yki_text_printf(e->out, "%lluu", (unsigned long long)x->bits); return;
    case YKI_T_LONG:
        if (v == INT64_MIN) yki_text_printf(e->out, "(-9223372036854775807%s - 1)", l);
        else yki_text_printf(e->out, "(%lld%s)", (long long)v, l);
        return;
    case YKI_T_ULONG: yki_text_printf(e->out, "%lluu%s", (unsigned long long)x->bits, l); return;
    default:
        yki_text_printf(e->out, "((%s)%lld)", yki_emit_kind(x->type->kind, e->device),
                        (long long)v);
    }
}

static void real(yki_emit *e, const yki_expr *x)
{
    bool f = x->type->kind == YKI_T_FLOAT;
    if (isnan(x->real))
        add(e, e->device ? (f ? "nan(0u)" : "nan(0ul)")
                         : (f ? "__builtin_nanf(\"\")" : "__builtin_nan(\"\")"));
    else if (isinf(x->real)) {
        add(e, x->real < 0 ? "(-" : "(");
        add(e, e->device ? (f ? "INFINITY)" : "((double)INFINITY))")
                         : (f ? "__builtin_inff())" : "__builtin_inf())"));
    } else if (signbit(x->real)) yki_text_printf(e->out, "(%a%s)", x->real, f ? "f" : "");
    else yki_text_printf(e->out, "%a%s", x->real, f ? "f" : "");
}

/* ---- operators ---- */

static void shift_count(yki_emit *e, const yki_expr *count, const yki_type *of)
{
    int64_t v, mask = of->size == 8 ? 63 : 31;
    if (yki_fold_int(count, &v)) {
        yki_text_printf(e->out, "%lld", (long long)(v & mask));
        return;
    }
    add(e, "(");
    yki_emit_expr(e, count);
    yki_text_printf(e->out, " & %lld)", (long long)mask);
}

static void shift(yki_emit *e, const yki_expr *x)
{
    bool as_unsigned = x->op == YKI_OP_SHL && yki_type_is_signed(x->type);
    const char *wide = x->type->size == 8 ? "uint64_t" : "uint32_t";
    const char *type = yki_emit_kind(x->type->kind, e->device);
    if (as_unsigned && !e->device) yki_text_printf(e->out, "((%s)((%s)", type, wide);
    else add(e, "((");
    yki_emit_expr(e, x->a);
    add(e, x->op == YKI_OP_SHL ? " << " : " >> ");
    shift_count(e, x->b, x->type);
    add(e, "))");
}

int yki_settled(const yki_expr *x)
{
    if (x->note == yki_always_true) return 1;
    if (x->note == yki_always_false) return 0;
    if (x->kind == YKI_EX_CAST && x->cast == YKI_CAST_NUMBER && x->implicit)
        return yki_settled(x->a);
    if (x->kind == YKI_EX_UNARY && x->op == YKI_OP_NOT) {
        int a = yki_settled(x->a);
        return a < 0 ? a : !a;
    }
    if (x->kind != YKI_EX_BINARY || (x->op != YKI_OP_LOGICAL_AND && x->op != YKI_OP_LOGICAL_OR)) {
        return -1;
    }
    int a = yki_settled(x->a), b = yki_settled(x->b), deciding = x->op == YKI_OP_LOGICAL_OR;
    if (a == deciding || (b == deciding && yki_expr_pure(x->a))) return deciding;
    return a >= 0 && b >= 0 ? !deciding : -1;
}

static void binary(yki_emit *e, const yki_expr *x)
{
    bool logical = x->op == YKI_OP_LOGICAL_AND || x->op == YKI_OP_LOGICAL_OR;
    if (logical && (yki_settled(x->a) >= 0 || yki_settled(x->b) >= 0)) {
        yki_emit_expr(e, yki_settled(x->a) >= 0 ? x->b : x->a); /* the other one decides */
        return;
    }
    if (x->op == YKI_OP_SHL || x->op == YKI_OP_SHR) {
        shift(e, x);
        return;
    }
    const yki_border *border = yki_border_of(e->borders, x);
    if (border) add(e, border->is ? "(yk_in || " : "(!yk_in && ");
    add(e, "(");
    yki_emit_expr(e, x->a);
    yki_text_printf(e->out, " %s ", yki_op_text(x->op));
    yki_emit_expr(e, x->b);
    add(e, border ? "))" : ")");
}

static void assign(yki_emit *e, const yki_expr *x)
{
    add(e, "(");
    yki_emit_expr(e, x->a);
    yki_text_printf(e->out, " %s= ", x->op == YKI_OP_NONE ? "" : yki_op_text(x->op));
    if (x->op == YKI_OP_SHL || x->op == YKI_OP_SHR) shift_count(e, x->b, x->compute);
    else yki_emit_expr(e, x->b);
    add(e, ")");
}

static void incdec(yki_emit *e, const yki_expr *x)
{
    bool pre = x->op == YKI_OP_PRE_INC || x->op == YKI_OP_PRE_DEC;
    const char *op = x->op == YKI_OP_PRE_INC || x->op == YKI_OP_POST_INC ? "++" : "--";
    yki_text_printf(e->out, "(%s", pre ? op : "");
    yki_emit_expr(e, x->a);
    yki_text_printf(e->out, "%s)", pre ? "" : op);
}

/* ---- global ids in 32 bits ---- */

/* get_global_id(constant): the dimension, else -1. */
static int id_dimension(const yki_expr *x)
{
    int64_t d;
    if (x->kind != YKI_EX_CALL || !x->builtin || x->builtin->work_item != YKI_WI_GLOBAL_ID ||
        x->arg_count != 1 || !yki_fold_int(x->args[0], &d)) {
        return -1;
    }
    return d >= 0 && d < 3 ? (int)d : -1;
}

static void number_cast(yki_emit *e, const yki_expr *x)
{
    yki_type_kind to = x->type->kind;
    int d = !e->device && !e->param && (to == YKI_T_INT || to == YKI_T_UINT) ? id_dimension(x->a)
                                                                             : -1;
    if (d >= 0) {
        yki_text_printf(e->out, "((%s)yk_w.j%d)", yki_emit_kind(to, false), d);
    } else if (to == YKI_T_BOOL) {
        add(e, "(");
        yki_emit_expr(e, x->a);
        add(e, " != 0)");
    } else {
        yki_text_printf(e->out, "((%s)", yki_emit_kind(to, e->device));
        yki_emit_expr(e, x->a);
        add(e, ")");
    }
}

static void cast(yki_emit *e, const yki_expr *x)
{
    switch (x->cast) {
    case YKI_CAST_NUMBER: number_cast(e, x); return;
    case YKI_CAST_DECAY:
    case YKI_CAST_QUALIFY: yki_emit_expr(e, x->a); return;
    case YKI_CAST_NULL: add(e, "0"); return;
    case YKI_CAST_BOOL_PTR:
        add(e, "(");
        yki_emit_expr(e, x->a);
        add(e, " != 0)");
        return;
    case YKI_CAST_VOID:
        add(e, "((void)");
        yki_emit_expr(e, x->a);
        add(e, ")");
        return;
    default:
        add(e, "((");
        yki_emit_type(e, x->type);
        add(e, ")");
        yki_emit_expr(e, x->a);
        add(e, ")");
    }
}

/* ---- indexes ---- */

/* Sums and products of ints may be computed in 64 bits, where the C compiler sees that
 * neighbours lie side by side: an overflow in 32 would have been undefined. */
void yki_emit_wide(yki_emit *e, const yki_expr *x)
{
    const yki_expr *inner = x;
    while (inner->kind == YKI_EX_CAST && inner->cast == YKI_CAST_NUMBER && inner->implicit &&
           inner->type->kind >= YKI_T_LONG && yki_type_is_integer(inner->a->type)) {
        inner = inner->a;
    }
    bool sums = inner->kind == YKI_EX_BINARY && inner->type->kind == YKI_T_INT &&
                (inner->op == YKI_OP_ADD || inner->op == YKI_OP_SUB || inner->op == YKI_OP_MUL);
    if (sums && inner == x) {
        add(e, "(");
        yki_emit_wide(e, inner->a);
        yki_text_printf(e->out, " %s ", yki_op_text(inner->op));
        yki_emit_wide(e, inner->b);
        add(e, ")");
    } else if (x->type->kind == YKI_T_INT && x->kind != YKI_EX_INT) {
        add(e, "(int64_t)");
        yki_emit_expr(e, x);
    } else {
        yki_emit_expr(e, x);
    }
}

static bool in_argument(const yki_expr *x)
{
    const yki_expr *root = x;
    while (root && root->kind != YKI_EX_VAR) root = root->a;
    bool program = root && yki_is_constant(root->var);
    return x->type->space == YKI_SPACE_GLOBAL || (x->type->space == YKI_SPACE_CONSTANT && !program);
}

/* In a checked build: the same element, if the item may touch it. */
static void checked(yki_emit *e, const yki_expr *x)
{
    const yki_expr *p = x->a;
    while (p->kind == YKI_EX_CAST && p->cast == YKI_CAST_QUALIFY) p = p->a;
    bool direct = p->kind == YKI_EX_VAR && p->var->kind == YKI_VAR_PARAM && p->var->func->is_kernel;
    add(e, "(*(");
    yki_emit_type(e, x->type->plain);
    yki_text_printf(e->out, " *)yk_check(yk_w, %d, &", direct ? (int)p->var->index : -1);
    e->check = false;
    yki_emit_expr(e, x);
    e->check = true;
    add(e, "))");
}

static void address(yki_emit *e, const yki_expr *x)
{
    bool check = e->check;
    e->check = false; /* an address alone touches nothing */
    add(e, "(&");
    yki_emit_expr(e, x->a);
    add(e, ")");
    e->check = check;
}

/* An element of a private array that lives from one segment to another. */
static bool lane_element(yki_emit *e, const yki_expr *x)
{
    const yki_expr *a = x->a->kind == YKI_EX_CAST ? x->a->a : x->a;
    if (!e->spmd || a->kind != YKI_EX_VAR || a->var->type->kind != YKI_T_ARRAY) return false;
    const yki_lane_var *v = yki_spmd_var(e->spmd, a->var);
    if (!v || !v->lane) return false;
    yki_text_printf(e->out, "yk_v%u[", a->var->id);
    yki_emit_expr(e, x->b);
    add(e, "][yk_l]");
    return true;
}

static void element(yki_emit *e, const yki_expr *x)
{
    if (lane_element(e, x)) return;
    yki_emit_expr(e, x->a);
    if (e->flat && in_argument(x) && !yki_spmd_uniform(e->spmd, x->b)) {
        yki_text_printf(e->out, "[yk_n%u ? ", e->flat - 1);
        yki_emit_wide(e, x->b);
        add(e, " : 0]");
        return;
    }
    add(e, "[");
    bool global = x->type->space == YKI_SPACE_GLOBAL || x->type->space == YKI_SPACE_CONSTANT;
    if (!e->device && global) yki_emit_wide(e, x->b);
    else yki_emit_expr(e, x->b);
    add(e, "]");
}

/* ---- calls ---- */

/* A clamp: inside the border, what it clamps. */
static void builtin(yki_emit *e, const yki_expr *x)
{
    const yki_border *border = yki_border_of(e->borders, x);
    if (border) {
        add(e, "(yk_in ? ");
        yki_emit_expr(e, x->args[border->is]);
        add(e, " : ");
    }
    yki_emit_builtin(e, x);
    if (border) add(e, ")");
}

static void call(yki_emit *e, const yki_expr *x)
{
    if (x->builtin) {
        builtin(e, x);
        return;
    }
    yki_text_printf(e->out, "f_%s_%u(", x->func->name, x->func->id);
    bool hidden = e->check || yki_needs_items(x->func);
    if (hidden) add(e, "yk_w");
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (i || hidden) add(e, ", ");
        yki_emit_expr(e, x->args[i]);
    }
    add(e, ")");
}

static void initialiser(yki_emit *e, const yki_expr *x)
{
    const yki_type *t = x->type;
    add(e, "{");
    if (t->kind == YKI_T_RECORD && t->record->is_union) {
        const yki_field *f = t->record->fields;
        for (uint32_t i = 0; i < x->arg_count; i++, f = f->next) {
            if (!x->args[i]) continue;
            yki_text_printf(e->out, ".%s = ", yki_public_name(e->b, f->name));
            yki_emit_expr(e, x->args[i]);
        }
        add(e, "}");
        return;
    }
    for (uint32_t i = 0; i < x->arg_count; i++) {
        const yki_type *slot = t->elem;
        if (i) add(e, ", ");
        if (x->args[i]) {
            yki_emit_expr(e, x->args[i]);
            continue;
        }
        if (t->kind == YKI_T_RECORD) {
            const yki_field *f = t->record->fields;
            while (f && f->index != i) f = f->next;
            slot = f ? f->type : NULL;
        }
        bool nested = slot && (slot->kind == YKI_T_ARRAY || slot->kind == YKI_T_RECORD);
        add(e, nested ? "{0}" : "0");
    }
    add(e, x->arg_count ? "}" : "0}");
}

static void unary(yki_emit *e, const yki_expr *x)
{
    yki_text_printf(e->out, "(%s", yki_op_text(x->op));
    yki_emit_expr(e, x->a);
    add(e, ")");
}

static void conditional(yki_emit *e, const yki_expr *x)
{
    add(e, "(");
    yki_emit_expr(e, x->a);
    add(e, " ? ");
    yki_emit_expr(e, x->b);
    add(e, " : ");
    yki_emit_expr(e, x->c);
    add(e, ")");
}

static void variable(yki_emit *e, const yki_var *v)
{
    /* In a shape function a local stands for what it was set to. */
    if (e->param && v->kind == YKI_VAR_LOCAL && v->init) yki_emit_expr(e, v->init);
    else yki_emit_var_name(e, v);
}

void yki_emit_expr(yki_emit *e, const yki_expr *x)
{
    int constant = yki_settled(x);
    if (constant >= 0) {
        add(e, constant ? "1" : "0");
        return;
    }
    const yki_turn *turn = e->turns ? yki_turn_of(e->k, x) : NULL;
    if (turn) {
        yki_text_printf(e->out, "(*yk_cell%u)", turn->id);
        return;
    }
    switch (x->kind) {
    case YKI_EX_INT: integer(e, x); return;
    case YKI_EX_FLOAT: real(e, x); return;
    case YKI_EX_VAR: variable(e, x->var); return;
    case YKI_EX_UNARY: unary(e, x); return;
    case YKI_EX_INCDEC: incdec(e, x); return;
    case YKI_EX_BINARY: binary(e, x); return;
    case YKI_EX_ASSIGN: assign(e, x); return;
    case YKI_EX_COND: conditional(e, x); return;
    case YKI_EX_COMMA:
        add(e, "(");
        yki_emit_expr(e, x->a);
        add(e, ", ");
        yki_emit_expr(e, x->b);
        add(e, ")");
        return;
    case YKI_EX_INDEX:
        if (e->check && in_argument(x)) checked(e, x);
        else element(e, x);
        return;
    case YKI_EX_ADDR: address(e, x); return;
    case YKI_EX_DEREF:
        if (e->check && in_argument(x)) {
            checked(e, x);
            return;
        }
        add(e, "(*");
        yki_emit_expr(e, x->a);
        add(e, ")");
        return;
    case YKI_EX_MEMBER:
        yki_emit_expr(e, x->a);
        yki_text_printf(e->out, ".%s", yki_public_name(e->b, x->field->name));
        return;
    case YKI_EX_CAST: cast(e, x); return;
    case YKI_EX_CALL: call(e, x); return;
    case YKI_EX_INIT: initialiser(e, x); return;
    case YKI_EX_COMPOUND:
        add(e, "((");
        yki_emit_type(e, x->type->plain);
        add(e, ")");
        yki_emit_expr(e, x->a);
        add(e, ")");
        return;
    default: return;
    }
}
