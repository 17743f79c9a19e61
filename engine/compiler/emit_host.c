/* emit_host: a kernel's body and its range functions in C.
 *
 * The body becomes a function of one work-item that is inlined into loops over items,
 * once for each instruction set.  The loop over dimension 0 runs in blocks of fixed
 * length ("lanes") that the C compiler vectorises; where dimension 0 is the split axis
 * blocks are 64 long and slices begin at multiples of 64, so an item always lies in the
 * same lane of the same kind of block, and its bits do not depend on the cut.
 *
 * Reductions with constant indexes get a set of results for each lane, combined at the
 * end of a block of items (ordered sums: in the canonical order of yoke/kernel.h) or of
 * the slice.  Where indexes vary, items run one after the other.
 *
 * Where a body has expressions that matter at the border only (border.c), it is inlined
 * once with them and once, for what lies inside, without: yk_in is the constant 0 or 1.
 *
 * Called by emit_source.c. */
#include "compiler/spmd.h"

#include <stdio.h>

#define ROW_CHUNK (1 << 20)

static void add(yki_emit *e, const char *s) { yki_text_add(e->out, s); }

static void line(yki_emit *e, const char *s)
{
    yki_emit_line(e);
    add(e, s);
}

/* ---- what kind of loop ---- */

/* Lanes that hold results of their own; 1: items in order; 0: no reductions. */
static uint32_t lanes_of(const yki_kinfo *k)
{
    if (!k->reduces) return 0;
    for (uint32_t i = 0; i < k->arg_count; i++) {
        if (yki_use_reduces(k->arg[i].use) && !k->arg[i].fixed) return 1;
    }
    return k->ordered ? k->lanes : 64;
}

static const char *elem_type(const yki_argument *a) { return yki_emit_kind(a->elem->kind, false); }

static void identity(yki_emit *e, const yki_argument *a)
{
    static const char *const most[YKI_T_KINDS] = {
        [YKI_T_INT] = "INT32_MAX",          [YKI_T_UINT] = "UINT32_MAX",
        [YKI_T_LONG] = "INT64_MAX",         [YKI_T_ULONG] = "UINT64_MAX",
        [YKI_T_FLOAT] = "__builtin_inff()", [YKI_T_DOUBLE] = "__builtin_inf()"};
    static const char *const least[YKI_T_KINDS] = {
        [YKI_T_INT] = "INT32_MIN",           [YKI_T_UINT] = "0",
        [YKI_T_LONG] = "INT64_MIN",          [YKI_T_ULONG] = "0",
        [YKI_T_FLOAT] = "-__builtin_inff()", [YKI_T_DOUBLE] = "-__builtin_inf()"};
    yki_type_kind t = a->elem->kind;
    if (a->use == YKI_USE_SUM) add(e, a->ordered ? (t == YKI_T_FLOAT ? "-0.0f" : "-0.0") : "0");
    else add(e, a->use == YKI_USE_MIN ? most[t] : least[t]);
}

/* ---- the body ---- */

static void body(yki_emit *e, yki_kinfo *k)
{
    yki_text name = {0};
    yki_text_printf(&name, "yk_body_%s", k->func->name);
    e->k = k;
    e->borders = k->borders;
    e->turns = k->turns != NULL;
    add(e, "YK_INLINE ");
    yki_text_printf(e->out, "void %s(const yk_items yk_w, const int64_t yk_step, const int yk_in",
                    yki_text_get(&name));
    for (uint32_t i = 0; i < k->arg_count; i++) {
        yki_text_free(&name);
        yki_text_printf(&name, "u_%s", k->arg[i].var->name);
        add(e, ", ");
        yki_emit_decl(e, k->arg[i].var->type, yki_text_get(&name));
    }
    yki_text_free(&name);
    for (const yki_turn *t = k->turns; t; t = t->next)
        yki_text_printf(e->out, ", %s *const yk_cell%u", elem_type(&k->arg[t->arg]), t->id);
    add(e, ")\n{\n    (void)yk_w, (void)yk_step, (void)yk_in");
    for (uint32_t i = 0; i < k->arg_count; i++)
        yki_text_printf(e->out, ", (void)u_%s", k->arg[i].var->name);
    add(e, ";\n    ");
    e->indent = 1;
    yki_emit_stmt(e, k->func->body);
    e->indent = 0;
    add(e, "\n}\n\n");
    e->turns = false;
    e->borders = NULL;
    e->k = NULL;
}

