/* explain: what the compiler found out about a kernel, for people (yokec --explain). */
#include "compiler/emit.h"
#include "compiler/window.h"

static const char axis_name[] = "xyz";

static void bound_text(const yki_kinfo *k, const yki_bound *b, yki_text *out)
{
    bool simple = b->shift == 1 && !b->upper;
    yki_text_printf(out, "%c %s ", axis_name[b->dim], b->upper ? "<" : simple ? ">" : ">=");
    yki_poly_text(&k->syms, b->value, out);
    if (b->shift && !simple) yki_text_printf(out, " %c %lld", b->shift < 0 ? '-' : '+',
                                             (long long)(b->shift < 0 ? -b->shift : b->shift));
}

static void expr_text(yki_back *b, const yki_expr *x, yki_text *out)
{
    yki_emit e = {.b = b, .out = out, .device = true, .param = ""};
    while (x->kind == YKI_EX_CAST && x->cast == YKI_CAST_NUMBER) x = x->a;
    if (x->kind == YKI_EX_BINARY) {
        bool sum = x->op == YKI_OP_ADD || x->op == YKI_OP_SUB;
        expr_text(b, x->a, out);
        yki_text_printf(out, sum ? " %s " : "%s", yki_op_text(x->op));
        expr_text(b, x->b, out);
    } else if (x->kind == YKI_EX_INT) {
        yki_text_printf(out, "%lld", (long long)x->bits);
    } else {
        yki_emit_expr(&e, x);
    }
}

static void active_text(yki_back *b, const yki_kinfo *k, yki_text *out)
{
    yki_text_add(out, "  active   ");
    bool any = false;
    for (const yki_bound *a = k->active; a; a = a->outer) {
        if (a->relation) continue;
        yki_text_add(out, any ? ", " : "");
        bound_text(k, a, out);
        any = true;
    }
    for (uint32_t d = 0; d < k->func->item_count; d++) {
        yki_text_printf(out, "%s%c < ", any ? ", " : "", axis_name[d]);
        expr_text(b, k->func->items[d], out);
        any = true;
    }
    yki_text_add(out, any ? "\n" : "the whole range\n");
}

static void annotation_text(yki_back *b, const yki_argument *a, yki_text *out)
{
    static const char *const name[] = {"", "own", "halo", "all", "window", "box"};
    const yki_annot *n = &a->var->annot;
    yki_text_printf(out, "%s", name[n->window]);
    for (uint32_t o = 0; o < n->operand_count; o++) {
        yki_text_add(out, o ? ", " : "(");
        expr_text(b, n->operand[o], out);
    }
    yki_text_add(out, n->operand_count ? ")" : "");
    yki_text_add(out, "  declared");
}

static void counters_text(yki_kinfo *k, const yki_poly *p, yki_text *out)
{
    for (const yki_sym *s = k->syms.first; s; s = s->next) {
        if (s->kind != YKI_SYM_COUNTER || !yki_poly_has(p, s)) continue;
        yki_text_printf(out, ", t%d = 0 .. ", s->id);
        const yki_poly *last = yki_poly_sub(&k->syms, s->count, yki_poly_int(&k->syms, 1));
        yki_poly_text(&k->syms, last, out);
    }
}

static void access_text(yki_kinfo *k, const yki_access *a, yki_text *out)
{
    yki_text_printf(out, "           %s%s[",
                    a->read && a->write ? "updates "
                    : a->write          ? "writes  "
                                        : "reads   ",
                    k->arg[a->arg].var->name);
    yki_poly_text(&k->syms, a->index, out);
    yki_text_add(out, "]");
    if (a->index) counters_text(k, a->index, out);
    if (a->depth) yki_text_add(out, "   perhaps");
    yki_text_add(out, "\n");
}

static void accesses_text(yki_kinfo *k, uint32_t i, yki_text *out)
{
    for (const yki_access *a = k->accesses; a; a = a->next) {
        bool seen = false;
        for (const yki_access *b = k->accesses; b != a; b = b->next) {
            seen = seen || (b->arg == a->arg && yki_poly_equal(a->index, b->index) &&
                            a->write == b->write && a->read == b->read);
        }
        if (a->arg == i && !seen) access_text(k, a, out);
    }
}

static void window_text(yki_back *b, yki_kinfo *k, uint32_t i, yki_text *out)
{
    const yki_argument *a = &k->arg[i];
    if (a->source == YKI_FROM_ANNOTATION || a->var->annot.window == YKI_WINDOW_ALL) {
        annotation_text(b, a, out);
    } else if (a->source == YKI_FROM_WHOLE) {
        yki_text_printf(out, "all%s%s", a->why ? ": " : "", a->why ? a->why : "");
    } else {
        yki_text_add(out, "from its indexes, stride ");
        const yki_poly *stride = NULL;
        bool one = true;
        for (const yki_access *x = k->accesses; x; x = x->next) {
            if (x->arg != i || !yki_access_usable(&k->syms, x)) continue;
            const yki_poly *s = yki_access_stride(k, x, k->axis);
            if (stride && !yki_poly_equal(s, stride)) one = false;
            stride = s;
        }
        if (one && stride) yki_poly_text(&k->syms, stride, out);
        else yki_text_add(out, "0 (all of them together)");
    }
    yki_text_add(out, "\n           extent ");
    if (a->var->annot.len) expr_text(b, a->var->annot.len, out);
    else
        yki_text_add(out, a->source == YKI_FROM_ANNOTATION ? "stride x active items"
                                                           : "the last element touched, plus one");
    yki_text_add(out, "\n");
    accesses_text(k, i, out);
}

static void argument_text(yki_back *b, yki_kinfo *k, uint32_t i, yki_text *out)
{
    static const char *const mode[] = {"scalar", "in", "out", "inout", "sum", "min", "max"};
    const yki_argument *a = &k->arg[i];
    yki_text_printf(out, "  %-8s %-6s ", a->var->name, mode[a->use]);
    if (a->use == YKI_USE_SCALAR) {
        yki_type_spell(a->var->type->plain, out);
        yki_text_add(out, "\n");
    } else if (yki_use_reduces(a->use)) {
        expr_text(b, a->var->annot.mode_len, out);
        yki_text_printf(out, " results%s%s\n", a->ordered ? ", in canonical order" : "",
                        a->fixed ? "" : ", indexes vary");
    } else {
        window_text(b, k, i, out);
    }
}

void yki_emit_explain(yki_back *b, yki_text *out)
{
    for (yki_kinfo *k = b->kernels; k; k = k->next) {
        yki_text_printf(out, "%s   %u dimension%s, split along %c, cut at multiples of %u%s%s\n",
                        k->func->name, k->dims, k->dims > 1 ? "s" : "", axis_name[k->axis],
                        k->align, k->whole ? ", runs on one processor" : "",
                        k->contract ? "" : ", no contraction");
        active_text(b, k, out);
        for (uint32_t i = 0; i < k->arg_count; i++) argument_text(b, k, i, out);
        if (k->next) yki_text_add(out, "\n");
    }
}
