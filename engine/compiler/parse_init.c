/* parse_init: initialisers: braces, designators, and braces left out, brought into one
 * slot per element or member. */
#include <stdio.h>
#include <string.h>

#include "compiler/parse_int.h"

enum { SLOTS_MAX = 1 << 20 };

/* One `{ ... }` being filled. */
typedef struct filling {
    yki_expr *init;
    const yki_type *type;
    size_t capacity;
    uint64_t next; /* slot of the next initialiser */
} filling;

static bool is_aggregate(const yki_type *t)
{
    return t->kind == YKI_T_ARRAY || t->kind == YKI_T_RECORD;
}

/* How many initialisers fit, and what the i-th is for. */
static uint64_t slots_of(const yki_type *t)
{
    if (t->kind == YKI_T_ARRAY) return t->count ? t->count : SLOTS_MAX;
    return t->record->is_union ? yki_min(t->record->field_count, 1) : t->record->field_count;
}

static const yki_type *slot_type(const yki_type *t, uint64_t i)
{
    if (t->kind == YKI_T_ARRAY) return t->elem;
    const yki_field *f = t->record->fields;
    while (f && i--) f = f->next;
    return f->type;
}

static filling begin(yki_parser *p, const yki_type *type, yki_pos pos)
{
    return (filling){.init = yki_new_expr(p, YKI_EX_INIT, pos, type->plain), .type = type};
}

static bool put(yki_parser *p, filling *f, uint64_t slot, yki_expr *e)
{
    yki_expr *init = f->init;
    if (yki_bad(init) || yki_bad(e)) {
        f->init = p->u->poison;
        return false;
    }
    if (slot >= SLOTS_MAX) {
        yki_error(p->d, e->begin, "an initialiser with more than %d elements", SLOTS_MAX);
        f->init = p->u->poison;
        return false;
    }
    if (slot >= f->capacity) {
        size_t capacity = yki_max(f->capacity * 2, yki_max((size_t)slot + 1, 8));
        yki_expr **args = yki_arena_array(&p->u->arena, capacity, sizeof *args);
        if (!args) return false;
        if (init->arg_count) memcpy(args, init->args, init->arg_count * sizeof *args);
        init->args = args;
        f->capacity = capacity;
    }
    init->args[slot] = e;
    if (slot >= init->arg_count) init->arg_count = (uint32_t)slot + 1;
    return true;
}

/* An open array gets the size that its initialiser has. */
static yki_expr *finish(yki_parser *p, filling *f, const yki_type **type)
{
    if (yki_bad(f->init)) return f->init;
    if (f->type->kind == YKI_T_ARRAY && !f->type->count) {
        uint64_t n = yki_max(f->init->arg_count, 1);
        if (n * f->type->elem->size > INT32_MAX) {
            yki_error(p->d, f->init->pos, "this array is too large");
            return p->u->poison;
        }
        f->type = yki_type_array(p->u, f->type->elem, n);
        f->init->type = f->type->plain;
    }
    *type = f->type;
    return yki_finish(p, f->init);
}

static bool more(yki_parser *p)
{
    if (p->panic || !yki_at(p, ',')) return false;
    const yki_token *after = yki_peek_at(p, 1);
    return !yki_token_is(after, '}') && !yki_token_is(after, '.') && !yki_token_is(after, '[');
}

/* The value of one slot of `type`, whose first expression has been read: the slot's own
 * value, or, braces left out, the first of as many as it holds. */
static yki_expr *elided(yki_parser *p, const yki_type *type, yki_expr *first)
{
    if (!is_aggregate(type) || yki_bad(first) || first->type->plain == type->plain)
        return yki_convert(p, first, type, "cannot initialise");
    if (!yki_enter(p)) return p->u->poison;
    filling f = begin(p, type, first->begin);
    const yki_type *full = type;
    for (uint64_t i = 0, n = slots_of(type); i < n; i++) {
        const yki_type *sub = slot_type(type, i);
        yki_expr *e = NULL;
        if (i && yki_at(p, '{')) e = yki_parse_braces(p, &sub);
        else e = elided(p, sub, i ? yki_parse_assignment(p) : first);
        if (!put(p, &f, i, e) || i + 1 == n || !more(p)) break;
        yki_next(p);
    }
    yki_leave(p);
    return finish(p, &f, &full);
}

