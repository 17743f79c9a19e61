/* One launch, from the checks to the report.  The thread that launches runs all of this;
 * seats join through runner->launch. */
#include <run/run_int.h>
#include <stdio.h>
#include <string.h>

/* Below this many work-items a kernel of unknown speed is not worth a device's while,
 * nor, below that many seconds, one of known speed.  Of launches much shorter than that no
 * plan needs to know. */
#define WORTH_ITEMS 32768u
#define WORTH_SECONDS 200e-6
#define KNOWN_SECONDS 50e-6
/* A reduction's memory is kept for the next launch if it is not more than this. */
#define SPARE_BYTES ((size_t)1 << 20)

yki_rate_key yki_launch_key(const yki_launch *l, size_t proc)
{
    size_t work;
    if (!yki_mul(l->call.items, l->call.inner, &work)) work = SIZE_MAX;
    return (yki_rate_key){.kernel = yki_kernel_key(l->call.kernel), .device = (uint32_t)proc,
                          .work = work, .inner = l->call.inner};
}

/* ---- who takes part ---- */

/* Whether a comma-separated list of ids contains `id`; NULL and "all" name everybody. */
static bool list_names(const char *list, const char *id)
{
    size_t length = strlen(id);
    if (!list) return true;
    for (const char *at = list; *at;) {
        size_t word = strcspn(at, ",");
        if (word == length && strncmp(at, id, word) == 0) return true;
        if (word == 3 && strncmp(at, "all", 3) == 0) return true;
        at += word + (at[word] == ',');
    }
    return false;
}

static bool is_known(const yki_runner *r, const char *word, size_t length)
{
    if (length == 3 && strncmp(word, "cpu", 3) == 0) return true;
    if (length == 3 && strncmp(word, "all", 3) == 0) return true;
    for (size_t i = 0; i < r->n_seats; i++)
        if (strlen(r->seats[i].info.id) == length &&
            strncmp(r->seats[i].info.id, word, length) == 0)
            return r->seats[i].state != YKI_SEAT_EMPTY;
    return false;
}

/* The first word of the list that no processor of the engine has for its id. */
static const char *unknown_word(const yki_runner *r, const char *list, size_t *length)
{
    for (const char *at = list; at && *at;) {
        *length = strcspn(at, ",");
        if (!is_known(r, at, *length)) return at;
        at += *length + (at[*length] == ',');
    }
    return NULL;
}

static const char *why_ended(yk_status st)
{
    return st == YK_E_CANCELLED ? "cancelled" : "the deadline passed";
}

/* Names of devices that are still being listed cannot be told from wrong ones: waits. */
static yk_status check_names(yki_runner *r, yki_launch *l, const char *list, yk_diag *diag)
{
    size_t length = 0;
    const char *word;
    while ((word = unknown_word(r, list, &length)) != NULL && yki_opener_busy(r)) {
        (void)yki_runner_sleep(r, yki_stop_wake_ns(&l->stop));
        yk_status st = yki_stop_status(&l->stop);
        if (st != YK_OK)
            return yki_fail(diag, st, "%s while devices were still opening", why_ended(st));
    }
    if (!word) return YK_OK;
    return yki_fail(diag, YK_E_INVALID, "devices: \"%.*s\" is no device that this engine opened",
                    (int)length, word);
}

static bool is_worth_a_device(yki_runner *r, const yki_launch *l, size_t work)
{
    double known = yki_habit_seconds(l->habit, work);
    if (known <= 0) {
        yki_proc host = {0};
        yki_rates_get(r->parts.rates, yki_launch_key(l, 0), &host);
        double rate = host.alone_rate > 0 ? host.alone_rate : host.rate;
        if (rate <= 0) return work >= WORTH_ITEMS;
        known = (double)l->call.items / rate;
    }
    return known >= WORTH_SECONDS;
}

/* Not even one cut's worth of items fits on the device. */
static bool lacks_memory(const yki_seat *seat, const yki_launch *l, char *reason, size_t size)
{
    if (seat->state != YKI_SEAT_READY) return false;
    if (yki_memory_max_items(seat->memory, &l->call, YKI_DEPTH) > 0) return false;
    yki_copy_text(reason, size, "its memory is too small for the smallest part");
    return true;
}

