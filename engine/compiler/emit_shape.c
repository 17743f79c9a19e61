/* emit_shape: the function that turns a launch's range and scalars into its geometry.
 *
 * Written from what guard.c and the walk found: the active box first, then each array's
 * window and extent as numbers, in 64-bit arithmetic that notices overflow.  Runs once a
 * launch, so it prefers exactness to speed.  The small functions it calls are in
 * support_host.c.  Called by emit_source.c. */
#include "compiler/emit.h"
#include "compiler/window.h"

static void add(yki_emit *e, const char *s) { yki_text_add(e->out, s); }

static void line(yki_emit *e, const char *s)
{
    yki_emit_line(e);
    add(e, s);
}

/* ---- numbers ---- */

static void symbol(yki_emit *e, const yki_sym *sym)
{
    switch (sym->kind) {
    case YKI_SYM_SCALAR:
        yki_text_printf(
            e->out, sym->var->type->kind == YKI_T_ULONG ? "yk_u64(%s%s, &yk_o)" : "(int64_t)%s%s",
            e->param, yki_public_name(e->b, sym->var->name));
        return;
    case YKI_SYM_GSIZE: yki_text_printf(e->out, "yk_u64(yk_r->size[%d], &yk_o)", sym->dim); return;
    case YKI_SYM_GOFFSET:
        yki_text_printf(e->out, "yk_u64(yk_r->offset[%d], &yk_o)", sym->dim);
        return;
    case YKI_SYM_LSIZE:
        yki_text_printf(e->out, "yk_u64(yk_r->local[%d] ? yk_r->local[%d] : 1, &yk_o)", sym->dim,
                        sym->dim);
        return;
    default: add(e, "0"); return; /* ids and counters are dealt with by their ranges */
    }
}

static void term(yki_emit *e, const yki_syms *s, const yki_term *t)
{
    unsigned open = 0;
    for (unsigned i = 0; i < t->n; i++, open++) {
        add(e, "yk_mul(");
        symbol(e, yki_sym_get(s, t->sym[i]));
        add(e, ", ");
    }
    yki_text_printf(e->out, "INT64_C(%lld)", (long long)t->c);
    while (open--) add(e, ", &yk_o)");
}

/* A polynomial of scalars. */
static void poly(yki_emit *e, const yki_syms *s, const yki_poly *p)
{
    if (!p || p->n == 0) add(e, "0");
    for (uint32_t i = 0; p && i + 1 < p->n; i++) add(e, "yk_add(");
    for (uint32_t i = 0; p && i < p->n; i++) {
        if (i) add(e, ", ");
        term(e, s, &p->term[i]);
        if (i) add(e, ", &yk_o)");
    }
}

static bool is_scalar(const yki_syms *s, const yki_poly *p)
{
    return !yki_poly_has_kind(s, p, YKI_SYM_GID) && !yki_poly_has_kind(s, p, YKI_SYM_COUNTER);
}

/* The largest value of a counter's count over the access's box: "yk_most(..)" of sums. */
static void most(yki_emit *e, yki_kinfo *k, const yki_poly *p, unsigned depth)
{
    yki_syms *s = &k->syms;
    const yki_poly *rest = p;
    unsigned open = 0;
    if (!is_scalar(s, p) && depth < 8) {
        for (const yki_sym *sym = s->first; sym; sym = sym->next) {
            if ((sym->kind != YKI_SYM_GID && sym->kind != YKI_SYM_COUNTER) || !yki_poly_has(p, sym))
                continue;
            const yki_poly *coef = yki_poly_coef(s, p, sym);
            rest = yki_poly_without(s, rest, sym);
            add(e, "yk_add(yk_reach(");
            poly(e, s, coef);
            if (sym->kind == YKI_SYM_GID) {
                yki_text_printf(e->out, ", al[%d], yk_add(ah[%d], -1, &yk_o)", sym->dim, sym->dim);
            } else {
                add(e, ", 0, yk_add(");
                most(e, k, sym->count, depth + 1);
                add(e, ", -1, &yk_o)");
            }
            add(e, ", &yk_o), ");
            open++;
        }
    }
    poly(e, s, rest);
    while (open--) add(e, ", &yk_o)");
}