/* `.member =` or `[index] =`: moves f->next; false with an error. */
static bool designator(yki_parser *p, filling *f)
{
    const yki_token *mark = yki_next(p);
    bool array = f->type->kind == YKI_T_ARRAY;
    if (array != yki_token_is(mark, '[')) {
        yki_syntax(p, mark->pos, array ? "an element of an array is named [index]"
                                       : "a member of a struct is named .member");
        return false;
    }
    if (array) {
        int64_t i = yki_parse_constant(p, "the index of a designator");
        if (i < 0 || (uint64_t)i >= slots_of(f->type)) {
            yki_syntax(p, mark->pos, "the index %lld is outside the array", (long long)i);
            return false;
        }
        f->next = (uint64_t)i;
        yki_expect(p, ']', "after the index of a designator");
    } else {
        const yki_token *name = yki_next(p);
        const yki_field *m = f->type->record->fields;
        while (m && (name->kind != YKI_TK_NAME || strcmp(m->name, name->atom->name) != 0))
            m = m->next;
        if (!m) {
            yki_syntax(p, name->pos, "'%s' has no such member",
                       yki_type_text(p->u, f->type->plain));
            return false;
        }
        f->next = m->index;
    }
    if (yki_at(p, '.') || yki_at(p, '['))
        yki_unsupported(p, yki_peek(p)->pos, "designators of members of members");
    return !p->panic && yki_expect(p, '=', "after the designator");
}

static void parse_slot(yki_parser *p, filling *f)
{
    const yki_token *t = yki_peek(p);
    bool named = yki_token_is(t, '.') || yki_token_is(t, '[');
    if (named && !designator(p, f)) return;
    if (!named && f->next >= slots_of(f->type)) {
        yki_error(p->d, t->pos, "more initialisers than '%s' has room for",
                  yki_type_text(p->u, f->type->plain));
        p->panic = true;
        return;
    }
    const yki_type *sub = slot_type(f->type, f->next);
    yki_expr *e = yki_at(p, '{') ? yki_parse_braces(p, &sub)
                                 : elided(p, sub, yki_parse_assignment(p));
    put(p, f, f->next++, e);
}

static yki_expr *parse_scalar_braces(yki_parser *p, const yki_type *type)
{
    yki_expr *e = yki_parse_assignment(p);
    yki_take(p, ',');
    if (!p->panic) yki_expect(p, '}', "after the initialiser");
    return yki_convert(p, e, type, "cannot initialise");
}

yki_expr *yki_parse_braces(yki_parser *p, const yki_type **type)
{
    const yki_token *open = yki_next(p);
    if (!yki_enter(p)) return p->u->poison;
    yki_expr *e = p->u->poison;
    if ((*type)->kind == YKI_T_ERROR) {
        yki_syntax(p, open->pos, "an initialiser of an unknown type");
    } else if (!is_aggregate(*type)) {
        e = parse_scalar_braces(p, *type);
    } else if (!slots_of(*type)) {
        yki_syntax(p, open->pos, "an initialiser of the incomplete type '%s'",
                   yki_type_text(p->u, *type));
    } else {
        filling f = begin(p, *type, open->pos);
        while (!p->panic && !yki_at(p, '}')) {
            parse_slot(p, &f);
            if (p->panic || !yki_take(p, ',')) break;
        }
        if (!p->panic) yki_expect(p, '}', "after the initialisers");
        e = finish(p, &f, type);
    }
    yki_leave(p);
    return p->panic ? p->u->poison : e;
}

yki_expr *yki_parse_init(yki_parser *p, const yki_type **type)
{
    if (yki_at(p, '{')) return yki_parse_braces(p, type);
    yki_expr *e = yki_parse_assignment(p);
    if ((*type)->kind == YKI_T_ARRAY && !yki_bad(e)) {
        yki_error(p->d, e->begin, "an array is initialised by a list in braces");
        return p->u->poison;
    }
    return yki_convert(p, e, *type, "cannot initialise");
}

/* ---- constants ---- */

static bool constant_kind(const yki_expr *e)
{
    switch (e->kind) {
    case YKI_EX_INT:
    case YKI_EX_FLOAT:
    case YKI_EX_UNARY:
    case YKI_EX_BINARY:
    case YKI_EX_COND:
    case YKI_EX_INIT: return true;
    case YKI_EX_CAST: return e->cast == YKI_CAST_NUMBER || e->cast == YKI_CAST_NULL;
    default: return false;
    }
}

bool yki_check_constant_init(yki_parser *p, const yki_expr *e)
{
    uint64_t bits;
    const yki_expr *where, *children[3] = {e->a, e->b, e->c};
    if (!constant_kind(e)) {
        yki_error(p->d, e->begin, "the initialiser of a constant must be a constant itself");
        return false;
    }
    if (yki_fold(e, &bits, &where) == YKI_FOLD_DIV_ZERO) {
        yki_error(p->d, where->pos, "division by zero in a constant expression");
        return false;
    }
    for (size_t i = 0; i < 3; i++)
        if (children[i] && !yki_check_constant_init(p, children[i])) return false;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (e->args[i] && !yki_check_constant_init(p, e->args[i])) return false;
    return true;
}
