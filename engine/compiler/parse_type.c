/* parse_type: declaration specifiers, attributes, and type names. */
#include <stdio.h>
#include <string.h>

#include "compiler/parse_int.h"

bool yki_at_type(yki_parser *p)
{
    const yki_token *t = yki_peek(p);
    if (t->kind != YKI_TK_NAME) return false;
    yki_keyword k = yki_keyword_of(t);
    if (k) return k <= YKI_K_ENUM; /* keywords are in that order */
    return t->atom->symbol && t->atom->symbol->kind == YKI_SYM_TYPEDEF;
}

/* ---- attributes ---- */

/* `(x, y, z)` of positive constants. */
static void three_sizes(yki_parser *p, const yki_token *name, uint32_t out[3])
{
    if (!yki_expect(p, '(', "after the attribute's name")) return;
    for (size_t i = 0; i < 3; i++) {
        if (i && !yki_expect(p, ',', "between the three sizes of this attribute")) return;
        int64_t v = yki_parse_constant(p, "a work-group size");
        if (v <= 0 || v > 1 << 20)
            yki_syntax(p, name->pos, "'%s' takes three sizes from 1 to %d", name->atom->name,
                       1 << 20);
        else out[i] = (uint32_t)v;
    }
    yki_expect(p, ')', "after the three sizes of this attribute");
}

static void aligned_attribute(yki_parser *p, const yki_token *name, yki_attrs *a)
{
    a->aligned = 16;
    if (!yki_take(p, '(')) return;
    int64_t v = yki_parse_constant(p, "an alignment");
    bool power = v > 0 && v <= 4096 && (v & (v - 1)) == 0;
    if (power) a->aligned = (uint32_t)v;
    else yki_syntax(p, name->pos, "an alignment is a power of two of at most 4096");
    yki_expect(p, ')', "after the alignment");
}

/* `__packed__` is `packed`. */
static bool attribute_is(const yki_token *t, const char *name)
{
    const char *s = t->atom->name;
    size_t n = strlen(s), m = strlen(name);
    if (n == m + 4 && strncmp(s, "__", 2) == 0 && strcmp(s + n - 2, "__") == 0)
        return strncmp(s + 2, name, m) == 0;
    return strcmp(s, name) == 0;
}

static void one_attribute(yki_parser *p, yki_attrs *a)
{
    const yki_token *t = yki_next(p);
    if (attribute_is(t, "reqd_work_group_size")) {
        three_sizes(p, t, a->reqd_group);
    } else if (attribute_is(t, "work_group_size_hint")) {
        three_sizes(p, t, a->hint_group);
    } else if (attribute_is(t, "vec_type_hint")) {
        yki_expect(p, '(', "after vec_type_hint");
        if (yki_at_keyword(p, YKI_K_VECTOR)) yki_next(p); /* a hint that cannot be taken */
        else a->vec_hint = yki_parse_type_name(p);
        yki_expect(p, ')', "after the type of vec_type_hint");
    } else if (attribute_is(t, "packed")) {
        a->packed = true;
    } else if (attribute_is(t, "aligned")) {
        aligned_attribute(p, t, a);
    } else if (yki_at(p, '(')) {
        yki_skip_parens(p); /* unknown ones change no result */
    }
}

void yki_parse_attributes(yki_parser *p, yki_attrs *a)
{
    while (!p->panic && yki_take_keyword(p, YKI_K_ATTRIBUTE)) {
        if (!yki_expect(p, '(', "after __attribute__")) return;
        if (!yki_expect(p, '(', "after __attribute__(")) return;
        while (!p->panic && !yki_at(p, ')')) {
            if (yki_take(p, ',')) continue;
            if (yki_peek(p)->kind != YKI_TK_NAME) {
                yki_expected(p, "the name of an attribute");
                return;
            }
            one_attribute(p, a);
        }
        if (!yki_expect(p, ')', "after the attribute")) return;
        yki_expect(p, ')', "after the attribute");
    }
}

/* ---- specifiers ---- */

typedef struct gather {
    const yki_type *base;
    unsigned quals, space;
    yki_pos space_pos;
    bool saw_space, is_signed, is_unsigned, is_bad;
} gather;

static const char *const opaque_names[] = {"images", "samplers", "events and asynchronous copies",
                                           "queues on the device", "pipes"};

