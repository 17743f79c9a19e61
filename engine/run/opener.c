/* Finds the devices and opens those that are asked for, in the background: loading
 * drivers can take most of a second.  The thread that lists them becomes the last
 * device's own thread; the others get theirs.  With carve it is bound to the carved
 * cores before the first OpenCL call, so that drivers' threads inherit that. */
#include <run/run_int.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

struct yki_opener {
    yki_runner *runner;
    pthread_t thread;
    char *devices;              /* NULL: the default */
    size_t device_bytes, carve;
    int *carve_cpus;
    bool listing_done;          /* guarded by the runner's lock, as the two below */
    yk_status status;
    yk_diag diag;
    yki_listing *listing;
};

bool yki_opener_busy(const yki_runner *r)
{
    if (!r->opener) return false;
    if (!r->opener->listing_done) return true;
    for (size_t i = 0; i < r->n_seats; i++)
        if (r->seats[i].state == YKI_SEAT_OPENING) return true;
    return false;
}

bool yki_opener_listing(const yki_runner *r) { return r->opener && !r->opener->listing_done; }

yk_status yki_opener_result(const yki_runner *r, yk_diag *diag)
{
    if (!r->opener || r->opener->status == YK_OK) return YK_OK;
    if (diag) *diag = r->opener->diag;
    return r->opener->status;
}

/* Binds this thread to the carved cores, if there are any. */
static yk_status bind_self(const struct yki_opener *o, yk_diag *diag)
{
    if (!o->carve) return YK_OK;
    cpu_set_t *set = CPU_ALLOC(CPU_SETSIZE);
    if (!set) return yki_fail(diag, YK_E_NOMEM, "no memory to bind a device's thread");
    size_t size = CPU_ALLOC_SIZE(CPU_SETSIZE);
    CPU_ZERO_S(size, set);
    for (size_t i = 0; i < o->carve; i++) CPU_SET_S((size_t)o->carve_cpus[i], size, set);
    int err = pthread_setaffinity_np(pthread_self(), size, set);
    CPU_FREE(set);
    if (err) return yki_fail_errno(diag, YK_E_UNSUPPORTED, err, "carve: cannot bind to its cores");
    return YK_OK;
}

yk_status yki_opener_open(yki_seat *seat, yki_device **out, yk_diag *diag)
{
    const struct yki_opener *o = seat->runner->opener;
    yki_device_opts opts = {.memory_bytes = o->device_bytes, .carve = o->carve,
                            .carve_cpus = o->carve_cpus};
    return yki_device_open(out, o->listing, seat->listed, &opts, diag);
}

static yk_status check_words(const struct yki_opener *o, yk_diag *diag)
{
    char word[64];
    if (!o->devices || !yki_devices_unknown_word(o->listing, o->devices, word, sizeof word))
        return YK_OK;
    return yki_fail(diag, YK_E_INVALID, "devices: \"%s\" is no device of this machine", word);
}

/* Seats for what was listed; how many are to be opened to *named.  Lock held. */
static yk_status fill_seats(struct yki_opener *o, size_t *named, yk_diag *diag)
{
    yki_runner *r = o->runner;
    size_t n = yki_listing_count(o->listing);
    *named = 0;
    for (size_t i = 0; i < n && r->n_seats < YKI_SEATS; i++) {
        yki_seat *seat = &r->seats[r->n_seats];
        seat->runner = r;
        seat->number = r->n_seats++;
        seat->listed = i;
        seat->info = *yki_listing_info(o->listing, i);
        if (!yki_device_named(&seat->info, o->devices)) continue;
        seat->info.state = YK_DEVICE_OPENING;
        seat->state = YKI_SEAT_OPENING;
        ++*named;
    }
    if (!o->carve || *named == 1) return check_words(o, diag);
    return yki_fail(diag, YK_E_INVALID, "carve: exactly one OpenCL CPU device must be named, "
                    "%zu are", *named);
}

static yk_status check_carve(struct yki_opener *o, yk_diag *diag)
{
    yki_runner *r = o->runner;
    for (size_t i = 0; o->carve && i < r->n_seats; i++) {
        yki_seat *seat = &r->seats[i];
        if (seat->state != YKI_SEAT_OPENING) continue;
        if (seat->info.type != YK_DEVICE_CPU)
            return yki_fail(diag, YK_E_INVALID, "carve: %s is no CPU device", seat->info.id);
        seat->info.carved = (uint32_t)o->carve;
    }
    return YK_OK;
}

