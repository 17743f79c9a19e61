/* A launch's reductions: private copies and block results until they are combined.
 *
 * Called by run (open, renew, worker tables, finish) and memory (block results and copies that
 * devices computed).  Combining never depends on who computed what: unordered
 * operations are exact whatever their order (integers wrap; min and max pick one of the
 * values), and ordered sums follow block numbers alone.  Only real sums that a descriptor
 * leaves unordered may differ in their last bits.  Merging may be done by any
 * thread, finishing by one, when all others are through. */
#include "kernel_int.h"
#include "reduce_ops.h"

#include <string.h>

/* One argument's results. */
typedef struct results {
    const yki_ops *ops;     /* NULL: not a reduction */
    size_t length;          /* results, the argument's extent */
    size_t copies;          /* blocks of an ordered sum, else the workers and one for devices */
    size_t pitch;           /* bytes from one copy to the next */
    bool ordered;
    char *base;
    size_t room;            /* bytes at base */
} results;

struct yki_reduce {
    const yki_call *call;
    size_t workers;
    pthread_mutex_t lock;   /* of the devices' copy */
    bool locked;            /* the mutex exists */
    void **tables;          /* [workers][n_args] */
    size_t tables_room;     /* pointers that fit there */
    results arg[YK_MAX_ARGS];
};

/* What a launch without reductions hands to its range functions. */
static void *const no_tables[YK_MAX_ARGS];

bool yki_call_reduces(const yki_call *call)
{
    if (call->items == 0) return false;
    for (size_t i = 0; i < call->kernel->n_args; i++) {
        if (yki_mode_reduces(call->kernel->args[i].mode)) return true;
    }
    return false;
}

void yki_reduce_identity(const yki_call *call, size_t arg, void *out)
{
    const yk_arg *a = &call->kernel->args[arg];
    yki_ops_of(a)->fill(out, (size_t)call->shape.window[arg].extent);
}

/* At least `count` elements at *base, with anything in them. */
static bool make_room(void **base, size_t *room, size_t count, size_t size)
{
    if (*room >= count) return true;
    yki_free(*base);
    *base = yki_alloc(count, size);
    *room = *base ? count : 0;
    return *base != NULL;
}

/* Copies of different workers share no cache line; block results lie close together. */
static yk_status open_results(yki_reduce *r, size_t arg)
{
    const yk_arg *a = &r->call->kernel->args[arg];
    results *s = &r->arg[arg];
    size_t bytes, total;
    s->length = (size_t)r->call->shape.window[arg].extent;
    s->ordered = a->ordered != 0;
    s->copies = s->ordered ? r->call->blocks : r->workers + 1;
    if (!yki_mul(s->length, a->size, &bytes)) return YK_E_RANGE;
    if (!s->ordered && bytes > SIZE_MAX - YKI_CACHE_LINE) return YK_E_RANGE;
    s->pitch = s->ordered ? bytes : yki_round_up(bytes, YKI_CACHE_LINE);
    if (!yki_mul(s->pitch, s->copies, &total)) return YK_E_RANGE;
    if (!make_room((void **)&s->base, &s->room, yki_max(total, 1), 1)) return YK_E_NOMEM;
    if (s->ordered) memset(s->base, 0, total);
    s->ops = yki_ops_of(a);
    for (size_t c = 0; c < s->copies && !s->ordered; c++) {
        s->ops->fill(s->base + c * s->pitch, s->length);
    }
    return YK_OK;
}

static yk_status fill_tables(yki_reduce *r)
{
    size_t n_args = r->call->kernel->n_args, count;
    if (!yki_mul(r->workers, n_args, &count)) return YK_E_RANGE;
    if (!make_room((void **)&r->tables, &r->tables_room, yki_max(count, 1), sizeof(void *)))
        return YK_E_NOMEM;
    memset(r->tables, 0, count * sizeof(void *));
    for (size_t w = 0; w < r->workers; w++) {
        for (size_t i = 0; i < n_args; i++) {
            const results *s = &r->arg[i];
            if (!s->ops) continue;
            r->tables[w * n_args + i] = s->ordered ? s->base : s->base + w * s->pitch;
        }
    }
    return YK_OK;
}

