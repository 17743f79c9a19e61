/* dump: the tree as text: one line per declaration and statement, expressions in prefix
 * form, every conversion shown.  For tests and for looking at the compiler's work. */
#include <math.h>
#include <string.h>

#include "compiler/front.h"

static void dump_expr(const yki_expr *e, yki_text *out);

static void dump_args(const yki_expr *e, yki_text *out)
{
    for (uint32_t i = 0; i < e->arg_count; i++) {
        yki_text_add(out, " ");
        if (e->args[i]) dump_expr(e->args[i], out);
        else yki_text_add(out, "_");
    }
}

static void dump_children(const yki_expr *e, yki_text *out)
{
    const yki_expr *children[3] = {e->a, e->b, e->c};
    for (size_t i = 0; i < 3; i++) {
        if (!children[i]) continue;
        yki_text_add(out, " ");
        dump_expr(children[i], out);
    }
}

static void dump_int(const yki_expr *e, yki_text *out)
{
    static const char *const suffix[] = {[YKI_T_UINT] = "u", [YKI_T_LONG] = "l",
                                         [YKI_T_ULONG] = "ul"};
    const char *s = e->type->kind <= YKI_T_ULONG ? suffix[e->type->kind] : NULL;
    if (yki_type_is_signed(e->type)) yki_text_printf(out, "%lld", (long long)(int64_t)e->bits);
    else yki_text_printf(out, "%llu", (unsigned long long)e->bits);
    yki_text_add(out, s ? s : "");
}

/* The words of an expression before its children. */
static void dump_head(const yki_expr *e, yki_text *out)
{
    static const char *const casts[] = {"number", "decay", "pointer", "qualify", "null",
                                        "ptr-int", "int-ptr", "bool-ptr", "void"};
    static const char *const rounds[] = {"", "_rte", "_rtz", "_rtp", "_rtn"};
    switch (e->kind) {
    case YKI_EX_UNARY: yki_text_add(out, yki_op_text(e->op)); break;
    case YKI_EX_BINARY: yki_text_add(out, yki_op_text(e->op)); break;
    case YKI_EX_INCDEC:
        yki_text_printf(out, "%s%s", e->op >= YKI_OP_POST_INC ? "post" : "pre", yki_op_text(e->op));
        break;
    case YKI_EX_ASSIGN:
        yki_text_printf(out, "%s=", yki_op_text(e->op));
        if (e->compute) {
            yki_text_add(out, ":");
            yki_type_spell(e->compute, out);
        }
        break;
    case YKI_EX_COND: yki_text_add(out, "?:"); break;
    case YKI_EX_COMMA: yki_text_add(out, ","); break;
    case YKI_EX_INDEX: yki_text_add(out, "[]"); break;
    case YKI_EX_DEREF: yki_text_add(out, "deref"); break;
    case YKI_EX_ADDR: yki_text_add(out, "addr"); break;
    case YKI_EX_MEMBER: yki_text_printf(out, ".%s", e->field->name); break;
    case YKI_EX_CAST:
        yki_text_add(out, e->implicit ? "to " : "cast ");
        if (e->cast != YKI_CAST_NUMBER) yki_text_printf(out, "%s ", casts[e->cast]);
        yki_text_add(out, "'");
        yki_type_spell(e->type, out);
        yki_text_add(out, "'");
        break;
    case YKI_EX_CALL:
        yki_text_add(out, e->func ? e->func->name : e->builtin->spelled);
        if (e->builtin && e->builtin->cls >= YKI_B_CONVERT && e->builtin->cls <= YKI_B_AS)
            yki_type_spell(e->type, out);
        if (e->saturate) yki_text_add(out, "_sat");
        yki_text_printf(out, "%s:", rounds[e->round]);
        yki_type_spell(e->type, out);
        break;
    case YKI_EX_INIT: yki_text_add(out, "init"); break;
    case YKI_EX_COMPOUND: yki_text_add(out, "compound"); break;
    default: yki_text_add(out, "poison"); break;
    }
}

static void dump_expr(const yki_expr *e, yki_text *out)
{
    if (e->kind == YKI_EX_INT) {
        dump_int(e, out);
    } else if (e->kind == YKI_EX_FLOAT) {
        yki_text_printf(out, "%.9g%s", e->real, e->type->kind == YKI_T_FLOAT ? "f" : "");
    } else if (e->kind == YKI_EX_VAR) {
        yki_text_add(out, e->var->name);
    } else {
        yki_text_add(out, "(");
        dump_head(e, out);
        dump_children(e, out);
        dump_args(e, out);
        yki_text_add(out, ")");
    }
}

static void indent(unsigned depth, yki_text *out)
{
    for (unsigned i = 0; i < depth; i++) yki_text_add(out, "  ");
}