/* An annotation's operand. */
static void operand(yki_emit *e, const yki_expr *x)
{
    static const char *const fn[] = {[YKI_OP_ADD] = "yk_add", [YKI_OP_SUB] = "yk_sub",
                                     [YKI_OP_MUL] = "yk_mul", [YKI_OP_DIV] = "yk_div",
                                     [YKI_OP_MOD] = "yk_mod"};
    if (x->kind == YKI_EX_CAST && x->cast == YKI_CAST_NUMBER && x->type->kind == YKI_T_LONG &&
        x->a->type->kind == YKI_T_ULONG) {
        add(e, "yk_u64(");
        yki_emit_expr(e, x->a);
        add(e, ", &yk_o)");
    } else if (x->kind == YKI_EX_CAST && x->cast == YKI_CAST_NUMBER &&
               x->type->kind == YKI_T_LONG && x->a->type->kind == YKI_T_LONG) {
        operand(e, x->a);
    } else if (x->kind == YKI_EX_BINARY && x->type->kind == YKI_T_LONG && x->op >= YKI_OP_MUL &&
               x->op <= YKI_OP_SUB) {
        yki_text_printf(e->out, "%s(", fn[x->op]);
        operand(e, x->a);
        add(e, ", ");
        operand(e, x->b);
        add(e, ", &yk_o)");
    } else if (x->kind == YKI_EX_UNARY && x->op == YKI_OP_NEG) {
        add(e, "yk_sub(0, ");
        operand(e, x->a);
        add(e, ", &yk_o)");
    } else {
        add(e, "(int64_t)");
        yki_emit_expr(e, x);
    }
}

/* ---- the active box ---- */

static const char *conversion(yki_type_kind k)
{
    return k == YKI_T_ULONG ? "yk_as_u64(" : k == YKI_T_UINT ? "yk_as_u32(" : "(";
}

static void bound(yki_emit *e, const yki_kinfo *k, const yki_bound *b, const char *prefix)
{
    const char *end = b->upper ? "h" : "l";
    const char *name = *prefix ? end : b->upper ? "hi" : "lo";
    yki_text_printf(e->out, "%s%s[%d] = %s(%s%s[%d], yk_sat(%s%s", prefix, name, b->dim,
                    b->upper ? "yk_min" : "yk_max", prefix, name, b->dim, conversion(b->type),
                    conversion(b->inner));
    poly(e, &k->syms, b->value);
    yki_text_printf(e->out, ")), INT64_C(%lld)));", (long long)b->shift);
    yki_emit_line(e);
}

static void active(yki_emit *e, const yki_kinfo *k)
{
    yki_text_printf(e->out, "if (!yk_box(yk_r, %uu, %uu, lo, hi)) return YK_E_RANGE;", k->dims,
                    k->ids32);
    yki_emit_line(e);
    for (const yki_bound *b = k->active; b; b = b->outer) {
        if (!b->relation) bound(e, k, b, "");
    }
    for (uint32_t d = 0; d < k->func->item_count; d++) {
        yki_text_printf(e->out, "hi[%u] = yk_min(hi[%u], ", d, d);
        operand(e, k->func->items[d]);
        add(e, ");");
        yki_emit_line(e);
    }
    add(e, "yk_box_close(lo, hi, yk_out);");
    yki_emit_line(e);
}

void yki_emit_inside(yki_emit *e, const yki_kinfo *k)
{
    e->param = "yk_a.";
    line(e, "int64_t yk_il[1] = {INT64_MIN}, yk_ih[1] = {INT64_MAX};");
    line(e, "int yk_o = 0;");
    line(e, "{");
    e->indent++;
    line(e, "const yk_range *const yk_r = yk_s->range;");
    line(e, "(void)yk_r;");
    yki_emit_line(e);
    for (const yki_border *x = k->borders; x; x = x->next) {
        for (const yki_bound *b = x->is < 0 ? NULL : x->inside; b; b = b->outer)
            bound(e, k, b, "yk_i");
    }
    e->indent--;
    line(e, "}");
    e->param = NULL;
}