static const yki_type *error_type(yki_parser *p)
{
    return yki_unit_type(p->u, YKI_T_ERROR);
}

static void set_base(yki_parser *p, gather *g, const yki_token *t, const yki_type *type)
{
    if (g->base && type->kind != YKI_T_ERROR && g->base->kind != YKI_T_ERROR) {
        bool longs = g->base->kind == YKI_T_LONG && type->kind == YKI_T_LONG;
        bool long_int = (g->base->kind == YKI_T_LONG || g->base->kind == YKI_T_SHORT) &&
                        type->kind == YKI_T_INT;
        if (long_int) return;
        bool int_long = g->base->kind == YKI_T_INT &&
                        (type->kind == YKI_T_LONG || type->kind == YKI_T_SHORT);
        if (longs) {
            yki_error(p->d, t->pos, "'long long' is reserved in OpenCL C");
            yki_hint(p->d, "long has 64 bits");
        } else if (!int_long) {
            yki_syntax(p, t->pos, "two types in one declaration");
        }
    }
    g->base = type;
}

static void set_space(yki_parser *p, gather *g, const yki_token *t)
{
    unsigned space = yki_keyword_arg(t);
    if (space == YKI_SPACE_LOCAL || space == YKI_SPACE_GENERIC) {
        yki_unsupported(p, t->pos, space == YKI_SPACE_LOCAL ? "local memory"
                                                            : "the generic address space");
        g->is_bad = true;
    } else if (g->saw_space && space != g->space) {
        yki_syntax(p, t->pos, "two address spaces in one declaration");
    }
    g->space = space;
    g->space_pos = t->pos;
    g->saw_space = true;
}

/* Takes one word that may stand among the specifiers; false at any other. */
static bool storage_word(yki_parser *p, yki_spec *s, yki_keyword k)
{
    switch (k) {
    case YKI_K_KERNEL: s->is_kernel = true; break;
    case YKI_K_INLINE: s->is_inline = true; break;
    case YKI_K_STATIC: s->is_static = true; break;
    case YKI_K_EXTERN: s->is_extern = true; break;
    case YKI_K_TYPEDEF: s->is_typedef = true; break;
    case YKI_K_REGISTER: break;
    default: return false;
    }
    yki_next(p);
    return true;
}

static void type_word(yki_parser *p, gather *g, const yki_token *t, yki_keyword k)
{
    yki_next(p);
    const yki_type *type = error_type(p);
    if (k == YKI_K_TYPE) {
        type = yki_unit_type(p->u, (yki_type_kind)yki_keyword_arg(t));
        if (type->kind == YKI_T_HALF) {
            yki_unsupported(p, t->pos, "half");
            type = error_type(p);
        }
    } else if (k == YKI_K_VECTOR) {
        yki_unsupported(p, t->pos, "vector types: '%s'", t->atom->name);
    } else {
        yki_unsupported(p, t->pos, "%s: '%s'", opaque_names[yki_keyword_arg(t)], t->atom->name);
    }
    set_base(p, g, t, type);
}

/* One word of a type; false at a word that is none. */
static bool type_specifier(yki_parser *p, gather *g)
{
    const yki_token *t = yki_peek(p);
    yki_keyword k = yki_keyword_of(t);
    switch (k) {
    case YKI_K_TYPE:
    case YKI_K_VECTOR:
    case YKI_K_OPAQUE: type_word(p, g, t, k); return true;
    case YKI_K_SIGNED: g->is_signed = true; break;
    case YKI_K_UNSIGNED: g->is_unsigned = true; break;
    case YKI_K_QUAL: g->quals |= yki_keyword_arg(t); break;
    case YKI_K_SPACE: set_space(p, g, t); break;
    case YKI_K_ACCESS: break;
    case YKI_K_STRUCT:
    case YKI_K_UNION: set_base(p, g, t, yki_parse_record(p)); return true;
    case YKI_K_ENUM: set_base(p, g, t, yki_parse_enum(p)); return true;
    default: {
        const yki_symbol *s = t->kind == YKI_TK_NAME && !k ? t->atom->symbol : NULL;
        if (!s || s->kind != YKI_SYM_TYPEDEF || g->base || g->is_signed || g->is_unsigned)
            return false;
        g->base = s->type;
        break;
    }
    }
    yki_next(p);
    return true;
}

