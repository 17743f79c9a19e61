/* The peer oneTBB: parallel_for over a blocked_range with its usual partitioner, partial
 * results in an enumerable_thread_specific; tasks in a task_group, within a task_arena, which
 * may have more threads than there are cores; see peer.h. */
#include "peer.h"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <exception>
#include <vector>

static tbb::global_control *control;
static size_t n_threads;

static const char *open_threads(size_t threads)
{
    n_threads = threads;
    control = new tbb::global_control(tbb::global_control::max_allowed_parallelism, threads);
    return nullptr;
}

using partial = std::vector<unsigned char>;

static void reduce(const peer_loop *l)
{
    tbb::enumerable_thread_specific<partial> partials(partial(l->partial_bytes, 0));
    tbb::parallel_for(tbb::blocked_range<size_t>(0, l->items),
                      [&](const tbb::blocked_range<size_t> &r) {
                          l->body(l, r.begin(), r.end(), partials.local().data());
                      });
    for (const partial &p : partials) l->combine(l, p.data());
}

static const char *loop(const peer_loop *l)
{
    try {
        if (l->partial_bytes) {
            reduce(l);
            return nullptr;
        }
        tbb::parallel_for(tbb::blocked_range<size_t>(0, l->items),
                          [=](const tbb::blocked_range<size_t> &r) {
                              l->body(l, r.begin(), r.end(), nullptr);
                          });
    } catch (const std::exception &) {
        return "oneTBB threw an exception";
    }
    return nullptr;
}

/* With the partitioner made for such loops. */
static void fork_two(peer_piece piece)
{
    tbb::parallel_for(0u, 2u, [=](unsigned i) { piece(i); }, tbb::static_partitioner());
}

/* ---- tasks ---- */

template <typename work> static const char *in_arena(const work &run)
{
    try {
        tbb::task_arena arena(static_cast<int>(n_threads));
        arena.execute(run);
    } catch (const std::exception &) {
        return "oneTBB threw an exception";
    }
    return nullptr;
}

static const char *all(const peer_calls *c)
{
    return in_arena([=] {
        tbb::task_group group;
        for (size_t k = 0; k < c->n; k++) group.run([=] { c->call(peer_arg(c, k)); });
        group.wait();
    });
}

static const char *each(const peer_calls *c)
{
    return in_arena([=] {
        tbb::task_group group;
        for (size_t k = 0; k < c->n; k++) {
            group.run([=] { c->call(peer_arg(c, k)); });
            group.wait();
        }
    });
}

static uint64_t fib_of(unsigned n)
{
    if (n < 2) return n;
    uint64_t first, second;
    tbb::task_group group;
    group.run([=, &first] { first = fib_of(n - 1); });
    second = fib_of(n - 2);
    group.wait();
    return first + second;
}

static const char *fib(unsigned n, uint64_t *value)
{
    return in_arena([=] { *value = fib_of(n); });
}

static const peer_tasks tasks = {all, each, fib};

static void close_threads() { delete control; }

extern "C" const peer yoke_peer = {"oneTBB", open_threads, loop, nullptr, nullptr, fork_two,
                                   close_threads, &tasks};
