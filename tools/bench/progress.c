/* Progress; see progress.h. */
#include "progress.h"

#include <math.h>
#include <string.h>

#include "base/base.h"

static const uint64_t SHOW_NS = 200000000, LOOK_NS = 1000000000;

void bench_time_left(const bench_progress *p, uint64_t now_ns, char *to, size_t size)
{
    double spent = yki_seconds(p->turn_ns - p->begin_ns), turn = yki_seconds(now_ns - p->turn_ns);
    double each = p->done ? spent / (double)p->done : p->guess_s;
    double left = each * (double)(p->asked - p->done) - fmin(turn, each);
    long s = (long)ceil(fmax(left, 1));
    if (s >= 60) snprintf(to, size, "about %ld min %02ld s left", s / 60, s % 60);
    else snprintf(to, size, "about %ld s left", s);
}

/* "triad: timing (3) pool": what the child says, in whole. */
static void copy_step(const bench_shared *shared, char to[sizeof shared->step])
{
    memcpy(to, shared->step, sizeof shared->step);
    to[sizeof shared->step - 1] = '\0';
}

void bench_progress_tick(bench_progress *p, const bench_shared *shared)
{
    uint64_t now = yki_now_ns();
    char step[sizeof shared->step], left[48];
    if (p->watch && now - p->looked_ns >= LOOK_NS) {
        bench_watch_look(p->watch, p->conditions);
        p->looked_ns = now;
    }
    if (p->silent || now - p->shown_ns < SHOW_NS) return;
    p->shown_ns = now;
    copy_step(shared, step);
    if (p->asked == 0) {
        yki_progress("%s", step);
        return;
    }
    bench_time_left(p, now, left, sizeof left);
    bool named = strncmp(step, p->name, strlen(p->name)) == 0;
    /* The end is what a narrow terminal cuts off. */
    yki_progress("[%zu/%zu, %s] %s%s%s", p->done + 1, p->asked, left, named ? "" : p->name,
                 named ? "" : ": ", step);
}
