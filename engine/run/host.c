/* The host's part of a launch: blocks of items on the pool, or, where waking the pool
 * would cost more than it gives, on the calling thread alone. */
#include <run/run_int.h>

/* ---- running items ---- */

typedef struct host_job {
    yki_launch *launch;
    size_t first;           /* position of the pool's index 0 */
} host_job;

static void run_slice(yki_launch *l, size_t begin, size_t end, size_t worker)
{
    const yki_call *c = &l->call;
    size_t zero = c->shape.lo[c->kernel->axis];
    yk_slice s = {.range = &c->range, .shape = &c->shape, .args = c->args,
                  .reduce = yki_reduce_worker(l->reduce, worker),
                  .begin = zero + begin, .end = zero + end, .block = c->block};
    l->host(&s);
}

static void host_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    const host_job *job = ctx;
    run_slice(job->launch, job->first + begin, job->first + end, worker);
}

/* The pool adapts the size of claims; the grain only keeps them at cuts that the kernel
 * allows, from being many more than can matter, and from being shorter than the kernel
 * wants slices to be: then a worker's share is cut into as many as are that long. */
static size_t choose_grain(const yki_runner *r, const yki_call *c, size_t items)
{
    size_t workers = yki_pool_get_info(r->parts.pool).workers, wanted = c->kernel->slice;
    size_t share = items / (workers * 64);
    if (wanted > share) {
        size_t each = yki_div_up(items, workers);
        return yki_round_up(yki_div_up(each, yki_max(each / wanted, 1)), c->align);
    }
    return yki_max(c->align, yki_round_down(share, c->align));
}

/* The shortest step whose slices are as long as the kernel wants them. */
static size_t least_step(const yki_runner *r, const yki_call *c)
{
    size_t workers = yki_pool_get_info(r->parts.pool).workers;
    return yki_max(c->align, yki_round_up(workers * (size_t)c->kernel->slice, c->align));
}

void yki_host_run(yki_runner *r, yki_launch *l, size_t begin, size_t end)
{
    host_job job = {.launch = l, .first = begin};
    yki_pool_run(r->parts.pool, end - begin, choose_grain(r, &l->call, end - begin), host_body,
                 &job);
}

/* ---- too small to share ---- */

static void empty_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    (void)ctx; (void)begin; (void)end; (void)worker;
}

static double time_empty_run(yki_runner *r)
{
    uint64_t start = yki_now_ns();
    yki_pool_run(r->parts.pool, yki_pool_get_info(r->parts.pool).workers, 1, empty_body, NULL);
    return yki_seconds(yki_now_ns() - start);
}

/* The best of several, and the smaller of that and a slowly rising memory of those before:
 * one measurement taken while somebody else had the cores must not stay. */
static void measure_wake(yki_runner *r)
{
    double best = time_empty_run(r);
    for (int i = 0; i < 15; i++) {
        double t = time_empty_run(r);
        if (t < best) best = t;
    }
    double before = 1.1 * r->wake.spinning;
    r->wake.spinning = before > 0 && before < best ? before : best;
}

/* What it costs to get the pool going, measured: after a rest, when its workers sleep
 * (such a launch pays a few microseconds for knowing), and back to back.  Both are
 * measured again at the first launches that ask, and then at every 64th: for 30 us of
 * work that is less than a five-hundredth. */
static double wake_seconds(yki_runner *r)
{
    const uint64_t rest_ns = 10000000;
    bool parked = yki_now_ns() - r->last_launch_ns > rest_ns;
    uint32_t asked = parked ? r->wake.asked_parked++ : r->wake.asked_spinning++;
    bool due = (asked & (asked - 1)) == 0 || asked % 64 == 0;
    if (parked) {
        double t = due ? time_empty_run(r) : r->wake.parked, before = 1.1 * r->wake.parked;
        r->wake.parked = before > 0 && before < t ? before : t;
        return r->wake.parked;
    }
    if (due) measure_wake(r);
    return r->wake.spinning;
}

/* `rate`: items a second of one thread alone. */
bool yki_host_is_tiny(yki_runner *r, const yki_launch *l, double rate)
{
    const yki_call *c = &l->call;
    size_t workers = yki_pool_get_info(r->parts.pool).workers;
    if (workers == 1) return false;     /* nobody to wake */
    if (c->items <= c->align) return true;
    if (rate <= 0) {
        size_t work;
        return yki_mul(c->items, c->inner, &work) && work <= 256;
    }
    double alone = (double)c->items / rate;
    if (alone > 1e-3) return false;     /* far beyond any wake-up */
    return alone < alone / (double)workers + wake_seconds(r);
}

/* ---- a planned launch ---- */

/* How many items to run before looking whether the plan wants some of them back. */
static size_t step_items(const yki_runner *r, const yki_launch *l, size_t items)
{
    const double look_s = 1e-3;
    const yki_tally *t = &l->tally[0];
    double busy = yki_seconds(t->work_ns);
    size_t least = least_step(r, &l->call);
    if (busy <= 0 || !t->items) {
        if (l->deadline_ns == UINT64_MAX) return items;
        return yki_min(items, yki_max(least, yki_round_down(items / 64, l->call.align)));
    }
    double step = look_s * (double)t->items / busy;
    if (step >= (double)items) return items;
    return yki_max(least, yki_round_down((size_t)step, l->call.align));
}

/* One order, from its front, in steps.  Lock held on entry and return. */
static void run_order(yki_runner *r, yki_launch *l, yki_order order)
{
    yki_tally *t = &l->tally[0];
    size_t at = order.begin, end = order.end;
    uint64_t start = yki_now_ns();
    if (!t->first_ns) t->first_ns = start;
    while (at < end) {
        size_t step = yki_min(end - at, step_items(r, l, end - at));
        uint64_t began = yki_now_ns();
        yki_runner_unlock(r);
        yki_host_run(r, l, at, at + step);
        yki_runner_lock(r);
        at += step;
        t->items += step;
        t->last_ns = yki_now_ns();
        t->work_ns += t->last_ns - began;
        size_t trim = yki_plan_trim(l->plan, 0);
        end = yki_max(at, yki_min(end, trim));
        if (l->deadline_ns <= t->last_ns) end = at;
    }
    t->chunks++;
    if (end < order.end) yki_plan_returned(l->plan, 0, end, order.end);
    yki_plan_done(l->plan, 0, order.begin, end, yki_seconds(t->last_ns - start));
    yki_runner_changed(r);
}

void yki_host_drive(yki_runner *r, yki_launch *l)
{
    while (!yki_plan_finished(l->plan)) {
        if (yki_now_ns() >= l->deadline_ns) {
            l->cancelled = true;
            break;
        }
        yki_order order = yki_plan_next(l->plan, 0);
        if (order.kind == YKI_TAKE) run_order(r, l, order);
        else if (!yki_plan_finished(l->plan)) (void)yki_runner_sleep(r, l->deadline_ns);
    }
    yki_runner_changed(r);
    while (l->attached) (void)yki_runner_sleep(r, UINT64_MAX);
}
