/* The blocks of yk_alloc: whole pages from the system, so that first touch places them
 * and a device may read them in place.  Called by the engine and by chunks; any thread
 * may enter.  Never writes a block but to touch it first. */
#include "memory/memory.h"

#include <sys/mman.h>
#include <unistd.h>

/* Blocks of at least two huge pages begin on one. */
#define HUGE_PAGE ((size_t)2 << 20)

typedef struct block {
    struct block *next;
    unsigned char *bytes;
    size_t size;            /* asked for */
    size_t mapped;
    size_t holds;           /* devices that read it in place */
} block;

struct yki_blocks {
    pthread_mutex_t lock;   /* guards the list and all in it */
    block *first;
    size_t page;
};

yk_status yki_blocks_open(yki_blocks **out)
{
    yki_blocks *blocks = yki_alloc(1, sizeof *blocks);
    if (!blocks) return YK_E_NOMEM;
    if (pthread_mutex_init(&blocks->lock, NULL) != 0) {
        yki_free(blocks);
        return YK_E_NOMEM;
    }
    long page = sysconf(_SC_PAGESIZE);
    blocks->page = page > 0 ? (size_t)page : 4096;
    *out = blocks;
    return YK_OK;
}

/* Pages that an abandoned device may read are never given back. */
static void drop(block *b)
{
    if (b->holds == 0) (void)munmap(b->bytes, b->mapped);
    yki_free(b);
}

void yki_blocks_close(yki_blocks **blocks)
{
    if (!*blocks) return;
    for (block *b = (*blocks)->first, *next; b; b = next) {
        next = b->next;
        drop(b);
    }
    pthread_mutex_destroy(&(*blocks)->lock);
    yki_free(*blocks);
    *blocks = NULL;
}

/* ---- mapping ---- */

/* `bytes` fresh pages that begin at a multiple of `align`. */
static unsigned char *map_aligned(size_t bytes, size_t align, size_t page)
{
    size_t total;
    if (!yki_add(bytes, align > page ? align : 0, &total)) return NULL;
    unsigned char *p = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                            0);
    if (p == MAP_FAILED) return NULL;
    if (total == bytes) return p;
    size_t skip = (uintptr_t)p % align ? align - (uintptr_t)p % align : 0;
    if (skip > 0) (void)munmap(p, skip);
    if (total - skip > bytes) (void)munmap(p + skip + bytes, total - skip - bytes);
    return p + skip;
}

typedef struct touching {
    unsigned char *bytes;
    size_t page;
} touching;

static void touch(void *ctx, size_t begin, size_t end, size_t worker)
{
    const touching *t = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) *(volatile unsigned char *)(t->bytes + i * t->page) = 0;
}

void *yki_blocks_alloc(yki_blocks *blocks, yki_pool *pool, size_t bytes)
{
    const size_t page = blocks->page;
    const size_t mapped = yki_round_up(bytes, page);
    if (bytes == 0 || mapped < bytes) return NULL;
    block *b = yki_alloc(1, sizeof *b);
    if (!b) return NULL;
    const bool huge = mapped >= 2 * HUGE_PAGE;
    b->bytes = map_aligned(mapped, huge ? HUGE_PAGE : page, page);
    if (!b->bytes) {
        yki_free(b);
        return NULL;
    }
    b->size = bytes;
    b->mapped = mapped;
    /* Advice only: without huge pages the block works as well. */
    if (huge) (void)madvise(b->bytes, mapped, MADV_HUGEPAGE);
    touching t = {b->bytes, page};
    if (pool) yki_pool_run(pool, mapped / page, 0, touch, &t);
    pthread_mutex_lock(&blocks->lock);
    b->next = blocks->first;
    blocks->first = b;
    pthread_mutex_unlock(&blocks->lock);
    return b->bytes;
}

/* ---- looking up ---- */

static bool inside(const block *b, const void *p, size_t bytes)
{
    uintptr_t at = (uintptr_t)p, first = (uintptr_t)b->bytes;
    return at >= first && at - first <= b->size && bytes <= b->size - (at - first);
}

/* With the lock held. */
static block *find(const yki_blocks *blocks, const void *p, size_t bytes)
{
    block *b = blocks->first;
    while (b && !inside(b, p, bytes)) b = b->next;
    return b;
}

void yki_blocks_free(yki_blocks *blocks, void *p)
{
    if (!p) return;
    pthread_mutex_lock(&blocks->lock);
    block **link = &blocks->first;
    while (*link && (*link)->bytes != p) link = &(*link)->next;
    block *b = *link;
    if (b) *link = b->next;
    pthread_mutex_unlock(&blocks->lock);
    if (b) drop(b);
}

bool yki_blocks_own(yki_blocks *blocks, const void *p, size_t bytes)
{
    pthread_mutex_lock(&blocks->lock);
    bool own = find(blocks, p, bytes) != NULL;
    pthread_mutex_unlock(&blocks->lock);
    return own;
}

bool yki_blocks_hold(yki_blocks *blocks, const void *p, size_t bytes)
{
    pthread_mutex_lock(&blocks->lock);
    block *b = find(blocks, p, bytes);
    if (b) b->holds++;
    pthread_mutex_unlock(&blocks->lock);
    return b != NULL;
}

void yki_blocks_let_go(yki_blocks *blocks, const void *p)
{
    pthread_mutex_lock(&blocks->lock);
    block *b = find(blocks, p, 1);
    if (b && b->holds > 0) b->holds--;
    pthread_mutex_unlock(&blocks->lock);
}
