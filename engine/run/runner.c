/* The runner's life, and the queue in which launches wait for their turn: tickets, so
 * that whoever comes first is served first, submitted launches included. */
#include <run/run_int.h>
#include <string.h>
#include <time.h>

/* One whose deadlines are of the monotonic clock. */
static bool open_condition(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0) return false;
    bool ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(cond, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return ok;
}

yk_status yki_runner_open(yki_runner **out, const yki_runner_parts *parts)
{
    yki_runner *r = yki_alloc(1, sizeof *r);
    if (!r) return YK_E_NOMEM;
    r->parts = *parts;
    if (pthread_mutex_init(&r->lock, NULL) != 0) goto no_mutex;
    if (!open_condition(&r->changed)) goto no_changed;
    if (!open_condition(&r->turn)) goto no_turn;
    *out = r;
    return YK_OK;
no_turn:
    (void)pthread_cond_destroy(&r->changed);
no_changed:
    (void)pthread_mutex_destroy(&r->lock);
no_mutex:
    yki_free(r);
    return YK_E_NOMEM;
}

static bool sleep_on(yki_runner *r, pthread_cond_t *cond, uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) return pthread_cond_wait(cond, &r->lock) == 0;
    struct timespec t = {.tv_sec = (time_t)(deadline_ns / 1000000000u),
                         .tv_nsec = (long)(deadline_ns % 1000000000u)};
    return pthread_cond_timedwait(cond, &r->lock, &t) == 0;
}

void yki_runner_close(yki_runner **runner)
{
    yki_runner *r = *runner;
    if (!r) return;
    *runner = NULL;
    yki_submitter_close(r);
    yki_runner_lock(r);
    while (yki_runner_serving(r) != r->next_ticket) (void)sleep_on(r, &r->turn, UINT64_MAX);
    r->closing = true;
    yki_runner_changed(r);
    yki_runner_unlock(r);
    yki_opener_join(r->opener);     /* no seat's thread starts any more */
    for (size_t i = 0; i < YKI_SEATS; i++) yki_seat_close(&r->seats[i]);
    yki_opener_close(&r->opener);
    yki_reduce *spare = atomic_exchange_explicit(&r->spare, NULL, memory_order_acq_rel);
    yki_reduce_close(&spare);
    (void)pthread_cond_destroy(&r->turn);
    (void)pthread_cond_destroy(&r->changed);
    (void)pthread_mutex_destroy(&r->lock);
    yki_free(r);
}

/* A mutex of the default kind fails to lock only if it is not one. */
void yki_runner_lock(yki_runner *r) { (void)pthread_mutex_lock(&r->lock); }
void yki_runner_unlock(yki_runner *r) { (void)pthread_mutex_unlock(&r->lock); }
void yki_runner_changed(yki_runner *r) { (void)pthread_cond_broadcast(&r->changed); }

void yki_runner_wake_all(yki_runner *r)
{
    (void)pthread_cond_broadcast(&r->turn);
    yki_runner_changed(r);
}

void yki_runner_nudge(yki_runner *r)
{
    yki_runner_lock(r);
    yki_runner_wake_all(r);
    yki_runner_unlock(r);
}

bool yki_runner_sleep(yki_runner *r, uint64_t deadline_ns)
{
    return sleep_on(r, &r->changed, deadline_ns);
}

void yki_runner_sleep_for_turn(yki_runner *r, uint64_t deadline_ns)
{
    (void)sleep_on(r, &r->turn, deadline_ns);
}

uint64_t yki_runner_take_ticket(yki_runner *r) { return r->next_ticket++; }

/* A worker of the pool, which waits inside a task, helps whoever's turn it is, and stays awake
 * for a moment: its core has nothing else to do.  True: the turn may have come. */
static bool help_in_queue(yki_runner *r, size_t helper, uint64_t ticket, const uint64_t *nap)
{
    yki_pool *pool = r->parts.pool;
    bool slice = yki_pool_has_slice(pool, helper);
    if (!slice && *nap) return false;
    yki_runner_unlock(r);
    if (!slice) slice = yki_pool_stay_awake(pool, helper, &r->serving, ticket);
    if (slice) yki_pool_help(pool, helper);
    yki_runner_lock(r);
    return slice || yki_runner_serving(r) == ticket;
}

