/* A finished launch as plain data.  Reads the launch's tallies; called with the launch
 * over, so nothing moves any more. */
#include <run/run_int.h>
#include <string.h>

static yk_part make_part(const yki_runner *r, const yki_launch *l, size_t proc, uint64_t end_ns)
{
    const yki_tally *t = &l->tally[proc];
    yk_part p = {.items = t->items, .chunks = t->chunks, .failed = t->failed,
                 .transfer_s = t->transfer_s, .bytes_up = t->bytes_up,
                 .bytes_down = t->bytes_down};
    yki_copy_text(p.device, sizeof p.device, proc ? r->seats[proc - 1].info.id : "cpu");
    if (t->last_ns) {
        p.busy_s = yki_seconds(t->last_ns - t->first_ns);
        p.idle_s = yki_seconds(end_ns - t->last_ns);
    }
    return p;
}

/* Seconds of the launch before the first processor began and after the last ended. */
static double idle_of_all(const yki_launch *l, uint64_t end_ns)
{
    uint64_t first = UINT64_MAX, last = 0;
    for (size_t i = 0; i < l->n_procs; i++) {
        if (!l->tally[i].last_ns) continue;
        if (l->tally[i].first_ns < first) first = l->tally[i].first_ns;
        if (l->tally[i].last_ns > last) last = l->tally[i].last_ns;
    }
    if (!last) return yki_seconds(end_ns - l->start_ns);
    return yki_seconds((first - l->start_ns) + (end_ns - last));
}

void yki_report_fill(const yki_runner *r, const yki_launch *l, uint64_t end_ns, yk_report *out)
{
    size_t workers = 0;
    memset(out, 0, offsetof(yk_report, parts));
    out->bytes_up = out->bytes_down = 0;
    out->policy = l->policy;
    out->items = l->call.items;
    out->retired = l->retired;
    for (size_t i = 0; i < l->n_procs && out->n_parts < YK_MAX_PARTS; i++) {
        /* Who got no order took no part; and some seats have no device yet. */
        if (!l->tally[i].used || !l->tally[i].first_ns) continue;
        yk_part p = make_part(r, l, i, end_ns);
        workers += p.items > 0;
        out->bytes_up += p.bytes_up;
        out->bytes_down += p.bytes_down;
        out->parts[out->n_parts++] = p;
    }
    out->split = workers > 1;
    out->total_s = yki_seconds(end_ns - l->start_ns);
    out->overhead_s = idle_of_all(l, end_ns);
    yki_copy_text(out->reason, sizeof out->reason, l->reason);
}

void yki_report_copy(yk_report *to, const yk_report *from)
{
    size_t tail = offsetof(yk_report, items);
    memcpy(to, from, offsetof(yk_report, parts) + from->n_parts * sizeof from->parts[0]);
    memcpy((char *)to + tail, (const char *)from + tail, sizeof *to - tail);
}