/* Marks the seats that take part; returns how many.  Lock held. */
static size_t choose_seats(yki_runner *r, yki_launch *l, const char *list)
{
    const yk_kernel *kernel = l->call.kernel;
    size_t n = 0, room = r->n_seats;
    char reason[160];
    memset(&l->tally[1], 0, sizeof l->tally - sizeof l->tally[0]);
    for (size_t i = 0; i < r->n_seats; i++) {
        yki_seat *seat = &r->seats[i];
        if (seat->state == YKI_SEAT_EMPTY || !list_names(list, seat->info.id)) continue;
        if (yki_seat_refuses(seat, kernel, reason, sizeof reason) ||
            lacks_memory(seat, l, reason, sizeof reason)) {
            (void)snprintf(l->reason, sizeof l->reason, "%s: %s", seat->info.id, reason);
            continue;
        }
        l->tally[i + 1].used = true;
        n++;
    }
    /* Devices not listed yet may still join. */
    if (yki_opener_listing(r) && !list && kernel->device) {
        for (; room < YKI_SEATS; room++) l->tally[room + 1].used = true;
        n += room - r->n_seats;
    }
    l->n_procs = n ? room + 1 : 1;
    return n;
}

/* ---- on the pool alone ---- */

static yk_status run_alone(yki_runner *r, yki_launch *l)
{
    const yki_tally *t = &l->tally[0];
    yk_status st = yki_host_run_all(r, l);
    double seconds = yki_seconds(t->last_ns - t->first_ns);
    if (st == YK_OK && (r->n_seats || r->opener) && seconds >= KNOWN_SECONDS)
        yki_rates_put(r->parts.rates, yki_launch_key(l, 0), t->items, seconds, true, false);
    return st;
}

/* ---- with devices ---- */

/* Work-items that give all of a device something to do: on a GPU, a thousand threads for
 * each compute unit hide its memory's latency; on a CPU driver, a group or two a core. */
static size_t filling_work(const yk_device_info *info)
{
    if (info->type == YK_DEVICE_CPU) return 1024;
    return yki_max(16384, (size_t)info->units * 1024);
}

static void describe_seats(yki_runner *r, const yki_launch *l, yki_plan_spec *spec)
{
    for (size_t i = 1; i < l->n_procs; i++) {
        yki_proc *p = &spec->procs[i];
        if (!l->tally[i].used) continue;
        yki_rates_get(r->parts.rates, yki_launch_key(l, i), p);
        p->present = true;
        p->fill_items = l->call.align;
        if (i > r->n_seats) continue;
        yki_seat *seat = &r->seats[i - 1];
        p->fill_items = yki_round_up(yki_div_up(filling_work(&seat->info), l->call.inner),
                                     l->call.align);
        p->ready = yki_seat_has_program(seat, l->call.kernel);
        if (seat->state == YKI_SEAT_READY)
            p->max_items = yki_memory_max_items(seat->memory, &l->call, YKI_DEPTH);
    }
}

static yk_status open_plan(yki_runner *r, yki_launch *l)
{
    yki_plan_spec spec = {.policy = (yki_policy)l->policy, .items = l->call.items,
                          .align = l->call.align, .whole = l->call.whole,
                          .only_devices = l->only_devices, .n_procs = l->n_procs};
    spec.stay_single = l->policy == YK_POLICY_AUTO &&
                       yki_rates_stay_single(r->parts.rates, yki_launch_key(l, 0));
    yki_rates_get(r->parts.rates, yki_launch_key(l, 0), &spec.procs[0]);
    spec.procs[0].present = spec.procs[0].ready = true;
    describe_seats(r, l, &spec);
    return yki_plan_open(&l->plan, &spec);
}

static bool devices_worked(const yki_launch *l)
{
    for (size_t i = 1; i < l->n_procs; i++)
        if (l->tally[i].items) return true;
    return false;
}

/* What the launch teaches: the host's rate, and whether the gate was right. */
static void learn(yki_runner *r, const yki_launch *l)
{
    const yki_tally *t = &l->tally[0];
    yki_plan_info info = yki_plan_get_info(l->plan);
    bool split = devices_worked(l) && t->items > 0;
    if (t->items && t->work_ns)
        yki_rates_put(r->parts.rates, yki_launch_key(l, 0), t->items, yki_seconds(t->work_ns),
                      !devices_worked(l), false);
    yki_rates_judge(r->parts.rates, yki_launch_key(l, 0), split, info.predicted_single_s,
                    yki_seconds(yki_now_ns() - l->turn_ns));
}

