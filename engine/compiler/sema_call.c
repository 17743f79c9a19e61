/* sema_call: calls: of the program's functions, and of builtins by their signatures
 * (builtin.h has the letters). */
#include <stdio.h>
#include <string.h>

#include "compiler/parse_int.h"

static yki_expr *make_call(yki_parser *p, const yki_token *name, const yki_type *type,
                           yki_expr **args, uint32_t count)
{
    yki_expr *e = yki_new_expr(p, YKI_EX_CALL, name->pos, type);
    if (yki_bad(e)) return p->u->poison;
    e->args = args;
    e->arg_count = count;
    return e;
}

static yki_expr *wrong_count(yki_parser *p, const yki_token *name, uint32_t want, uint32_t got)
{
    yki_error(p->d, name->pos, "'%s' takes %u argument%s, not %u", name->atom->name, want,
              want == 1 ? "" : "s", got);
    return p->u->poison;
}

static yki_expr *call_user(yki_parser *p, const yki_token *name, yki_func *f, yki_expr **args,
                           uint32_t count)
{
    char what[160];
    if (f->is_kernel) {
        yki_unsupported(p, name->pos, "calling the kernel '%s' as a function", f->name);
        yki_hint(p->d, "move its body into a helper function");
        return p->u->poison;
    }
    if (count != f->param_count) {
        yki_expr *bad = wrong_count(p, name, f->param_count, count);
        yki_note_at(p->d, f->pos, "'%s' is declared here", f->name);
        return bad;
    }
    uint32_t i = 0;
    for (const yki_var *v = f->params; v; v = v->next, i++) {
        snprintf(what, sizeof what, "cannot pass argument %u of '%.60s'", i + 1,
                 f->name);
        args[i] = yki_convert(p, args[i], v->type, what);
    }
    yki_expr *e = make_call(p, name, f->result->plain, args, count);
    if (yki_bad(e)) return e;
    e->func = f;
    return yki_finish(p, e);
}

/* ---- builtins ---- */

typedef struct match {
    yki_parser *p;
    const yki_token *name;
    const yki_builtin *row;
    const yki_type *g, *t, *s; /* what the letters stand for in this call */
} match;

static const yki_type *basic(match *m, yki_type_kind kind)
{
    return yki_unit_type(m->p->u, kind);
}

static const yki_type *unsigned_of(match *m, const yki_type *t)
{
    return yki_type_is_signed(t) ? basic(m, (yki_type_kind)(t->kind + 1)) : t;
}

static const yki_type *sized_int(match *m, uint64_t size, bool is_signed)
{
    yki_type_kind k = size == 1 ? YKI_T_CHAR : size == 2 ? YKI_T_SHORT
                      : size == 4 ? YKI_T_INT : YKI_T_LONG;
    return basic(m, is_signed ? k : (yki_type_kind)(k + 1));
}

/* The common type of the arguments at one letter; a common narrow type stays. */
static const yki_type *common(match *m, yki_expr *const *args, char letter)
{
    const yki_type *t = NULL;
    const char *params = strchr(m->row->signature, ':') + 1;
    for (size_t i = 0; params[i]; i++) {
        if (params[i] != letter) continue;
        const yki_type *a = args[i]->type->plain;
        if (a->kind == YKI_T_BOOL) a = basic(m, YKI_T_INT);
        t = !t || t == a ? a : yki_type_usual(m->p->u, t, a);
    }
    return t;
}

static const yki_type *float_of(match *m, yki_expr *const *args, uint32_t count)
{
    const char *params = strchr(m->row->signature, ':') + 1;
    for (uint32_t i = 0; i < count; i++)
        if (params[i] == 'g' && args[i]->type->kind == YKI_T_DOUBLE)
            return basic(m, YKI_T_DOUBLE);
    return basic(m, YKI_T_FLOAT);
}

/* The type that a parameter's letter asks for, given the argument where it decides. */
static const yki_type *letter_type(match *m, char letter, const yki_expr *arg)
{
    switch (letter) {
    case 'g': return m->g;
    case 'f': return basic(m, YKI_T_FLOAT);
    case 'G': return yki_type_pointer(m->p->u, m->g);
    case 'Q': return yki_type_pointer(m->p->u, basic(m, YKI_T_INT));
    case 'N':
    case 'n': return sized_int(m, m->g->size, false);
    case 't':
    case 'x': return m->t;
    case 'U': return unsigned_of(m, m->t);
    case 'W': return sized_int(m, m->t->size * 2, yki_type_is_signed(m->t));
    case 's': return m->s;
    case 'c': return sized_int(m, m->s->size, yki_type_is_signed(arg->type));
    case 'b': return arg->type->plain;
    case 'i': return basic(m, YKI_T_INT);
    case 'u': return basic(m, YKI_T_UINT);
    default: return basic(m, YKI_T_ULONG);
    }
}

