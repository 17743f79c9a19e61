/* The host's part of a launch: blocks of items on the pool, or, where waking the pool
 * would cost more than it gives, on the calling thread alone. */
#include <run/run_int.h>
#include <string.h>

/* ---- running items ---- */

/* Bytes of an argument block that travel with the job. */
#define ARGS_BYTES 128

/* What a worker reads of a launch, and nothing else: a line for what to do and one or two
 * for the arguments, instead of one after another of the launch's many, each of which
 * the launching thread would fetch back to write the next one. */
typedef struct host_job {
    _Alignas(YKI_CACHE_LINE) yk_host_fn run;
    yk_slice slice;         /* begin: id of the pool's index 0; reduce NULL: by worker */
    _Alignas(YKI_CACHE_LINE) unsigned char args[ARGS_BYTES];
    yki_reduce *reduce;
} host_job;

_Static_assert(offsetof(host_job, args) == YKI_CACHE_LINE, "what to do fits a line");

static void fill_job(host_job *job, const yki_launch *l, size_t begin)
{
    const yki_call *c = &l->call;
    bool small = c->kernel->args_size <= ARGS_BYTES;
    job->run = l->host;
    job->reduce = l->reduce;
    job->slice = (yk_slice){.range = &c->range, .shape = &c->shape,
                            .args = small ? job->args : c->args,
                            .reduce = l->reduce ? NULL : yki_reduce_worker(NULL, 0),
                            .begin = c->shape.lo[c->kernel->axis] + begin, .block = c->block};
    if (small) memcpy(job->args, c->args, c->kernel->args_size);
}

static void host_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    const host_job *job = ctx;
    yk_slice s = job->slice;
    if (!s.reduce) s.reduce = yki_reduce_worker(job->reduce, worker);
    s.end = s.begin + end;
    s.begin += begin;
    job->run(&s);
}

static void run_slice(const yki_launch *l, size_t begin, size_t end)
{
    const yki_call *c = &l->call;
    size_t zero = c->shape.lo[c->kernel->axis];
    yk_slice s = {.range = &c->range, .shape = &c->shape, .args = c->args,
                  .reduce = yki_reduce_worker(l->reduce, 0),
                  .begin = zero + begin, .end = zero + end, .block = c->block};
    l->host(&s);
}

static size_t work_of(const yki_launch *l, size_t items)
{
    size_t work;
    return yki_mul(items, l->call.inner, &work) ? work : SIZE_MAX;
}

/* Pieces that a worker's share is cut into, so that others can take some: as many as can
 * matter, but none shorter than some ten times what it costs to take one. */
static size_t choose_pieces(const yki_launch *l, size_t items, size_t workers)
{
    const double least_s = 1e-6, most = 64;
    double share_s = l->habit ? yki_habit_seconds(l->habit, work_of(l, items)) : 0;
    double pieces = share_s / (least_s * (double)workers);
    return pieces <= 0 || pieces > most ? (size_t)most : yki_max((size_t)pieces, 2);
}

/* The pool adapts the size of claims; the grain only keeps them at cuts that the kernel
 * allows, from being many more than can matter, and from being shorter than the kernel
 * wants slices to be: then a worker's share is cut into as many as are that long. */
static size_t choose_grain(const yki_runner *r, const yki_launch *l, size_t items)
{
    const yki_call *c = &l->call;
    size_t workers = yki_pool_get_info(r->parts.pool).workers, wanted = c->kernel->slice;
    size_t share = items / (workers * choose_pieces(l, items, workers));
    if (wanted > share) {
        size_t each = yki_div_up(items, workers);
        return yki_round_up(yki_div_up(each, yki_max(each / wanted, 1)), c->align);
    }
    return yki_max(c->align, yki_round_up(share, c->align));
}

/* The shortest step whose slices are as long as the kernel wants them. */
static size_t least_step(const yki_runner *r, const yki_call *c)
{
    size_t workers = yki_pool_get_info(r->parts.pool).workers;
    return yki_max(c->align, yki_round_up(workers * (size_t)c->kernel->slice, c->align));
}

void yki_host_run(yki_runner *r, yki_launch *l, size_t begin, size_t end)
{
    host_job job;
    fill_job(&job, l, begin);
    yki_pool_run(r->parts.pool, end - begin, choose_grain(r, l, end - begin), host_body,
                 &job);
}

/* ---- all of it ---- */

/* Work-items of the first piece of a launch of which nothing is known. */
#define TRY_WORK 64

/* Runs [begin, end) one way and keeps what it took; returns the time it ended at. */
static uint64_t run_way(yki_runner *r, yki_launch *l, yki_way way, size_t begin, size_t end,
                        uint64_t start_ns)
{
    if (way == YKI_ALONE) run_slice(l, begin, end);
    else yki_host_run(r, l, begin, end);
    uint64_t end_ns = yki_now_ns();
    yki_habit_learn(l->habit, way, work_of(l, end - begin), yki_seconds(end_ns - start_ns));
    return end_ns;
}

/* In pieces twice as long each time, until the rest is seen to be worth sharing. */
static uint64_t run_trying(yki_runner *r, yki_launch *l, bool awake, uint64_t start_ns)
{
    size_t n = l->call.items, at = 0, workers = yki_pool_get_info(r->parts.pool).workers;
    size_t step = yki_round_up(yki_div_up(TRY_WORK, l->call.inner), l->call.align);
    double spent = 0;
    uint64_t now = start_ns;
    do {
        step = yki_min(step, n - at);
        run_slice(l, at, at + step);
        step = at += step;
        now = yki_now_ns();
        spent = yki_seconds(now - start_ns);
    } while (at < n && !yki_choice_worth_sharing(spent / (double)at * (double)(n - at), workers,
                                                 awake));
    yki_habit_learn(l->habit, YKI_ALONE, work_of(l, at), spent);
    return at < n ? run_way(r, l, awake ? YKI_AWAKE : YKI_ASLEEP, at, n, now) : now;
}

static yki_way choose_way(yki_runner *r, const yki_launch *l, bool awake)
{
    const yki_call *c = &l->call;
    yki_choice q = {.work = work_of(l, c->items),
                    .workers = yki_pool_get_info(r->parts.pool).workers, .awake = awake,
                    .whole = c->kernel->slice > 0,
                    .gap_s = yki_seconds(l->turn_ns - r->last_launch_ns)};
    return c->items <= c->align ? YKI_ALONE : yki_choices_way(&r->choices, l->habit, &q);
}

void yki_host_run_all(yki_runner *r, yki_launch *l)
{
    yki_tally *t = &l->tally[0];
    size_t n = l->call.items;
    bool awake = yki_pool_awake(r->parts.pool);
    yki_way way = choose_way(r, l, awake);
    t->first_ns = l->turn_ns;
    if (way == YKI_TRY) t->last_ns = run_trying(r, l, awake, t->first_ns);
    else t->last_ns = run_way(r, l, way, 0, n, t->first_ns);
    t->items = n;
    t->chunks = 1;
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