/* Lock held on entry and return. */
static yk_status run_planned(yki_runner *r, yki_launch *l, yk_diag *diag)
{
    yk_status st = open_plan(r, l);
    if (st != YK_OK) return yki_fail(diag, st, "no plan could be made");
    l->serial = ++r->serials;
    r->launch = l;
    yki_runner_changed(r);
    yk_status ended = yki_host_drive(r, l);
    r->launch = NULL;
    yki_plan_info info = yki_plan_get_info(l->plan);    /* as it stands in the end */
    if (!l->reason[0]) yki_copy_text(l->reason, sizeof l->reason, info.reason);
    if (!yki_plan_finished(l->plan)) st = ended;
    else learn(r, l);
    yki_plan_close(&l->plan);
    return st;
}

/* ---- the whole ---- */

static yk_status no_processor(const yki_launch *l, const char *list, yk_diag *diag)
{
    return yki_fail(diag, YK_E_UNSUPPORTED, "none of the devices \"%s\" can run it%s%.200s", list,
                    l->reason[0] ? ": " : "", l->reason);
}

/* Whether devices are in question at all. */
static bool considers_devices(yki_runner *r, const yki_launch *l, const char *list, size_t work)
{
    if (r->parts.no_devices || (!r->n_seats && !r->opener)) return false;
    return list != NULL || l->policy != YK_POLICY_AUTO || is_worth_a_device(r, l, work);
}

static yk_status say_incomplete(const yki_launch *l, yk_status st, yk_diag *diag)
{
    if (st != YK_E_TIMEOUT && st != YK_E_CANCELLED) return st;
    size_t done = 0;
    for (size_t i = 0; i < l->n_procs; i++) done += l->tally[i].items;
    return yki_fail(diag, st, "%s after %zu of %zu items; outputs are incomplete", why_ended(st),
                    done, l->call.items);
}

/* The call is checked and it is this launch's turn.  Lock held on entry and return. */
static yk_status run_in_turn(yki_runner *r, yki_launch *l, const char *list, yk_diag *diag)
{
    size_t work = yki_launch_key(l, 0).work;
    yk_status st = list ? check_names(r, l, list, diag) : YK_OK;
    if (st != YK_OK) return st;
    l->habit = yki_choices_find(&r->choices, yki_kernel_key(l->call.kernel), work);
    l->only_devices = list && !list_names(list, "cpu");
    l->tally[0].used = !l->only_devices;
    if (considers_devices(r, l, list, work) && choose_seats(r, l, list) > 0) {
        st = run_planned(r, l, diag);
        if (l->tally[0].items) l->tally[0].used = true;
    } else if (l->only_devices) {
        return no_processor(l, list, diag);
    } else {
        yki_runner_unlock(r);
        st = run_alone(r, l);
        yki_runner_lock(r);
    }
    return say_incomplete(l, st, diag);
}

static yk_status prepare(yki_runner *r, yki_launch *l, const yk_kernel *kernel,
                         const yk_range *range, const void *args, yk_diag *diag)
{
    yk_status st = yki_call_init(&l->call, kernel, range, args, diag);
    if (st == YK_OK && r->parts.checked && !(kernel->flags & YK_KERNEL_CHECKED))
        st = yki_fail(diag, YK_E_UNSUPPORTED, "%s: YOKE_CHECK is set, but its file was not "
                      "compiled with yokec --check", kernel->name);
    if (st != YK_OK || l->call.items == 0) return st;
    l->host = yki_kernel_host(kernel, r->parts.isa);
    if (!yki_call_reduces(&l->call)) return YK_OK;
    l->reduce = atomic_exchange_explicit(&r->spare, NULL, memory_order_acq_rel);
    return yki_reduce_renew(&l->reduce, &l->call, yki_pool_get_info(r->parts.pool).workers, diag);
}

/* Clears all but the call, which prepare fills, and the devices' tallies. */
static void begin(yki_launch *l, uint64_t start_ns, const yk_run_opts *opts)
{
    memset((char *)l + sizeof l->call, 0, offsetof(yki_launch, reason) - sizeof l->call);
    l->reason[0] = '\0';
    l->tally[0] = (yki_tally){0};
    l->n_procs = 1;
    l->start_ns = l->turn_ns = start_ns;
    if (yki_current_worker) l->stop.cancel = yki_current_worker->cancel;
    l->stop.deadline_ns = UINT64_MAX;
    if (!opts) return;
    l->policy = opts->policy;
    if (opts->deadline_s > 0) l->stop.deadline_ns = yki_time_after(l->start_ns, opts->deadline_s);
}

