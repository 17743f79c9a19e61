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

/* ---- launches that may have to end early ---- */

/* Such a launch looks at its flag and deadline about so often on each worker.  Nothing is
 * cut but what a worker has taken anyway, so that workers join once, as ever, and each keeps
 * its own part of the arrays. */
#define LOOK_NS 1000000u

typedef struct stepped_job {
    host_job job;
    yki_stop stop;
    size_t align, least;            /* items: where to cut, and the shortest piece */
    /* Items to run between two looks, by the last piece that was timed.  0: none yet; the first
     * is the shortest there is, since even an item may take long. */
    _Alignas(YKI_CACHE_LINE) _Atomic size_t step;
    _Atomic size_t left_out;        /* items not run; counted before the pool joins */
} stepped_job;

static void fill_stepped(stepped_job *job, const yki_launch *l, size_t begin)
{
    const yki_call *c = &l->call;
    fill_job(&job->job, l, begin);
    job->stop = l->stop;
    job->align = c->align;
    job->least = yki_max(c->align, yki_round_up(c->kernel->slice, c->align));
    atomic_init(&job->step, 0);
    atomic_init(&job->left_out, 0);
}

static size_t next_piece(const stepped_job *job, size_t left, bool *timed)
{
    size_t step = atomic_load_explicit(&job->step, memory_order_relaxed);
    if (!step) step = job->least;
    *timed = left - left / 3 > step;    /* no short rests */
    return *timed ? step : left;
}

static void run_timed(stepped_job *job, size_t begin, size_t end, size_t worker)
{
    uint64_t start_ns = yki_now_ns();
    host_body(&job->job, begin, end, worker);
    double step = (double)(end - begin) * LOOK_NS / (double)(yki_now_ns() - start_ns + 1);
    size_t items = step < (double)(SIZE_MAX / 2) ? (size_t)step : SIZE_MAX / 2;
    items = yki_max(job->least, yki_round_down(items, job->align));
    atomic_store_explicit(&job->step, items, memory_order_relaxed);
}

static void stepped_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    stepped_job *job = ctx;
    while (begin < end && yki_stop_status(&job->stop) == YK_OK) {
        bool timed;
        size_t next = begin + next_piece(job, end - begin, &timed);
        if (timed) run_timed(job, begin, next, worker);
        else host_body(&job->job, begin, next, worker);
        begin = next;
    }
    if (begin < end)
        atomic_fetch_add_explicit(&job->left_out, end - begin, memory_order_relaxed);
}

/* ---- the calling thread alone ---- */

static void run_slice(const yki_launch *l, size_t begin, size_t end)
{
    const yki_call *c = &l->call;
    size_t zero = c->shape.lo[c->kernel->axis];
    yk_slice s = {.range = &c->range, .shape = &c->shape, .args = c->args,
                  .reduce = yki_reduce_worker(l->reduce, 0),
                  .begin = zero + begin, .end = zero + end, .block = c->block};
    l->host(&s);
}

/* Apart, so that what it needs on the stack does not burden small launches. */
static __attribute__((noinline)) size_t run_slice_stepped(const yki_launch *l, size_t begin,
                                                          size_t end)
{
    stepped_job job;
    fill_stepped(&job, l, begin);
    stepped_body(&job, 0, end - begin, 0);
    return end - begin - atomic_load_explicit(&job.left_out, memory_order_relaxed);
}

/* Returns how many it ran.  It is a body like those on the pool: what the kernel's code
 * launches must not wait for the turn that this launch has. */