/* What an array or scalar is called in the loops. */
static void argument_name(yki_emit *e, const yki_argument *a)
{
    if (a->table) yki_text_printf(e->out, "yk_t_%s", a->public_name);
    else yki_text_printf(e->out, "yk_a.%s", a->public_name);
}

/* Calls it for lane yk_l of the block that starts at yk_b. */
static void body_call(yki_emit *e, const yki_kinfo *k, uint32_t lanes, bool in)
{
    yki_text_printf(e->out, "yk_body_%s(yk_t, %u, %d", k->func->name, lanes ? lanes : 1, in);
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (!yki_use_reduces(a->use)) add(e, ", "), argument_name(e, a);
        else yki_text_printf(e->out, lanes > 1 ? ", yk_acc%u + yk_l" : ", yk_acc%u", i);
    }
    for (const yki_turn *t = k->turns; t; t = t->next)
        yki_text_printf(e->out, ", yk_tile%u + yk_i * %d + yk_l", t->id, YKI_TURN);
    add(e, ");");
}

/* How many rows such a body takes at once, where vectors are widest. */
static uint32_t rows_of(const yki_kinfo *k) { return k->spmd ? k->spmd->rows : 1; }

/* The same for a body that runs in lanes by itself. */
static void spmd_call(yki_emit *e, const yki_kinfo *k, const char *count, uint32_t lanes, bool in)
{
    yki_emit_line(e);
    yki_text_printf(e->out, "yk_body_%s(yk_b, yk_y, yk_z, &yk_r, %s, %u, %d", k->func->name, count,
                    lanes ? lanes : 1, in);
    if (rows_of(k) > 1) add(e, ", yk_rows");
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (yki_use_reduces(a->use)) yki_text_printf(e->out, ", yk_acc%u", i);
        else add(e, ", "), argument_name(e, a);
    }
    add(e, ");");
}

/* ---- loops over the work-items ---- */

static void lane_loop(yki_emit *e, const yki_kinfo *k, const char *count, uint32_t lanes, bool in)
{
    if (k->spmd) {
        spmd_call(e, k, count, lanes, in);
        return;
    }
    line(e, "{");
    e->indent++;
    line(e,
         "const int32_t yk_b32 = (int32_t)yk_b, yk_y32 = (int32_t)yk_y, yk_z32 = (int32_t)yk_z;");
    line(e, "(void)yk_b32, (void)yk_y32, (void)yk_z32;");
    if (lanes != 1 && !e->check) line(e, "YK_IVDEP");
    yki_emit_line(e);
    yki_text_printf(e->out, "for (int32_t yk_l = 0; yk_l < %s; yk_l++) {", count);
    e->indent++;
    line(e, "const yk_items yk_t = {yk_b + yk_l, yk_y, yk_z, yk_b32 + yk_l, yk_y32, yk_z32, &yk_r");
    if (e->check) yki_text_printf(e->out, ", yk_s, &%s%s_kernel", e->b->prefix, k->func->name);
    add(e, "};");
    yki_emit_line(e);
    body_call(e, k, lanes, in);
    e->indent--;
    line(e, "}");
    e->indent--;
    line(e, "}");
}

void yki_emit_lanes(yki_emit *e, const yki_kinfo *k, const char *count, bool in)
{
    lane_loop(e, k, count, 0, in);
}

/* A block of dimension 0 where that is split: inside as a whole, or not. */
static void lane_block(yki_emit *e, const yki_kinfo *k, const char *count, uint32_t lanes)
{
    line(e, "{");
    e->indent++;
    if (k->borders && k->axis == 0) {
        yki_emit_line(e);
        yki_text_printf(e->out, "if (yk_b >= yk_in0 && yk_b + %s <= yk_in1)", count);
        lane_loop(e, k, count, lanes, true);
        line(e, "else");
    }
    lane_loop(e, k, count, lanes, k->borders && k->axis != 0);
    e->indent--;
    line(e, "}");
}