void yki_emit_turns(yki_emit *e, yki_kinfo *k)
{
    yki_syms *s = &k->syms;
    e->param = "yk_a.";
    for (const yki_turn *t = k->turns; t; t = t->next) {
        yki_emit_line(e);
        yki_text_printf(e->out, "int64_t yk_at%u, yk_far%u;", t->id, t->id);
    }
    line(e, "{");
    e->indent++;
    line(e, "const yk_range *const yk_r = yk_s->range;");
    line(e, "int yk_o = 0;");
    line(e, "(void)yk_r;");
    for (const yki_turn *t = k->turns; t; t = t->next) {
        const yki_poly *at = t->index;
        for (unsigned d = 0; d < 2; d++)
            at = yki_poly_without(s, at, yki_sym_dim(s, YKI_SYM_GID, d));
        yki_emit_line(e);
        yki_text_printf(e->out, "yk_at%u = ", t->id);
        poly(e, s, at);
        yki_text_printf(e->out, ", yk_far%u = ", t->id);
        poly(e, s, yki_poly_coef(s, t->index, yki_sym_dim(s, YKI_SYM_GID, 0)));
        add(e, ";");
    }
    line(e, "(void)yk_o;");
    e->indent--;
    line(e, "}");
    e->param = NULL;
}

/* ---- one access ---- */

static bool in_active(const yki_kinfo *k, const yki_bound *b)
{
    for (const yki_bound *a = k->active; a; a = a->outer) {
        if (a->expr == b->expr && a->dim == b->dim && a->upper == b->upper) return true;
    }
    return false;
}

static void span_terms(yki_emit *e, yki_kinfo *k, const yki_poly *p, const char *span, bool with_axis)
{
    yki_syms *s = &k->syms;
    const yki_sym *end = s->last;
    for (const yki_sym *sym = s->first; sym; sym = sym == end ? NULL : sym->next) {
        bool id = sym->kind == YKI_SYM_GID, counter = sym->kind == YKI_SYM_COUNTER;
        if ((!id && !counter) || !yki_poly_has(p, sym)) continue;
        if (id && sym->dim == k->axis && !with_axis) continue;
        yki_text_printf(e->out, "yk_span_%s(&%s, ", id || sym->var ? "term" : "some", span);
        poly(e, s, yki_poly_coef(s, p, sym));
        if (id) {
            yki_text_printf(e->out, ", al[%d], yk_sub(ah[%d], al[%d], &yk_o), &yk_o);", sym->dim,
                            sym->dim, sym->dim);
        } else {
            add(e, ", 0, ");
            most(e, k, sym->count, 0);
            add(e, ", &yk_o);");
        }
        yki_emit_line(e);
    }
}

static const yki_poly *scalar_part(yki_kinfo *k, const yki_poly *p)
{
    yki_syms *s = &k->syms;
    for (const yki_sym *sym = s->first; sym; sym = sym->next) {
        if (sym->kind == YKI_SYM_GID || sym->kind == YKI_SYM_COUNTER)
            p = yki_poly_without(s, p, sym);
    }
    return p;
}

/* Where clamps end what an item reaches. */
static void limit(yki_emit *e, yki_kinfo *k, const yki_access *a, bool upper)
{
    const yki_poly *p = yki_access_limit(k, a, upper);
    if (!p) return;
    add(e, "{");
    e->indent++;
    yki_emit_line(e);
    add(e, "yk_span end = {.base = ");
    poly(e, &k->syms, scalar_part(k, p));
    add(e, "};");
    yki_emit_line(e);
    span_terms(e, k, p, "end", false);
    yki_text_printf(e->out, "yk_span_%s(&sp, &end, &yk_o);", upper ? "until" : "from");
    e->indent--;
    yki_emit_line(e);
    add(e, "}");
    yki_emit_line(e);
}

