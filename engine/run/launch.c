/* One launch, from the checks to the report.  The thread that launches runs all of this;
 * seats join through runner->launch. */
#include <run/run_int.h>
#include <stdio.h>
#include <string.h>

/* A record of its own for launches that one thread ran alone. */
#define ONE_THREAD 1000u

/* Below this many work-items a kernel of unknown speed is not worth a device's while,
 * nor, below that many seconds, one of known speed. */
#define WORTH_ITEMS 32768u
#define WORTH_SECONDS 200e-6

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

/* Names of devices that are still being listed cannot be told from wrong ones: waits. */
static yk_status check_names(yki_runner *r, yki_launch *l, const char *list, yk_diag *diag)
{
    size_t length = 0;
    const char *word;
    while ((word = unknown_word(r, list, &length)) != NULL && yki_opener_busy(r))
        if (!yki_runner_sleep(r, l->deadline_ns))
            return yki_fail(diag, YK_E_TIMEOUT, "devices are still opening");
    if (!word) return YK_OK;
    return yki_fail(diag, YK_E_INVALID, "devices: \"%.*s\" is no device that this engine opened",
                    (int)length, word);
}

static bool is_worth_a_device(const yki_launch *l, double host_rate)
{
    size_t work = yki_launch_key(l, 0).work;
    if (host_rate <= 0) return work >= WORTH_ITEMS;
    return (double)l->call.items / host_rate >= WORTH_SECONDS;
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

static void run_alone(yki_runner *r, yki_launch *l, double thread_rate)
{
    yki_tally *t = &l->tally[0];
    size_t n = l->call.items;
    bool tiny = yki_host_is_tiny(r, l, thread_rate);
    t->first_ns = yki_now_ns();
    if (tiny) {
        yk_slice s = {.range = &l->call.range, .shape = &l->call.shape, .args = l->call.args,
                      .reduce = yki_reduce_worker(l->reduce, 0),
                      .begin = l->call.shape.lo[l->call.kernel->axis],
                      .end = l->call.shape.hi[l->call.kernel->axis], .block = l->call.block};
        l->host(&s);
    } else {
        yki_host_run(r, l, 0, n);
    }
    t->last_ns = yki_now_ns();
    t->items = n;
    t->chunks = 1;
    yki_rates_put(r->parts.rates, yki_launch_key(l, tiny ? ONE_THREAD : 0), n,
                  yki_seconds(t->last_ns - t->first_ns), true, false);
}

/* With a deadline: in steps of about a millisecond, by the time of those before. */
static yk_status run_until(yki_runner *r, yki_launch *l)
{
    yki_tally *t = &l->tally[0];
    size_t n = l->call.items, align = l->call.align;
    size_t at = 0, step = yki_max(align, yki_round_down(n / 64, align));
    t->first_ns = yki_now_ns();
    while (at < n && yki_now_ns() < l->deadline_ns) {
        uint64_t start = yki_now_ns();
        size_t end = step < n - at ? at + step : n;
        yki_host_run(r, l, at, end);
        uint64_t took = yki_now_ns() - start;
        if (took < 500000 && step <= n / 2) step = yki_round_up(2 * step, align);
        else if (took > 2000000) step = yki_max(align, yki_round_down(step / 2, align));
        at = end;
    }
    t->last_ns = yki_now_ns();
    t->items = at;
    t->chunks = 1;
    return at < n ? YK_E_TIMEOUT : YK_OK;
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
    yki_host_drive(r, l);
    r->launch = NULL;
    yki_plan_info info = yki_plan_get_info(l->plan);    /* as it stands in the end */
    if (!l->reason[0]) yki_copy_text(l->reason, sizeof l->reason, info.reason);
    if (!yki_plan_finished(l->plan)) st = YK_E_TIMEOUT;
    else learn(r, l);
    yki_plan_close(&l->plan);
    return st;
}

/* ---- the whole ---- */

/* What is known of the host: its rate in items a second, and one thread's. */
static void host_rates(yki_runner *r, const yki_launch *l, double *pool, double *thread)
{
    yki_proc p = {0}, one = {0};
    yki_rates_get(r->parts.rates, yki_launch_key(l, 0), &p);
    yki_rates_get(r->parts.rates, yki_launch_key(l, ONE_THREAD), &one);
    *pool = p.alone_rate > 0 ? p.alone_rate : p.rate;
    double share = *pool / (double)yki_pool_get_info(r->parts.pool).workers;
    *thread = one.alone_rate > 0 ? one.alone_rate : share;
}

static yk_status no_processor(const yki_launch *l, const char *list, yk_diag *diag)
{
    return yki_fail(diag, YK_E_UNSUPPORTED, "none of the devices \"%s\" can run it%s%.200s", list,
                    l->reason[0] ? ": " : "", l->reason);
}

/* The call is checked and it is this launch's turn.  Lock held on entry and return. */
static yk_status run_in_turn(yki_runner *r, yki_launch *l, const char *list, yk_diag *diag)
{
    double pool_rate, thread_rate;
    bool explicit_devices = list != NULL || l->policy != YK_POLICY_AUTO;
    yk_status st = check_names(r, l, list, diag);
    if (st != YK_OK) return st;
    host_rates(r, l, &pool_rate, &thread_rate);
    l->n_procs = 1;
    l->only_devices = list && !list_names(list, "cpu");
    l->tally[0].used = !l->only_devices;
    bool try_devices = !r->parts.no_devices && (r->n_seats || r->opener) &&
                       (explicit_devices || is_worth_a_device(l, pool_rate));
    if (try_devices && choose_seats(r, l, list) > 0) {
        st = run_planned(r, l, diag);
        if (l->tally[0].items) l->tally[0].used = true;
    } else if (l->only_devices) {
        return no_processor(l, list, diag);
    } else {
        yki_runner_unlock(r);
        if (l->deadline_ns == UINT64_MAX) run_alone(r, l, thread_rate);
        else st = run_until(r, l);
        yki_runner_lock(r);
    }
    if (st == YK_E_TIMEOUT) (void)yki_fail(diag, st, "the deadline passed; outputs are incomplete");
    return st;
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
    return yki_reduce_open(&l->reduce, &l->call, yki_pool_get_info(r->parts.pool).workers, diag);
}

static void read_opts(yki_launch *l, uint64_t start_ns, const yk_run_opts *opts)
{
    l->start_ns = l->turn_ns = start_ns;
    l->deadline_ns = UINT64_MAX;
    if (!opts) return;
    l->policy = opts->policy;
    if (opts->deadline_s > 0 && opts->deadline_s < 1e9)
        l->deadline_ns = l->start_ns + (uint64_t)(opts->deadline_s * 1e9);
}

/* From inside a body of the pool: no queue, no devices, the calling worker alone. */
static yk_status run_nested(yki_runner *r, yki_launch *l)
{
    l->n_procs = 1;
    l->tally[0].used = true;
    if (l->deadline_ns != UINT64_MAX) return run_until(r, l);
    l->tally[0].first_ns = yki_now_ns();
    yki_host_run(r, l, 0, l->call.items);
    l->tally[0].last_ns = yki_now_ns();
    l->tally[0].items = l->call.items;
    l->tally[0].chunks = 1;
    return YK_OK;
}

static void combine(yki_launch *l, yk_status st)
{
    if (st == YK_OK && l->reduce) yki_reduce_finish(l->reduce);
    yki_reduce_close(&l->reduce);
}

static yk_status conclude(const yki_runner *r, const yki_launch *l, yk_status st,
                          yk_report *report, yk_diag *diag)
{
    if (report) yki_report_fill(r, l, report);
    if (st != YK_OK && diag && !diag->kernel[0] && l->call.kernel)
        yki_copy_text(diag->kernel, sizeof diag->kernel, l->call.kernel->name);
    return st;
}

yk_status yki_launch_run(yki_runner *r, uint64_t ticket, uint64_t start_ns,
                         const yk_kernel *kernel, const yk_range *range, const void *args,
                         const yk_run_opts *opts, yk_report *report, yk_diag *diag)
{
    yki_launch l = {0};
    read_opts(&l, start_ns, opts);
    yk_status st = prepare(r, &l, kernel, range, args, diag);
    bool work = st == YK_OK && l.call.items > 0;
    yki_runner_lock(r);
    if (!yki_runner_await_turn(r, ticket, l.deadline_ns) && work) {
        st = yki_fail(diag, YK_E_TIMEOUT, "the deadline passed before its turn came");
        work = false;
    }
    l.turn_ns = yki_now_ns();
    if (work) st = run_in_turn(r, &l, opts ? opts->devices : NULL, diag);
    yki_runner_unlock(r);
    combine(&l, st);
    yki_runner_lock(r);
    if (work) r->last_launch_ns = yki_now_ns();
    st = conclude(r, &l, st, report, diag);
    yki_runner_unlock(r);
    return st;
}

yk_status yki_runner_launch(yki_runner *r, const yk_kernel *kernel, const yk_range *range,
                            const void *args, const yk_run_opts *opts, yk_report *report,
                            yk_diag *diag)
{
    uint64_t start_ns = yki_now_ns();
    if (yki_pool_inside(r->parts.pool, NULL)) {
        yki_launch l = {0};
        read_opts(&l, start_ns, opts);
        yk_status st = prepare(r, &l, kernel, range, args, diag);
        if (st == YK_OK && l.call.items > 0 && (st = run_nested(r, &l)) != YK_OK)
            (void)yki_fail(diag, st, "the deadline passed; outputs are incomplete");
        combine(&l, st);
        return conclude(r, &l, st, report, diag);
    }
    yki_runner_lock(r);
    uint64_t ticket = yki_runner_take_ticket(r);
    yki_runner_unlock(r);
    yk_status st = yki_launch_run(r, ticket, start_ns, kernel, range, args, opts, report, diag);
    yki_runner_lock(r);
    yki_runner_end_turn(r, ticket);
    yki_runner_unlock(r);
    return st;
}
