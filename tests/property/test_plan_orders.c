/* Any order of events: every item is done exactly once, whatever fails, comes late, is
 * trimmed or given back; cuts are aligned, limits kept, and nothing ever stalls.
 *
 * The driver below is the executor without time: everybody asks, then it lets one thing
 * happen, drawn by chance.  If nothing can happen and items are left, the
 * plan has stalled. */
#include "check.h"
#include "random.h"

#include <plan/plan.h>
#include <string.h>

#define CASES 120000
#define MAX_ITEMS 4000
#define MAX_HELD 2

typedef struct held {
    size_t begin, end;
} held;

typedef struct driver {
    uint64_t seed, state;
    yki_plan_spec spec;
    yki_plan *plan;
    uint8_t done[MAX_ITEMS];
    size_t left;
    size_t scale;           /* items that one mark stands for */
    size_t n_held[YKI_PLAN_MAX];
    held held[YKI_PLAN_MAX][MAX_HELD];
    bool late[YKI_PLAN_MAX], failed[YKI_PLAN_MAX], stopped[YKI_PLAN_MAX];
    uint64_t hash;          /* of all orders: the same again for the same events */
    size_t orders;
} driver;

static double random_rate(uint64_t *r)
{
    if (rnd_chance(r, 0.3)) return 0;
    double rate = 1;
    for (int64_t i = rnd_in(r, 0, 9); i > 0; i--) rate *= 10;
    return rate * rnd_real(r, 1, 10);
}

static void random_proc(driver *d, size_t i)
{
    uint64_t *r = &d->state;
    yki_proc *p = &d->spec.procs[i];
    p->present = i == 0 || rnd_chance(r, 0.85);
    p->ready = i == 0 || rnd_chance(r, 0.6);
    p->latency_s = rnd_chance(r, 0.3) ? -1 : rnd_real(r, 0, 1e-3);
    p->rate = random_rate(r);
    p->alone_rate = rnd_chance(r, 0.5) ? p->rate * rnd_real(r, 0.8, 1.5) : random_rate(r);
    p->error = rnd_real(r, 0, 0.3);
    if (rnd_chance(r, 0.5)) p->fill_items = (size_t)rnd_in(r, 1, 500) * d->scale;
    if (i > 0 && rnd_chance(r, 0.4)) {
        size_t units = (size_t)rnd_in(r, 0, 40);
        p->max_items = units ? units * d->spec.align : 0;
    }
    d->late[i] = p->present && !p->ready;
}

/* Some ranges are huge: then one mark stands for `scale` items, and the alignment is a
 * multiple of it. */
static void random_spec(driver *d)
{
    uint64_t *r = &d->state;
    yki_plan_spec *s = &d->spec;
    static const size_t aligns[] = {1, 1, 2, 3, 8, 64, 1000, 5000};
    d->scale = rnd_chance(r, 0.1) ? SIZE_MAX / MAX_ITEMS : 1;
    s->policy = (yki_policy)rnd_in(r, 0, 3);
    s->items = (size_t)rnd_in(r, 0, rnd_chance(r, 0.5) ? 40 : MAX_ITEMS) * d->scale;
    size_t align = aligns[rnd_in(r, 0, 7)];
    if (align > MAX_ITEMS && d->scale > 1) align = 1000;
    s->align = align * d->scale;
    s->whole = rnd_chance(r, 0.1);
    s->only_devices = rnd_chance(r, 0.15);
    s->stay_single = rnd_chance(r, 0.1);
    s->host_block_s = rnd_chance(r, 0.3) ? rnd_real(r, 1e-6, 1e-2) : 0;
    s->n_procs = (size_t)rnd_in(r, 1, rnd_chance(r, 0.8) ? 4 : YKI_PLAN_MAX);
    for (size_t i = 0; i < s->n_procs; i++) random_proc(d, i);
}

static void mix(driver *d, uint64_t x)
{
    d->hash = (d->hash ^ x) * 0x100000001b3u;
}

