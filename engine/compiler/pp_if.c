/* pp_if: the expressions of #if and #elif, evaluated in 64 bits on tokens. */
#include <string.h>

#include "compiler/pp_int.h"

typedef struct value {
    uint64_t bits;
    bool is_unsigned;
} value;

typedef struct eval {
    pp *p;
    const yki_token *t;    /* NULL at the end */
    const yki_token *hash; /* the directive, for messages at the end of the line */
    unsigned depth;
    bool failed;
} eval;

enum { IF_DEPTH = 200 };

static void fail(eval *e, const char *what)
{
    if (!e->failed)
        yki_error(&e->p->u->diags, e->t ? e->t->pos : e->hash->pos, "%s in this #if", what);
    e->failed = true;
}

static bool take(eval *e, unsigned punct)
{
    if (!e->t || !yki_token_is(e->t, punct)) return false;
    e->t = e->t->next;
    return true;
}

static value conditional(eval *e, bool live);

static value literal(eval *e)
{
    yki_literal l = {0};
    if (e->t && e->t->kind == YKI_TK_NUMBER) l = yki_literal_number(e->p->u, e->t);
    else if (e->t && e->t->kind == YKI_TK_CHAR) l = yki_literal_char(e->t);
    else if (e->t && e->t->kind == YKI_TK_NAME) l.kind = YKI_T_INT; /* an unknown name is 0 */
    else l.problem = "expected a number";
    if (!l.problem && l.kind >= YKI_T_HALF) l.problem = "only whole numbers can stand";
    if (l.problem) {
        fail(e, l.problem);
        return (value){0, false};
    }
    bool suffix = e->t->kind == YKI_TK_NUMBER &&
                  (memchr(e->t->text, 'u', e->t->len) || memchr(e->t->text, 'U', e->t->len));
    e->t = e->t->next;
    return (value){l.bits, suffix || l.kind == YKI_T_ULONG};
}

static value unary(eval *e, bool live)
{
    value v = {0, false};
    if (e->failed) return v;
    if (++e->depth > IF_DEPTH) {
        fail(e, "too many nested operators");
    } else if (take(e, '(')) {
        v = conditional(e, live);
        if (!take(e, ')')) fail(e, "expected ')'");
    } else if (take(e, '!')) {
        v = (value){!unary(e, live).bits, false};
    } else if (take(e, '-')) {
        v = unary(e, live);
        v.bits = 0 - v.bits;
    } else if (take(e, '~')) {
        v = unary(e, live);
        v.bits = ~v.bits;
    } else if (take(e, '+')) {
        v = unary(e, live);
    } else {
        v = literal(e);
    }
    e->depth--;
    return v;
}

static const struct {
    uint16_t punct;
    uint8_t level;
} operators[] = {
    {'*', 10}, {'/', 10}, {'%', 10}, {'+', 9}, {'-', 9}, {YKI_P_SHL, 8}, {YKI_P_SHR, 8},
    {'<', 7}, {'>', 7}, {YKI_P_LE, 7}, {YKI_P_GE, 7}, {YKI_P_EQ, 6}, {YKI_P_NE, 6}, {'&', 5},
    {'^', 4}, {'|', 3}, {YKI_P_ANDAND, 2}, {YKI_P_OROR, 1},
};

static unsigned level_of(const yki_token *t)
{
    for (size_t i = 0; t && i < YKI_COUNT(operators); i++)
        if (yki_token_is(t, operators[i].punct)) return operators[i].level;
    return 0;
}

static value divide(eval *e, value a, value b, bool rest, bool live)
{
    value r = {0, a.is_unsigned || b.is_unsigned};
    if (b.bits == 0) {
        if (live) fail(e, "division by zero");
        return r;
    }
    int64_t x = (int64_t)a.bits, y = (int64_t)b.bits;
    if (r.is_unsigned) r.bits = rest ? a.bits % b.bits : a.bits / b.bits;
    else if (y == -1) r.bits = rest ? 0 : 0 - a.bits;
    else r.bits = (uint64_t)(rest ? x % y : x / y);
    return r;
}

