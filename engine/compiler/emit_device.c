/* emit_device: the OpenCL C that runs a kernel on a part of its range.
 *
 * The user's body becomes a function of one work-item; around it stands a kernel with the
 * parameters that yoke/kernel.h lays down: buffers that hold only a part of their
 * arrays, the part's box, the launch's sizes.  Uses nothing beyond OpenCL C 1.2.  One
 * source for each kernel, so that a kernel with double does not keep the others of its
 * file from a device without.  Called by emit_desc.c. */
#include "compiler/emit.h"
#include "compiler/support.h"

static void add(yki_emit *e, const char *s) { yki_text_add(e->out, s); }

static const char *elem_type(const yki_argument *a) { return yki_emit_kind(a->elem->kind, true); }
static const char *suffix(const yki_argument *a) { return yki_kind_suffix(a->elem->kind); }
static const char *word(const yki_argument *a)
{
    return a->use == YKI_USE_SUM ? "sum" : a->use == YKI_USE_MIN ? "min" : "max";
}
static bool unordered(const yki_argument *a) { return yki_use_reduces(a->use) && !a->ordered; }

static void named(yki_emit *e, const yki_type *t, const char *prefix, const char *name)
{
    yki_text text = {0};
    yki_text_printf(&text, "%s%s", prefix, name);
    if (text.failed) e->out->failed = true;
    yki_emit_decl(e, t, yki_text_get(&text));
    yki_text_free(&text);
}

/* ---- the body ---- */

static void body(yki_emit *e, const yki_kinfo *k)
{
    add(e, "static void yk_body(const yk_items yk_w");
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        add(e, ", ");
        if (a->ordered) {
            yki_text_printf(e->out, "%s%s *u_%s", k->lanes > 1 ? "" : "global ", elem_type(a),
                            a->var->name);
            continue;
        }
        named(e, a->var->type, "u_", a->var->name);
        if (unordered(a)) {
            yki_text_printf(e->out, ", local %s *yk_l_%s, const uint yk_u_%s", elem_type(a),
                            a->var->name, a->var->name);
        }
    }
    add(e, ")\n");
    e->indent = 0;
    yki_emit_stmt(e, k->func->body);
    add(e, "\n\n");
}

static void body_call(yki_emit *e, const yki_kinfo *k)
{
    add(e, "yk_body(yk_w");
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        const char *n = a->var->name;
        if (a->use == YKI_USE_SCALAR) yki_text_printf(e->out, ", u_%s", n);
        else if (a->ordered)
            yki_text_printf(e->out, k->lanes > 1 ? ", yk_acc_%s" : ", u_%s + yk_n * yk_x_%s", n, n);
        else if (unordered(a)) yki_text_printf(e->out, ", u_%s, yk_l_%s, yk_u_%s", n, n, n);
        else yki_text_printf(e->out, ", u_%s - yk_b_%s", n, n);
    }
    add(e, ");");
}

/* ---- the kernel ---- */

static void parameter(yki_emit *e, const yki_argument *a)
{
    const char *n = a->var->name;
    if (a->use == YKI_USE_SCALAR) {
        named(e, a->var->type->plain, "u_", n);
    } else if (a->ordered) {
        yki_text_printf(e->out, "global %s *u_%s, const ulong yk_x_%s", elem_type(a), n, n);
    } else if (unordered(a)) {
        yki_text_printf(
            e->out, "global %s *u_%s, local %s *yk_l_%s, const ulong yk_x_%s, const uint yk_u_%s",
            elem_type(a), n, elem_type(a), n, n, n);
    } else {
        named(e, a->var->type, "u_", n);
        yki_text_printf(e->out, ", const ulong yk_b_%s", n);
    }
    add(e, ",\n    ");
}