static void take(driver *d, size_t i, yki_order o)
{
    const yki_plan_spec *s = &d->spec;
    CHECK(d->seed, o.begin < o.end && o.end <= s->items);
    CHECK(d->seed, o.begin % s->align == 0);
    CHECK(d->seed, o.end % s->align == 0 || o.end == s->items);
    CHECK(d->seed, !s->procs[i].max_items || o.end - o.begin <= s->procs[i].max_items);
    CHECK(d->seed, !d->late[i] && !d->failed[i] && !d->stopped[i]);
    CHECK(d->seed, d->n_held[i] < (i == 0 ? 1u : 2u));
    for (size_t k = 0; k < s->n_procs; k++) {
        for (size_t h = 0; h < d->n_held[k]; h++) {
            CHECK(d->seed, o.end <= d->held[k][h].begin || o.begin >= d->held[k][h].end);
        }
    }
    for (size_t b = o.begin / d->scale; b < o.end / d->scale; b++) CHECK(d->seed, !d->done[b]);
    d->held[i][d->n_held[i]++] = (held){o.begin, o.end};
    d->orders++;
    mix(d, o.begin);
    mix(d, o.end);
}

/* One asks until it gets no more. */
static bool ask(driver *d, size_t i)
{
    bool more = false;
    for (;;) {
        yki_order o = yki_plan_next(d->plan, i);
        if (o.kind == YKI_TAKE) {
            take(d, i, o);
            more = true;
            continue;
        }
        if (o.kind == YKI_STOP) {
            CHECK(d->seed, i == 0 || d->n_held[i] == 0 || yki_plan_finished(d->plan));
            d->stopped[i] = i != 0;
        }
        return more;
    }
}

/* After an event everybody asks once, in changing order; in some cases again whenever
 * somebody took something.  Once must be enough. */
static void ask_all(driver *d)
{
    bool again = d->seed % 3 == 0, more = true;
    while (more) {
        size_t first = (size_t)rnd_in(&d->state, 0, (int64_t)d->spec.n_procs - 1);
        more = false;
        for (size_t k = 0; k < d->spec.n_procs; k++) {
            size_t i = (first + k) % d->spec.n_procs;
            if (d->failed[i] || d->stopped[i] || d->late[i]) continue;
            if (i == 0 || d->spec.procs[i].present) more = ask(d, i) || more;
        }
        more = more && again;
    }
}

static void finish_items(driver *d, size_t i, size_t begin, size_t end)
{
    for (size_t b = begin / d->scale; b < end / d->scale; b++) {
        CHECK(d->seed, !d->done[b]);
        d->done[b] = 1;
    }
    d->left -= end - begin;
    /* Mostly by the rate, sometimes a stall, sometimes nonsense. */
    double rate = d->spec.procs[i].rate > 0 ? d->spec.procs[i].rate : 1e6;
    double seconds = (double)(end - begin) / rate * rnd_real(&d->state, 0.5, 2);
    if (rnd_chance(&d->state, 0.05)) seconds *= 1000;
    if (rnd_chance(&d->state, 0.02)) seconds = rnd_chance(&d->state, 0.5) ? 0 : -1;
    yki_plan_done(d->plan, i, begin, end, seconds);
}

static void drop_order(driver *d, size_t i, size_t h)
{
    d->n_held[i]--;
    memmove(&d->held[i][h], &d->held[i][h + 1], (d->n_held[i] - h) * sizeof(held));
}

/* A cut inside an order, at a multiple of the alignment; either end is possible. */
static size_t random_cut(driver *d, const held *o)
{
    size_t units = yki_div_up(o->end - o->begin, d->spec.align);
    size_t cut = o->begin + (size_t)rnd_in(&d->state, 0, (int64_t)units) * d->spec.align;
    return cut > o->end || cut < o->begin ? o->end : cut;
}

/* One order ends: whole, in two parts, or partly given back, from either side. */
static void end_order(driver *d, size_t i)
{
    size_t h = d->n_held[i] == 2 && rnd_chance(&d->state, 0.2) ? 1 : 0;
    held o = d->held[i][h];
    size_t cut = random_cut(d, &o);
    if (i == 0) {
        size_t trim = yki_plan_trim(d->plan, 0);
        CHECK(d->seed, trim >= o.begin && trim <= o.end);
        if (rnd_chance(&d->state, 0.7)) cut = trim == o.end ? o.end : yki_max(trim, cut);
    }
    drop_order(d, i, h);
    int64_t how = i == 0 || rnd_chance(&d->state, 0.15) ? rnd_in(&d->state, 0, 3) : 4;
    if (how >= 3) cut = how == 4 ? o.end : cut;
    if (how == 0) {                     /* as the executor does: back, then done */
        yki_plan_returned(d->plan, i, cut, o.end);
        finish_items(d, i, o.begin, cut);
    } else if (how == 1) {              /* done at the back, the front given back */
        finish_items(d, i, cut, o.end);
        yki_plan_returned(d->plan, i, o.begin, cut);
    } else if (how == 2) {              /* done in two parts */
        finish_items(d, i, o.begin, cut);
        if (cut < o.end) finish_items(d, i, cut, o.end);
    } else {
        finish_items(d, i, o.begin, cut);
        yki_plan_returned(d->plan, i, cut, o.end);
    }
}

