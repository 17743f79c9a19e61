/* sema_expr: operators: which operands they take and what type they give. */
#include <string.h>

#include "compiler/parse_int.h"

const char *yki_op_text(yki_op op)
{
    static const char *const texts[YKI_OP_COUNT] = {
        "", "+", "-", "!", "~", "++", "--", "++", "--", "*", "/", "%", "+", "-", "<<", ">>", "<",
        ">", "<=", ">=", "==", "!=", "&", "^", "|", "&&", "||",
    };
    return op < YKI_OP_COUNT ? texts[op] : "";
}

static yki_expr *bad_operand(yki_parser *p, yki_op op, const yki_expr *a, yki_pos pos)
{
    yki_error(p->d, pos, "'%s' does not take a value of type '%s'", yki_op_text(op),
              yki_type_text(p->u, a->type->plain));
    return p->u->poison;
}

static yki_expr *bad_operands(yki_parser *p, yki_op op, const yki_expr *a, const yki_expr *b,
                              yki_pos pos)
{
    yki_error(p->d, pos, "'%s' does not take values of types '%s' and '%s'", yki_op_text(op),
              yki_type_text(p->u, a->type->plain), yki_type_text(p->u, b->type->plain));
    return p->u->poison;
}

/* ---- lvalues ---- */

static bool has_const(const yki_type *t)
{
    while (t->kind == YKI_T_ARRAY) t = t->elem;
    if (t->quals & YKI_CONST || t->space == YKI_SPACE_CONSTANT) return true;
    return t->kind == YKI_T_RECORD && t->record->has_const;
}

/* The variable that an lvalue is a part of, for naming it. */
static const yki_var *root_of(const yki_expr *e)
{
    while (e && e->kind != YKI_EX_VAR) e = e->a;
    return e ? e->var : NULL;
}

static bool check_writable(yki_parser *p, const yki_expr *a, yki_pos pos)
{
    if (!a->lvalue) {
        yki_error(p->d, pos, "what stands on the left of this cannot be assigned to");
        return false;
    }
    if (!has_const(a->type)) return true;
    const yki_var *v = root_of(a);
    bool space = a->type->space == YKI_SPACE_CONSTANT;
    yki_error(p->d, a->begin, "cannot write to '%s': it is %s", v ? v->name : "this",
              space ? "in constant memory" : "const");
    if (v) yki_note_at(p->d, v->pos, "'%s' is declared here", v->name);
    return false;
}

/* ---- one operand ---- */

yki_expr *yki_sema_unary(yki_parser *p, yki_op op, yki_expr *a, yki_pos pos)
{
    a = yki_rvalue(p, a);
    if (yki_bad(a)) return a;
    bool fits = op == YKI_OP_NOT ? yki_type_is_scalar(a->type)
                : op == YKI_OP_COMPL ? yki_type_is_integer(a->type) : yki_type_is_arith(a->type);
    if (!fits) return bad_operand(p, op, a, pos);
    const yki_type *t = op == YKI_OP_NOT ? yki_unit_type(p->u, YKI_T_INT)
                                         : yki_type_promote(p->u, a->type);
    yki_expr *e = yki_new_expr(p, YKI_EX_UNARY, pos, t);
    if (yki_bad(e)) return e;
    e->op = op;
    e->a = op == YKI_OP_NOT ? a : yki_to_arith(p, a, t);
    return yki_finish(p, e);
}

yki_expr *yki_sema_incdec(yki_parser *p, yki_op op, yki_expr *a, yki_pos pos)
{
    if (yki_bad(a)) return a;
    if (!yki_type_is_scalar(a->type)) return bad_operand(p, op, a, pos);
    if (!check_writable(p, a, pos)) return p->u->poison;
    if (a->type->kind == YKI_T_POINTER && !a->type->elem->size) return bad_operand(p, op, a, pos);
    yki_expr *e = yki_new_expr(p, YKI_EX_INCDEC, pos, a->type->plain);
    if (yki_bad(e)) return e;
    e->op = op;
    e->a = a;
    if (op >= YKI_OP_POST_INC) e->begin = a->begin;
    return yki_finish(p, e);
}