static void parameters(yki_emit *e, const yki_kinfo *k)
{
    add(e, "(\n    ");
    for (uint32_t i = 0; i < k->arg_count; i++) parameter(e, &k->arg[i]);
    for (uint32_t d = 0; d < k->dims; d++) {
        yki_text_printf(e->out,
                        "%sconst ulong yk_lo%u, const ulong yk_hi%u, const ulong yk_size%u, "
                        "const ulong yk_offset%u, const ulong yk_local%u",
                        d ? ",\n    " : "", d, d, d, d, d);
    }
    add(e, k->ordered ? ",\n    const ulong yk_block)\n{\n" : ")\n{\n");
}

static void launch_words(yki_emit *e, const yki_kinfo *k)
{
    add(e, "    yk_items yk_w;\n");
    yki_text_printf(e->out, "    yk_w.dims = %u;\n", k->dims);
    for (uint32_t d = 0; d < 3; d++) {
        if (d < k->dims) {
            yki_text_printf(e->out,
                            "    yk_w.size%u = yk_size%u;\n    yk_w.offset%u = yk_offset%u;\n"
                            "    yk_w.local%u = yk_local%u;\n",
                            d, d, d, d, d, d);
        } else {
            yki_text_printf(e->out,
                            "    yk_w.id%u = 0;\n    yk_w.size%u = 1;\n    yk_w.offset%u = 0;\n"
                            "    yk_w.local%u = 1;\n",
                            d, d, d, d);
        }
    }
}

static void condition(yki_emit *e, const yki_kinfo *k)
{
    for (uint32_t d = 0; d < k->dims; d++) {
        yki_text_printf(e->out, "    yk_w.id%u = yk_lo%u + get_global_id(%u);\n", d, d, d);
    }
    add(e, "    if (");
    for (uint32_t d = 0; d < k->dims; d++) {
        yki_text_printf(e->out, "%syk_w.id%u < yk_hi%u", d ? " && " : "", d, d);
    }
    add(e, ") ");
}

static void identity(yki_emit *e, const yki_argument *a)
{
    static const char *const most[YKI_T_KINDS] = {
        [YKI_T_INT] = "INT_MAX",    [YKI_T_UINT] = "UINT_MAX",
        [YKI_T_LONG] = "LONG_MAX",  [YKI_T_ULONG] = "ULONG_MAX",
        [YKI_T_FLOAT] = "INFINITY", [YKI_T_DOUBLE] = "(double)INFINITY"};
    static const char *const least[YKI_T_KINDS] = {
        [YKI_T_INT] = "INT_MIN", [YKI_T_UINT] = "0u",         [YKI_T_LONG] = "LONG_MIN",
        [YKI_T_ULONG] = "0ul",   [YKI_T_FLOAT] = "-INFINITY", [YKI_T_DOUBLE] = "-(double)INFINITY"};
    yki_type_kind t = a->elem->kind;
    if (a->use == YKI_USE_SUM) add(e, a->ordered ? (t == YKI_T_FLOAT ? "-0.0f" : "-0.0") : "0");
    else add(e, a->use == YKI_USE_MIN ? most[t] : least[t]);
}

static void local_size(yki_emit *e, const yki_kinfo *k)
{
    if (k->ordered) {
        yki_text_printf(e->out, "    const uint yk_lid = get_local_id(0), yk_lsz = %u;\n",
                        k->lanes);
        return;
    }
    add(e, "    const uint yk_lid = get_local_id(0)");
    if (k->dims > 1) add(e, " + get_local_size(0) * (get_local_id(1)");
    if (k->dims > 2) add(e, " + get_local_size(1) * get_local_id(2)");
    add(e, k->dims > 1 ? "),\n        yk_lsz = get_local_size(0)"
                       : ",\n        yk_lsz = get_local_size(0)");
    for (uint32_t d = 1; d < k->dims; d++) yki_text_printf(e->out, " * get_local_size(%u)", d);
    add(e, ";\n");
}

static bool any_unordered(const yki_kinfo *k)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        if (unordered(&k->arg[i])) return true;
    }
    return false;
}