/* The row [yk_x0, yk_x1) of dimension 0, in blocks of `chunk`. */
static void row_loop(yki_emit *e, const yki_kinfo *k, uint32_t chunk, uint32_t lanes)
{
    char count[32], text[96];
    bool fixed = chunk < ROW_CHUNK;
    line(e, "int64_t yk_b = yk_x0;");
    if (fixed) {
        snprintf(text, sizeof text, "for (; yk_x1 - yk_b >= %u; yk_b += %u)", chunk, chunk);
        snprintf(count, sizeof count, "%u", chunk);
        line(e, text);
        lane_block(e, k, count, lanes);
        line(e, "const int32_t yk_m = (int32_t)(yk_x1 - yk_b);");
        lane_block(e, k, "yk_m", lanes);
        return;
    }
    snprintf(text, sizeof text, "for (; yk_b < yk_x1; yk_b += %u) {", chunk);
    line(e, text);
    e->indent++;
    snprintf(text, sizeof text,
             "const int32_t yk_m = yk_x1 - yk_b < %u ? (int32_t)(yk_x1 - yk_b) : %u;", chunk,
             chunk);
    line(e, text);
    lane_block(e, k, "yk_m", lanes);
    e->indent--;
    line(e, "}");
}

/* A row that is never cut: what lies before and after the inside, then the inside. */
static void bordered_row(yki_emit *e, const yki_kinfo *k, uint32_t chunk, uint32_t lanes)
{
    char text[128];
    line(e, "for (int yk_e = 0; yk_e < 2; yk_e++) {");
    e->indent++;
    line(e, "const int64_t yk_end0 = yk_e ? yk_x1 : yk_in0;");
    snprintf(text, sizeof text, "for (int64_t yk_b = yk_e ? yk_in1 : yk_x0; yk_b < yk_end0; yk_b += %u) {", chunk);
    line(e, text);
    e->indent++;
    snprintf(text, sizeof text,
             "const int32_t yk_m = yk_end0 - yk_b < %u ? (int32_t)(yk_end0 - yk_b) : %u;", chunk,
             chunk);
    line(e, text);
    lane_loop(e, k, "yk_m", lanes, false);
    e->indent--;
    line(e, "}");
    e->indent--;
    line(e, "}");
    line(e, "{");
    e->indent++;
    line(e, "const int64_t yk_x0 = yk_in0, yk_x1 = yk_in1;");
    row_loop(e, k, chunk, lanes);
    e->indent--;
    line(e, "}");
}

/* [yk_in0, yk_in1): the part of the row that lies inside all borders. */
static void inside(yki_emit *e, const yki_kinfo *k)
{
    yki_emit_inside(e, k);
    line(e, "const int64_t yk_in0 = yk_o ? yk_x1 : yk_min(yk_max(yk_x0, yk_il[0]), yk_x1);");
    line(e, "const int64_t yk_in1 = yk_max(yk_in0, yk_min(yk_x1, yk_ih[0]));");
}

/* Rows yk_many at a time, and one by one what is left. */
static void many_rows(yki_emit *e, const yki_kinfo *k, uint32_t chunk, uint32_t lanes)
{
    static const char *const loops[][2] = {
        {"for (; yk_many > 1 && yk_y1 - yk_y >= yk_many; yk_y += yk_many) {", "yk_many"},
        {"for (; yk_y < yk_y1; yk_y++) {", "1"},
    };
    line(e, "int64_t yk_y = yk_y0;");
    for (int i = 0; i < 2; i++) {
        line(e, loops[i][0]);
        e->indent++;
        yki_emit_line(e);
        yki_text_printf(e->out, "const int32_t yk_rows = %s;", loops[i][1]);
        row_loop(e, k, chunk, lanes);
        e->indent--;
        line(e, "}");
    }
}