static void access_span(yki_emit *e, yki_kinfo *k, const yki_access *a, bool flat)
{
    yki_text t = {0};
    yki_poly_text(&k->syms, a->index, &t);
    yki_text_printf(e->out, "{ /* %s[%s] */", k->arg[a->arg].var->name, yki_text_get(&t));
    yki_text_free(&t);
    e->indent++;
    yki_emit_line(e);
    add(e, "int64_t al[3] = {lo[0], lo[1], lo[2]}, ah[3] = {hi[0], hi[1], hi[2]};");
    yki_emit_line(e);
    for (const yki_bound *b = a->box; b; b = b->outer) {
        if (!b->relation && !in_active(k, b)) bound(e, k, b, "a");
    }
    add(e, "yk_span sp; yk_span_clear(&sp, ");
    poly(e, &k->syms, scalar_part(k, a->index));
    add(e, ", ");
    if (a->most) most(e, k, a->most, 0); /* ids without a guard end with the range */
    else add(e, "-1");
    add(e, ");");
    yki_emit_line(e);
    span_terms(e, k, a->index, "sp", flat);
    if (!flat) limit(e, k, a, false), limit(e, k, a, true);
    yki_text_printf(e->out, "yk_span_close(&sp, al, ah, %s, %u, ", flat ? "0" : "st", k->axis);
    yki_text_printf(e->out, "&w, &yk_o);");
    e->indent--;
    yki_emit_line(e);
    add(e, "}");
    yki_emit_line(e);
}

/* The same access twice, as loads and as part of op=, needs one span. */
static bool seen_before(const yki_kinfo *k, const yki_access *a)
{
    for (const yki_access *b = k->accesses; b && b != a; b = b->next) {
        if (b->arg == a->arg && b->box == a->box &&
            yki_poly_equal(a->index, b->index)) {
            return true;
        }
    }
    return false;
}

/* ---- one argument ---- */

static bool one_stride(yki_kinfo *k, uint32_t arg, const yki_poly **stride)
{
    *stride = NULL;
    for (const yki_access *a = k->accesses; a; a = a->next) {
        if (a->arg != arg || !yki_access_usable(&k->syms, a)) continue;
        const yki_poly *s = yki_access_stride(k, a, k->axis);
        if (*stride && !yki_poly_equal(*stride, s)) return false;
        *stride = s;
    }
    return *stride != NULL;
}

static void accesses(yki_emit *e, yki_kinfo *k, uint32_t i, bool flat)
{
    for (const yki_access *a = k->accesses; a; a = a->next) {
        if (a->arg == i && yki_access_usable(&k->syms, a) && !seen_before(k, a)) {
            access_span(e, k, a, flat);
        }
    }
}

static void inferred(yki_emit *e, yki_kinfo *k, uint32_t i)
{
    const yki_argument *arg = &k->arg[i];
    const yki_poly *stride;
    bool flat = !one_stride(k, i, &stride) || arg->source == YKI_FROM_WHOLE;
    bool out = arg->written && !k->whole;
    if (!flat) {
        add(e, "st = ");
        poly(e, &k->syms, stride);
        add(e, ";");
        yki_emit_line(e);
    }
    accesses(e, k, i, flat);
    if (arg->source == YKI_FROM_WHOLE) add(e, "yk_window_all(&w, v);");
    else
        yki_text_printf(e->out, "if (!yk_window_close(&w, %s, %d, v)) return YK_E_OVERLAP;",
                        flat ? "0" : "st", out);
    yki_emit_line(e);
}