static size_t run_here(yki_runner *r, const yki_launch *l, size_t begin, size_t end)
{
    const yki_current *up = yki_current_worker;
    const yki_current *worker = up ? yki_pool_current(r->parts.pool) : NULL;
    yki_current current;
    size_t done = end - begin;
    yki_current_enter_body(&current, r->parts.pool, worker ? worker->number : 0);
    if (yki_stop_possible(&l->stop)) done = run_slice_stepped(l, begin, end);
    else run_slice(l, begin, end);
    yki_current_worker = up;
    return done;
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

static size_t run_stepped(yki_runner *r, yki_launch *l, size_t begin, size_t n, size_t grain)
{
    stepped_job job;
    fill_stepped(&job, l, begin);
    yki_pool_run(r->parts.pool, n, grain, stepped_body, &job);
    return n - atomic_load_explicit(&job.left_out, memory_order_relaxed);
}

size_t yki_host_run(yki_runner *r, yki_launch *l, size_t begin, size_t end)
{
    size_t n = end - begin, grain = choose_grain(r, l, n);
    if (yki_stop_possible(&l->stop)) return run_stepped(r, l, begin, n, grain);
    host_job job;
    fill_job(&job, l, begin);
    yki_pool_run(r->parts.pool, n, grain, host_body, &job);
    return n;
}

/* ---- all of it ---- */

/* Work-items of the first piece of a launch of which nothing is known. */
#define TRY_WORK 64

/* Runs [begin, end) one way, and keeps what all of it took: a part says little. */
static void run_way(yki_runner *r, yki_launch *l, yki_way way, size_t begin, size_t end,
                    uint64_t start_ns)
{
    yki_tally *t = &l->tally[0];
    size_t done = way == YKI_ALONE ? run_here(r, l, begin, end) : yki_host_run(r, l, begin, end);
    t->items += done;
    t->last_ns = yki_now_ns();
    if (done < end - begin) return;
    yki_habit_learn(l->habit, way, work_of(l, done), yki_seconds(t->last_ns - start_ns));
}

/* In pieces twice as long each time, until the rest is seen to be worth sharing. */
static void run_trying(yki_runner *r, yki_launch *l, bool awake)
{
    yki_tally *t = &l->tally[0];
    size_t n = l->call.items, at = 0, workers = yki_pool_get_info(r->parts.pool).workers;
    size_t step = yki_round_up(yki_div_up(TRY_WORK, l->call.inner), l->call.align);
    double spent = 0;
    do {
        step = yki_min(step, n - at);
        size_t done = run_here(r, l, at, at + step);
        t->items += done;
        t->last_ns = yki_now_ns();
        if (done < step) return;
        step = at += step;
        spent = yki_seconds(t->last_ns - t->first_ns);
    } while (at < n && !yki_choice_worth_sharing(spent / (double)at * (double)(n - at), workers,
                                                 awake));
    yki_habit_learn(l->habit, YKI_ALONE, work_of(l, at), spent);
    if (at < n) run_way(r, l, awake ? YKI_AWAKE : YKI_ASLEEP, at, n, t->last_ns);
}

static yki_way choose_way(yki_runner *r, const yki_launch *l, bool awake)
{
    const yki_call *c = &l->call;
    yki_choice q = {.work = work_of(l, c->items),
                    .workers = yki_pool_get_info(r->parts.pool).workers, .awake = awake,
                    .whole = c->kernel->slice > 0,
                    .gap_s = yki_seconds(l->turn_ns - l->before_ns)};
    return c->items <= c->align ? YKI_ALONE : yki_choices_way(&r->choices, l->habit, &q);
}

yk_status yki_host_run_all(yki_runner *r, yki_launch *l)
{
    yki_tally *t = &l->tally[0];
    size_t n = l->call.items;
    bool awake = yki_pool_awake(r->parts.pool);
    yki_way way = choose_way(r, l, awake);
    t->first_ns = l->turn_ns;
    t->chunks = 1;
    if (way == YKI_TRY) run_trying(r, l, awake);
    else run_way(r, l, way, 0, n, t->first_ns);
    return t->items < n ? yki_stop_status(&l->stop) : YK_OK;
}

/* ---- a planned launch ---- */

/* How many items to run before looking whether the plan wants some of them back. */
static size_t step_items(const yki_runner *r, const yki_launch *l, size_t items)
{
    const double look_s = 1e-3;
    const yki_tally *t = &l->tally[0];
    double busy = yki_seconds(t->work_ns);
    size_t least = least_step(r, &l->call);
    if (busy <= 0 || !t->items) return items;
    double step = look_s * (double)t->items / busy;
    if (step >= (double)items) return items;
    return yki_max(least, yki_round_down((size_t)step, l->call.align));
}

/* One order, from its front, in steps.  If the launch must end, what was done of the step is
 * counted, but the plan is told that nobody did any of it.  Lock held on entry and return. */
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
        size_t done = yki_host_run(r, l, at, at + step);
        yki_runner_lock(r);
        at += done < step ? 0 : step;
        t->items += done;
        t->last_ns = yki_now_ns();
        t->work_ns += t->last_ns - began;
        size_t trim = yki_plan_trim(l->plan, 0);
        end = done < step ? at : yki_max(at, yki_min(end, trim));
        l->cancelled |= done < step;
    }
    t->chunks++;
    if (end < order.end) yki_plan_returned(l->plan, 0, end, order.end);
    yki_plan_done(l->plan, 0, order.begin, end, yki_seconds(t->last_ns - start));
    yki_runner_changed(r);
}

yk_status yki_host_drive(yki_runner *r, yki_launch *l)
{
    yk_status st = YK_OK;
    while (!yki_plan_finished(l->plan) && (st = yki_stop_status(&l->stop)) == YK_OK) {
        yki_order order = yki_plan_next(l->plan, 0);
        if (order.kind == YKI_TAKE) run_order(r, l, order);
        else if (!yki_plan_finished(l->plan)) (void)yki_runner_sleep(r, yki_stop_wake_ns(&l->stop));
    }
    l->cancelled |= st != YK_OK;
    yki_runner_changed(r);
    while (l->attached) (void)yki_runner_sleep(r, UINT64_MAX);
    return st;
}