static yk_status list(struct yki_opener *o, yk_diag *diag)
{
    yk_status st = bind_self(o, diag);
    if (st == YK_OK) st = yki_devices_list(&o->listing, diag);
    return st;
}

/* Nothing will be opened: the seats say so. */
static void cancel_seats(yki_runner *r, const char *reason)
{
    for (size_t i = 0; i < r->n_seats; i++)
        if (r->seats[i].state == YKI_SEAT_OPENING) yki_seat_retire(&r->seats[i], reason);
}

/* The plan of a running launch may be waiting for seats that will not come, or that are
 * not to be opened. */
static void release_unlisted(yki_runner *r)
{
    yki_launch *l = r->launch;
    for (size_t proc = 1; l && proc < l->n_procs; proc++) {
        if (proc <= r->n_seats && r->seats[proc - 1].state != YKI_SEAT_EMPTY) continue;
        if (l->tally[proc].used) yki_plan_failed(l->plan, proc);
        l->tally[proc].used = false;
    }
}

static void *opener_main(void *ctx)
{
    struct yki_opener *o = ctx;
    yki_runner *r = o->runner;
    size_t named = 0;
    yki_seat *mine = NULL;
    yk_diag diag = {0};
    yk_status st = list(o, &diag);
    yki_runner_lock(r);
    if (st == YK_OK) st = fill_seats(o, &named, &diag);
    if (st == YK_OK) st = check_carve(o, &diag);
    if (st != YK_OK) cancel_seats(r, diag.text);
    if (r->closing) cancel_seats(r, "the engine is closing");
    release_unlisted(r);
    o->status = st;
    o->diag = diag;
    o->listing_done = true;
    yki_runner_changed(r);
    for (size_t i = 0; i < r->n_seats; i++) {
        yki_seat *seat = &r->seats[i];
        if (seat->state != YKI_SEAT_OPENING) continue;
        if (!mine) {
            mine = seat;
            continue;
        }
        yki_runner_unlock(r);
        (void)yki_seat_start(seat, NULL);   /* a seat without a thread is retired */
        yki_runner_lock(r);
    }
    yki_runner_unlock(r);
    if (mine) yki_seat_main(mine);
    return NULL;
}

static void free_opener(struct yki_opener *o)
{
    yki_listing_close(&o->listing);
    yki_free(o->carve_cpus);
    yki_free(o->devices);
    yki_free(o);
}

static bool copy_request(struct yki_opener *o, const yki_open_request *q)
{
    o->device_bytes = q->device_bytes;
    o->carve = q->carve;
    if (q->devices && !(o->devices = yki_strdup(q->devices))) return false;
    if (!q->carve) return true;
    o->carve_cpus = yki_alloc(q->carve, sizeof *o->carve_cpus);
    if (!o->carve_cpus) return false;
    memcpy(o->carve_cpus, q->carve_cpus, q->carve * sizeof *o->carve_cpus);
    return true;
}

yk_status yki_opener_start(yki_runner *r, const yki_open_request *request, yk_diag *diag)
{
    struct yki_opener *o = yki_alloc(1, sizeof *o);
    if (!o) return yki_fail(diag, YK_E_NOMEM, "no memory to open devices");
    o->runner = r;
    if (!copy_request(o, request)) {
        free_opener(o);
        return yki_fail(diag, YK_E_NOMEM, "no memory to open devices");
    }
    r->opener = o;
    if (yki_thread_start(&o->thread, "yoke/opener", opener_main, o) == YK_OK) return YK_OK;
    r->opener = NULL;
    free_opener(o);
    return yki_fail(diag, YK_E_NOMEM, "no thread could be started to open devices");
}

yk_status yki_runner_open_devices(yki_runner *r, const yki_open_request *request, yk_diag *diag)
{
    if (r->opener) return yki_fail(diag, YK_E_INVALID, "devices were opened before");
    return yki_opener_start(r, request, diag);
}

void yki_opener_join(struct yki_opener *o)
{
    if (o) (void)pthread_join(o->thread, NULL);
}

void yki_opener_close(struct yki_opener **opener)
{
    if (!*opener) return;
    free_opener(*opener);
    *opener = NULL;
}
