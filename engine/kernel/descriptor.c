/* Is a descriptor one that this library understands?
 *
 * Descriptors come from users' binaries, older and newer ones than this library, or
 * from somebody's hand.  What is checked here once is relied upon by every other file.
 * Called by yki_call_init.  Pure; any thread. */
#include "kernel_int.h"

#include <stdio.h>
#include <string.h>

yk_status yki_call_fail(yk_diag *diag, yk_status status, const yk_kernel *kernel,
                        const char *argument, const char *format, ...)
{
    if (!diag) return status;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *name = kernel && kernel->name ? kernel->name : "kernel";
    if (argument) yki_fail(diag, status, "%s: argument %s: %s", name, argument, text);
    else yki_fail(diag, status, "%s: %s", name, text);
    yki_copy_text(diag->kernel, sizeof diag->kernel, name);
    if (argument) yki_copy_text(diag->argument, sizeof diag->argument, argument);
    return status;
}

size_t yki_type_size(unsigned type)
{
    static const uint8_t size[] = {
        [YK_T_I8] = 1,  [YK_T_U8] = 1,  [YK_T_I16] = 2, [YK_T_U16] = 2, [YK_T_I32] = 4,
        [YK_T_U32] = 4, [YK_T_I64] = 8, [YK_T_U64] = 8, [YK_T_F32] = 4, [YK_T_F64] = 8,
    };
    return type < YKI_COUNT(size) ? size[type] : 0;
}

/* The first release's size of each struct.  Smaller is malformed; fields that later
 * releases append are absent in binaries of this size. */
#define SIZE_UP_TO(type, field) (offsetof(type, field) + sizeof((type){0}.field))
#define KERNEL_SIZE_1 SIZE_UP_TO(yk_kernel, device)
#define HOST_SIZE_1 SIZE_UP_TO(yk_host_table, fn[0])
#define DEVICE_SIZE_1 SIZE_UP_TO(yk_device_table, options)

static yk_status check_table(const yk_kernel *k, const char *what, uint32_t abi, uint32_t size,
                             size_t least, yk_diag *diag)
{
    if (abi != YK_KERNEL_ABI) {
        return yki_call_fail(diag, YK_E_UNSUPPORTED, k, NULL,
                             "its %s has abi %u; this library knows abi %u", what, abi,
                             YK_KERNEL_ABI);
    }
    if (size < least) {
        return yki_call_fail(diag, YK_E_UNSUPPORTED, k, NULL,
                             "its %s has %u bytes; abi %u has at least %zu", what, size, abi,
                             least);
    }
    return YK_OK;
}

static yk_status check_tables(const yk_kernel *k, yk_diag *diag)
{
    if (!k->host || !k->shape || !k->name || (k->n_args && !k->args)) {
        return yki_call_fail(diag, YK_E_INVALID, k, NULL,
                             "the descriptor lacks a name, arguments, shape or host functions");
    }
    yk_status st = check_table(k, "host table", k->host->abi, k->host->size, HOST_SIZE_1, diag);
    if (st == YK_OK && k->device) {
        st = check_table(k, "device table", k->device->abi, k->device->size, DEVICE_SIZE_1, diag);
    }
    if (st != YK_OK) return st;
    if (!k->host->fn[0]) {
        return yki_call_fail(diag, YK_E_INVALID, k, NULL, "there is no generic host function");
    }
    if (k->device && (!k->device->source || !k->device->entry)) {
        return yki_call_fail(diag, YK_E_INVALID, k, NULL,
                             "the device table lacks a source or an entry");
    }
    return YK_OK;
}

/* ---- work-groups ---- */

/* Tables of binaries older than these fields end before them. */
static bool has_groups(const yk_device_table *t)
{
    return t && t->size >= SIZE_UP_TO(yk_device_table, tile);
}

/* What is wrong with a device table's groups, NULL if nothing. */
static const char *group_fault(const yk_kernel *k)
{
    const yk_device_table *t = k->device;
    size_t groups = 0, tiles = 0, items = 1, ids = 1;
    if (!has_groups(t)) return NULL;
    for (uint32_t d = 0; d < YK_MAX_DIMS; d++) {
        if (d >= k->dims && (t->group[d] > 1 || t->tile[d] > 1)) return "in a dimension too many";
        if (d >= k->dims) continue;
        groups += t->group[d] != 0;
        tiles += t->tile[d] != 0;
        if (!yki_mul(items, yki_max(t->group[d], 1), &items) ||
            !yki_mul(ids, yki_max(t->tile[d], 1), &ids))
            return "whose size overflows";
    }
    if (groups != 0 && groups != k->dims) return "in some of its dimensions only";
    if (tiles != 0 && tiles != groups) return "whose tiles have not the same dimensions";
    if (groups && (k->flags & YK_KERNEL_ORDERED)) return "where ordered sums decide on them";
    return NULL;
}

