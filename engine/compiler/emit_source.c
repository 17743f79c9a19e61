/* emit_source: puts a .yk.c together.  Called by compile.c. */
#include "compiler/emit.h"
#include "compiler/support.h"

/* FNV-1a over everything that shapes the code. */
static uint64_t hash_text(const yki_text *t, size_t from)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    const char *s = yki_text_get(t);
    for (size_t i = from; !t->failed && i < t->len; i++) h = (h ^ (uint8_t)s[i]) * UINT64_C(0x100000001b3);
    return h;
}

static void record_checks(yki_emit *e)
{
    for (const yki_record *r = e->b->program->records; r; r = r->next) {
        if (!yki_record_public(e->b, r)) continue;
        yki_text_add(e->out, "_Static_assert(sizeof(");
        yki_emit_type(e, r->type);
        yki_text_printf(e->out,
                        ") == %llu, \"a struct has another layout here than on devices\");\n",
                        (unsigned long long)r->type->size);
    }
}

/* Where the C compiler contracts within a function as written, helpers follow the
 * strictest of the kernels. */
static bool all_contract(const yki_back *b)
{
    for (const yki_kinfo *k = b->kernels; k; k = k->next) {
        if (!k->contract) return false;
    }
    return true;
}

void yki_emit_source(yki_back *b, const char *header, bool check, yki_text *out)
{
    yki_text code = {0};
    yki_emit e = {.b = b, .out = &code, .check = check};
    yki_emit_records(&e, false);
    record_checks(&e);
    yki_emit_constants(&e);
    yki_text_add(&code, all_contract(b) ? "YK_CONTRACT_FAST\n" : "YK_CONTRACT_OFF\n");
    yki_emit_helpers(&e);
    for (yki_kinfo *k = b->kernels; k; k = k->next) {
        size_t from = code.len;
        yki_emit_range(&e, k);
        yki_emit_shape(&e, k);
        uint64_t hash = hash_text(&code, from);
        yki_emit_table(&e, k, hash);
    }
    yki_text_printf(
        out,
        "/* Written by yokec; do not edit. */\n#include \"%s\"\n\n#include <stddef.h>\n#include <stdint.h>\n\n",
        header);
    if (check) yki_text_add(out, "#define YK_CHECK 1\n#include <stdio.h>\n#include <stdlib.h>\n");
    for (const char *const *s = yki_support_host; *s; s++) yki_text_add(out, *s);
    e.out = out;
    yki_emit_preamble(&e);
    yki_text_add(out, "\n");
    yki_text_add(out, yki_text_get(&code));
    if (code.failed) out->failed = true;
    yki_text_free(&code);
}
