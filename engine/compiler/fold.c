/* fold: values of integer constant expressions, on the typed tree.  Pure. */
#include "compiler/front_int.h"

uint64_t yki_wrap(const yki_type *t, uint64_t bits)
{
    switch (t->kind) {
    case YKI_T_BOOL: return bits != 0;
    case YKI_T_CHAR: return (uint64_t)(int64_t)(int8_t)bits;
    case YKI_T_UCHAR: return (uint8_t)bits;
    case YKI_T_SHORT: return (uint64_t)(int64_t)(int16_t)bits;
    case YKI_T_USHORT: return (uint16_t)bits;
    case YKI_T_INT: return (uint64_t)(int64_t)(int32_t)bits;
    case YKI_T_UINT: return (uint32_t)bits;
    default: return bits;
    }
}

static bool divide(const yki_type *t, bool rest, uint64_t a, uint64_t b, uint64_t *out)
{
    if (b == 0) return false;
    if (!yki_type_is_signed(t)) *out = rest ? a % b : a / b;
    else if ((int64_t)b == -1) *out = rest ? 0 : 0 - a; /* wraps where C's would trap */
    else *out = (uint64_t)(rest ? (int64_t)a % (int64_t)b : (int64_t)a / (int64_t)b);
    return true;
}

static bool compare(const yki_type *t, yki_op op, uint64_t a, uint64_t b)
{
    bool below = yki_type_is_signed(t) ? (int64_t)a < (int64_t)b : a < b;
    bool above = yki_type_is_signed(t) ? (int64_t)a > (int64_t)b : a > b;
    switch (op) {
    case YKI_OP_LT: return below;
    case YKI_OP_GT: return above;
    case YKI_OP_LE: return !above;
    case YKI_OP_GE: return !below;
    case YKI_OP_EQ: return a == b;
    default: return a != b;
    }
}

static uint64_t shift(const yki_type *t, bool left, uint64_t a, uint64_t b)
{
    unsigned by = (unsigned)(b & (t->size * 8 - 1));
    if (left) return a << by;
    return yki_type_is_signed(t) ? (uint64_t)((int64_t)a >> by) : a >> by;
}

static bool arithmetic(const yki_expr *e, uint64_t a, uint64_t b, uint64_t *out)
{
    switch (e->op) {
    case YKI_OP_MUL: *out = a * b; return true;
    case YKI_OP_DIV: return divide(e->type, false, a, b, out);
    case YKI_OP_MOD: return divide(e->type, true, a, b, out);
    case YKI_OP_ADD: *out = a + b; return true;
    case YKI_OP_SUB: *out = a - b; return true;
    case YKI_OP_SHL: *out = shift(e->type, true, a, b); return true;
    case YKI_OP_SHR: *out = shift(e->type, false, a, b); return true;
    case YKI_OP_AND: *out = a & b; return true;
    case YKI_OP_XOR: *out = a ^ b; return true;
    case YKI_OP_OR: *out = a | b; return true;
    default: *out = compare(e->a->type, e->op, a, b); return true;
    }
}

static yki_fold_result fold_binary(const yki_expr *e, uint64_t *bits, const yki_expr **where)
{
    uint64_t a, b;
    yki_fold_result r = yki_fold(e->a, &a, where);
    if (r != YKI_FOLD_OK) return r;
    if ((e->op == YKI_OP_LOGICAL_AND && !a) || (e->op == YKI_OP_LOGICAL_OR && a)) {
        *bits = e->op == YKI_OP_LOGICAL_OR;
        return r;
    }
    r = yki_fold(e->b, &b, where);
    if (r != YKI_FOLD_OK) return r;
    *where = e;
    if (e->op == YKI_OP_LOGICAL_AND || e->op == YKI_OP_LOGICAL_OR) *bits = b != 0;
    else if (!arithmetic(e, a, b, bits)) return YKI_FOLD_DIV_ZERO;
    return r;
}

static yki_fold_result fold_cast(const yki_expr *e, uint64_t *bits, const yki_expr **where)
{
    const yki_expr *a = e->a;
    if (e->cast != YKI_CAST_NUMBER) return YKI_FOLD_NOT_CONST;
    if (a->kind != YKI_EX_FLOAT) return yki_fold(a, bits, where);
    if (e->type->kind == YKI_T_BOOL) *bits = a->real != 0;
    else if (a->real >= -0x1p63 && a->real < 0x1p63) *bits = (uint64_t)(int64_t)a->real;
    else return YKI_FOLD_NOT_CONST;
    return YKI_FOLD_OK;
}

static yki_fold_result fold_unary(const yki_expr *e, uint64_t *bits, const yki_expr **where)
{
    yki_fold_result r = yki_fold(e->a, bits, where);
    if (e->op == YKI_OP_NEG) *bits = 0 - *bits;
    if (e->op == YKI_OP_COMPL) *bits = ~*bits;
    if (e->op == YKI_OP_NOT) *bits = !*bits;
    return r;
}

yki_fold_result yki_fold(const yki_expr *e, uint64_t *bits, const yki_expr **where)
{
    yki_fold_result r = YKI_FOLD_NOT_CONST;
    *where = e;
    *bits = 0;
    if (!yki_type_is_integer(e->type)) return r;
    if (e->kind == YKI_EX_INT) {
        *bits = e->bits;
        r = YKI_FOLD_OK;
    } else if (e->kind == YKI_EX_UNARY) {
        r = fold_unary(e, bits, where);
    } else if (e->kind == YKI_EX_BINARY) {
        r = fold_binary(e, bits, where);
    } else if (e->kind == YKI_EX_CAST) {
        r = fold_cast(e, bits, where);
    } else if (e->kind == YKI_EX_COND) {
        uint64_t c;
        r = yki_fold(e->a, &c, where);
        if (r == YKI_FOLD_OK) r = yki_fold(c ? e->b : e->c, bits, where);
    }
    if (r == YKI_FOLD_OK) *bits = yki_wrap(e->type, *bits);
    return r;
}

bool yki_fold_int(const yki_expr *e, int64_t *value)
{
    uint64_t bits;
    const yki_expr *where;
    if (yki_fold(e, &bits, &where) != YKI_FOLD_OK) return false;
    *value = (int64_t)bits;
    return true;
}