static void dump_operands(const char *name, yki_expr *const *e, uint32_t n, yki_text *out)
{
    yki_text_printf(out, " %s(", name);
    for (uint32_t i = 0; i < n; i++) {
        if (i) yki_text_add(out, ", ");
        if (e[i]) dump_expr(e[i], out);
    }
    yki_text_add(out, ")");
}

static void dump_annot(const yki_annot *a, yki_text *out)
{
    static const char *const modes[] = {"", "out", "sum", "min", "max"};
    static const char *const windows[] = {"", "own", "halo", "all", "window", "box"};
    if (a->mode) dump_operands(modes[a->mode], &a->mode_len, a->mode_len != NULL, out);
    if (a->window) dump_operands(windows[a->window], a->operand, a->operand_count, out);
    if (a->len) dump_operands("len", &a->len, 1, out);
}

static void dump_var(const yki_var *v, const char *what, unsigned depth, yki_text *out)
{
    indent(depth, out);
    yki_text_printf(out, "%s %s '", what, v->name);
    yki_type_spell(v->type, out);
    yki_text_printf(out, "' r%u w%u%s", v->reads, v->writes, v->address_taken ? " &" : "");
    dump_annot(&v->annot, out);
    if (v->init) {
        yki_text_add(out, " = ");
        dump_expr(v->init, out);
    }
    yki_text_add(out, "\n");
}

static void dump_statements(const yki_stmt *s, unsigned depth, yki_text *out);

static void dump_part(const char *name, const yki_stmt *s, unsigned depth, yki_text *out)
{
    if (!s) return;
    indent(depth, out);
    yki_text_printf(out, "%s\n", name);
    dump_statements(s, depth + 1, out);
}

static void dump_statement(const yki_stmt *s, unsigned depth, yki_text *out)
{
    static const char *const names[] = {"empty", "block", "decl", "expr", "if", "for", "while",
                                        "do", "switch", "case", "default", "break", "continue",
                                        "return"};
    if (s->kind == YKI_ST_DECL) {
        for (const yki_var *v = s->vars; v; v = v->next) dump_var(v, "var", depth, out);
        return;
    }
    indent(depth, out);
    yki_text_add(out, names[s->kind]);
    if (s->kind == YKI_ST_CASE) yki_text_printf(out, " %lld", (long long)s->value);
    if (s->expr) {
        yki_text_add(out, " ");
        dump_expr(s->expr, out);
    }
    if (s->step) {
        yki_text_add(out, " step ");
        dump_expr(s->step, out);
    }
    yki_text_add(out, "\n");
    dump_part("init", s->init, depth + 1, out);
    if (s->body) dump_statements(s->body, depth + 1, out);
    dump_part("else", s->other, depth + 1, out);
    dump_statements(s->first, depth + 1, out);
}

static void dump_statements(const yki_stmt *s, unsigned depth, yki_text *out)
{
    for (; s; s = s->next) dump_statement(s, depth, out);
}

static void dump_record(const yki_record *r, yki_text *out)
{
    yki_type_spell(r->type, out);
    yki_text_printf(out, " size %llu align %u\n", (unsigned long long)r->type->size,
                    r->type->align);
    for (const yki_field *f = r->fields; f; f = f->next) {
        yki_text_printf(out, "  %s '", f->name);
        yki_type_spell(f->type, out);
        yki_text_printf(out, "' at %llu\n", (unsigned long long)f->offset);
    }
}

static void dump_func(const yki_func *f, yki_text *out)
{
    static const char *const contracts[] = {"", " contract-on", " contract-off"};
    yki_text_printf(out, "%s %s '", f->is_kernel ? "kernel" : "function", f->name);
    yki_type_spell(f->result, out);
    yki_text_printf(out, "'%s%s", contracts[f->contract], f->uses_fp64 ? " fp64" : "");
    if (f->work_items) yki_text_printf(out, " ids 0x%x", f->work_items);
    if (f->reqd_group[0])
        yki_text_printf(out, " group %u %u %u", f->reqd_group[0], f->reqd_group[1],
                        f->reqd_group[2]);
    if (f->item_count) dump_operands("items", f->items, f->item_count, out);
    yki_text_add(out, "\n");
    for (const yki_var *v = f->params; v; v = v->next) dump_var(v, "param", 1, out);
    dump_statements(f->body, 1, out);
}

void yki_program_dump(const yki_program *p, yki_text *out)
{
    for (const yki_record *r = p->records; r; r = r->next) dump_record(r, out);
    for (const yki_var *v = p->vars; v; v = v->next) dump_var(v, "constant", 0, out);
    for (const yki_func *f = p->funcs; f; f = f->next) dump_func(f, out);
}