/* All work-items whose axis id lies in [yk_begin, yk_end). */
static void item_loops(yki_emit *e, yki_kinfo *k, uint32_t lanes)
{
    static const char id[] = "xyz";
    uint32_t chunk = lanes > 1                    ? lanes
                     : k->spmd                    ? k->spmd->lanes
                     : k->axis == 0 && lanes != 1 ? 64
                                                  : ROW_CHUNK;
    for (uint32_t d = 0; d < 3; d++) {
        yki_emit_line(e);
        if (d >= k->dims) {
            if (d) yki_text_printf(e->out, "const int64_t yk_%c = 0;", id[d]);
            continue;
        }
        if (d == k->axis) {
            yki_text_printf(e->out, "const int64_t yk_%c0 = yk_begin, yk_%c1 = yk_end;", id[d],
                            id[d]);
        } else {
            yki_text_printf(e->out, "const int64_t yk_%c0 = (int64_t)yk_s->shape->lo[%u], yk_%c1 = "
                            "(int64_t)yk_s->shape->hi[%u];", id[d], d, id[d], d);
        }
    }
    if (k->borders) inside(e, k);
    if (k->turns) {
        yki_emit_tiles(e, k);
        return;
    }
    for (uint32_t d = k->dims; d-- > (rows_of(k) > 1 ? 2 : 1);) {
        yki_emit_line(e);
        yki_text_printf(e->out, "for (int64_t yk_%c = yk_%c0; yk_%c < yk_%c1; yk_%c++) {", id[d],
                        id[d], id[d], id[d], id[d]);
        e->indent++;
    }
    if (rows_of(k) > 1) many_rows(e, k, chunk, lanes);
    else if (k->borders && k->axis != 0) bordered_row(e, k, chunk, lanes);
    else row_loop(e, k, chunk, lanes);
    for (uint32_t d = rows_of(k) > 1 ? 2 : 1; d < k->dims; d++) {
        e->indent--;
        line(e, "}");
    }
}

/* ---- reductions ---- */

static void fill(yki_emit *e, const yki_argument *a, uint32_t i, uint32_t n)
{
    yki_emit_line(e);
    yki_text_printf(e->out, "for (int yk_i = 0; yk_i < %u; yk_i++) yk_acc%u[yk_i] = ", n, i);
    identity(e, a);
    add(e, ";");
}

/* Results of their own for each lane. */
static void open_lanes(yki_emit *e, const yki_kinfo *k, uint32_t lanes, bool ordered)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (!yki_use_reduces(a->use) || a->ordered != ordered) continue;
        yki_emit_line(e);
        yki_text_printf(e->out, "%s yk_acc%u[%u] __attribute__((aligned(64)));", elem_type(a), i,
                        a->fixed * lanes);
        fill(e, a, i, a->fixed * lanes);
    }
}

static void reduce_name(yki_emit *e, const yki_argument *a)
{
    const char *word = a->use == YKI_USE_SUM ? "sum" : a->use == YKI_USE_MIN ? "min" : "max";
    yki_text_printf(e->out, "yk_reduce_%s_%s", word, yki_kind_suffix(a->elem->kind));
}

/* The fixed tree over the lanes of each result, then the result to its place. */
static void close_lanes(yki_emit *e, const yki_kinfo *k, uint32_t lanes, bool ordered)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (!yki_use_reduces(a->use) || a->ordered != ordered) continue;
        yki_emit_line(e);
        yki_text_printf(e->out, "for (int yk_e = 0; yk_e < %u; yk_e++) {", a->fixed);
        e->indent++;
        yki_emit_line(e);
        yki_text_printf(e->out, "%s *yk_v = yk_acc%u + yk_e * %u;", elem_type(a), i, lanes);
        yki_emit_line(e);
        yki_text_printf(e->out, "for (int yk_h = %u; yk_h; yk_h /= 2) {", lanes / 2);
        yki_emit_line(e);
        add(e, "    for (int yk_j = 0; yk_j < yk_h; yk_j++) ");
        reduce_name(e, a);
        add(e, "(&yk_v[yk_j], yk_v[yk_j + yk_h]);");
        line(e, "}");
        yki_emit_line(e);
        if (ordered) {
            yki_text_printf(
                e->out,
                "((%s *)yk_s->reduce[%u])[yk_n * yk_s->shape->window[%u].extent + yk_e] = yk_v[0];",
                elem_type(a), i, i);
        } else {
            reduce_name(e, a);
            yki_text_printf(e->out, "(&((%s *)yk_s->reduce[%u])[yk_e], yk_v[0]);", elem_type(a), i);
        }
        e->indent--;
        line(e, "}");
        if (!ordered) continue;
        yki_emit_line(e);
        yki_text_printf(e->out,
                        "for (int64_t yk_e = %u; yk_e < yk_s->shape->window[%u].extent; yk_e++) {",
                        a->fixed, i);
        yki_emit_line(e);
        yki_text_printf(
            e->out, "    ((%s *)yk_s->reduce[%u])[yk_n * yk_s->shape->window[%u].extent + yk_e] = ",
            elem_type(a), i, i);
        identity(e, a);
        add(e, ";");
        line(e, "}");
    }
}