/* Whether an argument's own type may stand at a letter at all. */
static bool letter_takes(char letter, const yki_type *t)
{
    if (strchr("GQ", letter)) return t->kind == YKI_T_POINTER;
    if (strchr("tUxcbn", letter)) return yki_type_is_integer(t);
    return yki_type_is_arith(t);
}

static bool bind(match *m, yki_expr **args, uint32_t count)
{
    const char *sig = m->row->signature, *params = strchr(sig, ':') + 1;
    for (uint32_t i = 0; i < count; i++) {
        if (letter_takes(params[i], args[i]->type)) continue;
        bool number = yki_type_is_arith(args[i]->type);
        yki_error(m->p->d, args[i]->begin, "argument %u of '%s' must be %s, not '%s'", i + 1,
                  m->name->atom->name,
                  strchr("GQ", params[i]) ? "a pointer to a private variable"
                  : strchr("tUxcbn", params[i]) ? "a whole number" : "a number",
                  yki_type_text(m->p->u, args[i]->type->plain));
        if (number && strcmp(m->row->name, "abs") == 0) yki_hint(m->p->d, "fabs is for floats");
        return false;
    }
    if (strchr(params, 'g')) m->g = float_of(m, args, count);
    if (strchr(params, 't')) m->t = common(m, args, 't');
    if (strchr(params, 's')) m->s = common(m, args, 's');
    if (strchr(params, 'n')) m->g = basic(m, args[0]->type->size == 8 ? YKI_T_DOUBLE : YKI_T_FLOAT);
    if (strchr(params, 'x')) m->t = yki_type_promote(m->p->u, common(m, args, 'x'));
    const char *why = NULL;
    if (strchr(params, 'x') && m->t->size > 4) why = "takes int or uint, not 64-bit numbers";
    if (sig[0] == 'W' && m->t->size > 4) why = "cannot make more than 64 bits";
    if (strchr(params, 'c') && args[2]->type->size > m->s->size &&
        args[2]->type->kind != YKI_T_BOOL)
        why = "needs a condition no wider than its values";
    if (why) yki_error(m->p->d, m->name->pos, "'%s' %s", m->name->atom->name, why);
    return !why;
}

static yki_expr *call_row(match *m, yki_expr **args, uint32_t count)
{
    char what[160];
    yki_parser *p = m->p;
    if (!bind(m, args, count)) return p->u->poison;
    const char *params = strchr(m->row->signature, ':') + 1;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(what, sizeof what, "cannot pass argument %u of '%.60s'", i + 1,
                 m->name->atom->name);
        p->builtin_call = true;
        args[i] = yki_convert(p, args[i], letter_type(m, params[i], args[i]), what);
        p->builtin_call = false;
    }
    const yki_type *type = letter_type(m, m->row->signature[0], count ? args[0] : NULL);
    yki_expr *e = make_call(p, m->name, type, args, count);
    if (yki_bad(e)) return e;
    e->builtin = m->row;
    return yki_finish(p, e);
}

static yki_expr *call_builtin(yki_parser *p, const yki_token *name, yki_expr **args,
                              uint32_t count)
{
    const yki_builtin *row = name->atom->builtin, *next = row + 1;
    uint32_t want = (uint32_t)strlen(strchr(row->signature, ':') + 1);
    if (count != want) return wrong_count(p, name, want, count);
    for (uint32_t i = 0; i < count; i++) args[i] = yki_rvalue(p, args[i]);
    for (uint32_t i = 0; i < count; i++)
        if (yki_bad(args[i])) return p->u->poison;
    const yki_builtin *integer = NULL;
    for (; next < yki_builtins + yki_builtin_count; next++)
        if (strcmp(next->spelled, row->spelled) == 0) integer = next;
    if (integer) {
        bool floats = false;
        for (uint32_t i = 0; i < count; i++) floats |= yki_type_is_float(args[i]->type);
        if (!floats) row = integer;
    }
    match m = {.p = p, .name = name, .row = row};
    return call_row(&m, args, count);
}

/* ---- convert_T and as_T ---- */

static const yki_builtin conversions[] = {
    {"convert_", "convert", YKI_B_CONVERT, YKI_WI_NONE, ""},
    {"as_", "as", YKI_B_AS, YKI_WI_NONE, ""},
};

/* The type name at *s, which is moved behind it; NULL: none that we know. */
static const yki_type *leading_type(yki_parser *p, const char **s)
{
    size_t n = strcspn(*s, "_");
    if (strncmp(*s, "size_t", 6) == 0) n = 6;
    const yki_atom *a = yki_atom_get(p->u, *s, n);
    bool type = (a->keyword & 0xFF) == YKI_K_TYPE;
    yki_type_kind kind = (yki_type_kind)(a->keyword >> 8);
    if (!type || kind <= YKI_T_BOOL || kind == YKI_T_HALF) return NULL;
    *s += n;
    return yki_unit_type(p->u, kind);
}

