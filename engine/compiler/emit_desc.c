/* emit_desc: the descriptor of a kernel and the functions that launch it, as C, and the
 * header that declares them.  Called by emit_source.c and compile.c. */
#include "compiler/emit.h"

#include <string.h>

static void add(yki_emit *e, const char *s) { yki_text_add(e->out, s); }

/* ---- arguments as a C program sees them ---- */

static void public_decl(yki_emit *e, const yki_argument *a)
{
    if (a->use == YKI_USE_SCALAR) {
        yki_emit_decl(e, a->var->type->plain, a->public_name);
        return;
    }
    if (!a->written && !yki_use_reduces(a->use)) add(e, "const ");
    yki_emit_decl(e, a->elem, "*");
    add(e, a->public_name);
}

static void parameters(yki_emit *e, const yki_kinfo *k)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        add(e, ", ");
        public_decl(e, &k->arg[i]);
    }
}

static void args_struct(yki_emit *e, const yki_kinfo *k)
{
    yki_text_printf(e->out, "struct %s%s_args {\n", e->b->prefix, k->func->name);
    for (uint32_t i = 0; i < k->arg_count; i++) {
        add(e, "    ");
        public_decl(e, &k->arg[i]);
        add(e, ";\n");
    }
    if (k->arg_count == 0) add(e, "    char yk_none;\n");
    add(e, "};\n");
}

/* The four functions that launch a kernel. */
typedef struct launcher {
    const char *suffix, *says;      /* says: its comment; NULL: run_comment */
    bool opts, event;               /* which parameters it has beside the arguments */
} launcher;

static const launcher launchers[] = {
    {"run", NULL, false, false},
    {"run_opts", "The same with devices, policy, deadline and report.", true, false},
    {"submit", "The same without waiting; see yk_submit.", false, true},
    {"submit_opts", "The same with devices, policy, deadline, report and what it comes after.",
     true, true}};

static void prototype(yki_emit *e, const yki_kinfo *k, const launcher *l)
{
    yki_text_printf(e->out, "yk_status %s%s_%s(yk_engine *yk_e%s, yk_range yk_r", e->b->prefix,
                    k->func->name, l->suffix, l->opts ? ", const yk_run_opts *yk_o" : "");
    parameters(e, k);
    add(e, l->event ? ", yk_event **yk_ev)" : ")");
}

/* ---- the header ---- */

static void run_comment(yki_emit *e, const yki_kinfo *k)
{
    static const char *const word[] = {"", "read", "written", "read and written", "added to",
                                       "takes minima", "takes maxima"};
    yki_text_printf(e->out, "/* %s over a range of %u dimension%s, split along dimension %u.\n",
                    k->func->name, k->dims, k->dims > 1 ? "s" : "", k->axis);
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        if (a->use != YKI_USE_SCALAR)
            yki_text_printf(e->out, " * %s: %s.\n", a->public_name, word[a->use]);
    }
    add(e, " * Blocks until the results are in the arrays; errors as yk_launch. */\n");
}

static void declare_kernel(yki_emit *e, const yki_kinfo *k)
{
    args_struct(e, k);
    add(e, "\n");
    for (size_t i = 0; i < YKI_COUNT(launchers); i++) {
        if (launchers[i].says) yki_text_printf(e->out, "/* %s */\n", launchers[i].says);
        else run_comment(e, k);
        prototype(e, k, &launchers[i]);
        add(e, ";\n");
    }
    yki_text_printf(e->out, "extern const yk_kernel %s%s_kernel;\n\n", e->b->prefix, k->func->name);
}

void yki_emit_header(yki_back *b, const char *guard, yki_text *out)
{
    yki_emit e = {.b = b, .out = out};
    yki_text_printf(out,
                    "/* Written by yokec; do not edit. */\n#ifndef %s\n#define %s\n\n"
                    "#include <stddef.h>\n#include <stdint.h>\n#include <yoke/kernel.h>\n"
                    "#include <yoke/run.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
                    guard, guard);
    yki_emit_records(&e, true);
    for (const yki_kinfo *k = b->kernels; k; k = k->next) declare_kernel(&e, k);
    yki_text_printf(out, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}

/* ---- the descriptor ---- */

static const char *type_code(const yki_type *t)
{
    static const char *const codes[YKI_T_KINDS] = {
        [YKI_T_BOOL] = "YK_T_U8",   [YKI_T_CHAR] = "YK_T_I8",   [YKI_T_UCHAR] = "YK_T_U8",
        [YKI_T_SHORT] = "YK_T_I16", [YKI_T_USHORT] = "YK_T_U16", [YKI_T_INT] = "YK_T_I32",
        [YKI_T_UINT] = "YK_T_U32",  [YKI_T_LONG] = "YK_T_I64",  [YKI_T_ULONG] = "YK_T_U64",
        [YKI_T_FLOAT] = "YK_T_F32", [YKI_T_DOUBLE] = "YK_T_F64"};
    const char *c = codes[t->kind];
    return c ? c : "YK_T_OTHER";
}

static void argument_table(yki_emit *e, const yki_kinfo *k)
{
    static const char *const modes[] = {"SCALAR", "IN", "OUT", "INOUT", "SUM", "MIN", "MAX"};
    const char *p = e->b->prefix, *n = k->func->name;
    if (!k->arg_count) return;
    yki_text_printf(e->out, "static const yk_arg yk_args_%s[] = {\n", n);
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        yki_text_printf(
            e->out,
            "    {\"%s\", YK_MODE_%s, %s, %d, 0, %llu,\n     offsetof(struct %s%s_args, %s), 0},\n",
            a->var->name, modes[a->use], type_code(a->elem), a->ordered,
            (unsigned long long)a->elem->size, p, n, a->public_name);
    }
    add(e, "};\n");
}