static void open_bins(yki_emit *e, const yki_kinfo *k)
{
    local_size(e, k);
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (!unordered(a)) continue;
        yki_text_printf(
            e->out,
            "    if (yk_u_%s) for (ulong yk_i = yk_lid; yk_i < yk_x_%s; yk_i += yk_lsz) yk_l_%s[yk_i] = ",
            a->var->name, a->var->name, a->var->name);
        identity(e, a);
        add(e, ";\n");
    }
    add(e, "    barrier(CLK_LOCAL_MEM_FENCE);\n");
}

static void close_bins(yki_emit *e, const yki_kinfo *k)
{
    add(e, "    barrier(CLK_LOCAL_MEM_FENCE);\n");
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        const char *n = a->var->name;
        if (!unordered(a)) continue;
        yki_text_printf(
            e->out,
            "    if (yk_u_%s) for (ulong yk_i = yk_lid; yk_i < yk_x_%s; yk_i += yk_lsz) {\n"
            "        if (yk_l_%s[yk_i] != ",
            n, n, n);
        identity(e, a);
        yki_text_printf(e->out, ") yk_%s_%s(yk_l_%s, u_%s, 0u, yk_i, yk_l_%s[yk_i]);\n    }\n",
                        word(a), suffix(a), n, n, n);
    }
}

static void plain_kernel(yki_emit *e, const yki_kinfo *k)
{
    bool bins = any_unordered(k);
    if (bins) open_bins(e, k);
    launch_words(e, k);
    condition(e, k);
    body_call(e, k);
    add(e, "\n");
    if (bins) close_bins(e, k);
    add(e, "}\n");
}

/* ---- ordered sums: one work-group a block ---- */

/* Addition with denormals.  Devices need not have them; the room that builds programs
 * defines YK_FLUSHES where one has not.  Below 2^-100 both are whole multiples of 2^-149 of
 * at most 49 bits, and are added as such; from there on a denormal is less than half a unit
 * in the last place, and cancellation leaves a normal number or zero. */
static const char plus_f32[] =
    "#ifdef YK_FLUSHES\n"
    "static long yk_units(float v)\n{\n"
    "    uint b = as_uint(v), e = b >> 23 & 255u, m = b & 0x7fffffu;\n"
    "    long u = e ? (long)(m | 0x800000u) << (e - 1) : (long)m;\n"
    "    return b >> 31 ? -u : u;\n}\n"
    "static float yk_plus_f32(float a, float b)\n{\n"
    "    if (max(as_uint(a) & 0x7fffffffu, as_uint(b) & 0x7fffffffu) >= 0x0d800000u) return a + b;\n"
    "    long s = yk_units(a) + yk_units(b);\n"
    "    ulong n = s < 0 ? -s : s;\n"
    "    uint sign = s < 0 ? 0x80000000u : s ? 0u : as_uint(a) & as_uint(b) & 0x80000000u;\n"
    "    if (n < 0x800000u) return as_float((uint)n | sign);\n"
    "    return as_float((as_uint(convert_float_rte(n)) - (149u << 23)) | sign);\n}\n"
    "#else\n"
    "#define yk_plus_f32(a, b) ((a) + (b))\n"
    "#endif\n";
static const char plus_f64[] =
    "#define yk_plus_f64(a, b) ((a) + (b))\n";

static void additions(yki_emit *e, const yki_kinfo *k)
{
    bool single = false, twice = false;
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (!a->ordered) continue;
        if (a->elem->kind == YKI_T_FLOAT) single = true;
        else twice = true;
    }
    const char *space = k->lanes > 1 ? "" : "global "; /* where a lane keeps its results */
    if (single) {
        add(e, plus_f32);
        yki_text_printf(e->out, "static void yk_add_f32(%sfloat *a, float b) "
                        "{ *a = yk_plus_f32(*a, b); }\n", space);
    }
    if (twice) {
        add(e, plus_f64);
        yki_text_printf(e->out, "static void yk_add_f64(%sdouble *a, double b) "
                        "{ *a = yk_plus_f64(*a, b); }\n", space);
    }
}