static void annotated(yki_emit *e, yki_kinfo *k, uint32_t i)
{
    const yki_annot *n = &k->arg[i].var->annot;
    static const char *const field[] = {"stride", "lo", "hi", "count", "pitch"};
    switch (n->window) {
    case YKI_WINDOW_OWN:
        add(e, "v->stride = v->hi = ");
        operand(e, n->operand[0]);
        break;
    case YKI_WINDOW_HALO: {
        const yki_poly *stride;
        add(e, "v->stride = ");
        if (one_stride(k, i, &stride)) poly(e, &k->syms, stride);
        else add(e, "1");
        add(e, "; v->hi = yk_mul(v->stride, ");
        operand(e, n->operand[0]);
        add(e, ", &yk_o); v->lo = -v->hi; v->hi = yk_add(v->hi, v->stride, &yk_o)");
        break;
    }
    default:
        for (uint32_t o = 0; o < n->operand_count; o++) {
            if (o) add(e, "; ");
            yki_text_printf(e->out, "v->%s = ", field[o]);
            operand(e, n->operand[o]);
        }
    }
    add(e, ";");
    yki_emit_line(e);
    add(e, "if (v->count < 1) return YK_E_EXTENT;");
    yki_emit_line(e);
    if (!n->len) {
        yki_text_printf(e->out, "yk_window_extent(v, lo[%u], hi[%u], &yk_o);", k->axis, k->axis);
        yki_emit_line(e);
    }
}

static void reduction(yki_emit *e, yki_kinfo *k, uint32_t i)
{
    const yki_argument *arg = &k->arg[i];
    add(e, "v->extent = ");
    operand(e, arg->var->annot.mode_len);
    yki_text_printf(e->out, ";\n    if (v->extent < %u) return yk_o ? YK_E_RANGE : YK_E_EXTENT;",
                    arg->fixed);
    yki_emit_line(e);
}

static void argument(yki_emit *e, yki_kinfo *k, uint32_t i)
{
    const yki_argument *arg = &k->arg[i];
    const yki_annot *n = &arg->var->annot;
    yki_text_printf(e->out, "/* %s */", arg->var->name);
    yki_emit_line(e);
    yki_text_printf(
        e->out, "v = &yk_out->window[%u]; *v = (yk_window){.count = 1}; yk_windows_clear(&w);", i);
    yki_emit_line(e);
    if (yki_use_reduces(arg->use)) {
        reduction(e, k, i);
        return;
    }
    if (arg->source == YKI_FROM_ANNOTATION) annotated(e, k, i);
    else inferred(e, k, i);
    if (n->len) {
        add(e, "v->extent = ");
        operand(e, n->len);
        add(e, ";");
        yki_emit_line(e);
        if (arg->source == YKI_FROM_WHOLE) add(e, "v->hi = v->extent;");
        yki_emit_line(e);
    }
    add(e, "if (v->extent < 0) return yk_o ? YK_E_RANGE : YK_E_EXTENT;");
    yki_emit_line(e);
    if (arg->narrow) {
        add(e, "if (v->extent > INT64_C(1) << 31) return YK_E_RANGE;");
        yki_emit_line(e);
    }
    if (arg->written && arg->source == YKI_FROM_INDEXES) {
        yki_text_printf(e->out,
                        "if (!yk_o && !yk_disjoint(v, hi[%u] - lo[%u])) return YK_E_OVERLAP;",
                        k->axis, k->axis);
        yki_emit_line(e);
    }
}

void yki_emit_shape(yki_emit *e, yki_kinfo *k)
{
    const char *name = k->func->name;
    e->param = "yk_a->";
    e->indent = 1;
    yki_text_printf(
        e->out,
        "static yk_status yk_shape_%s(const yk_range *yk_r, const void *yk_args, yk_shape *yk_out)\n{\n"
        "    const struct %s%s_args *yk_a = yk_args;\n"
        "    int64_t lo[3], hi[3], st = 0;\n"
        "    int yk_o = 0;\n"
        "    yk_window *v;\n"
        "    yk_windows w;\n"
        "    (void)yk_a, (void)st, (void)v, (void)w;\n    ",
        name, e->b->prefix, name);
    active(e, k);
    for (uint32_t i = 0; i < k->arg_count; i++) {
        if (k->arg[i].use != YKI_USE_SCALAR) argument(e, k, i);
    }
    add(e, "return yk_o ? YK_E_RANGE : YK_OK;\n}\n\n");
    e->param = NULL;
    e->indent = 0;
}