static const yki_type *apply_sign(yki_parser *p, gather *g, yki_pos pos)
{
    if (!g->is_signed && !g->is_unsigned) return g->base;
    if (!g->base) g->base = yki_unit_type(p->u, YKI_T_INT);
    yki_type_kind k = g->base->kind;
    if (k == YKI_T_ERROR) return g->base;
    bool fits = k == YKI_T_CHAR || k == YKI_T_SHORT || k == YKI_T_INT || k == YKI_T_LONG;
    if (!fits || (g->is_signed && g->is_unsigned)) {
        yki_syntax(p, pos, "'%s' does not go with '%s'", g->is_signed ? "signed" : "unsigned",
                   fits ? "unsigned" : yki_type_text(p->u, g->base));
        return g->base;
    }
    return g->is_unsigned ? yki_unit_type(p->u, (yki_type_kind)(k + 1)) : g->base;
}

/* `restrict` before the star is a slip that compilers let pass only on pointer types. */
static const yki_type *qualified(yki_parser *p, gather *g, yki_pos pos)
{
    if ((g->quals & YKI_RESTRICT) && g->base->kind != YKI_T_POINTER) {
        if (g->base->kind != YKI_T_ERROR)
            yki_syntax(p, pos, "'restrict' belongs behind the * of a pointer");
        g->quals &= ~(unsigned)YKI_RESTRICT;
    }
    return yki_type_qualify(p->u, g->base, g->quals, g->space);
}

static void missing_type(yki_parser *p, gather *g)
{
    const yki_token *t = yki_peek(p);
    g->base = error_type(p);
    if (t->kind != YKI_TK_NAME || yki_keyword_of(t)) {
        yki_expected(p, "a type");
    } else if (!p->panic) {
        yki_syntax(p, t->pos, "unknown type '%s'", t->atom->name);
        yki_hint_name(p, t->atom);
    }
}

yki_spec yki_parse_spec(yki_parser *p)
{
    yki_spec s = {.pos = yki_peek(p)->pos};
    gather g = {0};
    bool any = false;
    for (;; any = true) {
        if (yki_at_keyword(p, YKI_K_ATTRIBUTE) && !p->panic) yki_parse_attributes(p, &s.attrs);
        else if (!storage_word(p, &s, yki_keyword_of(yki_peek(p))) && !type_specifier(p, &g)) break;
        if (p->panic && yki_peek(p)->kind == YKI_TK_END) break;
        if (p->panic && yki_at_keyword(p, YKI_K_ATTRIBUTE)) break;
    }
    s.is_empty = !any;
    g.base = apply_sign(p, &g, s.pos);
    if (!g.base) missing_type(p, &g);
    if (g.is_bad) g.base = error_type(p);
    s.type = qualified(p, &g, s.pos);
    return s;
}

const yki_type *yki_parse_type_name(yki_parser *p)
{
    yki_spec s = yki_parse_spec(p);
    yki_declarator d = yki_parse_declarator(p, s.type);
    if (d.name)
        yki_syntax(p, d.pos, "a type is expected here, without the name '%s'", d.name->name);
    if (d.is_function) {
        yki_unsupported(p, d.pos, "function types");
        return error_type(p);
    }
    return d.type;
}

int64_t yki_parse_constant(yki_parser *p, const char *what)
{
    const yki_expr *where;
    p->constant++; /* a division by zero is an error below, and no warning before */
    const yki_expr *e = yki_parse_conditional(p);
    p->constant--;
    uint64_t bits = 0;
    if (yki_bad(e) || p->panic) return 1; /* has been reported; 1 fits everywhere */
    if (!yki_type_is_integer(e->type)) {
        yki_error(p->d, e->begin, "%s is a whole number, not '%s'", what,
                  yki_type_text(p->u, e->type));
        return 1;
    }
    yki_fold_result r = yki_fold(e, &bits, &where);
    if (r == YKI_FOLD_DIV_ZERO)
        yki_error(p->d, where->pos, "division by zero in a constant expression");
    else if (r == YKI_FOLD_NOT_CONST) {
        yki_error(p->d, where->begin, "%s must be a constant", what);
        if (where->kind == YKI_EX_VAR)
            yki_hint(p->d, "make '%s' an enum constant or a macro", where->var->name);
    }
    return r == YKI_FOLD_OK ? (int64_t)bits : 1;
}
