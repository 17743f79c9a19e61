/* emit_type: types, declarations and records in C and in OpenCL C. */
#include "compiler/emit.h"

#include <string.h>

const char *yki_emit_kind(yki_type_kind kind, bool device)
{
    static const char *const names[YKI_T_KINDS][2] = {
        [YKI_T_VOID] = {"void", "void"},       [YKI_T_BOOL] = {"_Bool", "bool"},
        [YKI_T_CHAR] = {"int8_t", "char"},     [YKI_T_UCHAR] = {"uint8_t", "uchar"},
        [YKI_T_SHORT] = {"int16_t", "short"},  [YKI_T_USHORT] = {"uint16_t", "ushort"},
        [YKI_T_INT] = {"int32_t", "int"},      [YKI_T_UINT] = {"uint32_t", "uint"},
        [YKI_T_LONG] = {"int64_t", "long"},    [YKI_T_ULONG] = {"uint64_t", "ulong"},
        [YKI_T_FLOAT] = {"float", "float"},    [YKI_T_DOUBLE] = {"double", "double"}};
    const char *name = kind < YKI_T_KINDS ? names[kind][device] : NULL;
    return name ? name : "void";
}

const char *yki_kind_suffix(yki_type_kind kind)
{
    static const char *const names[YKI_T_KINDS] = {
        [YKI_T_BOOL] = "b",   [YKI_T_CHAR] = "i8",  [YKI_T_UCHAR] = "u8",  [YKI_T_SHORT] = "i16",
        [YKI_T_USHORT] = "u16", [YKI_T_INT] = "i32", [YKI_T_UINT] = "u32", [YKI_T_LONG] = "i64",
        [YKI_T_ULONG] = "u64", [YKI_T_FLOAT] = "f32", [YKI_T_DOUBLE] = "f64"};
    const char *name = kind < YKI_T_KINDS ? names[kind] : NULL;
    return name ? name : "p";
}

/* ---- records ---- */

static bool contains(const yki_type *t, const yki_record *r)
{
    while (t->kind == YKI_T_ARRAY || t->kind == YKI_T_POINTER) t = t->elem;
    if (t->kind != YKI_T_RECORD || !t->record) return false;
    if (t->record == r) return true;
    for (const yki_field *f = t->record->fields; f; f = f->next) {
        if (f->type->kind != YKI_T_POINTER && contains(f->type, r)) return true;
    }
    return false;
}

bool yki_record_public(const yki_back *b, const yki_record *r)
{
    for (const yki_kinfo *k = b->kernels; k; k = k->next) {
        for (uint32_t i = 0; i < k->arg_count; i++) {
            if (contains(k->arg[i].var->type, r)) return true;
        }
    }
    return false;
}

static void record_name(yki_emit *e, const yki_record *r)
{
    const char *name = r->tag ? r->tag : r->alias;
    if (e->device) {
        if (name) yki_text_printf(e->out, "r_%s_%u", name, r->id);
        else yki_text_printf(e->out, "r_anonymous_%u", r->id);
    } else if (!yki_record_public(e->b, r)) {
        yki_text_printf(e->out, "r_%s_%u", name ? name : "anonymous", r->id);
    } else if (name) {
        yki_text_printf(e->out, "%s%s", e->b->prefix, yki_public_name(e->b, name));
    } else {
        yki_text_printf(e->out, "%sanonymous_%u", e->b->prefix, r->id);
    }
}

static void base_type(yki_emit *e, const yki_type *t)
{
    if (e->device && t->space == YKI_SPACE_GLOBAL) yki_text_add(e->out, "global ");
    if (e->device && t->space == YKI_SPACE_CONSTANT) yki_text_add(e->out, "constant ");
    if ((t->quals & YKI_CONST) && !(e->device && t->space == YKI_SPACE_CONSTANT)) {
        yki_text_add(e->out, "const ");
    }
    if (t->quals & YKI_VOLATILE) yki_text_add(e->out, "volatile ");
    if (t->kind != YKI_T_RECORD) {
        yki_text_add(e->out, yki_emit_kind(t->kind, e->device));
        return;
    }
    yki_text_add(e->out, t->record->is_union ? "union " : "struct ");
    record_name(e, t->record);
}

/* Declarators are written inside out: the type of `name` into its pointee or element. */
static void declarator(yki_emit *e, const yki_type *t, const char *inner)
{
    yki_text text = {0};
    if (t->kind == YKI_T_POINTER) {
        bool parens = t->elem->kind == YKI_T_ARRAY;
        yki_text_printf(
            &text, "%s*%s%s%s%s", parens ? "(" : "", t->quals & YKI_CONST ? "const " : "",
            e->device && (t->quals & YKI_RESTRICT) ? "restrict " : "", inner, parens ? ")" : "");
        declarator(e, t->elem, yki_text_get(&text));
    } else if (t->kind == YKI_T_ARRAY) {
        yki_text_printf(&text, "%s[%llu]", inner, (unsigned long long)t->count);
        declarator(e, t->elem, yki_text_get(&text));
    } else {
        base_type(e, t);
        if (*inner) yki_text_printf(e->out, " %s", inner);
    }
    if (text.failed) e->out->failed = true;
    yki_text_free(&text);
}

void yki_emit_decl(yki_emit *e, const yki_type *t, const char *name) { declarator(e, t, name); }
void yki_emit_type(yki_emit *e, const yki_type *t) { declarator(e, t, ""); }

static void record(yki_emit *e, const yki_record *r)
{
    yki_text_add(e->out, r->is_union ? "union " : "struct ");
    record_name(e, r);
    yki_text_add(e->out, " {\n");
    for (const yki_field *f = r->fields; f; f = f->next) {
        yki_text_add(e->out, "    ");
        yki_emit_decl(e, f->type, yki_public_name(e->b, f->name));
        yki_text_add(e->out, ";\n");
    }
    yki_text_printf(e->out, "}%s;\n", r->packed ? " __attribute__((packed))" : "");
}

/* Two kernel files may include the same struct, and a program both their headers. */
static void guarded_record(yki_emit *e, const yki_record *r)
{
    yki_text_add(e->out, "#ifndef YK_RECORD_");
    record_name(e, r);
    yki_text_add(e->out, "\n#define YK_RECORD_");
    record_name(e, r);
    yki_text_add(e->out, "\n");
    record(e, r);
    yki_text_printf(e->out, "typedef %s ", r->is_union ? "union" : "struct");
    record_name(e, r);
    yki_text_add(e->out, " ");
    record_name(e, r);
    yki_text_add(e->out, ";\n#endif\n");
}

static bool has_double(const yki_record *r)
{
    for (const yki_field *f = r->fields; f; f = f->next) {
        const yki_type *t = f->type;
        while (t->kind == YKI_T_ARRAY) t = t->elem;
        if (t->kind == YKI_T_DOUBLE || (t->kind == YKI_T_RECORD && has_double(t->record)))
            return true;
    }
    return false;
}

void yki_emit_records(yki_emit *e, bool public_ones)
{
    for (const yki_record *r = e->b->program->records; r; r = r->next) {
        if (!r->complete) continue;
        if (e->device && !(has_double(r) && !e->k->func->uses_fp64)) record(e, r);
        if (e->device) continue;
        if (yki_record_public(e->b, r) != public_ones) continue;
        if (public_ones) guarded_record(e, r);
        else record(e, r);
    }
}