/* From inside a body of the pool: no queue, no devices, the calling worker alone. */
static yk_status run_nested(yki_runner *r, yki_launch *l)
{
    yki_tally *t = &l->tally[0];
    t->used = true;
    t->first_ns = yki_now_ns();
    t->items = yki_host_run(r, l, 0, l->call.items);
    t->last_ns = yki_now_ns();
    t->chunks = 1;
    return t->items < l->call.items ? yki_stop_status(&l->stop) : YK_OK;
}

static void combine(yki_runner *r, yki_launch *l, yk_status st)
{
    if (!l->reduce) return;
    if (st == YK_OK) yki_reduce_finish(l->reduce);
    if (yki_reduce_bytes(l->reduce) <= SPARE_BYTES)
        l->reduce = atomic_exchange_explicit(&r->spare, l->reduce, memory_order_acq_rel);
    yki_reduce_close(&l->reduce);
}

static yk_status conclude(const yki_runner *r, const yki_launch *l, uint64_t end_ns, yk_status st,
                          yk_report *report, yk_diag *diag)
{
    if (report) yki_report_fill(r, l, end_ns, report);
    if (st != YK_OK && diag && !diag->kernel[0] && l->call.kernel)
        yki_copy_text(diag->kernel, sizeof diag->kernel, l->call.kernel->name);
    return st;
}

static yk_status launch_nested(yki_runner *r, uint64_t start_ns, const yk_kernel *kernel,
                               const yk_range *range, const void *args, const yk_run_opts *opts,
                               yk_report *report, yk_diag *diag)
{
    yki_launch l;
    begin(&l, start_ns, opts);
    yk_status st = prepare(r, &l, kernel, range, args, diag);
    if (st == YK_OK && l.call.items > 0) st = say_incomplete(&l, run_nested(r, &l), diag);
    combine(r, &l, st);
    return conclude(r, &l, yki_now_ns(), st, report, diag);
}

/* Waits for its turn; `work`: there is something to run then.  Lock held on entry and
 * return. */
static yk_status take_turn(yki_runner *r, yki_launch *l, uint64_t ticket, bool work,
                           const char *list, yk_diag *diag)
{
    yk_status st = yki_runner_await_turn(r, ticket, &l->stop);
    if (!work) return YK_OK;
    if (st != YK_OK) return yki_fail(diag, st, "%s before its turn came", why_ended(st));
    l->turn_ns = yki_now_ns();
    l->before_ns = r->last_launch_ns;
    return run_in_turn(r, l, list, diag);
}

yk_status yki_launch_run(yki_runner *r, const uint64_t *ticket, uint64_t start_ns,
                         const yk_kernel *kernel, const yk_range *range, const void *args,
                         const yk_run_opts *opts, yk_report *report, yk_diag *diag)
{
    yki_launch l;
    begin(&l, start_ns, opts);
    yk_status st = prepare(r, &l, kernel, range, args, diag);
    bool work = st == YK_OK && l.call.items > 0;
    yki_runner_lock(r);
    uint64_t own = ticket ? *ticket : yki_runner_take_ticket(r);
    yk_status turn = take_turn(r, &l, own, work, opts ? opts->devices : NULL, diag);
    if (st == YK_OK) st = turn;
    bool combines = l.reduce != NULL;
    if (combines) {
        yki_runner_unlock(r);
        combine(r, &l, st);
        yki_runner_lock(r);
    }
    /* What follows on the work itself takes no time to speak of. */
    uint64_t end_ns = l.n_procs > 1 || combines ? yki_now_ns() : l.tally[0].last_ns;
    if (!end_ns) end_ns = yki_now_ns();
    if (work) r->last_launch_ns = end_ns;
    st = conclude(r, &l, end_ns, st, report, diag);
    if (!ticket) yki_runner_end_turn(r, own);
    yki_runner_unlock(r);
    return st;
}

yk_status yki_runner_launch(yki_runner *r, const yk_kernel *kernel, const yk_range *range,
                            const void *args, const yk_run_opts *opts, yk_report *report,
                            yk_diag *diag)
{
    uint64_t start_ns = yki_now_ns();
    if (yki_current_worker && yki_pool_inside(r->parts.pool, NULL))
        return launch_nested(r, start_ns, kernel, range, args, opts, report, diag);
    return yki_launch_run(r, NULL, start_ns, kernel, range, args, opts, report, diag);
}
