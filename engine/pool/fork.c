/* fork: a cheap answer to "am I a child of the process that has the workers?".
 *
 * A page that the kernel wipes in a child costs one load a launch, getpid() a system
 * call.  Called at opening and closing, by any thread. */
#include "pool_int.h"

#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes(void)
{
    long bytes = sysconf(_SC_PAGESIZE);
    return bytes > 0 ? (size_t)bytes : 4096;
}

void yki_fork_watch(yki_pool *pool)
{
    pool->pid = getpid();
#ifdef MADV_WIPEONFORK
    void *page = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    if (madvise(page, page_bytes(), MADV_WIPEONFORK) != 0) {
        munmap(page, page_bytes());
        return;
    }
    pool->alive = page;
    atomic_store_explicit(pool->alive, 1, memory_order_relaxed);
#endif
}

void yki_fork_unwatch(yki_pool *pool)
{
    if (pool->alive) munmap(pool->alive, page_bytes());
    pool->alive = NULL;
}

bool yki_pool_forked(const yki_pool *pool)
{
    if (pool->alive) return atomic_load_explicit(pool->alive, memory_order_relaxed) == 0;
    return getpid() != pool->pid;
}