static yki_reduce *make_reduce(void)
{
    yki_reduce *r = yki_alloc(1, sizeof *r);
    if (!r) return NULL;
    r->locked = pthread_mutex_init(&r->lock, NULL) == 0;
    if (!r->locked) yki_reduce_close(&r);
    return r;
}

yk_status yki_reduce_open(yki_reduce **out, const yki_call *call, size_t workers, yk_diag *diag)
{
    *out = NULL;
    return yki_call_reduces(call) ? yki_reduce_renew(out, call, workers, diag) : YK_OK;
}

yk_status yki_reduce_renew(yki_reduce **reduce, const yki_call *call, size_t workers,
                           yk_diag *diag)
{
    const yk_kernel *k = call->kernel;
    const char *name = NULL;
    yk_status st = YK_E_NOMEM;
    yki_reduce *r = *reduce ? *reduce : make_reduce();
    *reduce = NULL;
    if (!r) goto done;
    r->call = call;
    r->workers = workers;
    for (size_t i = 0; i < YK_MAX_ARGS; i++) r->arg[i].ops = NULL;
    for (size_t i = 0; i < k->n_args; i++) {
        if (!yki_mode_reduces(k->args[i].mode)) continue;
        name = k->args[i].name;
        if ((st = open_results(r, i)) != YK_OK) goto done;
    }
    if ((st = fill_tables(r)) != YK_OK) goto done;
    *reduce = r;
    r = NULL;
done:
    yki_reduce_close(&r);
    if (st != YK_OK) yki_call_fail(diag, st, k, name, "no room for its partial results");
    return st;
}

void yki_reduce_close(yki_reduce **reduce)
{
    yki_reduce *r = *reduce;
    if (!r) return;
    for (size_t i = 0; i < YK_MAX_ARGS; i++) yki_free(r->arg[i].base);
    yki_free(r->tables);
    if (r->locked) pthread_mutex_destroy(&r->lock);
    yki_free(r);
    *reduce = NULL;
}

size_t yki_reduce_bytes(const yki_reduce *r)
{
    size_t bytes = sizeof *r + r->tables_room * sizeof(void *);
    for (size_t i = 0; i < YK_MAX_ARGS; i++) bytes += r->arg[i].room;
    return bytes;
}

void *const *yki_reduce_worker(yki_reduce *r, size_t worker)
{
    return r ? r->tables + worker * r->call->kernel->n_args : no_tables;
}

void *yki_reduce_blocks(yki_reduce *r, size_t arg, size_t block)
{
    return r->arg[arg].base + block * r->arg[arg].pitch;
}

void yki_reduce_merge(yki_reduce *r, size_t arg, const void *from)
{
    results *s = &r->arg[arg];
    pthread_mutex_lock(&r->lock);
    s->ops->combine(s->base + r->workers * s->pitch, from, s->length);
    pthread_mutex_unlock(&r->lock);
}

/* Leaves the total in the first copy. */
static void combine_copies(results *s)
{
    if (s->ordered) {
        s->ops->tree(s->base, s->copies, s->length);
        return;
    }
    for (size_t c = 1; c < s->copies; c++) {
        s->ops->combine(s->base, s->base + c * s->pitch, s->length);
    }
}

void yki_reduce_finish(yki_reduce *r)
{
    if (!r) return;
    for (size_t i = 0; i < r->call->kernel->n_args; i++) {
        results *s = &r->arg[i];
        if (!s->ops || s->length == 0) continue;
        combine_copies(s);
        s->ops->combine(yki_call_pointer(r->call, i), s->base, s->length);
    }
}
