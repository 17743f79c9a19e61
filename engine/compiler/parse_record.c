/* parse_record: struct, union and enum. */
#include <string.h>

#include "compiler/parse_int.h"

enum { RECORD_DEPTH = 32, RECORD_FIELDS = 4096 };

static yki_record *new_record(yki_parser *p, const yki_token *tag, bool is_union, yki_pos pos)
{
    yki_record *r = yki_arena_node(&p->u->arena, sizeof *r);
    r->tag = tag ? tag->atom->name : NULL;
    r->id = p->next_id++;
    r->is_union = is_union;
    r->pos = pos;
    r->depth = 1;
    r->type = yki_type_of_record(p->u, r);
    return r;
}

static bool field_type_fits(yki_parser *p, const yki_declarator *d)
{
    const yki_type *t = d->type;
    if (d->is_function) {
        yki_unsupported(p, d->pos, "function pointers");
    } else if (t->kind == YKI_T_VOID || (!t->size && t->kind != YKI_T_ERROR)) {
        yki_error(p->d, d->pos, "the member '%s' has the incomplete type '%s'", d->name->name,
                  yki_type_text(p->u, t));
    } else if (t->space) {
        yki_error(p->d, d->pos, "a member has no address space of its own");
    } else {
        return t->kind != YKI_T_ERROR;
    }
    return false;
}

static uint32_t depth_of(const yki_type *t)
{
    while (t->kind == YKI_T_ARRAY) t = t->elem;
    return t->kind == YKI_T_RECORD ? t->record->depth : 0;
}

static void add_field(yki_parser *p, yki_record *r, yki_field ***tail, const yki_declarator *d)
{
    for (const yki_field *f = r->fields; f && r->field_count < 256; f = f->next) {
        if (strcmp(f->name, d->name->name) != 0) continue;
        yki_error(p->d, d->pos, "two members are called '%s'", f->name);
        return;
    }
    bool fits = field_type_fits(p, d);
    if (fits && depth_of(d->type) + 1 > RECORD_DEPTH) {
        yki_error(p->d, d->pos, "structs are nested deeper than %d", RECORD_DEPTH);
        fits = false;
    }
    if (r->field_count >= RECORD_FIELDS) {
        yki_syntax(p, d->pos, "more than %d members", RECORD_FIELDS);
        return;
    }
    yki_field *f = yki_arena_node(&p->u->arena, sizeof *f);
    *f = (yki_field){.name = d->name->name, .pos = d->pos, .index = r->field_count++};
    f->type = fits ? d->type : yki_unit_type(p->u, YKI_T_ERROR);
    if (fits && depth_of(d->type) + 1 > r->depth) r->depth = depth_of(d->type) + 1;
    **tail = f;
    *tail = &f->next;
}

/* `int a, *b, c[4];` */
static void parse_fields(yki_parser *p, yki_record *r, yki_field ***tail)
{
    yki_spec s = yki_parse_spec(p);
    if (s.is_typedef || s.is_kernel) yki_syntax(p, s.pos, "a member is declared without this word");
    if (yki_at(p, ';') && s.type->kind == YKI_T_RECORD && !s.type->record->tag)
        yki_unsupported(p, s.pos, "members of a struct without a name");
    while (!p->panic && !yki_at(p, ';')) {
        yki_declarator d = yki_parse_declarator(p, s.type);
        if (!d.name) {
            yki_expected(p, "the name of a member");
            break;
        }
        yki_attrs a = {0};
        yki_parse_attributes(p, &a);
        if (a.aligned) yki_unsupported(p, d.pos, "the attribute aligned on a member");
        if (yki_at(p, ':')) {
            yki_syntax(p, yki_peek(p)->pos, "OpenCL C has no bit fields");
            break;
        }
        add_field(p, r, tail, &d);
        if (!yki_take(p, ',')) break;
    }
    if (!p->panic) yki_expect(p, ';', "after the member");
    if (p->panic) yki_sync(p);
}

static void note_member(yki_record *r, const yki_type *t)
{
    while (t->kind == YKI_T_ARRAY) t = t->elem;
    r->has_const |= (t->quals & YKI_CONST) != 0;
    for (; t->kind == YKI_T_POINTER || t->kind == YKI_T_ARRAY; t = t->elem)
        r->has_pointer |= t->kind == YKI_T_POINTER;
    r->has_double |= t->kind == YKI_T_DOUBLE;
    if (t->kind != YKI_T_RECORD || t->record == r) return;
    r->has_double |= t->record->has_double;
    if (r->has_pointer) return; /* what it points at lies elsewhere */
    r->has_const |= t->record->has_const;
    r->has_pointer |= t->record->has_pointer;
}