yki_expr *yki_sema_deref(yki_parser *p, yki_expr *a, yki_pos pos)
{
    a = yki_rvalue(p, a);
    if (yki_bad(a)) return a;
    if (a->type->kind != YKI_T_POINTER || a->type->elem->kind == YKI_T_VOID) {
        yki_error(p->d, pos, "'*' needs a pointer to a value, not '%s'",
                  yki_type_text(p->u, a->type->plain));
        return p->u->poison;
    }
    yki_expr *e = yki_new_expr(p, YKI_EX_DEREF, pos, a->type->elem);
    if (yki_bad(e)) return e;
    e->a = a;
    e->lvalue = true;
    return yki_finish(p, e);
}

yki_expr *yki_sema_address(yki_parser *p, yki_expr *a, yki_pos pos)
{
    if (yki_bad(a)) return a;
    if (!a->lvalue) {
        yki_error(p->d, pos, "'&' needs something that lies in memory");
        return p->u->poison;
    }
    yki_expr *e = yki_new_expr(p, YKI_EX_ADDR, pos, yki_type_pointer(p->u, a->type));
    if (yki_bad(e)) return e;
    e->a = a;
    return yki_finish(p, e);
}

/* ---- two operands ---- */

static yki_expr *make_binary(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b,
                             const yki_type *type, yki_pos pos)
{
    yki_expr *e = yki_new_expr(p, YKI_EX_BINARY, pos, type);
    if (yki_bad(a) || yki_bad(b)) return p->u->poison;
    if (yki_bad(e)) return e;
    e->op = op;
    e->a = a;
    e->b = b;
    e->begin = a->begin;
    return yki_finish(p, e);
}

static bool both_arith(const yki_expr *a, const yki_expr *b)
{
    return yki_type_is_arith(a->type) && yki_type_is_arith(b->type);
}

static bool both_pointers(const yki_expr *a, const yki_expr *b)
{
    return a->type->kind == YKI_T_POINTER && b->type->kind == YKI_T_POINTER;
}

static bool points_at_sized(const yki_expr *a)
{
    return a->type->kind == YKI_T_POINTER && a->type->elem->size;
}

static void warn_zero_divisor(yki_parser *p, const yki_expr *b, yki_pos pos)
{
    int64_t v;
    if (p->constant) return;
    if (yki_type_is_integer(b->type) && yki_fold_int(b, &v) && v == 0)
        yki_warning(p->d, pos, "division by zero");
}

static yki_expr *arithmetic(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos)
{
    bool integers = op == YKI_OP_MOD || op == YKI_OP_AND || op == YKI_OP_XOR || op == YKI_OP_OR;
    if (!both_arith(a, b)) return bad_operands(p, op, a, b, pos);
    const yki_type *t = yki_type_usual(p->u, a->type, b->type);
    if (integers && !yki_type_is_integer(t)) {
        yki_expr *bad = bad_operands(p, op, a, b, pos);
        if (op == YKI_OP_MOD) yki_hint(p->d, "fmod(a, b) is the remainder of floats");
        return bad;
    }
    if (integers && op == YKI_OP_MOD) warn_zero_divisor(p, b, pos);
    if (op == YKI_OP_DIV && yki_type_is_integer(t)) warn_zero_divisor(p, b, pos);
    return make_binary(p, op, yki_to_arith(p, a, t), yki_to_arith(p, b, t), t, pos);
}

static yki_expr *additive(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos)
{
    bool add = op == YKI_OP_ADD;
    if (add && points_at_sized(b) && yki_type_is_integer(a->type))
        return make_binary(p, op, b, a, b->type->plain, pos);
    if (points_at_sized(a) && yki_type_is_integer(b->type))
        return make_binary(p, op, a, b, a->type->plain, pos);
    bool difference = !add && both_pointers(a, b) && points_at_sized(a) &&
                      a->type->elem->plain == b->type->elem->plain &&
                      a->type->elem->space == b->type->elem->space;
    if (difference) return make_binary(p, op, a, b, yki_unit_type(p->u, YKI_T_LONG), pos);
    return arithmetic(p, op, a, b, pos);
}

static yki_expr *shift(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos)
{
    int64_t v;
    if (!yki_type_is_integer(a->type) || !yki_type_is_integer(b->type))
        return bad_operands(p, op, a, b, pos);
    const yki_type *t = yki_type_promote(p->u, a->type), *by = yki_type_promote(p->u, b->type);
    if (yki_fold_int(b, &v) && (v < 0 || (uint64_t)v >= t->size * 8))
        yki_warning(p->d, pos, "a shift by %lld of a type of %u bits is taken modulo %u",
                    (long long)v, (unsigned)t->size * 8, (unsigned)t->size * 8);
    return make_binary(p, op, yki_to_arith(p, a, t), yki_to_arith(p, b, by), t, pos);
}