static bool less(value a, value b)
{
    if (a.is_unsigned || b.is_unsigned) return a.bits < b.bits;
    return (int64_t)a.bits < (int64_t)b.bits;
}

static value apply(eval *e, unsigned op, value a, value b, bool live)
{
    bool u = a.is_unsigned || b.is_unsigned;
    switch (op) {
    case '*': return (value){a.bits * b.bits, u};
    case '/': return divide(e, a, b, false, live);
    case '%': return divide(e, a, b, true, live);
    case '+': return (value){a.bits + b.bits, u};
    case '-': return (value){a.bits - b.bits, u};
    case YKI_P_SHL: return (value){a.bits << (b.bits & 63), a.is_unsigned};
    case YKI_P_SHR:
        if (a.is_unsigned) return (value){a.bits >> (b.bits & 63), true};
        return (value){(uint64_t)((int64_t)a.bits >> (b.bits & 63)), false};
    case '<': return (value){less(a, b), false};
    case '>': return (value){less(b, a), false};
    case YKI_P_LE: return (value){!less(b, a), false};
    case YKI_P_GE: return (value){!less(a, b), false};
    case YKI_P_EQ: return (value){a.bits == b.bits, false};
    case YKI_P_NE: return (value){a.bits != b.bits, false};
    case '&': return (value){a.bits & b.bits, u};
    case '^': return (value){a.bits ^ b.bits, u};
    case '|': return (value){a.bits | b.bits, u};
    case YKI_P_ANDAND: return (value){a.bits && b.bits, false};
    default: return (value){a.bits || b.bits, false};
    }
}

static value binary(eval *e, unsigned min, bool live)
{
    value a = unary(e, live);
    for (unsigned level; !e->failed && (level = level_of(e->t)) >= min && level;) {
        unsigned op = e->t->id;
        bool needed = op == YKI_P_ANDAND ? a.bits != 0 : op == YKI_P_OROR ? a.bits == 0 : true;
        e->t = e->t->next;
        value b = binary(e, level + 1, live && needed);
        a = apply(e, op, a, b, live && needed);
    }
    return a;
}

static value conditional(eval *e, bool live)
{
    value c = binary(e, 1, live);
    if (e->failed || !take(e, '?')) return c;
    if (++e->depth > IF_DEPTH) fail(e, "too many nested operators");
    value a = conditional(e, live && c.bits);
    if (!take(e, ':')) fail(e, "expected ':'");
    value b = e->failed ? c : conditional(e, live && !c.bits);
    e->depth--;
    value r = c.bits ? a : b;
    r.is_unsigned = a.is_unsigned || b.is_unsigned;
    return r;
}

/* Replaces `defined X` and `defined(X)` by 1 or 0, before anything is expanded. */
static bool replace_defined(pp *p, const yki_token *hash, yki_token *line)
{
    for (yki_token *t = line; t; t = t->next) {
        if (t->kind != YKI_TK_NAME || strcmp(t->atom->name, "defined") != 0) continue;
        yki_token *name = t->next;
        bool paren = name && yki_token_is(name, '(');
        if (paren) name = name->next;
        bool closed = name && (!paren || (name->next && yki_token_is(name->next, ')')));
        if (!name || name->kind != YKI_TK_NAME || !closed) {
            yki_error(&p->u->diags, t->pos, "'defined' needs a macro's name in this #if");
            return false;
        }
        bool yes = name->atom->macro || name->atom->reserved;
        t->kind = YKI_TK_NUMBER;
        t->text = yes ? "1" : "0";
        t->len = 1;
        t->atom = NULL;
        t->next = paren ? name->next->next : name->next;
    }
    if (line) return true;
    yki_error(&p->u->diags, hash->pos, "this #if has no condition");
    return false;
}

bool yki_pp_condition(pp *p, const yki_token *hash, yki_token *line)
{
    if (!replace_defined(p, hash, line)) return false;
    eval e = {p, yki_pp_expand_list(p, line), hash, 0, false};
    value v = conditional(&e, true);
    if (!e.failed && e.t) fail(&e, "unexpected text");
    return !e.failed && v.bits != 0;
}
