/* Instances of workloads: arrays with guards, resetting, checking.
 *
 * Called by yoke-bench and by the tests; see workload.h.  Never runs a loop itself,
 * never prints.  An instance is used by one thread at a time. */
#include "workload.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

#define GUARD_BYTES 4096u
#define GUARD 0xc3

/* ---- arrays ---- */

/* Order-dependent sum of all bytes, eight at a time (FNV-1a on words). */
static uint64_t checksum(const void *data, size_t bytes)
{
    const unsigned char *p = data;
    uint64_t h = 0xcbf29ce484222325u;
    for (; bytes >= 8; bytes -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = (h ^ word) * 0x100000001b3u;
    }
    for (; bytes; bytes--) h = (h ^ *p++) * 0x100000001b3u;
    return h;
}

static yk_status array_open(yki_array *a, const yki_array_spec *spec, size_t count)
{
    if (!yki_mul(count, spec->size, &a->bytes)) return YK_E_RANGE;
    if (!yki_add(a->bytes, 2 * GUARD_BYTES, &a->block_bytes)) return YK_E_RANGE;
    a->block = yki_alloc_aligned(1, a->block_bytes, 4096);
    if (!a->block) return YK_E_NOMEM;
    memset(a->block, GUARD, GUARD_BYTES);
    memset(a->block + GUARD_BYTES + a->bytes, GUARD, GUARD_BYTES);
    a->data = a->block + GUARD_BYTES;
    size_t keep = a->bytes ? a->bytes : 1;
    if (spec->role == YKI_STATE && !(a->initial = yki_alloc(1, keep))) return YK_E_NOMEM;
    if (spec->role != YKI_INPUT && !(a->expected = yki_alloc(1, keep))) return YK_E_NOMEM;
    return YK_OK;
}

static bool guards_intact(const yki_array *a)
{
    const unsigned char *after = a->block + GUARD_BYTES + a->bytes;
    for (size_t k = 0; k < GUARD_BYTES; k++) {
        if (a->block[k] != GUARD || after[k] != GUARD) return false;
    }
    return true;
}

/* ---- instances ---- */

static size_t array_length(const yki_instance *in, size_t k)
{
    size_t fixed = in->workload->arrays[k].fixed, own = in->extent.count[k];
    if (fixed) return fixed;
    return own ? own : in->extent.elements;
}

yk_status yki_instance_open(yki_instance **out, const yki_workload *w, size_t elements,
                            uint64_t seed)
{
    yk_status st = YK_E_NOMEM;
    yki_instance *in = yki_alloc(1, sizeof *in);
    if (!in) goto done;
    in->workload = w;
    w->describe(elements, &in->extent);
    for (size_t k = 0; k < w->n_arrays; k++) {
        st = array_open(&in->array[k], &w->arrays[k], array_length(in, k));
        if (st != YK_OK) goto done;
    }
    w->fill(in, seed);
    for (size_t k = 0; k < w->n_arrays; k++) {
        yki_array *a = &in->array[k];
        if (w->arrays[k].role == YKI_INPUT) a->checksum = checksum(a->data, a->bytes);
        if (w->arrays[k].role == YKI_STATE) memcpy(a->initial, a->data, a->bytes);
    }
    *out = in;
    in = NULL;
    st = YK_OK;
done:
    yki_instance_close(&in);
    return st;
}

void yki_instance_close(yki_instance **in)
{
    if (!*in) return;
    for (size_t k = 0; k < YKI_MAX_ARRAYS; k++) {
        yki_free((*in)->array[k].block);
        yki_free((*in)->array[k].initial);
        yki_free((*in)->array[k].expected);
    }
    yki_free(*in);
    *in = NULL;
}

void yki_instance_reset(yki_instance *in)
{
    for (size_t k = 0; k < in->workload->n_arrays; k++) {
        yki_array *a = &in->array[k];
        if (in->workload->arrays[k].role == YKI_STATE) memcpy(a->data, a->initial, a->bytes);
        if (in->workload->arrays[k].role == YKI_OUTPUT) memset(a->data, 0xff, a->bytes);
    }
}

void yki_instance_keep(yki_instance *in)
{
    for (size_t k = 0; k < in->workload->n_arrays; k++) {
        yki_array *a = &in->array[k];
        if (a->expected) memcpy(a->expected, a->data, a->bytes);
    }
}