static yki_expr *comparison(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos)
{
    const yki_type *result = yki_unit_type(p->u, YKI_T_INT);
    if (both_arith(a, b)) {
        const yki_type *t = yki_type_usual(p->u, a->type, b->type);
        return make_binary(p, op, yki_to_arith(p, a, t), yki_to_arith(p, b, t), result, pos);
    }
    bool null_a = yki_is_null_pointer(a), null_b = yki_is_null_pointer(b);
    if (a->type->kind == YKI_T_POINTER && null_b) {
        b = yki_cast_to(p, b, a->type, YKI_CAST_NULL);
    } else if (b->type->kind == YKI_T_POINTER && null_a) {
        a = yki_cast_to(p, a, b->type, YKI_CAST_NULL);
    } else {
        bool fits = both_pointers(a, b) && a->type->elem->space == b->type->elem->space &&
                    (a->type->elem->plain == b->type->elem->plain ||
                     a->type->elem->kind == YKI_T_VOID || b->type->elem->kind == YKI_T_VOID);
        if (!fits) return bad_operands(p, op, a, b, pos);
    }
    return make_binary(p, op, a, b, result, pos);
}

yki_expr *yki_sema_binary(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos)
{
    a = yki_rvalue(p, a);
    b = yki_rvalue(p, b);
    if (yki_bad(a) || yki_bad(b)) return p->u->poison;
    if (op == YKI_OP_ADD || op == YKI_OP_SUB) return additive(p, op, a, b, pos);
    if (op == YKI_OP_SHL || op == YKI_OP_SHR) return shift(p, op, a, b, pos);
    if (op >= YKI_OP_LT && op <= YKI_OP_NE) return comparison(p, op, a, b, pos);
    if (op < YKI_OP_LOGICAL_AND) return arithmetic(p, op, a, b, pos);
    if (!yki_type_is_scalar(a->type) || !yki_type_is_scalar(b->type))
        return bad_operands(p, op, a, b, pos);
    return make_binary(p, op, a, b, yki_unit_type(p->u, YKI_T_INT), pos);
}

/* ---- assignment ---- */

static yki_expr *make_assign(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b,
                             const yki_type *compute, yki_pos pos)
{
    yki_expr *e = yki_new_expr(p, YKI_EX_ASSIGN, pos, a->type->plain);
    if (yki_bad(e) || yki_bad(b)) return p->u->poison;
    e->op = op;
    e->a = a;
    e->b = b;
    e->compute = compute;
    e->begin = a->begin;
    return yki_finish(p, e);
}

/* `a op= b` is checked as `a op b`; what that did to b is what we need of it. */
static yki_expr *compound(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos)
{
    yki_expr *whole = yki_sema_binary(p, op, a, b, pos);
    if (yki_bad(whole)) return whole;
    if (yki_type_is_arith(whole->type) != yki_type_is_arith(a->type) ||
        (a->type->kind == YKI_T_POINTER && whole->a != a))
        return bad_operands(p, op, a, b, pos);
    return make_assign(p, op, a, whole->b, whole->type, pos);
}

yki_expr *yki_sema_assign(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos)
{
    if (yki_bad(a) || yki_bad(b)) return p->u->poison;
    if (a->type->kind == YKI_T_ARRAY) {
        yki_error(p->d, pos, "an array cannot be assigned as a whole");
        return p->u->poison;
    }
    if (!check_writable(p, a, pos)) return p->u->poison;
    if (op != YKI_OP_NONE) return compound(p, op, a, b, pos);
    return make_assign(p, op, a, yki_convert(p, b, a->type, "cannot assign"), NULL,
                       pos);
}

/* ---- ?: ---- */

static const yki_type *cond_type(yki_parser *p, const yki_expr *a, const yki_expr *b)
{
    const yki_type *x = a->type, *y = b->type;
    if (both_arith(a, b)) return yki_type_usual(p->u, x, y);
    if (x->plain == y->plain) return x->plain;
    if (x->kind == YKI_T_POINTER && yki_is_null_pointer(b)) return x->plain;
    if (y->kind == YKI_T_POINTER && yki_is_null_pointer(a)) return y->plain;
    if (!both_pointers(a, b) || x->elem->space != y->elem->space ||
        x->elem->plain != y->elem->plain)
        return NULL;
    return yki_type_pointer(p->u, yki_type_qualify(p->u, x->elem, y->elem->quals, 0));
}