/* Items in order: straight into the block's, or the worker's, results. */
static void open_direct(yki_emit *e, const yki_kinfo *k, bool ordered)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (!yki_use_reduces(a->use) || a->ordered != ordered) continue;
        yki_emit_line(e);
        yki_text_printf(e->out, "%s *const yk_acc%u = (%s *)yk_s->reduce[%u]", elem_type(a), i,
                        elem_type(a), i);
        if (!ordered) {
            add(e, ";");
            continue;
        }
        yki_text_printf(e->out, " + yk_n * yk_s->shape->window[%u].extent;", i);
        yki_emit_line(e);
        yki_text_printf(
            e->out,
            "for (int64_t yk_i = 0; yk_i < yk_s->shape->window[%u].extent; yk_i++) yk_acc%u[yk_i] = ",
            i, i);
        identity(e, a);
        add(e, ";");
    }
}

static void blocks(yki_emit *e, yki_kinfo *k, uint32_t lanes)
{
    yki_emit_line(e);
    yki_text_printf(
        e->out,
        "const int64_t yk_block = (int64_t)yk_s->block, yk_first = (int64_t)yk_s->shape->lo[%u];",
        k->axis);
    line(
        e,
        "for (int64_t yk_begin = (int64_t)yk_s->begin; yk_begin < (int64_t)yk_s->end; yk_begin += yk_block) {");
    e->indent++;
    line(e, "const int64_t yk_n = (yk_begin - yk_first) / yk_block;");
    line(e, "const int64_t yk_rest = (int64_t)yk_s->end - yk_begin;");
    line(e, "const int64_t yk_end = yk_begin + (yk_rest < yk_block ? yk_rest : yk_block);");
    if (lanes > 1) open_lanes(e, k, lanes, true);
    else open_direct(e, k, true);
    line(e, "{");
    e->indent++;
    item_loops(e, k, lanes);
    e->indent--;
    line(e, "}");
    if (lanes > 1) close_lanes(e, k, lanes, true);
    e->indent--;
    line(e, "}");
}

/* ---- the range functions ---- */

/* Tables are parameters of the range functions, so that they can be `restrict`: the C
 * compiler may then keep what it read of them in registers. */
static bool has_tables(const yki_kinfo *k)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        if (k->arg[i].table) return true;
    }
    return false;
}

static void tables(yki_emit *e, const yki_kinfo *k, const char *before, bool declare)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        yki_text name = {0};
        if (!a->table) continue;
        yki_text_printf(&name, "%s%s", before, a->public_name);
        add(e, ", ");
        if (declare) yki_emit_decl(e, a->var->type, yki_text_get(&name));
        else add(e, yki_text_get(&name));
        yki_text_free(&name);
    }
}

static void range(yki_emit *e, yki_kinfo *k)
{
    uint32_t lanes = lanes_of(k);
    yki_text_printf(e->out, "YK_INLINE void yk_range_%s(const yk_slice *yk_s%s", k->func->name,
                    rows_of(k) > 1 ? ", const int32_t yk_many" : "");
    tables(e, k, "yk_t_", true);
    add(e, ")\n{");
    e->indent = 1;
    yki_emit_line(e);
    if (k->arg_count) {
        yki_text_printf(e->out,
                        "const struct %s%s_args yk_a = *(const struct %s%s_args *)yk_s->args;",
                        e->b->prefix, k->func->name, e->b->prefix, k->func->name);
        line(e, "(void)yk_a;");
    }
    line(e, "const yk_range yk_r = *yk_s->range;");
    if (lanes > 1) open_lanes(e, k, lanes, false);
    if (lanes == 1) open_direct(e, k, false);
    if (k->ordered) {
        blocks(e, k, lanes);
    } else {
        line(e, "const int64_t yk_begin = (int64_t)yk_s->begin, yk_end = (int64_t)yk_s->end;");
        line(e, "{");
        e->indent++;
        item_loops(e, k, lanes);
        e->indent--;
        line(e, "}");
    }
    if (lanes > 1) close_lanes(e, k, lanes, false);
    e->indent = 0;
    add(e, "\n}\n\n");
}

