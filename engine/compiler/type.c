/* type: the table of types of a unit, layout of records, spelling.  Types are unique, so
 * that comparing them is comparing pointers. */
#include <string.h>

#include "compiler/front_int.h"

static const struct {
    uint8_t kind, size;
    const char *name;
} basics[] = {
    {YKI_T_ERROR, 0, "<error>"}, {YKI_T_VOID, 0, "void"},   {YKI_T_BOOL, 1, "bool"},
    {YKI_T_CHAR, 1, "char"},     {YKI_T_UCHAR, 1, "uchar"}, {YKI_T_SHORT, 2, "short"},
    {YKI_T_USHORT, 2, "ushort"}, {YKI_T_INT, 4, "int"},     {YKI_T_UINT, 4, "uint"},
    {YKI_T_LONG, 8, "long"},     {YKI_T_ULONG, 8, "ulong"}, {YKI_T_HALF, 2, "half"},
    {YKI_T_FLOAT, 4, "float"},   {YKI_T_DOUBLE, 8, "double"},
};

static bool same(const yki_type *a, const yki_type *b)
{
    return a->kind == b->kind && a->quals == b->quals && a->space == b->space &&
           a->count == b->count && a->elem == b->elem && a->record == b->record;
}

static const yki_type **slot_of(yki_unit *u, const yki_type *want)
{
    uint64_t h = (uint64_t)want->kind * 31 + want->quals * 7u + want->space * 131u + want->count;
    h ^= (uint64_t)((uintptr_t)want->elem >> 4) * 0x9E3779B97F4A7C15u;
    h ^= (uint64_t)((uintptr_t)want->record >> 4) * 0xC2B2AE3D27D4EB4Fu;
    return &u->types[(h >> 20 ^ h) % YKI_TYPE_SLOTS];
}

/* The one type that looks like `want`; its `plain` is set unless it is plain itself. */
static const yki_type *intern(yki_unit *u, const yki_type *want)
{
    const yki_type **slot = slot_of(u, want);
    for (const yki_type *t = *slot; t; t = t->next)
        if (same(t, want)) return t;
    yki_type *t = yki_arena_node(&u->arena, sizeof *t);
    *t = *want;
    if (!t->plain) t->plain = t;
    t->next = NULL;
    if (u->arena.failed) return t;
    t->next = *slot;
    *slot = t;
    return t;
}

bool yki_types_open(yki_unit *u)
{
    for (size_t i = 0; i < YKI_COUNT(basics); i++) {
        yki_type t = {.kind = basics[i].kind, .size = basics[i].size, .align = basics[i].size};
        u->basic[t.kind] = intern(u, &t);
    }
    return !u->arena.failed;
}

const yki_type *yki_unit_type(const yki_unit *u, yki_type_kind kind)
{
    return u->basic[kind];
}

const yki_type *yki_type_pointer(yki_unit *u, const yki_type *to)
{
    if (to->kind == YKI_T_ERROR) return to;
    yki_type t = {.kind = YKI_T_POINTER, .size = 8, .align = 8, .elem = to};
    return intern(u, &t);
}

/* The same array without the qualifiers of its elements is its plain type. */
const yki_type *yki_type_array(yki_unit *u, const yki_type *elem, uint64_t count)
{
    if (elem->kind == YKI_T_ERROR) return elem;
    yki_type t = {.kind = YKI_T_ARRAY, .quals = elem->quals, .space = elem->space,
                  .size = elem->size * count, .align = elem->align, .count = count, .elem = elem};
    if (elem->plain != elem) t.plain = yki_type_array(u, elem->plain, count);
    return intern(u, &t);
}

const yki_type *yki_type_qualify(yki_unit *u, const yki_type *t, unsigned quals, unsigned space)
{
    if (t->kind == YKI_T_ERROR) return t;
    if (t->kind == YKI_T_ARRAY)
        return yki_type_array(u, yki_type_qualify(u, t->elem, quals, space), t->count);
    yki_type q = *t;
    q.quals = (uint8_t)(t->quals | quals);
    q.space = (uint8_t)(space ? space : t->space);
    q.plain = q.quals || q.space ? t->plain : NULL;
    return intern(u, &q);
}

const yki_type *yki_type_of_record(yki_unit *u, yki_record *r)
{
    yki_type t = {.kind = YKI_T_RECORD, .record = r};
    return intern(u, &t);
}

