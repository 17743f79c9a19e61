/* compile: runs front end, analysis and emitters; see compile.h. */
#include "compiler/compile.h"
#include "compiler/emit.h"

#include <ctype.h>
#include <string.h>

static bool identifier(const char *s)
{
    if (isdigit((unsigned char)*s)) return false;
    for (; *s; s++) {
        if (!isalnum((unsigned char)*s) && *s != '_') return false;
    }
    return true;
}

/* "YK_D_SAXPY_YK_H" for prefix d_ and saxpy.yk.h. */
static void guard_name(const char *prefix, const char *header, yki_text *out)
{
    yki_text_printf(out, "YK_%s%s", prefix, header);
    for (size_t i = 0; !out->failed && i < out->len; i++) {
        out->data[i] = (char)(isalnum((unsigned char)out->data[i])
                                  ? toupper((unsigned char)out->data[i])
                                  : '_');
    }
}

static yk_status emit(yki_result *out, yki_back *b, const yki_compile_opts *o)
{
    yki_text guard = {0};
    if (o->header) {
        guard_name(b->prefix, o->header, &guard);
        yki_emit_header(b, yki_text_get(&guard), &out->header);
        yki_emit_source(b, o->header, o->check, &out->source);
    }
    yki_emit_explain(b, &out->explain);
    for (yki_kinfo *k = b->kernels; k; k = k->next, out->kernels++) {
        yki_text_printf(&out->device, "%s/* kernel %s */\n", out->kernels ? "\n" : "",
                        k->func->name);
        yki_emit_device(b, k, &out->device);
    }
    bool failed = guard.failed || out->header.failed || out->source.failed || out->explain.failed ||
                  out->device.failed || b->arena->failed;
    yki_text_free(&guard);
    return failed ? YK_E_NOMEM : YK_OK;
}

static yk_status analyse(yki_result *out, const yki_compile_opts *o)
{
    yki_back b = {.unit = out->unit,
                  .arena = yki_unit_arena(out->unit),
                  .diags = yki_unit_diags(out->unit),
                  .program = yki_unit_program(out->unit),
                  .prefix = o->prefix ? o->prefix : ""};
    if (b.program->kernel_count == 0) {
        yki_error(b.diags, (yki_pos){0}, "%s: no kernel in this file", o->front.path);
        return YK_E_BUILD;
    }
    yk_status st = yki_analyse(&b);
    return st == YK_OK ? emit(out, &b, o) : st;
}

yk_status yki_compile(yki_result *out, const yki_compile_opts *o)
{
    *out = (yki_result){0};
    if (o->prefix && !identifier(o->prefix)) return YK_E_INVALID;
    yk_status st = yki_unit_open(&out->unit);
    if (st == YK_OK) st = yki_front_run(out->unit, &o->front);
    if (st == YK_OK) st = analyse(out, o);
    if (out->unit) yki_diags_render(yki_unit_diags(out->unit), &out->messages);
    return out->messages.failed ? YK_E_NOMEM : st;
}

void yki_result_close(yki_result *r)
{
    if (!r) return;
    yki_text_free(&r->header);
    yki_text_free(&r->source);
    yki_text_free(&r->explain);
    yki_text_free(&r->device);
    yki_text_free(&r->messages);
    yki_unit_close(&r->unit);
}