yki_expr *yki_sema_cond(yki_parser *p, yki_expr *c, yki_expr *a, yki_expr *b, yki_pos pos)
{
    c = yki_condition(p, c);
    a = yki_rvalue(p, a);
    b = yki_rvalue(p, b);
    if (yki_bad(c) || yki_bad(a) || yki_bad(b)) return p->u->poison;
    const yki_type *t = cond_type(p, a, b);
    if (!t) {
        yki_error(p->d, pos, "the two sides of '?:' have different types: '%s' and '%s'",
                  yki_type_text(p->u, a->type->plain), yki_type_text(p->u, b->type->plain));
        return p->u->poison;
    }
    yki_expr *e = yki_new_expr(p, YKI_EX_COND, pos, t);
    if (yki_bad(e)) return e;
    bool values = t->kind != YKI_T_VOID;
    e->a = c;
    e->b = values ? yki_convert(p, a, t, "cannot choose") : a;
    e->c = values ? yki_convert(p, b, t, "cannot choose") : b;
    e->begin = c->begin;
    return yki_finish(p, e);
}

/* ---- elements and members ---- */

yki_expr *yki_sema_index(yki_parser *p, yki_expr *a, yki_expr *b, yki_pos pos)
{
    a = yki_rvalue(p, a);
    b = yki_rvalue(p, b);
    if (yki_bad(a) || yki_bad(b)) return p->u->poison;
    if (b->type->kind == YKI_T_POINTER && yki_type_is_integer(a->type)) {
        yki_expr *swap = a;
        a = b;
        b = swap;
    }
    if (!points_at_sized(a)) {
        yki_error(p->d, pos, "'[]' needs an array or a pointer, not '%s'",
                  yki_type_text(p->u, a->type->plain));
        return p->u->poison;
    }
    if (!yki_type_is_integer(b->type)) {
        yki_error(p->d, b->begin, "an index is a whole number, not '%s'",
                  yki_type_text(p->u, b->type->plain));
        return p->u->poison;
    }
    yki_expr *e = yki_new_expr(p, YKI_EX_INDEX, pos, a->type->elem);
    if (yki_bad(e)) return e;
    e->a = a;
    e->b = b;
    e->begin = a->begin;
    e->lvalue = true;
    return yki_finish(p, e);
}

static void no_member(yki_parser *p, const yki_record *r, const yki_token *name)
{
    yki_error(p->d, name->pos, "'%s' has no member '%s'", yki_type_text(p->u, r->type),
              name->atom->name);
    for (const yki_field *f = r->fields; f; f = f->next) {
        if (!yki_names_near(name->atom->name, f->name)) continue;
        yki_hint(p->d, "did you mean '%s'?", f->name);
        return;
    }
}

yki_expr *yki_sema_member(yki_parser *p, yki_expr *a, const yki_token *name, bool arrow,
                          yki_pos pos)
{
    yki_pos begin = a->begin;
    if (yki_bad(a)) return a;
    if (!arrow && a->type->kind == YKI_T_POINTER && a->type->elem->kind == YKI_T_RECORD) {
        yki_error(p->d, pos, "'.' on a pointer to a struct");
        yki_hint(p->d, "write '->%s'", name->atom->name);
        return p->u->poison;
    }
    if (arrow) a = yki_sema_deref(p, a, pos);
    if (yki_bad(a)) return a;
    if (a->type->kind != YKI_T_RECORD) {
        yki_error(p->d, pos, "'%s' is a member of a struct; this is '%s'", name->atom->name,
                  yki_type_text(p->u, a->type->plain));
        return p->u->poison;
    }
    const yki_field *f = a->type->record->fields;
    while (f && strcmp(f->name, name->atom->name) != 0) f = f->next;
    if (!f) {
        no_member(p, a->type->record, name);
        return p->u->poison;
    }
    const yki_type *t = yki_type_qualify(p->u, f->type, a->type->quals, a->type->space);
    yki_expr *e = yki_new_expr(p, YKI_EX_MEMBER, pos, t);
    if (yki_bad(e)) return e;
    e->a = a;
    e->field = f;
    e->begin = begin;
    e->lvalue = a->lvalue;
    return yki_finish(p, e);
}
