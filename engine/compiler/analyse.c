/* analyse: runs the passes of the back half over every kernel of a unit.  Called by
 * compile.c; reports through the unit's diagnostics. */
#include "compiler/emit.h"

#include <string.h>

/* Words that C or C++ keep for themselves and OpenCL C does not. */
static const char *const reserved_words[] = {
    "alignas", "alignof", "and", "and_eq", "asm", "bitand", "bitor", "catch", "char8_t",
    "char16_t", "char32_t", "class", "co_await", "co_return", "co_yield", "compl", "concept",
    "const_cast", "consteval", "constexpr", "constinit", "decltype", "delete", "dynamic_cast",
    "explicit", "export", "friend", "mutable", "namespace", "new", "noexcept", "not", "not_eq",
    "nullptr", "operator", "or", "or_eq", "private", "protected", "public", "register",
    "reinterpret_cast", "requires", "static_assert", "static_cast", "template", "this",
    "thread_local", "throw", "try", "typeid", "typename", "using", "virtual", "wchar_t", "xor",
    "xor_eq", "typeof", "auto", "range", "engine", "event", "opts", "linux", "unix", "errno",
    "NULL"};

const char *yki_public_name(yki_back *b, const char *name)
{
    for (size_t i = 0; i < YKI_COUNT(reserved_words); i++) {
        if (strcmp(name, reserved_words[i])) continue;
        char *s = yki_arena_alloc(b->arena, strlen(name) + 2);
        if (s) memcpy(s, name, strlen(name)), s[strlen(name)] = '_';
        return s;
    }
    return name;
}

/* Contraction needs every function on the way to allow it. */
static bool contracts(const yki_func *f, unsigned depth)
{
    if (f->contract == YKI_CONTRACT_OFF) return false;
    for (uint32_t i = 0; depth && i < f->call_count; i++) {
        if (!contracts(f->calls[i], depth - 1)) return false;
    }
    return true;
}

static bool arguments(yki_back *b, yki_kinfo *k)
{
    for (const yki_var *p = k->func->params; p; p = p->next) {
        if (k->arg_count == YKI_MAX_ARGS) {
            yki_error(b->diags, p->pos, "a kernel takes at most %d arguments", YKI_MAX_ARGS);
            return false;
        }
        yki_argument *a = &k->arg[k->arg_count++];
        bool array = p->type->kind == YKI_T_POINTER;
        a->var = p;
        a->elem = array ? p->type->elem->plain : p->type->plain;
        a->use = array ? YKI_USE_IN : YKI_USE_SCALAR;
        a->public_name = yki_public_name(b, p->name);
    }
    return true;
}

static void dimensions(yki_kinfo *k)
{
    if (k->func->item_count > k->dims) k->dims = k->func->item_count;
    for (uint32_t d = 0; d < 3; d++) {
        if (k->func->reqd_group[d] > 1 && k->dims <= d) k->dims = d + 1;
    }
    k->unsure_dims = k->dims == 0;
    if (k->dims == 0) k->dims = 1;
}

static void analyse_kernel(yki_back *b, const yki_func *f)
{
    size_t before = yki_diags_errors(b->diags);
    yki_kinfo *k = yki_arena_alloc(b->arena, sizeof *k);
    if (!k) return;
    k->func = f;
    k->syms.arena = b->arena;
    k->contract = contracts(f, 16);
    if (!arguments(b, k)) return;
    yki_walk_kernel(b, k);
    dimensions(k);
    yki_modes(b, k);
    if (yki_diags_errors(b->diags) == before) yki_windows(b, k);
    yki_kinfo **end = &b->kernels;
    while (*end) end = &(*end)->next;
    *end = k;
}

yk_status yki_analyse(yki_back *b)
{
    for (const yki_func *f = b->program->funcs; f; f = f->next) {
        if (f->is_kernel && !b->arena->failed && !yki_diags_full(b->diags)) analyse_kernel(b, f);
    }
    if (b->arena->failed) return YK_E_NOMEM;
    return yki_diags_errors(b->diags) ? YK_E_BUILD : YK_OK;
}