static void sleep_in_queue(yki_runner *r, size_t helper, uint64_t ticket, uint64_t wake_ns,
                           uint64_t *nap)
{
    if (helper != SIZE_MAX) {
        if (help_in_queue(r, helper, ticket, nap)) {
            *nap = 0;
            return;
        }
        uint64_t until = yki_now_ns() + (*nap = yki_pool_nap(*nap));
        wake_ns = until < wake_ns ? until : wake_ns;
    }
    (void)sleep_on(r, &r->turn, wake_ns);
}

yk_status yki_runner_await_turn(yki_runner *r, uint64_t ticket, const yki_stop *stop)
{
    if (yki_runner_serving(r) == ticket) return yki_stop_status(stop);
    size_t helper = yki_pool_helper(r->parts.pool);
    uint64_t nap = 0;
    while (yki_runner_serving(r) != ticket) {
        yk_status st = yki_stop_status(stop);
        if (st != YK_OK && r->n_gone < YKI_GONE) {
            r->gone[r->n_gone++] = ticket;
            return st;
        }
        sleep_in_queue(r, helper, ticket, st != YK_OK ? UINT64_MAX : yki_stop_wake_ns(stop), &nap);
    }
    return yki_stop_status(stop);
}

/* Whether the owner of the ticket has gone; forgets it then. */
static bool has_gone(yki_runner *r, uint64_t ticket)
{
    for (size_t i = 0; i < r->n_gone; i++) {
        if (r->gone[i] != ticket) continue;
        r->gone[i] = r->gone[--r->n_gone];
        return true;
    }
    return false;
}

void yki_runner_end_turn(yki_runner *r, uint64_t ticket)
{
    if (yki_runner_serving(r) != ticket) return;   /* it had gone, and was passed over or will be */
    uint64_t next = ticket;
    do next++;
    while (has_gone(r, next));
    atomic_store_explicit(&r->serving, next, memory_order_relaxed);
    (void)pthread_cond_broadcast(&r->turn);
}

yk_status yki_runner_settle(yki_runner *r, uint64_t deadline_ns, yk_diag *diag)
{
    yk_status st = YK_OK;
    yki_runner_lock(r);
    while (st == YK_OK && yki_opener_busy(r))
        if (!yki_runner_sleep(r, deadline_ns))
            st = yki_fail(diag, YK_E_TIMEOUT, "devices are still opening");
    if (st == YK_OK) st = yki_opener_result(r, diag);
    yki_runner_unlock(r);
    return st;
}

static void describe_pool(const yki_runner *r, yk_device_info *out)
{
    memset(out, 0, sizeof *out);
    yki_copy_text(out->id, sizeof out->id, "cpu");
    yki_copy_text(out->name, sizeof out->name, r->parts.pool_name ? r->parts.pool_name : "");
    yki_copy_text(out->reason, sizeof out->reason, r->parts.pool_note ? r->parts.pool_note : "");
    out->type = YK_DEVICE_POOL;
    out->state = YK_DEVICE_READY;
    out->fp64 = 1;
    out->int64_atomics = 1;
    out->unified = 1;
    out->units = (uint32_t)yki_pool_get_info(r->parts.pool).workers;
    out->memory_bytes = out->alloc_bytes = r->parts.memory_bytes;
}

size_t yki_runner_devices(yki_runner *r, yk_device_info *out, size_t max)
{
    yki_runner_lock(r);
    size_t n = r->n_seats + 1;
    if (max > 0) describe_pool(r, &out[0]);
    for (size_t i = 0; i < r->n_seats && i + 1 < max; i++) out[i + 1] = r->seats[i].info;
    yki_runner_unlock(r);
    return n;
}

yk_status yki_runner_add_device(yki_runner *r, yki_device *device)
{
    yki_runner_lock(r);
    yki_seat *seat = r->n_seats < YKI_SEATS ? &r->seats[r->n_seats] : NULL;
    if (seat) {
        seat->runner = r;
        seat->number = r->n_seats++;
        seat->info = *yki_device_info(device);
        seat->info.state = YK_DEVICE_OPENING;
        seat->state = YKI_SEAT_OPENING;
    }
    yki_runner_unlock(r);
    if (!seat) {
        yki_device_close(&device);
        return YK_E_RANGE;
    }
    yk_status st = yki_seat_start(seat, device);
    yki_runner_lock(r);
    while (st == YK_OK && seat->state == YKI_SEAT_OPENING)
        (void)yki_runner_sleep(r, UINT64_MAX);
    yki_runner_unlock(r);
    return st;
}
