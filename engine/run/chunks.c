/* A device at work: takes orders, keeps one chunk queued behind the one that runs, and
 * commits what came back.  Whatever goes wrong, the plan gets the items back and the
 * pool computes them: a user's array is written only after a chunk has succeeded. */
#include <run/run_int.h>
#include <stdio.h>

typedef struct flight {
    yki_chunk *chunk;
    uint64_t start_ns, deadline_ns;
} flight;

typedef struct pipeline {
    yki_seat *seat;
    yki_launch *launch;
    yki_program *program;
    yki_proc model;             /* what was known of the device at the start */
    flight flights[YKI_DEPTH];
    size_t n;
    uint64_t last_done_ns;
    bool alone;                 /* no other processor takes part */
} pipeline;

/* 20 times what is predicted, and at least 2 s: past that a driver is taken for hung. */
static uint64_t chunk_deadline(const pipeline *p, size_t items)
{
    double patience = p->seat->runner->parts.patience_s;
    double seconds = patience > 0 ? patience : 60;
    double rate = p->model.rate > 0 ? p->model.rate : p->model.alone_rate;
    if (rate > 0) {
        double latency = p->model.latency_s > 0 ? p->model.latency_s : 0;
        seconds = 20 * (latency + (double)items / rate);
        double least = patience > 0 && patience < 2 ? patience : 2;
        if (seconds < least) seconds = least;
    }
    if (!(seconds < 1e9)) return UINT64_MAX;
    /* What is queued behind another chunk waits for that one first. */
    return yki_now_ns() + (uint64_t)(seconds * 1e9) * (p->n + 1);
}

/* Lock held on entry and return. */
static yk_status start_chunk(pipeline *p, yki_order order, yk_diag *diag)
{
    yki_seat *seat = p->seat;
    yki_tally *t = &p->launch->tally[seat->number + 1];
    flight f = {.start_ns = yki_now_ns(),
                .deadline_ns = chunk_deadline(p, order.end - order.begin)};
    yki_runner_unlock(seat->runner);
    yk_status st = yki_chunk_start(seat->memory, &p->launch->call, p->program, order.begin,
                                   order.end, &f.chunk, diag);
    yki_runner_lock(seat->runner);
    if (!t->first_ns) t->first_ns = f.start_ns;
    if (st == YK_OK) p->flights[p->n++] = f;
    else t->failed++;
    return st;
}

static void count(pipeline *p, const yki_chunk_info *info, uint64_t now)
{
    yki_tally *t = &p->launch->tally[p->seat->number + 1];
    t->items += info->end - info->begin;
    t->chunks++;
    t->last_ns = now;
    t->bytes_up += info->bytes_up;
    t->bytes_down += info->bytes_down;
    t->transfer_s += info->stage_s + info->device.up_s + info->device.down_s;
}

/* The oldest chunk: waits, commits, tells the plan.  What comes back to a cancelled launch
 * reaches no array.  Lock held on entry and return. */
static yk_status finish_chunk(pipeline *p, yk_diag *diag)
{
    yki_runner *r = p->seat->runner;
    yki_launch *l = p->launch;
    flight f = p->flights[0];
    size_t proc = p->seat->number + 1;
    yki_runner_unlock(r);
    yk_status st = yki_chunk_wait(f.chunk, f.deadline_ns, diag);
    bool unwanted = yki_stop_asked(&l->stop);
    if (st == YK_OK && !unwanted) yki_chunk_commit(f.chunk, l->reduce);
    uint64_t now = yki_now_ns();
    yki_chunk_info info = yki_chunk_get_info(f.chunk);
    if (st == YK_OK) yki_chunk_close(&f.chunk);
    yki_runner_lock(r);
    if (st != YK_OK) return st;
    for (size_t i = 1; i < p->n; i++) p->flights[i - 1] = p->flights[i];
    p->n--;
    if (unwanted) {
        yki_plan_failed(l->plan, proc);     /* gives back what it holds */
        return YK_OK;
    }
    count(p, &info, now);
    /* Chunks overlap: each one's own time begins when the one before it ended. */
    uint64_t began = f.start_ns > p->last_done_ns ? f.start_ns : p->last_done_ns;
    double seconds = yki_seconds(now - began);
    p->last_done_ns = now;
    yki_plan_done(l->plan, proc, info.begin, info.end, seconds);
    yki_rates_put(r->parts.rates, yki_launch_key(l, proc), info.end - info.begin, seconds,
                  p->alone, yki_seat_first_time(p->seat, l->call.kernel));
    yki_runner_changed(r);
    return YK_OK;
}

