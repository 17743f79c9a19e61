/* worker: what a pool thread does from its start to its end: look into its mail,
 * then into the other sources of work, spin a while, park.
 *
 * Runs on the pool's own threads; only yki_worker_wake is called by others.  Never
 * waits for another thread other than by parking, and never holds anything while it
 * does. */
#include "pool_int.h"

#include <sched.h>

/* How long to spin before parking.  Waking a parked thread costs some 80 us on a
 * virtual machine, so a worker stays up over gaps like the last ones it saw, and
 * falls back to a short spin where gaps are too long for that.  SPIN_MAX leaves time
 * to be parked 10 ms after the last launch. */
#define SPIN_FIRST_NS UINT64_C(2100000)
#define SPIN_MIN_NS UINT64_C(50000)
#define SPIN_MAX_NS UINT64_C(9000000)
#define GAP_MAX_NS UINT64_C(5000000)

/* Looks at the mail between two looks at the clock, each some 25 ns. */
#define SPINS_A_CLOCK 16
/* A yield costs about as much as a launch, so it comes seldom; one that takes long
 * means that somebody else wants this core. */
#define YIELD_EVERY_NS UINT64_C(10000)
#define YIELD_LONG_NS UINT64_C(40000)
/* How long a core that somebody else wanted is taken to be wanted still. */
#define WANTED_NS UINT64_C(10000000)

typedef struct idle {
    unsigned spins;         /* since the last work */
    uint64_t since_ns;      /* first look at the clock since then; 0: none yet */
    uint64_t now_ns;        /* last look */
    uint64_t yielded_ns;    /* last yield */
    uint64_t budget_ns;     /* how long to spin */
    uint64_t wanted_ns;     /* until then the core is taken to be wanted by others */
} idle;

void yki_worker_wake(yki_mail *mail)
{
    atomic_fetch_add_explicit(&mail->wake, 1, memory_order_release);
    yki_futex_wake(&mail->wake, 1);
}

/* ---- a launch ---- */

static yki_job read_job(yki_mail *mail, uint64_t tag)
{
    return (yki_job){
        .body = atomic_load_explicit(&mail->body, memory_order_relaxed),
        .ctx = atomic_load_explicit(&mail->ctx, memory_order_relaxed),
        .n = atomic_load_explicit(&mail->n, memory_order_relaxed),
        .unit = atomic_load_explicit(&mail->unit, memory_order_relaxed),
        .tag = tag,
        .count = atomic_load_explicit(&mail->count, memory_order_relaxed),
        .extra = atomic_load_explicit(&mail->extra, memory_order_relaxed),
        .slices = atomic_load_explicit(&mail->slices, memory_order_relaxed),
        .first = atomic_load_explicit(&mail->first, memory_order_relaxed),
        .used = atomic_load_explicit(&mail->used, memory_order_relaxed),
        .caller = atomic_load_explicit(&mail->caller, memory_order_relaxed),
    };
}

static void report(yki_pool *pool, yki_mail *mail, uint64_t units)
{
    if (units == 0) return;
    uint64_t old = atomic_fetch_add_explicit(&mail->report, units << 1, memory_order_acq_rel);
    if ((old & 1) == 0) return;
    int64_t done = (int64_t)units;
    if (atomic_fetch_sub_explicit(&pool->missing, done, memory_order_acq_rel) != done) return;
    atomic_fetch_add_explicit(&pool->join, 1, memory_order_release);
    yki_futex_wake(&pool->join, 1);
}

/* Where a share of the slice was left to be taken, what
 * was read of the job may be torn between two launches, if this worker comes late.
 * Then every slice of its tag is empty, no swap succeeds, and it only serves to
 * choose which slots to look at, hence the bound on `slot`. */
