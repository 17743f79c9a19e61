/* parse_expr: expressions, by precedence climbing; each operator is checked as it is read. */
#include <math.h>
#include <string.h>

#include "compiler/parse_int.h"

enum { ARGS_MAX = 256 };

static yki_expr *parse_unary(yki_parser *p);

/* ---- primaries ---- */

static yki_expr *float_expr(yki_parser *p, yki_pos pos, yki_type_kind kind, double v)
{
    yki_expr *e = yki_new_expr(p, YKI_EX_FLOAT, pos, yki_unit_type(p->u, kind));
    if (!yki_bad(e)) e->real = v;
    return e;
}

static yki_expr *parse_literal(yki_parser *p)
{
    const yki_token *t = yki_next(p);
    yki_literal l = t->kind == YKI_TK_NUMBER ? yki_literal_number(p->u, t) : yki_literal_char(t);
    if (l.problem) {
        yki_error(p->d, t->pos, "%s", l.problem);
        return p->u->poison;
    }
    if (l.kind == YKI_T_HALF) {
        yki_unsupported(p, t->pos, "half");
        return p->u->poison;
    }
    if (l.kind >= YKI_T_FLOAT) return float_expr(p, t->pos, l.kind, l.real);
    return yki_int_expr(p, t->pos, p->annot_func ? YKI_T_LONG : l.kind, l.bits);
}

/* In an annotation only integer parameters of the same kernel mean anything, and they
 * count in 64 bits. */
static yki_expr *annotation_variable(yki_parser *p, yki_expr *e)
{
    if (yki_bad(e)) return e;
    const yki_var *v = e->var;
    if (v->kind == YKI_VAR_PARAM && yki_type_is_integer(v->type))
        return yki_to_arith(p, e, yki_unit_type(p->u, YKI_T_LONG));
    if (v->type->kind != YKI_T_ERROR)
        yki_error(p->d, e->pos,
                  "only whole-number parameters of the kernel can stand here, not '%s'", v->name);
    return p->u->poison;
}

static yki_expr *variable(yki_parser *p, const yki_token *t, yki_var *v)
{
    yki_expr *e = yki_new_expr(p, YKI_EX_VAR, t->pos, v->type);
    v->used = true;
    if (yki_bad(e)) return p->u->poison;
    e->var = v;
    e->lvalue = true;
    return p->annot_func ? annotation_variable(p, e) : e;
}

static yki_expr *undeclared(yki_parser *p, const yki_token *t)
{
    if (p->panic || yki_failed_macro(p, t)) return p->u->poison;
    yki_error(p->d, t->pos, "'%s' is not declared", t->atom->name);
    yki_hint_name(p, t->atom);
    return p->u->poison;
}

static yki_expr *parse_name(yki_parser *p)
{
    const yki_token *t = yki_next(p);
    const yki_symbol *s = t->atom->symbol;
    if (!s && !t->atom->builtin) return undeclared(p, t);
    if (s && s->kind == YKI_SYM_VAR) return variable(p, t, s->var);
    if (s && s->kind == YKI_SYM_ENUMERATOR)
        return yki_int_expr(p, t->pos, p->annot_func ? YKI_T_LONG : YKI_T_INT, (uint64_t)s->value);
    if (!p->panic)
        yki_unsupported(p, t->pos, "function pointers: '%s' is a function and must be called",
                        t->atom->name);
    return p->u->poison;
}

static yki_expr *parse_keyword(yki_parser *p, const yki_token *t)
{
    switch (yki_keyword_of(t)) {
    case YKI_K_INF: yki_next(p); return float_expr(p, t->pos, YKI_T_DOUBLE, HUGE_VAL);
    case YKI_K_INFF: yki_next(p); return float_expr(p, t->pos, YKI_T_FLOAT, HUGE_VAL);
    case YKI_K_NANF: yki_next(p); return float_expr(p, t->pos, YKI_T_FLOAT, (double)NAN);
    default: break;
    }
    bool functional = yki_at_type(p) && yki_token_is(yki_peek_at(p, 1), '(');
    yki_expected(p, "an expression");
    if (functional) yki_hint(p->d, "a cast is written (%s)(value)", t->atom->name);
    return p->u->poison;
}

/* ---- calls ---- */