/* Everything in flight is lost.  Lock held on entry and return. */
static void lose(pipeline *p, yk_status st, const yk_diag *diag)
{
    yki_seat *seat = p->seat;
    yki_launch *l = p->launch;
    size_t proc = seat->number + 1;
    l->tally[proc].failed += (uint32_t)p->n;
    (void)snprintf(l->reason, sizeof l->reason, "%s: %.200s", seat->info.id, diag->text);
    if (st == YK_E_NOMEM && !yki_device_abandoned(seat->device)) {
        yki_plan_failed(l->plan, proc);     /* this time; it may have memory again later */
    } else {
        l->retired++;
        yki_seat_retire(seat, diag->text);
    }
    yki_runner_changed(seat->runner);
    yki_runner_unlock(seat->runner);
    /* Waiting for what is queued behind a failed chunk would be for a result that
     * nobody wants; the closer waits, or leaks, as the device's state demands. */
    for (size_t i = 0; i < p->n; i++) yki_chunk_close(&p->flights[i].chunk);
    p->n = 0;
    yki_runner_lock(seat->runner);
}

static bool is_alone(const yki_launch *l, size_t proc)
{
    for (size_t i = 0; i < l->n_procs; i++)
        if (i != proc && l->tally[i].used) return false;
    return true;
}

/* Takes what orders there are; the kind of the one that was no order to *last. */
static yk_status fill(pipeline *p, yki_order_kind *last, yk_diag *diag)
{
    yk_status st = YK_OK;
    *last = YKI_TAKE;
    while (st == YK_OK && p->n < YKI_DEPTH) {
        if (p->launch->cancelled || yki_stop_asked(&p->launch->stop)) {
            *last = YKI_STOP;
            break;
        }
        yki_order order = yki_plan_next(p->launch->plan, p->seat->number + 1);
        *last = order.kind;
        if (order.kind != YKI_TAKE) break;
        st = start_chunk(p, order, diag);
    }
    return st;
}

/* Until there are no orders, or the device fails.  Lock held on entry and return. */
static void take_orders(pipeline *p)
{
    yk_status st = YK_OK;
    yk_diag diag = {0};
    yki_order_kind last;
    for (;;) {
        st = fill(p, &last, &diag);
        if (st == YK_OK && p->n > 0) st = finish_chunk(p, &diag);
        else if (st == YK_OK && (last == YKI_STOP || yki_plan_finished(p->launch->plan))) return;
        else if (st == YK_OK) (void)yki_runner_sleep(p->seat->runner, UINT64_MAX);
        if (st != YK_OK) {
            lose(p, st, &diag);
            return;
        }
    }
}

void yki_seat_drive(yki_seat *seat, yki_launch *l, yki_program *program)
{
    yki_runner *r = seat->runner;
    size_t proc = seat->number + 1;
    pipeline p = {.seat = seat, .launch = l, .program = program, .alone = is_alone(l, proc)};
    yki_rates_get(r->parts.rates, yki_launch_key(l, proc), &p.model);
    yki_runner_unlock(r);
    yki_memory_launch_begin(seat->memory, &l->call);
    yki_runner_lock(r);
    take_orders(&p);
    yki_runner_unlock(r);
    yki_memory_launch_end(seat->memory);
    yki_runner_lock(r);
}