/* C wants string literals of at most 4095 characters: one for each line, in an array of
 * characters where they add up to more. */
static void literal(yki_emit *e, const char *s)
{
    add(e, "    \"");
    for (; *s; s++) {
        if (*s == '\n') add(e, s[1] ? "\\n\"\n    \"" : "\\n");
        else if (*s == '"' || *s == '\\') yki_text_printf(e->out, "\\%c", *s);
        else if (*s == '?') add(e, "\\?");
        else yki_text_add_n(e->out, s, 1);
    }
    add(e, "\"");
}

static void device_table(yki_emit *e, yki_kinfo *k)
{
    yki_text source = {0};
    const char *n = k->func->name;
    yki_emit_device(e->b, k, &source);
    if (source.failed) e->out->failed = true;
    yki_text_printf(e->out, "static const char yk_source_%s[] =\n", n);
    literal(e, yki_text_get(&source));
    yki_text_printf(
        e->out,
        ";\nstatic const yk_device_table yk_device_%s = {\n"
        "    .abi = YK_KERNEL_ABI,\n    .size = sizeof(yk_device_table),\n"
        "    .source = yk_source_%s,\n    .entry = \"yk_kernel_%s\",\n    .options = %s,\n};\n\n",
        n, n, n, "\"-cl-std=CL1.2\"");
    yki_text_free(&source);
}

static void flags(yki_emit *e, const yki_kinfo *k)
{
    yki_text_printf(
        e->out, "%s%s%s%s%s0", e->check ? "YK_KERNEL_CHECKED | " : "",
        k->func->uses_fp64 ? "YK_KERNEL_FP64 | " : "", k->whole ? "YK_KERNEL_WHOLE | " : "",
        k->atomic64 ? "YK_KERNEL_ATOMIC64 | " : "", k->ordered ? "YK_KERNEL_ORDERED | " : "");
}

static void define_launcher(yki_emit *e, const yki_kinfo *k, const launcher *l)
{
    const char *p = e->b->prefix, *n = k->func->name;
    prototype(e, k, l);
    yki_text_printf(
        e->out, "\n{\n    struct %s%s_args yk_a;\n    __builtin_memset(&yk_a, 0, sizeof yk_a);\n",
        p, n);
    for (uint32_t i = 0; i < k->arg_count; i++)
        yki_text_printf(e->out, "    yk_a.%s = %s;\n", k->arg[i].public_name,
                        k->arg[i].public_name);
    yki_text_printf(e->out, "    return yk_%s(yk_e, &%s%s_kernel, &yk_r, &yk_a, %s%s);\n}\n",
                    l->event ? "submit" : "launch", p, n, l->opts ? "yk_o" : "0",
                    l->event ? ", yk_ev" : "");
}

void yki_emit_table(yki_emit *e, yki_kinfo *k, uint64_t hash)
{
    const char *p = e->b->prefix, *n = k->func->name;
    const uint32_t *g = k->func->reqd_group;
    argument_table(e, k);
    device_table(e, k);
    yki_text_printf(
        e->out,
        "const yk_kernel %s%s_kernel = {\n    .abi = YK_KERNEL_ABI,\n"
        "    .size = sizeof(yk_kernel),\n    .name = \"%s\",\n"
        "    .hash = UINT64_C(0x%016llx),\n    .flags = ",
        p, n, n, (unsigned long long)hash);
    flags(e, k);
    yki_text_printf(
        e->out,
        ",\n    .dims = %u,\n    .axis = %u,\n    .align = %u,\n    .lanes = %u,\n"
        "    .n_args = %u,\n    .args = %s%s,\n    .args_size = sizeof(struct %s%s_args),\n"
        "    .required_local = {%u, %u, %u},\n    .shape = yk_shape_%s,\n    .host = &yk_host_%s,\n"
        "    .device = &yk_device_%s,\n};\n\n",
        k->dims, k->axis, k->align, k->lanes, k->arg_count, k->arg_count ? "yk_args_" : "0",
        k->arg_count ? n : "", p, n, g[0], g[1], g[2], n, n, n);
    for (size_t i = 0; i < YKI_COUNT(launchers); i++) define_launcher(e, k, &launchers[i]);
    add(e, "\n");
}