static yki_expr *parse_unsupported_call(yki_parser *p, const yki_token *name,
                                        yki_builtin_class cls)
{
    yki_unsupported(p, name->pos, "%s: '%s'", yki_builtin_class_text(cls), name->atom->name);
    yki_next(p);
    yki_skip_parens(p);
    return p->u->poison;
}

static yki_expr *parse_call(yki_parser *p)
{
    yki_expr *args[ARGS_MAX];
    uint32_t n = 0;
    bool supported;
    yki_builtin_class cls;
    const yki_token *name = yki_peek(p);
    if (yki_is_builtin_name(name->atom, &cls, &supported) && !supported)
        return parse_unsupported_call(p, name, cls);
    if (p->annot_func) yki_syntax(p, name->pos, "an annotation cannot call a function");
    yki_next(p);
    yki_next(p);
    while (!p->panic && !yki_at(p, ')')) {
        if (n == ARGS_MAX) {
            yki_syntax(p, name->pos, "more than %d arguments", ARGS_MAX);
            break;
        }
        args[n++] = yki_parse_assignment(p);
        if (!yki_take(p, ',')) break;
        if (yki_at(p, ')')) yki_expected(p, "an argument");
    }
    if (p->panic || !yki_expect(p, ')', "after the arguments")) return p->u->poison;
    yki_expr **kept = yki_arena_array(&p->u->arena, yki_max(n, 1), sizeof(yki_expr *));
    if (!kept) return p->u->poison;
    if (n) memcpy(kept, args, n * sizeof *kept);
    return yki_sema_call(p, name, kept, n);
}

/* ---- parentheses, casts, compound literals ---- */

static yki_expr *parse_compound(yki_parser *p, const yki_type *type, yki_pos pos)
{
    const yki_type *full = type;
    yki_expr *init = yki_parse_braces(p, &full);
    if (yki_bad(init) || type->kind == YKI_T_ERROR) return p->u->poison;
    yki_expr *e = yki_new_expr(p, YKI_EX_COMPOUND, pos, full);
    if (yki_bad(e)) return e;
    e->a = init;
    e->lvalue = true;
    e = yki_finish(p, e);
    if (!yki_bad(e)) e->begin = pos;
    return e;
}

static bool at_cast(yki_parser *p)
{
    if (!yki_at(p, '(')) return false;
    size_t here = p->at++;
    bool type = yki_at_type(p);
    p->at = here;
    return type;
}

static yki_expr *parse_postfix_of(yki_parser *p, yki_expr *e);

static yki_expr *parse_cast(yki_parser *p)
{
    const yki_token *open = yki_next(p);
    const yki_type *type = yki_parse_type_name(p);
    if (p->panic || !yki_expect(p, ')', "after the type of this cast")) return p->u->poison;
    if (yki_at(p, '{')) return parse_postfix_of(p, parse_compound(p, type, open->pos));
    return yki_explicit_cast(p, parse_unary(p), type, open->pos);
}

static yki_expr *parse_primary(yki_parser *p)
{
    const yki_token *t = yki_peek(p);
    if (t->kind == YKI_TK_NUMBER || t->kind == YKI_TK_CHAR) return parse_literal(p);
    if (t->kind == YKI_TK_NAME && yki_keyword_of(t)) return parse_keyword(p, t);
    if (t->kind == YKI_TK_NAME)
        return yki_token_is(yki_peek_at(p, 1), '(') ? parse_call(p) : parse_name(p);
    if (t->kind == YKI_TK_STRING) {
        yki_unsupported(p, t->pos, "strings");
        while (yki_peek(p)->kind == YKI_TK_STRING) yki_next(p);
        return p->u->poison;
    }
    if (!yki_take(p, '(')) {
        yki_expected(p, "an expression");
        return p->u->poison;
    }
    yki_expr *e = yki_parse_expr(p);
    if (!p->panic) yki_expect(p, ')', "to match this '('");
    if (!yki_bad(e)) {
        e->parens = true;
        e->begin = t->pos;
    }
    return e;
}

/* ---- postfix and prefix ---- */

static yki_expr *parse_member(yki_parser *p, yki_expr *e, const yki_token *dot)
{
    const yki_token *name = yki_peek(p);
    if (name->kind != YKI_TK_NAME) {
        yki_expected(p, "the name of a member");
        return p->u->poison;
    }
    yki_next(p);
    return yki_sema_member(p, e, name, yki_token_is(dot, YKI_P_ARROW), dot->pos);
}