static void fail_proc(driver *d, size_t i)
{
    d->failed[i] = true;
    d->n_held[i] = 0;
    yki_plan_failed(d->plan, i);
}

/* Lets one thing happen; false: nothing can. */
static bool one_event(driver *d)
{
    size_t can[2 * YKI_PLAN_MAX], n = 0;
    for (size_t i = 0; i < d->spec.n_procs; i++) {
        if (d->n_held[i]) can[n++] = i;
    }
    for (size_t i = 1; i < d->spec.n_procs; i++) {
        if (d->late[i] && !d->failed[i]) can[n++] = YKI_PLAN_MAX + i;
    }
    if (n == 0) return false;
    size_t pick = can[rnd_in(&d->state, 0, (int64_t)n - 1)];
    if (pick < YKI_PLAN_MAX) {
        if (pick > 0 && rnd_chance(&d->state, 0.06)) fail_proc(d, pick);
        else end_order(d, pick);
        return true;
    }
    pick -= YKI_PLAN_MAX;
    d->late[pick] = false;
    if (rnd_chance(&d->state, 0.2)) fail_proc(d, pick);
    else yki_plan_arrived(d->plan, pick);
    return true;
}

/* A stalled case, for whoever has to understand it. */
static void describe(const driver *d)
{
    const yki_plan_spec *s = &d->spec;
    print_message("policy %d, %zu of %zu items left, align %zu, whole %d, only_devices %d, "
                  "stay_single %d, scale %zu\n", (int)s->policy, d->left, s->items, s->align,
                  s->whole, s->only_devices, s->stay_single, d->scale);
    for (size_t i = 0; i < s->n_procs; i++) {
        const yki_proc *p = &s->procs[i];
        print_message("%zu: present %d late %d failed %d stopped %d rate %g alone %g latency %g "
                      "max %zu fill %zu\n", i, p->present, d->late[i], d->failed[i],
                      d->stopped[i], p->rate, p->alone_rate, p->latency_s, p->max_items,
                      p->fill_items);
    }
}

static bool run_case(uint64_t seed, uint64_t *hash, size_t *orders, bool check_end)
{
    static driver d;
    memset(&d, 0, sizeof d);
    d.seed = d.state = seed;
    random_spec(&d);
    bool someone = !d.spec.only_devices;
    for (size_t i = 1; i < d.spec.n_procs; i++) someone = someone || d.spec.procs[i].present;
    yk_status st = yki_plan_open(&d.plan, &d.spec);
    CHECK(seed, st == (someone ? YK_OK : YK_E_INVALID));
    if (!someone) return false;
    d.left = d.spec.items;
    size_t events = 0;
    ask_all(&d);
    while (!yki_plan_finished(d.plan)) {
        if (!one_event(&d)) {
            describe(&d);
            fail_msg("seed 0x%llx: stalled", (unsigned long long)seed);
        }
        ask_all(&d);
        CHECK(seed, ++events < 200000);
    }
    CHECK(seed, d.left == 0);
    for (size_t b = 0; check_end && b < d.spec.items / d.scale; b++) CHECK(seed, d.done[b] == 1);
    CHECK(seed, yki_plan_next(d.plan, 0).kind == YKI_STOP);
    yki_plan_info info = yki_plan_get_info(d.plan);
    CHECK(seed, !info.split || !info.reason[0]);
    CHECK(seed, info.best < d.spec.n_procs);
    yki_plan_close(&d.plan);
    yki_plan_close(&d.plan);
    *hash = d.hash;
    *orders += d.orders;
    return true;
}

static void every_item_once(void **state)
{
    (void)state;
    size_t ran = 0, orders = 0;
    uint64_t hash;
    for (uint64_t seed = 1; seed <= CASES; seed++) ran += run_case(seed, &hash, &orders, true);
    assert_true(ran > 100000);
    assert_true(orders > 4 * ran);
}

static void same_events_same_orders(void **state)
{
    (void)state;
    size_t orders = 0;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t one = 0, two = 0;
        run_case(seed, &one, &orders, false);
        run_case(seed, &two, &orders, false);
        CHECK(seed, one == two);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_once),
        cmocka_unit_test(same_events_same_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