void yki_worker_launch(yki_pool *pool, yki_mail *mail, unsigned me, uint64_t w)
{
    yki_job job = read_job(mail, yki_word_tag(w));
    unsigned slice = yki_job_slice(&job, me);
    unsigned units = yki_word_near(w);
    uint64_t done = units;
    /* Ours from the start: the launch cannot end without us, and nothing is torn. */
    if (units) yki_job_body(&job, slice, 0, units, me);
    while ((units = yki_job_take_near(&job, &mail->word, slice, me)) != 0) done += units;
    /* Before looking round: usually that was all, and the launcher waits for it. */
    report(pool, mail, done);
    for (unsigned step = 1; step < job.used; step++) {
        unsigned slot = (me + step) % job.used;
        slice = yki_job_slice(&job, slot);
        if (slice >= job.slices || slot >= pool->slot_count) continue;
        /* The caller has taken its first share before anyone can see its slice. */
        unsigned all = yki_job_units(&job, slice);
        if (slot == job.caller && all == yki_job_share(&job, all)) continue;
        _Atomic uint64_t *word = yki_job_word(pool, &job, slot);
        for (done = 0; (units = yki_job_take_far(&job, word, slice, me)) != 0;) done += units;
        report(pool, mail, done);
    }
}

/* ---- being away ---- */