static yki_expr *parse_postfix_of(yki_parser *p, yki_expr *e)
{
    while (!p->panic) {
        const yki_token *t = yki_peek(p);
        if (yki_token_is(t, '[')) {
            yki_next(p);
            yki_expr *index = yki_parse_expr(p);
            if (!p->panic) yki_expect(p, ']', "after the index");
            e = yki_sema_index(p, e, index, t->pos);
        } else if (yki_token_is(t, '.') || yki_token_is(t, YKI_P_ARROW)) {
            yki_next(p);
            e = parse_member(p, e, t);
        } else if (yki_token_is(t, YKI_P_INC) || yki_token_is(t, YKI_P_DEC)) {
            yki_next(p);
            bool inc = yki_token_is(t, YKI_P_INC);
            e = yki_sema_incdec(p, inc ? YKI_OP_POST_INC : YKI_OP_POST_DEC, e, t->pos);
        } else if (yki_token_is(t, '(')) {
            yki_unsupported(p, t->pos, "function pointers");
            yki_skip_parens(p);
            e = p->u->poison;
        } else {
            break;
        }
    }
    return p->panic ? p->u->poison : e;
}

static yki_expr *parse_sizeof(yki_parser *p)
{
    const yki_token *word = yki_next(p);
    const yki_type *type;
    if (at_cast(p)) {
        yki_next(p);
        type = yki_parse_type_name(p);
        if (!p->panic) yki_expect(p, ')', "after the type of sizeof");
    } else {
        type = parse_unary(p)->type;
    }
    if (p->panic || type->kind == YKI_T_ERROR) return p->u->poison;
    if (!type->size) {
        yki_error(p->d, word->pos, "sizeof of the incomplete type '%s'",
                  yki_type_text(p->u, type));
        return p->u->poison;
    }
    return yki_int_expr(p, word->pos, p->annot_func ? YKI_T_LONG : YKI_T_ULONG, type->size);
}

static yki_expr *prefix(yki_parser *p, const yki_token *t)
{
    static const struct {
        uint16_t punct;
        uint8_t op;
    } simple[] = {{'+', YKI_OP_PLUS}, {'-', YKI_OP_NEG}, {'!', YKI_OP_NOT}, {'~', YKI_OP_COMPL}};
    for (size_t i = 0; i < YKI_COUNT(simple); i++) {
        if (!yki_token_is(t, simple[i].punct)) continue;
        yki_next(p);
        return yki_sema_unary(p, simple[i].op, parse_unary(p), t->pos);
    }
    if (yki_take(p, '*')) return yki_sema_deref(p, parse_unary(p), t->pos);
    if (yki_take(p, '&')) return yki_sema_address(p, parse_unary(p), t->pos);
    if (yki_take(p, YKI_P_INC)) return yki_sema_incdec(p, YKI_OP_PRE_INC, parse_unary(p), t->pos);
    if (yki_take(p, YKI_P_DEC)) return yki_sema_incdec(p, YKI_OP_PRE_DEC, parse_unary(p), t->pos);
    if (yki_keyword_of(t) == YKI_K_SIZEOF) return parse_sizeof(p);
    if (at_cast(p)) return parse_cast(p);
    return parse_postfix_of(p, parse_primary(p));
}

static yki_expr *parse_unary(yki_parser *p)
{
    if (p->panic || !yki_enter(p)) return p->u->poison;
    yki_expr *e = prefix(p, yki_peek(p));
    yki_leave(p);
    return p->panic ? p->u->poison : e;
}

/* ---- binary operators ---- */

