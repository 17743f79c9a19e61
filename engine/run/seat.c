/* A device's place in the runner: one thread that opens the device, waits for launches
 * that want it, has its program built, and joins.  The program is built while the launch
 * goes on without it: a launch never waits for a compiler. */
#include <run/run_int.h>
#include <stdio.h>
#include <string.h>

/* ---- kernels it has met ---- */

static yki_met *find_met(const yki_seat *seat, uint64_t hash)
{
    for (size_t i = 0; i < seat->n_met; i++)
        if (seat->met[i].hash == hash) return &seat->met[i];
    return NULL;
}

/* Remembers how building went; forgetting it, for lack of memory, costs a look-up. */
static void remember(yki_seat *seat, uint64_t hash, bool works, const char *reason)
{
    yki_met *m = find_met(seat, hash);
    if (!m && seat->n_met == seat->met_room) {
        size_t room = seat->met_room ? 2 * seat->met_room : 16;
        yki_met *bigger = yki_alloc(room, sizeof *bigger);
        if (!bigger) return;
        if (seat->n_met) memcpy(bigger, seat->met, seat->n_met * sizeof *bigger);
        yki_free(seat->met);
        seat->met = bigger;
        seat->met_room = room;
    }
    if (!m) m = &seat->met[seat->n_met++];
    m->hash = hash;
    m->works = works;
    yki_copy_text(m->reason, sizeof m->reason, reason);
}

bool yki_seat_has_program(const yki_seat *seat, const yk_kernel *kernel)
{
    const yki_met *m = find_met(seat, yki_kernel_key(kernel));
    return seat->state == YKI_SEAT_READY && m && m->works;
}

bool yki_seat_first_time(yki_seat *seat, const yk_kernel *kernel)
{
    yki_met *m = find_met(seat, yki_kernel_key(kernel));
    bool first = m && !m->timed;
    if (m) m->timed = true;
    return first;
}

bool yki_seat_refuses(const yki_seat *seat, const yk_kernel *kernel, char *reason, size_t size)
{
    if (seat->state == YKI_SEAT_EMPTY || seat->state == YKI_SEAT_RETIRED) {
        yki_copy_text(reason, size, seat->info.reason);
        return true;
    }
    if (seat->state != YKI_SEAT_READY) return false;
    if (!yki_device_can(seat->device, kernel, reason, size)) return true;
    const yki_met *m = find_met(seat, yki_kernel_key(kernel));
    if (!m || m->works) return false;
    yki_copy_text(reason, size, m->reason);
    return true;
}

/* ---- leaving ---- */

/* The seat takes no part in the running launch, or none any more. */
static void give_up_launch(yki_seat *seat, const char *reason)
{
    yki_launch *l = seat->runner->launch;
    size_t proc = seat->number + 1;
    if (l && proc < l->n_procs && l->tally[proc].used) {
        yki_plan_failed(l->plan, proc);
        if (!l->reason[0])
            (void)snprintf(l->reason, sizeof l->reason, "%s: %.200s", seat->info.id, reason);
    }
    yki_runner_changed(seat->runner);
}

void yki_seat_retire(yki_seat *seat, const char *reason)
{
    seat->state = YKI_SEAT_RETIRED;
    seat->info.state = YK_DEVICE_RETIRED;
    yki_copy_text(seat->info.reason, sizeof seat->info.reason, reason);
    give_up_launch(seat, reason);
}

/* ---- its thread ---- */

/* A launch that wants this seat and that it has not looked at yet; NULL when closing. */
static yki_launch *await_launch(yki_seat *seat)
{
    yki_runner *r = seat->runner;
    size_t proc = seat->number + 1;
    for (;;) {
        yki_launch *l = r->launch;
        if (r->closing || seat->state == YKI_SEAT_RETIRED) return NULL;
        if (l && l->serial != seat->served && proc < l->n_procs && l->tally[proc].used) return l;
        (void)yki_runner_sleep(r, UINT64_MAX);
    }
}

