/* Aligned, zeroed memory: the one door through which the library allocates, so that
 * tests can make the k-th allocation fail.  Never keeps memory of its own.  Any
 * thread may enter. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#ifdef YKI_TEST_HOOKS
/* The test build's only mutable state.  A reader that sees the hook (acquire) also
 * sees the context stored before it (release). */
static _Atomic(yki_alloc_hook) alloc_hook;
static _Atomic(void *) alloc_hook_ctx;

void yki_alloc_set_hook(yki_alloc_hook hook, void *ctx)
{
    atomic_store_explicit(&alloc_hook, NULL, memory_order_release);
    atomic_store_explicit(&alloc_hook_ctx, ctx, memory_order_relaxed);
    atomic_store_explicit(&alloc_hook, hook, memory_order_release);
}

static bool allowed(size_t bytes)
{
    yki_alloc_hook hook = atomic_load_explicit(&alloc_hook, memory_order_acquire);
    if (!hook) return true;
    return hook(atomic_load_explicit(&alloc_hook_ctx, memory_order_relaxed), bytes);
}
#else
static bool allowed(size_t bytes)
{
    (void)bytes;
    return true;
}
#endif

/* calloc gives large blocks as fresh pages that nobody has touched yet, which
 * first-touch placement relies on; aligned_alloc and memset would touch them here.
 * The start of calloc's block is kept in front of the pointer handed out. */
void *yki_alloc_aligned(size_t count, size_t size, size_t align)
{
    size_t bytes, total;
    if (align < sizeof(void *) || (align & (align - 1)) != 0) return NULL;
    if (!yki_mul(count, size, &bytes)) return NULL;
    if (!yki_add(bytes, align, &total) || !yki_add(total, sizeof(void *), &total)) return NULL;
    if (total > PTRDIFF_MAX || !allowed(bytes)) return NULL;
    char *block = calloc(1, total);
    if (!block) return NULL;
    size_t skip = sizeof(void *);
    size_t rest = ((uintptr_t)block + skip) & (align - 1);
    if (rest) skip += align - rest;
    memcpy(block + skip - sizeof(void *), &block, sizeof block);
    return block + skip;
}

void *yki_alloc(size_t count, size_t size)
{
    return yki_alloc_aligned(count, size, YKI_CACHE_LINE);
}

void yki_free(void *p)
{
    if (!p) return;
    void *block;
    memcpy(&block, (char *)p - sizeof block, sizeof block);
    free(block);
}

char *yki_strdup(const char *s)
{
    size_t bytes = strlen(s) + 1;
    char *copy = yki_alloc(bytes, 1);
    if (copy) memcpy(copy, s, bytes);
    return copy;
}
