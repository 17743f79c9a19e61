/* The peer pthreadpool (Maratyszcza/pthreadpool); see peer.h.  Tiles as its users choose
 * them: sixteen for each thread, so that threads can steal. */
#include "peer.h"

#include <pthreadpool.h>
#include <stdlib.h>

static pthreadpool_t pool;
static size_t n_threads;

static const char *open_pool(size_t threads)
{
    n_threads = threads;
    pool = pthreadpool_create(threads);
    return pool ? NULL : "pthreadpool_create failed";
}

typedef struct tiles {
    const peer_loop *loop;
    size_t tile;
    unsigned char *partials;    /* one a tile */
} tiles;

static void run_tile(void *ctx, size_t start, size_t count)
{
    const tiles *t = ctx;
    void *partial = t->partials ? t->partials + start / t->tile * t->loop->partial_bytes : NULL;
    t->loop->body(t->loop, start, start + count, partial);
}

static const char *loop(const peer_loop *l)
{
    size_t tile = l->items / (16 * n_threads);
    tiles t = {.loop = l, .tile = tile ? tile : 1};
    size_t n = (l->items + t.tile - 1) / t.tile;
    if (l->partial_bytes && !(t.partials = calloc(n, l->partial_bytes))) return "no memory";
    pthreadpool_parallelize_1d_tile_1d(pool, run_tile, &t, l->items, t.tile, 0);
    for (size_t k = 0; t.partials && k < n; k++) l->combine(l, t.partials + k * l->partial_bytes);
    free(t.partials);
    return NULL;
}

static void task(void *ctx, size_t i) { (*(peer_piece *)ctx)((unsigned)i); }

static void fork_two(peer_piece piece) { pthreadpool_parallelize_1d(pool, task, &piece, 2, 0); }

static void close_pool(void) { pthreadpool_destroy(pool); }

const peer yoke_peer = {
    .name = "pthreadpool", .open = open_pool, .loop = loop, .fork = fork_two,
    .close = close_pool,
};