static void finish_record(yki_parser *p, yki_record *r, const yki_attrs *a)
{
    r->packed = a->packed;
    r->aligned = a->aligned;
    for (const yki_field *f = r->fields; f; f = f->next) note_member(r, f->type);
    if (!yki_record_layout(p->u, r, a->aligned)) {
        yki_error(p->d, r->pos, "this struct is too large");
        r->complete = true;
    }
    if (!r->fields) ((yki_type *)r->type)->size = 1; /* an error; nothing need follow from it */
    if (p->u->arena.failed) return;
    *p->record_tail = r;
    p->record_tail = &r->next;
    p->u->program.record_count++;
}

static void parse_body(yki_parser *p, yki_record *r, yki_attrs *a)
{
    yki_field **tail = &r->fields;
    size_t errors = yki_diags_errors(p->d);
    yki_next(p);
    if (yki_enter(p)) {
        while (!yki_at(p, '}') && yki_peek(p)->kind != YKI_TK_END) {
            size_t before = p->at;
            parse_fields(p, r, &tail);
            if (p->at == before) break;
        }
        yki_leave(p);
    }
    yki_expect(p, '}', "at the end of the struct");
    if (!r->fields && yki_diags_errors(p->d) == errors)
        yki_error(p->d, r->pos, "a struct needs a member");
    yki_parse_attributes(p, a);
    finish_record(p, r, a);
}

/* The record that a tag names here: a new one where a body follows and the tag is not of
 * this scope, or where it is not known at all. */
static yki_record *tagged(yki_parser *p, const yki_token *tag, bool is_union, bool body)
{
    yki_symbol *s = tag->atom->tag;
    if (s && (!body || s->scope == p->scope)) {
        yki_record *r = s->type->kind == YKI_T_RECORD ? (yki_record *)s->type->record : NULL;
        if (r && r->is_union == is_union && !(body && r->complete)) return r;
        yki_error(p->d, tag->pos, r && r->is_union == is_union
                  ? "'%s' is already defined" : "'%s' is another kind of type", tag->atom->name);
        yki_note_at(p->d, s->pos, "it was declared here");
    }
    yki_record *r = new_record(p, tag, is_union, tag->pos);
    yki_declare_tag(p, tag->atom, tag->pos)->type = r->type;
    return r;
}

const yki_type *yki_parse_record(yki_parser *p)
{
    const yki_token *word = yki_next(p), *tag = NULL;
    bool is_union = yki_keyword_of(word) == YKI_K_UNION;
    yki_attrs a = {0};
    yki_parse_attributes(p, &a);
    if (yki_peek(p)->kind == YKI_TK_NAME && !yki_keyword_of(yki_peek(p))) tag = yki_next(p);
    bool body = yki_at(p, '{');
    if (!tag && !body) {
        yki_expected(p, "a name or '{' after struct");
        return yki_unit_type(p->u, YKI_T_ERROR);
    }
    yki_record *r = tag ? tagged(p, tag, is_union, body) : new_record(p, NULL, is_union, word->pos);
    if (body) parse_body(p, r, &a);
    return r->type;
}

/* ---- enum ---- */

static void parse_enumerators(yki_parser *p)
{
    int64_t value = 0;
    yki_next(p);
    while (!p->panic && !yki_at(p, '}')) {
        const yki_token *name = yki_peek(p);
        if (name->kind != YKI_TK_NAME || yki_keyword_of(name)) {
            yki_expected(p, "the name of an enum constant");
            break;
        }
        yki_next(p);
        if (yki_take(p, '=')) value = yki_parse_constant(p, "the value of an enum constant");
        if (value != (int32_t)value)
            yki_error(p->d, name->pos, "the value of '%s' does not fit into an int",
                      name->atom->name);
        yki_declare(p, YKI_SYM_ENUMERATOR, name->atom, name->pos)->value = (int32_t)value;
        value++;
        if (!yki_take(p, ',')) break;
    }
    if (!p->panic) yki_expect(p, '}', "at the end of the enum");
    else if (yki_at(p, '}')) yki_next(p);
}

const yki_type *yki_parse_enum(yki_parser *p)
{
    const yki_token *tag = NULL;
    yki_attrs a = {0};
    yki_next(p);
    yki_parse_attributes(p, &a);
    if (yki_peek(p)->kind == YKI_TK_NAME && !yki_keyword_of(yki_peek(p))) tag = yki_next(p);
    const yki_type *type = yki_unit_type(p->u, YKI_T_INT);
    if (yki_at(p, '{')) {
        if (tag) yki_declare_tag(p, tag->atom, tag->pos)->type = type;
        parse_enumerators(p);
        yki_parse_attributes(p, &a);
    } else if (!tag) {
        yki_expected(p, "a name or '{' after enum");
    } else if (!tag->atom->tag || tag->atom->tag->type->kind != YKI_T_INT) {
        yki_error(p->d, tag->pos, "'enum %s' is not defined", tag->atom->name);
    }
    return type;
}