static void open_lanes(yki_emit *e, const yki_kinfo *k)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        const char *n = a->var->name;
        if (!a->ordered) continue;
        if (k->lanes > 1) {
            yki_text_printf(e->out,
                            "    local %s yk_t_%s[%u];\n    %s yk_acc_%s[%u];\n"
                            "    for (uint yk_i = 0; yk_i < %u; yk_i++) yk_acc_%s[yk_i] = ",
                            elem_type(a), n, k->lanes, elem_type(a), n, a->fixed, a->fixed, n);
        } else {
            yki_text_printf(
                e->out,
                "    for (ulong yk_i = 0; yk_i < yk_x_%s; yk_i++) u_%s[yk_n * yk_x_%s + yk_i] = ",
                n, n, n);
        }
        identity(e, a);
        add(e, ";\n");
    }
}

static void close_lanes(yki_emit *e, const yki_kinfo *k)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        const char *n = a->var->name;
        if (!a->ordered || k->lanes == 1) continue;
        yki_text_printf(
            e->out,
            "    for (uint yk_i = 0; yk_i < %u; yk_i++) {\n"
            "        yk_t_%s[yk_lane] = yk_acc_%s[yk_i];\n"
            "        for (uint yk_h = %u; yk_h; yk_h /= 2) {\n"
            "            barrier(CLK_LOCAL_MEM_FENCE);\n"
            "            if (yk_lane < yk_h)\n"
            "                yk_t_%s[yk_lane] = yk_plus_%s(yk_t_%s[yk_lane], yk_t_%s[yk_lane + yk_h]);\n"
            "        }\n"
            "        if (yk_lane == 0) u_%s[yk_n * yk_x_%s + yk_i] = yk_t_%s[0];\n"
            "        barrier(CLK_LOCAL_MEM_FENCE);\n"
            "    }\n",
            a->fixed, n, n, k->lanes / 2, n, suffix(a), n, n, n, n, n);
        yki_text_printf(
            e->out,
            "    for (ulong yk_i = %u + yk_lane; yk_i < yk_x_%s; yk_i += %u) u_%s[yk_n * yk_x_%s + yk_i] = ",
            a->fixed, n, k->lanes, n, n);
        identity(e, a);
        add(e, ";\n");
    }
}

static void ordered_loops(yki_emit *e, const yki_kinfo *k)
{
    for (uint32_t d = k->dims; d-- > 0;) {
        bool axis = d == k->axis;
        yki_text_printf(e->out, "    for (yk_w.id%u = %s%u%s; yk_w.id%u < %s%u; yk_w.id%u += %u)\n",
                        d, axis ? "yk_from" : "yk_lo", d, d == 0 ? " + yk_lane" : "", d,
                        axis ? "yk_to" : "yk_hi", d, d, d == 0 ? k->lanes : 1);
    }
    add(e, "        ");
    body_call(e, k);
    add(e, "\n");
}

static void ordered_kernel(yki_emit *e, const yki_kinfo *k)
{
    bool bins = any_unordered(k);
    yki_text_printf(
        e->out,
        "    const uint yk_lane = get_local_id(0);\n    const ulong yk_n = get_group_id(0);\n"
        "    const ulong yk_from%u = yk_lo%u + yk_n * yk_block;\n"
        "    const ulong yk_to%u = min(yk_hi%u, yk_from%u + yk_block);\n",
        k->axis, k->axis, k->axis, k->axis, k->axis);
    open_lanes(e, k);
    if (bins) open_bins(e, k);
    launch_words(e, k);
    ordered_loops(e, k);
    close_lanes(e, k);
    if (bins) close_bins(e, k);
    add(e, "}\n");
}

/* ---- the source ---- */

static void extensions(yki_emit *e, const yki_kinfo *k)
{
    if (k->func->uses_fp64) add(e, "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n");
    if (k->atomic64) {
        add(e, "#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable\n"
               "#pragma OPENCL EXTENSION cl_khr_int64_extended_atomics : enable\n");
    }
    if (!k->contract) add(e, "#pragma OPENCL FP_CONTRACT OFF\n");
}

