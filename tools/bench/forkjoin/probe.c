/* probe: measures what one runtime's fork and join cost, beyond the work itself.
 *
 * One program a runtime (a peer_*.c file beside this one), so that no runtime's
 * threads are there while another is measured.  Runs loops of two tiny pieces of
 * work, back to back and after gaps spent computing, and times each loop by itself;
 * only loops in which two threads took part count.  From each median goes that of one
 * piece run by the calling thread.  Prints a line a gap: gap in us, ns beyond the work,
 * share of loops with two threads.  Called by yoke-forkjoin. */
#include "probe.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOPS_MAX 20000
#define WARM_UP 200

static double samples[LOOPS_MAX];

/* What this thread has done.  Nothing that the work touches is shared, so a loop moves
 * no cache lines but the runtime's own; and where the launching thread has done one
 * piece of a loop, another thread did the other. */
static _Thread_local struct {
    uint64_t value;
    size_t pieces;
} mine;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Some 2 us of dependent arithmetic: less, and with some runtimes the calling thread
 * has mostly done both pieces before the other one is up. */
void probe_work(unsigned number)
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

static double median(size_t count)
{
    if (count == 0) return 0;
    qsort(samples, count, sizeof samples[0], ascending);
    return samples[count / 2];
}

static double serial_ns(void)
{
    for (size_t i = 0; i < LOOPS_MAX; i++) {
        uint64_t t = now_ns();
        probe_work(0);
        samples[i] = (double)(now_ns() - t);
    }
    return median(LOOPS_MAX);
}

static void wait_busy(uint64_t ns)
{
    for (uint64_t until = now_ns() + ns; now_ns() < until;) continue;
}

static void measure(unsigned gap_us, size_t loops, double serial)
{
    size_t both = 0;
    for (size_t i = 0; i < loops + WARM_UP; i++) {
        if (gap_us) wait_busy(gap_us * 1000u);
        size_t before = mine.pieces;
        uint64_t t = now_ns();
        peer_loop();
        double took = (double)(now_ns() - t);
        if (i >= WARM_UP && mine.pieces == before + 1) samples[both++] = took;
    }
    double share = (double)both / (double)loops;
    printf("%u %.1f %.4f\n", gap_us, median(both) - serial, share);
}

int main(void)
{
    static const struct {
        unsigned gap_us;
        size_t loops;
    } kinds[] = {{0, LOOPS_MAX}, {20, 4000}, {100, 1500}, {1000, 200}};
    if (peer_open() != 0) return 1;
    double serial = serial_ns();
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        measure(kinds[k].gap_us, kinds[k].loops, serial);
    peer_close();
    return fflush(stdout) == 0 ? 0 : 1;
}