/* Gives a record's type, and its qualified versions, the size that it has got. */
static void complete(yki_unit *u, const yki_type *plain, uint64_t size, uint32_t align)
{
    yki_type key = *plain;
    for (key.quals = 0; key.quals < 8; key.quals++) {
        for (key.space = 0; key.space <= YKI_SPACE_GENERIC; key.space++) {
            for (const yki_type *v = *slot_of(u, &key); v; v = v->next) {
                if (!same(v, &key)) continue;
                ((yki_type *)v)->size = size; /* unknown until now; nobody else sets it */
                ((yki_type *)v)->align = align;
            }
        }
    }
}

bool yki_record_layout(yki_unit *u, yki_record *r, uint32_t aligned)
{
    size_t at = 0, size = 0;
    uint32_t align = aligned ? aligned : 1;
    for (yki_field *f = r->fields; f; f = f->next) {
        uint32_t a = r->packed || !f->type->align ? 1 : f->type->align;
        f->offset = r->is_union ? 0 : yki_round_up(at, a);
        if (!yki_add(f->offset, f->type->size, &at) || at > INT32_MAX) return false;
        size = yki_max(size, at);
        if (a > align) align = a;
    }
    complete(u, r->type, yki_round_up(size, align), align);
    r->complete = true;
    return true;
}

const yki_type *yki_type_promote(const yki_unit *u, const yki_type *t)
{
    bool small = t->kind >= YKI_T_BOOL && t->kind <= YKI_T_USHORT;
    return small ? u->basic[YKI_T_INT] : t->plain;
}

/* Kinds are in the order of their rank, and a signed type of higher rank holds every
 * unsigned type of lower rank: so the higher kind is the common type. */
const yki_type *yki_type_usual(const yki_unit *u, const yki_type *a, const yki_type *b)
{
    const yki_type *x = yki_type_promote(u, a), *y = yki_type_promote(u, b);
    return x->kind > y->kind ? x : y;
}

/* ---- spelling ---- */

static void spell_quals(const yki_type *t, yki_text *out)
{
    static const char *const spaces[] = {"", "global ", "constant ", "local ", "generic "};
    yki_text_add(out, spaces[t->space]);
    if (t->quals & YKI_CONST) yki_text_add(out, "const ");
    if (t->quals & YKI_VOLATILE) yki_text_add(out, "volatile ");
}

static void spell_base(const yki_type *t, yki_text *out)
{
    spell_quals(t, out);
    if (t->kind == YKI_T_RECORD) {
        const yki_record *r = t->record;
        if (r->alias && !r->tag) yki_text_add(out, r->alias);
        else if (r->tag) yki_text_printf(out, "%s %s", r->is_union ? "union" : "struct", r->tag);
        else yki_text_add(out, r->is_union ? "union" : "struct");
        return;
    }
    yki_text_add(out, t->kind < YKI_COUNT(basics) ? basics[t->kind].name : "<type>");
}

enum { SPELL_DEPTH = 32 };

void yki_type_spell(const yki_type *t, yki_text *out)
{
    const yki_type *path[SPELL_DEPTH]; /* from the outside in */
    size_t n = 0;
    for (; n < SPELL_DEPTH && (t->kind == YKI_T_POINTER || t->kind == YKI_T_ARRAY); t = t->elem)
        path[n++] = t;
    spell_base(n == SPELL_DEPTH ? path[0]->plain : t, out);
    bool pointer = false;
    for (size_t i = 0; i < n; i++) pointer |= path[i]->kind == YKI_T_POINTER;
    if (pointer) yki_text_add(out, " ");
    for (size_t i = n; i-- > 0;) {
        if (path[i]->kind != YKI_T_POINTER) continue;
        yki_text_add(out, path[i]->elem->kind == YKI_T_ARRAY ? "(*)" : "*");
        if (path[i]->quals & YKI_CONST) yki_text_add(out, " const");
        if (path[i]->quals & YKI_RESTRICT) yki_text_add(out, " restrict");
    }
    for (size_t i = 0; i < n; i++)
        if (path[i]->kind == YKI_T_ARRAY)
            yki_text_printf(out, path[i]->count ? "[%llu]" : "[]",
                            (unsigned long long)path[i]->count);
}

const char *yki_type_text(yki_unit *u, const yki_type *t)
{
    yki_text s = {0};
    yki_type_spell(t, &s);
    const char *copy = yki_arena_strn(&u->arena, yki_text_get(&s), s.len);
    yki_text_free(&s);
    return copy ? copy : "?";
}
