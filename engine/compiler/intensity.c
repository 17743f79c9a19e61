/* intensity: is a kernel bound by memory, judged by its text?
 *
 * A few operations for each element read, no loop, no function of the maths library:
 * such a kernel waits for memory whatever the width of its vectors, and the widest ones
 * then cost on some cores (a dot product ran a fifth slower with 512 bits than with 256).
 * Called by the host's emitter.  Pure. */
#include <string.h>

#include "compiler/emit.h"

static bool light_function(const yki_func *f);

/* Maths that is an instruction or two. */
static bool light_builtin(const yki_builtin *b)
{
    static const char *const light[] = {"fabs", "fma",  "mad",    "fmin",  "fmax",
                                        "sqrt", "rint", "floor",  "ceil",  "trunc",
                                        "copysign", "native_sqrt", "half_sqrt"};
    if (b->cls != YKI_B_MATH) return true;
    for (size_t i = 0; i < sizeof light / sizeof light[0]; i++) {
        if (strcmp(b->name, light[i]) == 0) return true;
    }
    return false;
}

static bool light_expr(const yki_expr *x)
{
    if (!x) return true;
    if (x->builtin && !light_builtin(x->builtin)) return false;
    if (x->kind == YKI_EX_CALL && x->func && !light_function(x->func)) return false;
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (!light_expr(x->args[i])) return false;
    }
    return light_expr(x->a) && light_expr(x->b) && light_expr(x->c);
}

static bool light_stmt(const yki_stmt *s)
{
    for (; s; s = s->next) {
        if (s->kind == YKI_ST_FOR || s->kind == YKI_ST_WHILE || s->kind == YKI_ST_DO) return false;
        if (!light_expr(s->expr) || !light_expr(s->step)) return false;
        if (s->kind == YKI_ST_DECL) {
            for (const yki_var *v = s->vars; v; v = v->next) {
                if (!light_expr(v->init)) return false;
            }
        }
        if (!light_stmt(s->first) || !light_stmt(s->init)) return false;
        if (!light_stmt(s->body) || !light_stmt(s->other)) return false;
    }
    return true;
}

/* Recursion was refused, so this ends. */
static bool light_function(const yki_func *f) { return light_stmt(f->body); }

bool yki_bound_by_memory(const yki_kinfo *k) { return light_function(k->func); }