/* Builds outside the lock.  Returns the launch if it still runs and wants the seat. */
static yki_launch *build(yki_seat *seat, const yk_kernel *kernel, yki_program **program)
{
    yki_runner *r = seat->runner;
    yk_diag diag = {0};
    bool built = false;
    uint64_t serial = seat->served;
    yki_runner_unlock(r);
    yk_status st = yki_device_program(seat->device, kernel, program, &built, &diag);
    yki_runner_lock(r);
    if (st == YK_OK && built) remember(seat, yki_kernel_key(kernel), true, "");
    bool running = r->launch && r->launch->serial == serial;
    if (st == YK_OK) return running ? r->launch : NULL;
    bool refused = st == YK_E_BUILD || st == YK_E_UNSUPPORTED;
    if (refused && !yki_device_abandoned(seat->device)) {
        remember(seat, yki_kernel_key(kernel), false, diag.text);
        if (running) give_up_launch(seat, diag.text);
    } else {
        if (running) r->launch->retired++;
        yki_seat_retire(seat, diag.text);
    }
    return NULL;
}

static void serve(yki_seat *seat)
{
    yki_runner *r = seat->runner;
    yki_launch *l;
    char reason[160];
    yki_runner_lock(r);
    while ((l = await_launch(seat)) != NULL) {
        const yk_kernel *kernel = l->call.kernel;
        yki_program *program = NULL;
        seat->served = l->serial;
        if (yki_seat_refuses(seat, kernel, reason, sizeof reason)) {
            give_up_launch(seat, reason);
            continue;
        }
        l = build(seat, kernel, &program);
        if (!l) continue;
        l->attached++;
        yki_plan_arrived(l->plan, seat->number + 1);
        yki_seat_drive(seat, l, program);
        l->attached--;
        yki_runner_changed(r);
    }
    yki_runner_unlock(r);
}

static yk_status open_device(yki_seat *seat, yk_diag *diag)
{
    yk_status st = YK_OK;
    if (!seat->device) st = yki_opener_open(seat, &seat->device, diag);
    if (st != YK_OK) return st;
    st = yki_memory_open(&seat->memory, seat->device, seat->runner->parts.blocks);
    if (st != YK_OK) (void)yki_fail(diag, st, "no memory for the device");
    return st;
}

void yki_seat_main(yki_seat *seat)
{
    yki_runner *r = seat->runner;
    yk_diag diag = {0};
    yk_status st = open_device(seat, &diag);
    yki_runner_lock(r);
    if (st == YK_OK) {
        seat->info = *yki_device_info(seat->device);
        seat->info.state = YK_DEVICE_READY;
        seat->info.reason[0] = '\0';
        seat->state = YKI_SEAT_READY;
        yki_runner_changed(r);
    } else {
        yki_seat_retire(seat, diag.text);
    }
    yki_runner_unlock(r);
    if (st == YK_OK) serve(seat);
    /* The device is closed by the thread that opened it. */
    yki_memory_close(&seat->memory);
    yki_device_close(&seat->device);
}

static void *thread_main(void *seat)
{
    yki_seat_main(seat);
    return NULL;
}

yk_status yki_seat_start(yki_seat *seat, yki_device *device)
{
    char name[16];
    (void)snprintf(name, sizeof name, "yoke/%.9s", seat->info.id);
    seat->device = device;
    yk_status st = yki_thread_start(&seat->thread, name, thread_main, seat);
    yki_runner_lock(seat->runner);
    seat->started = st == YK_OK;
    if (st != YK_OK) yki_seat_retire(seat, "no thread could be started for it");
    yki_runner_unlock(seat->runner);
    if (st != YK_OK) yki_device_close(&seat->device);
    return st;
}

void yki_seat_close(yki_seat *seat)
{
    if (seat->started) (void)pthread_join(seat->thread, NULL);
    seat->started = false;
    yki_free(seat->met);
    seat->met = NULL;
}