bool yki_kernel_group(const yk_kernel *k, size_t group[YK_MAX_DIMS], size_t tile[YK_MAX_DIMS])
{
    const yk_device_table *t = has_groups(k->device) ? k->device : NULL;
    const size_t *own = t && t->group[0] ? t->group : k->required_local;
    bool fixed = false;
    for (uint32_t d = 0; d < YK_MAX_DIMS; d++) {
        bool has = d < k->dims && own[d] != 0;
        group[d] = has ? own[d] : 1;
        tile[d] = has && t && t->tile[d] ? t->tile[d] : group[d];
        fixed = fixed || has;
    }
    return fixed;
}

size_t yki_kernel_group_items(const yk_kernel *k)
{
    size_t group[YK_MAX_DIMS], tile[YK_MAX_DIMS], items = 1;
    if (k->flags & YK_KERNEL_ORDERED) return k->lanes;
    yki_kernel_group(k, group, tile);
    for (uint32_t d = 0; d < YK_MAX_DIMS; d++)
        if (!yki_mul(items, group[d], &items)) return SIZE_MAX;
    return items;
}

/* ---- arguments ---- */

/* What is wrong with an argument, NULL if nothing. */
static const char *argument_fault(const yk_kernel *k, const yk_arg *a)
{
    bool array = a->mode != YK_MODE_SCALAR;
    size_t held = array ? sizeof(void *) : a->size;
    size_t end;
    if (a->mode > YK_MODE_MAX) return "unknown mode";
    if (a->type > YK_T_F64) return "unknown type";
    if (a->size == 0) return "size 0";
    if (!yki_add(a->offset, held, &end) || end > k->args_size) {
        return "it lies outside the argument block";
    }
    if (array && a->offset % _Alignof(void *)) return "misaligned in the argument block";
    if (a->type != YK_T_OTHER && a->size != yki_type_size(a->type)) return "size and type differ";
    if (yki_mode_reduces(a->mode) && a->type == YK_T_OTHER) return "a reduction needs a number";
    bool real = a->type == YK_T_F32 || a->type == YK_T_F64;
    if (a->ordered && (a->mode != YK_MODE_SUM || !real)) return "only real sums can be ordered";
    if (a->ordered && !(k->flags & YK_KERNEL_ORDERED)) return "ordered in an unordered kernel";
    return NULL;
}

static yk_status check_arguments(const yk_kernel *k, yk_diag *diag)
{
    if (k->n_args > YK_MAX_ARGS) {
        return yki_call_fail(diag, YK_E_INVALID, k, NULL, "%u arguments; at most %d", k->n_args,
                             YK_MAX_ARGS);
    }
    for (size_t i = 0; i < k->n_args; i++) {
        const char *fault = argument_fault(k, &k->args[i]);
        const char *name = k->args[i].name ? k->args[i].name : "?";
        if (fault) return yki_call_fail(diag, YK_E_INVALID, k, name, "bad descriptor: %s", fault);
    }
    return YK_OK;
}

yk_status yki_kernel_check(const yk_kernel *k, yk_diag *diag)
{
    if (!k) return yki_fail(diag, YK_E_INVALID, "the kernel is NULL");
    if (k->abi != YK_KERNEL_ABI || k->size < KERNEL_SIZE_1) {
        /* Nothing behind these two fields can be trusted, the name included. */
        return yki_fail(diag, YK_E_UNSUPPORTED,
                        "a kernel descriptor of abi %u and %u bytes; this library knows abi %u "
                        "of at least %zu bytes",
                        k->abi, k->size, YK_KERNEL_ABI, KERNEL_SIZE_1);
    }
    yk_status st = check_tables(k, diag);
    if (st != YK_OK) return st;
    if (k->dims < 1 || k->dims > YK_MAX_DIMS || k->axis >= k->dims) {
        return yki_call_fail(diag, YK_E_INVALID, k, NULL, "bad descriptor: %u dimensions, axis %u",
                             k->dims, k->axis);
    }
    const char *fault = group_fault(k);
    if (fault) {
        return yki_call_fail(diag, YK_E_INVALID, k, NULL,
                             "bad descriptor: the device table has work-groups %s", fault);
    }
    return check_arguments(k, diag);
}

yk_host_fn yki_kernel_host(const yk_kernel *kernel, yk_isa isa)
{
    const yk_host_table *t = kernel->host;
    /* A table of a binary with fewer levels ends before the others. */
    size_t held = (t->size - offsetof(yk_host_table, fn)) / sizeof t->fn[0];
    size_t levels = yki_min(held, YK_HOST_LEVELS);
    size_t level = yki_min((size_t)isa, levels - 1);
    while (level > 0 && !t->fn[level]) level--;
    return t->fn[level];
}