static const struct {
    uint16_t punct;
    uint8_t level, op;
} binaries[] = {
    {'*', 10, YKI_OP_MUL}, {'/', 10, YKI_OP_DIV}, {'%', 10, YKI_OP_MOD}, {'+', 9, YKI_OP_ADD},
    {'-', 9, YKI_OP_SUB}, {YKI_P_SHL, 8, YKI_OP_SHL}, {YKI_P_SHR, 8, YKI_OP_SHR},
    {'<', 7, YKI_OP_LT}, {'>', 7, YKI_OP_GT}, {YKI_P_LE, 7, YKI_OP_LE}, {YKI_P_GE, 7, YKI_OP_GE},
    {YKI_P_EQ, 6, YKI_OP_EQ}, {YKI_P_NE, 6, YKI_OP_NE}, {'&', 5, YKI_OP_AND},
    {'^', 4, YKI_OP_XOR}, {'|', 3, YKI_OP_OR}, {YKI_P_ANDAND, 2, YKI_OP_LOGICAL_AND},
    {YKI_P_OROR, 1, YKI_OP_LOGICAL_OR},
};

static size_t binary_at(const yki_token *t)
{
    size_t i = 0;
    if (t->kind != YKI_TK_PUNCT) return YKI_COUNT(binaries);
    while (i < YKI_COUNT(binaries) && t->id != binaries[i].punct) i++;
    return i;
}

static yki_expr *parse_binary(yki_parser *p, unsigned min)
{
    yki_expr *a = parse_unary(p);
    while (!p->panic) {
        const yki_token *t = yki_peek(p);
        size_t i = binary_at(t);
        if (i == YKI_COUNT(binaries) || binaries[i].level < min) break;
        yki_next(p);
        yki_expr *b = parse_binary(p, binaries[i].level + 1u);
        a = yki_sema_binary(p, binaries[i].op, a, b, t->pos);
    }
    return p->panic ? p->u->poison : a;
}

yki_expr *yki_parse_conditional(yki_parser *p)
{
    yki_expr *c = parse_binary(p, 1);
    const yki_token *mark = yki_peek(p);
    if (p->panic || !yki_at(p, '?') || !yki_enter(p)) return c;
    yki_next(p);
    yki_expr *a = yki_parse_expr(p), *b = p->u->poison;
    if (!p->panic && yki_expect(p, ':', "between the two values of '?'"))
        b = yki_parse_conditional(p);
    yki_leave(p);
    return p->panic ? p->u->poison : yki_sema_cond(p, c, a, b, mark->pos);
}

yki_expr *yki_parse_assignment(yki_parser *p)
{
    static const struct {
        uint16_t punct;
        uint8_t op;
    } assigns[] = {
        {'=', YKI_OP_NONE}, {YKI_P_MUL_EQ, YKI_OP_MUL}, {YKI_P_DIV_EQ, YKI_OP_DIV},
        {YKI_P_MOD_EQ, YKI_OP_MOD}, {YKI_P_ADD_EQ, YKI_OP_ADD}, {YKI_P_SUB_EQ, YKI_OP_SUB},
        {YKI_P_SHL_EQ, YKI_OP_SHL}, {YKI_P_SHR_EQ, YKI_OP_SHR}, {YKI_P_AND_EQ, YKI_OP_AND},
        {YKI_P_XOR_EQ, YKI_OP_XOR}, {YKI_P_OR_EQ, YKI_OP_OR},
    };
    if (!yki_enter(p)) return p->u->poison;
    yki_expr *a = yki_parse_conditional(p);
    const yki_token *t = yki_peek(p);
    for (size_t i = 0; !p->panic && i < YKI_COUNT(assigns); i++) {
        if (!yki_token_is(t, assigns[i].punct)) continue;
        if (p->annot_func) {
            yki_syntax(p, t->pos, "an annotation cannot assign");
            break;
        }
        yki_next(p);
        a = yki_sema_assign(p, assigns[i].op, a, yki_parse_assignment(p), t->pos);
        break;
    }
    yki_leave(p);
    return p->panic ? p->u->poison : a;
}

yki_expr *yki_parse_expr(yki_parser *p)
{
    yki_expr *a = yki_parse_assignment(p);
    while (!p->panic && yki_at(p, ',')) {
        const yki_token *t = yki_next(p);
        yki_expr *b = yki_rvalue(p, yki_parse_assignment(p));
        if (yki_bad(a) || yki_bad(b)) {
            a = p->u->poison;
            continue;
        }
        yki_expr *e = yki_new_expr(p, YKI_EX_COMMA, t->pos, b->type->plain);
        if (yki_bad(e)) return e;
        e->a = a;
        e->b = b;
        e->begin = a->begin;
        a = yki_finish(p, e);
    }
    return p->panic ? p->u->poison : a;
}