static bool rounding(const char *s, yki_round *out)
{
    static const char *const names[] = {"", "_rte", "_rtz", "_rtp", "_rtn"};
    for (size_t i = 0; i < YKI_COUNT(names); i++) {
        if (strcmp(s, names[i]) != 0) continue;
        *out = (yki_round)i;
        return true;
    }
    return false;
}

static yki_expr *bad_conversion(yki_parser *p, const yki_token *name)
{
    const char *s = name->atom->name, *type = strchr(s, '_') + 1;
    const yki_atom *a = yki_atom_get(p->u, type, strcspn(type, "_"));
    if ((a->keyword & 0xFF) == YKI_K_VECTOR) yki_unsupported(p, name->pos, "vector types: '%s'", s);
    else if (strncmp(type, "half", 4) == 0) yki_unsupported(p, name->pos, "half: '%s'", s);
    else yki_error(p->d, name->pos, "'%s' is no conversion of OpenCL C", s);
    return p->u->poison;
}

static yki_expr *call_conversion(yki_parser *p, const yki_token *name, bool as, yki_expr **args,
                                 uint32_t count)
{
    const char *s = name->atom->name + (as ? 3 : 8);
    yki_round round = YKI_ROUND_DEFAULT;
    const yki_type *to = leading_type(p, &s);
    bool sat = strncmp(s, "_sat", 4) == 0;
    if (sat) s += 4;
    if (!to || (as && (*s || sat)) || !rounding(s, &round)) return bad_conversion(p, name);
    if (count != 1) return wrong_count(p, name, 1, count);
    args[0] = yki_rvalue(p, args[0]);
    if (yki_bad(args[0])) return p->u->poison;
    if (!yki_type_is_arith(args[0]->type) || (sat && yki_type_is_float(to))) {
        yki_error(p->d, args[0]->begin, "'%s' %s", name->atom->name,
                  sat && yki_type_is_float(to) ? "cannot saturate floats" : "converts numbers");
        return p->u->poison;
    }
    if (as && args[0]->type->size != to->size) {
        yki_error(p->d, args[0]->begin, "'%s' needs an argument of %u bytes; '%s' has %u",
                  name->atom->name, (unsigned)to->size, yki_type_text(p->u, args[0]->type->plain),
                  (unsigned)args[0]->type->size);
        return p->u->poison;
    }
    yki_expr *e = make_call(p, name, to, args, 1);
    if (yki_bad(e)) return e;
    e->builtin = &conversions[as];
    e->round = round;
    e->saturate = sat;
    return yki_finish(p, e);
}

/* ---- names that are called ---- */

static bool is_conversion(const yki_atom *a, bool *as)
{
    *as = strncmp(a->name, "as_", 3) == 0;
    return *as || strncmp(a->name, "convert_", 8) == 0;
}

bool yki_is_builtin_name(const yki_atom *a, yki_builtin_class *cls, bool *supported)
{
    bool as;
    if (a->symbol) return false;
    if (a->builtin) {
        *cls = a->builtin->cls;
        *supported = a->builtin->signature[0] != '\0';
        return true;
    }
    *cls = YKI_B_CONVERT;
    *supported = true;
    return is_conversion(a, &as);
}

yki_expr *yki_sema_call(yki_parser *p, const yki_token *name, yki_expr **args, uint32_t count)
{
    bool as;
    const yki_symbol *s = name->atom->symbol;
    if (!s && yki_failed_macro(p, name)) return p->u->poison;
    if (!s && !name->atom->builtin && !is_conversion(name->atom, &as)) {
        yki_error(p->d, name->pos, "'%s' is not declared", name->atom->name);
        yki_hint_name(p, name->atom);
        return p->u->poison;
    }
    for (uint32_t i = 0; i < count; i++)
        if (yki_bad(args[i]) && !(s && s->kind == YKI_SYM_FUNC)) return p->u->poison;
    if (s && s->kind == YKI_SYM_FUNC) return call_user(p, name, s->func, args, count);
    if (s && s->var && s->var->type->kind == YKI_T_ERROR) return p->u->poison;
    if (s) {
        yki_error(p->d, name->pos, "'%s' is not a function", name->atom->name);
        yki_note_at(p->d, s->pos, "'%s' is declared here", name->atom->name);
        return p->u->poison;
    }
    if (name->atom->builtin) return call_builtin(p, name, args, count);
    (void)is_conversion(name->atom, &as);
    return call_conversion(p, name, as, args, count);
}