bool yki_worker_leave(yki_mail *mail, uint64_t w)
{
    uint64_t away = yki_word_order(yki_word_tag(w), YKI_ORDER_AWAY);
    return atomic_compare_exchange_strong_explicit(&mail->word, &w, away, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* Fails where a launch came meanwhile; the next look into the mail finds it.  One that came
 * and was helped with leaves an empty slice, to be looked at like any. */
static void come_back(yki_mail *mail, uint64_t w)
{
    uint64_t away = atomic_load_explicit(&mail->word, memory_order_acquire);
    if (yki_word_is_order(away) != YKI_ORDER_AWAY) return;
    uint64_t tag = yki_word_tag(away);
    if (tag != yki_word_tag(w)) w = yki_word(tag, 0, 0);
    atomic_compare_exchange_strong_explicit(&mail->word, &away, w, memory_order_acq_rel,
                                            memory_order_acquire);
}

/* ---- other sources ---- */

/* The first source that may have work; NULL: none. */
static const yki_source *ready_source(yki_pool *pool)
{
    uint32_t count = atomic_load_explicit(&pool->source_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++)
        if (pool->sources[i].ready(pool->sources[i].ctx)) return &pool->sources[i];
    return NULL;
}

/* ---- between the two ---- */

/* Work came to look for, or time is up; fails where a launch came. */
static void unpark_self(yki_mail *mail, uint64_t parked)
{
    atomic_compare_exchange_strong_explicit(&mail->word, &parked,
                                            yki_word(yki_word_tag(parked), 0, 0),
                                            memory_order_acq_rel, memory_order_acquire);
}

/* Parks unless something came meanwhile; `w` is the word as last seen.  With a time, whatever
 * other sources have, and at most until then. */
static void park(yki_pool *pool, yki_mail *mail, uint64_t w, uint64_t until_ns)
{
    uint32_t wake = atomic_load_explicit(&mail->wake, memory_order_acquire);
    uint64_t parked = yki_word_order(yki_word_tag(w), YKI_ORDER_PARKED);
    /* In one order with what notifiers do (yki_pool_notify): work published before one looked
     * at our word, not yet parked, is seen here; work published later finds us parked, and
     * wakes. */
    if (!atomic_compare_exchange_strong_explicit(&mail->word, &w, parked, memory_order_seq_cst,
                                                 memory_order_acquire))
        return;
    if (until_ns == UINT64_MAX && ready_source(pool)) {
        unpark_self(mail, parked);
        return;
    }
    atomic_fetch_add_explicit(&pool->parked, 1, memory_order_relaxed);
    while (atomic_load_explicit(&mail->word, memory_order_acquire) == parked) {
        if (!yki_futex_wait(&mail->wake, wake, until_ns)) unpark_self(mail, parked);
        wake = atomic_load_explicit(&mail->wake, memory_order_acquire);
    }
    atomic_fetch_sub_explicit(&pool->parked, 1, memory_order_relaxed);
}

/* Work came: the gap just seen decides how long to spin next time. */
static void learn(idle *i)
{
    if (i->since_ns != 0) {
        uint64_t gap = i->now_ns - i->since_ns;
        uint64_t budget = i->budget_ns;
        if (gap > GAP_MAX_NS) {
            budget /= 2;
        } else {
            uint64_t wanted = 2 * gap + SPIN_MIN_NS;
            budget -= budget / 8;
            if (budget < wanted) budget = wanted;
        }
        if (budget < SPIN_MIN_NS) budget = SPIN_MIN_NS;
        i->budget_ns = budget < SPIN_MAX_NS ? budget : SPIN_MAX_NS;
    }
    i->since_ns = 0;
    i->spins = 0;
}

/* Gives the core to whoever else wants it; true: somebody did.  A thread that computes or
 * spins without end then has it for a whole slice of the scheduler's, some milliseconds,
 * and a launch has to do without this worker.  A parked one is given the core as soon as
 * it is woken.  So for a while it parks where it would have yielded. */
static bool yield_core(idle *i, yki_mail *mail, uint64_t w)
{
    if (i->now_ns < i->wanted_ns) return true;
    if (!yki_worker_leave(mail, w)) return false;
    sched_yield();
    come_back(mail, w);
    i->yielded_ns = yki_now_ns();
    if (i->yielded_ns - i->now_ns <= YIELD_LONG_NS) return false;
    i->wanted_ns = i->yielded_ns + WANTED_NS;
    return true;
}

/* One turn of waiting; true: time to park. */
static bool spin(idle *i, yki_mail *mail, uint64_t w)
{
    yki_relax();
    if (++i->spins % SPINS_A_CLOCK != 0) return false;
    uint64_t before = i->now_ns;
    uint64_t now = i->now_ns = yki_now_ns();
    if (i->since_ns == 0) i->since_ns = i->yielded_ns = before = now;
    if (now - i->since_ns >= i->budget_ns || now - before > YIELD_LONG_NS) return true;
    if (now - i->yielded_ns < YIELD_EVERY_NS) return false;
    return yield_core(i, mail, w);
}

/* False: the core is wanted by others. */
static bool run_source(const yki_source *source, yki_mail *mail, size_t me, uint64_t w)
{
    if (!yki_worker_leave(mail, w)) return true;
    bool stays = source->run(source->ctx, me);
    come_back(mail, w);
    return stays;
}

/* After a launch it is the sources' turn, unless the next one has come by now. */
static void run_source_between(yki_pool *pool, yki_mail *mail, size_t me, uint64_t tag)
{
    const yki_source *source = ready_source(pool);
    uint64_t w = atomic_load_explicit(&mail->word, memory_order_acquire);
    if (source && yki_word_tag(w) == tag && !yki_word_is_order(w))
        (void)run_source(source, mail, me, w);
}

void *yki_worker_main(void *arg)
{
    const yki_worker *self = arg;
    yki_pool *pool = self->pool;
    /* Copied: the launcher writes to what lies beside it. */
    const unsigned me = self->slot;
    yki_mail *mail = &pool->mail[me];
    yki_current current = {.pool = pool, .number = me, .own_thread = true};
    yki_current_worker = &current;
    idle wait = {.budget_ns = SPIN_FIRST_NS};
    bool park_now = true;       /* nothing is known to come soon */
    uint64_t seen = 0;
    const yki_source *source;
    for (;;) {
        uint64_t w = atomic_load_explicit(&mail->word, memory_order_acquire);
        if (yki_word_tag(w) != seen) {
            unsigned order = yki_word_is_order(w);
            if (order == YKI_ORDER_QUIT) return NULL;
            seen = yki_word_tag(w);
            park_now = pool->no_spin || order != 0;
            if (!order) {
                current.in_body = true;
                yki_worker_launch(pool, mail, me, w);
                current.in_body = false;
                run_source_between(pool, mail, me, seen);
            }
            learn(&wait);
        } else if ((source = ready_source(pool)) != NULL) {
            bool stays = run_source(source, mail, me, w);
            learn(&wait);
            park_now = pool->no_spin;
            if (!stays) park(pool, mail, w, yki_now_ns() + WANTED_NS);
        } else if (park_now || spin(&wait, mail, w)) {
            if (wait.since_ns == 0) wait.since_ns = yki_now_ns();
            park(pool, mail, w, UINT64_MAX);
            wait.now_ns = yki_now_ns();
            park_now = pool->no_spin;
        }
    }
}
