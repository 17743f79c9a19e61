/* What a runtime's fork and join of two threads cost beyond the work itself; see peer.h.
 *
 * Runs loops of two tiny pieces of work, back to back or after gaps spent computing, and
 * times each loop by itself; only loops in which two threads took part count.  From their
 * median goes that of one piece run by the calling thread. */
#include "peer.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/base.h"

enum { WARM_UP = 200, SERIAL_LOOPS = 2000 };
/* Where others want the cores, a loop may take milliseconds: then there are fewer. */
static const uint64_t MOST_NS = 2000000000u;

/* What this thread has done.  Nothing that the work touches is shared, so a loop moves
 * no cache lines but the runtime's own; and where the launching thread has done one
 * piece of a loop, another thread did the other. */
static _Thread_local struct {
    uint64_t value;
    size_t pieces;
} mine;

/* Some 2 us of dependent arithmetic: less, and with some runtimes the calling thread
 * has mostly done both pieces before the other one is up. */
static void work(unsigned number)
{
    uint64_t v = mine.value + number;
    for (int i = 0; i < 2000; i++) v = v * UINT64_C(6364136223846793005) + 1;
    mine.value = v;
    mine.pieces++;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *samples, size_t count)
{
    if (count == 0) return 0;
    qsort(samples, count, sizeof samples[0], ascending);
    return samples[count / 2];
}

static double serial_s(void)
{
    double samples[SERIAL_LOOPS];
    for (size_t i = 0; i < SERIAL_LOOPS; i++) {
        uint64_t t = yki_now_ns();
        work(0);
        samples[i] = yki_seconds(yki_now_ns() - t);
    }
    return median(samples, SERIAL_LOOPS);
}

static void wait_busy(uint64_t ns)
{
    for (uint64_t until = yki_now_ns() + ns; yki_now_ns() < until;) continue;
}

void peer_measure_fork(const peer *p, size_t gap_us, size_t loops, double *seconds,
                       double *share)
{
    double *samples = yki_alloc(loops, sizeof *samples), serial = serial_s();
    size_t both = 0, done = 0;
    uint64_t due = yki_now_ns() + MOST_NS;
    for (size_t i = 0; samples && i < loops + WARM_UP && yki_now_ns() < due; i++) {
        if (gap_us) wait_busy(gap_us * 1000u);
        size_t before = mine.pieces;
        uint64_t t = yki_now_ns();
        p->fork(work);
        double took = yki_seconds(yki_now_ns() - t);
        if (i < WARM_UP) continue;
        done++;
        if (mine.pieces == before + 1) samples[both++] = took;
    }
    double beyond = samples ? median(samples, both) - serial : 0;
    *seconds = beyond > 0 ? beyond : 0;
    *share = done ? (double)both / (double)done : 0;
    yki_free(samples);
}