void yki_instance_check(const yki_instance *in, yki_verdict *out)
{
    *out = (yki_verdict){0};
    in->workload->check(in, out);
    /* Written this way round so that a NaN is wrong. */
    out->right = out->max_error <= out->tolerance;
    for (size_t k = 0; k < in->workload->n_arrays; k++) {
        const yki_array *a = &in->array[k];
        const yki_array_spec *spec = &in->workload->arrays[k];
        const char *what = NULL;
        if (!guards_intact(a)) what = "bytes beside it were overwritten";
        if (spec->role == YKI_INPUT && checksum(a->data, a->bytes) != a->checksum)
            what = "it is only read, but has changed";
        if (!what) continue;
        out->right = false;
        snprintf(out->wrong, sizeof out->wrong, "array %s: %s", spec->name, what);
    }
    if (out->right) out->wrong[0] = '\0';
}

const yki_workload *yki_workload_find(const char *name)
{
    for (size_t k = 0; k < yki_workload_count; k++)
        if (strcmp(yki_workloads[k]->name, name) == 0) return yki_workloads[k];
    return NULL;
}

/* ---- for writing workloads ---- */

void yki_grid(size_t elements, size_t *nx, size_t *ny)
{
    size_t root = (size_t)sqrt((double)elements);
    while (root > 0 && root > elements / root) root--;
    while (root + 1 <= elements / (root + 1)) root++;
    *nx = root;
    *ny = root ? elements / root : 0;
}

double yki_difference(double got, double want, double scale)
{
    if (got == want || (isnan(got) && isnan(want))) return 0;
    if (!isfinite(got) || !isfinite(want)) return NAN;
    return fabs(got - want) / scale;
}

void yki_check_floats(const yki_instance *in, size_t array, yki_scale_fn scale, yki_verdict *out)
{
    const yki_array *a = &in->array[array];
    const float *got = a->data, *want = a->expected;
    for (size_t k = 0; k < a->bytes / sizeof *got; k++) {
        double e = yki_difference((double)got[k], (double)want[k], scale(in, k));
        if (yki_worse(out->max_error, e) == out->max_error) continue;
        bool known_nan = isnan(out->max_error);
        out->max_error = yki_worse(out->max_error, e);
        if (known_nan || e <= out->tolerance) continue;
        snprintf(out->wrong, sizeof out->wrong,
                 "%s[%zu] is %.9g, serial has %.9g (error %.2g, at most %.2g)",
                 in->workload->arrays[array].name, k, (double)got[k], (double)want[k], e,
                 out->tolerance);
    }
}

static yk_part *part_of(yk_report *sum, const char *device)
{
    for (uint32_t k = 0; k < sum->n_parts; k++)
        if (strcmp(sum->parts[k].device, device) == 0) return &sum->parts[k];
    if (sum->n_parts == YK_MAX_PARTS) return NULL;
    yk_part *p = &sum->parts[sum->n_parts++];
    *p = (yk_part){0};
    yki_copy_text(p->device, sizeof p->device, device);
    return p;
}

static void part_add(yk_part *sum, const yk_part *one)
{
    sum->items += one->items;
    sum->chunks += one->chunks;
    sum->failed += one->failed;
    sum->busy_s += one->busy_s;
    sum->transfer_s += one->transfer_s;
    sum->idle_s += one->idle_s;
    sum->bytes_up += one->bytes_up;
    sum->bytes_down += one->bytes_down;
}

void yki_report_add(yk_report *sum, const yk_report *one)
{
    sum->policy = one->policy;
    sum->split |= one->split;
    for (uint32_t k = 0; k < one->n_parts; k++) {
        yk_part *p = part_of(sum, one->parts[k].device);
        if (p) part_add(p, &one->parts[k]);
    }
    sum->items += one->items;
    sum->total_s += one->total_s;
    sum->overhead_s += one->overhead_s;
    sum->bytes_up += one->bytes_up;
    sum->bytes_down += one->bytes_down;
    sum->retired += one->retired;
    if (one->reason[0]) yki_copy_text(sum->reason, sizeof sum->reason, one->reason);
}