/* The range function of one level; `target` is its attribute; it takes `rows` at once. */
static void level(yki_emit *e, const yki_kinfo *k, const char *target, const char *name,
                  uint32_t rows)
{
    const char *n = k->func->name;
    bool split = has_tables(k);
    yki_text_printf(e->out, "%sstatic %svoid yk_%s%s_%s(const yk_slice *yk_s", target,
                    split ? "__attribute__((noinline)) " : "", name, split ? "_with" : "", n);
    tables(e, k, "__restrict yk_t_", true);
    yki_text_printf(e->out, ") { yk_range_%s(yk_s", n);
    if (rows_of(k) > 1) yki_text_printf(e->out, ", %u", rows);
    tables(e, k, "yk_t_", false);
    add(e, "); }\n");
    if (!split) return;
    yki_text_printf(e->out, "%sstatic void yk_%s_%s(const yk_slice *yk_s)\n{\n"
                    "    const struct %s%s_args *const yk_a = yk_s->args;\n"
                    "    yk_%s_with_%s(yk_s", target, name, n, e->b->prefix, n, name, n);
    tables(e, k, "yk_a->", false);
    add(e, ");\n}\n");
}

static void levels(yki_emit *e, const yki_kinfo *k)
{
    const char *n = k->func->name;
    level(e, k, "", "generic", 1);
    add(e, "#ifdef YK_LEVELS\n");
    level(e, k, "YK_V2 ", "v2", 1);
    level(e, k, "YK_V3 ", "v3", 1);
    level(e, k, yki_bound_by_memory(k) ? "YK_V4_256 " : "YK_V4 ", "v4", rows_of(k));
    add(e, "#endif\n");
    yki_text_printf(e->out,
                    "static const yk_host_table yk_host_%s = {\n"
                    "    YK_KERNEL_ABI, sizeof(yk_host_table),\n"
                    "#ifdef YK_LEVELS\n"
                    "    {yk_generic_%s, yk_v2_%s, yk_v3_%s, yk_v4_%s}\n"
                    "#else\n"
                    "    {yk_generic_%s}\n"
                    "#endif\n};\n\n", n, n, n, n, n, n);
}

/* Borders are worth a second body where lanes keep nothing for themselves. */
static void settle_borders(const yki_emit *e, yki_kinfo *k)
{
    yki_border **at = &k->borders;
    if (e->check || lanes_of(k)) *at = NULL;
    while (*at) {
        if ((*at)->is < 0) *at = (*at)->next;
        else at = &(*at)->next;
    }
}

void yki_emit_range(yki_emit *e, yki_kinfo *k)
{
    settle_borders(e, k);
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (!yki_use_reduces(a->use)) continue;
        yki_use_builtin(e,
                        a->use == YKI_USE_SUM   ? "reduce_sum"
                        : a->use == YKI_USE_MIN ? "reduce_min"
                                                : "reduce_max",
                        a->elem->kind);
    }
    add(e, k->contract ? "YK_CONTRACT_FAST\n" : "YK_CONTRACT_OFF\n");
    add(e,
        k->contract
            ? ""
            : "#ifdef YK_GCC\n#pragma GCC push_options\n#pragma GCC optimize(\"fp-contract=off\")\n#endif\n");
    k->spmd = lanes_of(k) == 1 || e->check ? NULL : yki_spmd_plan(e->b, k);
    if (k->spmd || e->check) k->turns = NULL;
    if (k->turns) k->borders = NULL;
    if (k->spmd) yki_emit_spmd(e, k, k->spmd);
    else body(e, k);
    if (k->turns) yki_emit_tile_functions(e, k);
    range(e, k);
    levels(e, k);
    add(e, k->contract ? "" : "#ifdef YK_GCC\n#pragma GCC pop_options\n#endif\n\n");
}