/* The smaller or larger of two floats as bits.  In integers, since a device may take
 * denormals for zeros: NaN is skipped, and -0 is less than +0. */
static void pick(yki_emit *e, const yki_argument *a)
{
    bool wide = a->elem->size == 8;
    const char *t = wide ? "double" : "float", *i = wide ? "long" : "int",
               *u = wide ? "ulong" : "uint";
    const char *most = wide ? "0x7fffffffffffffffL" : "0x7fffffff";
    const char *inf = wide ? "0x7ff0000000000000L" : "0x7f800000";
    int sign = wide ? 63 : 31;
    yki_text_printf(
        e->out,
        "static %s yk_pick_%s_%s(%s o, %s b)\n{\n    %s p = as_%s(o), q = as_%s(b);\n"
        "    if ((q & %s) > %s) return as_%s(p);\n    if ((p & %s) > %s) return as_%s(q);\n"
        "    return as_%s((q ^ (q >> %d & %s)) %s (p ^ (p >> %d & %s)) ? q : p);\n}\n",
        u, word(a), suffix(a), t, t, i, i, i, most, inf, u, most, inf, u, u, sign, most,
        a->use == YKI_USE_MIN ? "<" : ">", sign, most);
}

/* The update functions of the unordered reductions that occur. */
static void updates(yki_emit *e, const yki_kinfo *k)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        bool seen = false;
        for (uint32_t j = 0; j < i; j++) {
            const yki_argument *b = &k->arg[j];
            seen = seen || (unordered(b) && b->use == a->use && b->elem == a->elem);
        }
        if (!unordered(a) || seen) continue;
        const char *t = elem_type(a), *at = a->elem->size == 8 ? "atom" : "atomic";
        if (!yki_type_is_float(a->elem)) {
            const char *op = a->use == YKI_USE_SUM ? "add" : word(a);
            yki_text_printf(
                e->out,
                "static void yk_%s_%s(local %s *l, global %s *g, uint use_local, ulong e, %s v)\n{\n"
                "    if (use_local) %s_%s(&l[e], v);\n    else %s_%s(&g[e], v);\n}\n",
                word(a), suffix(a), t, t, t, at, op, at, op);
            continue;
        }
        const char *u = a->elem->size == 8 ? "ulong" : "uint";
        pick(e, a);
        yki_text_printf(
            e->out,
            "static void yk_%s_%s(local %s *l, global %s *g, uint use_local, ulong e, %s v)\n{\n",
            word(a), suffix(a), t, t, t);
        for (int side = 0; side < 2; side++) {
            const char *space = side ? "global" : "local", *p = side ? "g" : "l";
            yki_text_printf(
                e->out,
                "    %s {\n        volatile %s %s *p = (volatile %s %s *)&%s[e];\n"
                "        %s old = *p, seen;\n"
                "        for (;;) {\n            %s next = yk_pick_%s_%s(as_%s(old), v);\n"
                "            if (next == old) break;\n            seen = %s_cmpxchg(p, old, next);\n"
                "            if (seen == old) break;\n            old = seen;\n        }\n    }\n",
                side ? "else" : "if (use_local)", space, u, space, u, p, u, u, word(a), suffix(a),
                t, at);
        }
        add(e, "}\n");
    }
}

void yki_emit_device(yki_back *b, yki_kinfo *k, yki_text *out)
{
    yki_emit e = {.b = b, .out = out, .k = k, .device = true};
    extensions(&e, k);
    for (const char *const *s = yki_support_device; *s; s++) yki_text_add(out, *s);
    yki_emit_records(&e, false);
    yki_emit_constants(&e);
    yki_emit_helpers(&e);
    updates(&e, k);
    additions(&e, k);
    body(&e, k);
    yki_text_printf(out, "kernel void yk_kernel_%s", k->func->name);
    parameters(&e, k);
    if (k->ordered) ordered_kernel(&e, k);
    else plain_kernel(&e, k);
}
