/* slice: how a range is cut into units and slices, and how units are taken.
 *
 * Called by the launching thread and by the workers, all at once.  Everything
 * shared here is one word a slice; no function here waits. */
#include "pool_int.h"

/* Units a slice when the caller left the grain to us: fine enough to even out slow
 * cores, coarse enough that a unit of a cheap loop still pays for its claim. */
#define UNITS_PER_SLICE 256
/* Then cuts lie on multiples of this many indices, so that neighbours seldom write
 * to one cache line and vector loops keep their stride. */
#define ROUND_CUTS 64
/* The near end moves past the last unit, so one less than the word can hold. */
#define SLICE_UNITS_MAX (YKI_POS_MAX - 1)

static size_t pick_grain(size_t n, size_t slices)
{
    size_t grain = yki_div_up(n, slices * UNITS_PER_SLICE);
    return grain < ROUND_CUTS ? grain : yki_round_up(grain, ROUND_CUTS);
}

void yki_job_cut(yki_job *job, size_t n, size_t grain)
{
    size_t slices = job->slices;
    if (grain == 0) grain = pick_grain(n, slices);
    size_t units = yki_div_up(n, grain);
    if (units > slices * SLICE_UNITS_MAX) {
        /* grain < n / SLICE_UNITS_MAX here, so the product stays below n. */
        grain *= yki_div_up(units, slices * SLICE_UNITS_MAX);
        units = yki_div_up(n, grain);
    }
    slices = yki_min(slices, units);
    job->n = n;
    job->unit = grain;
    job->slices = (uint16_t)slices;
    job->count = (uint16_t)(units / slices);
    job->extra = (uint16_t)(units % slices);
}

unsigned yki_job_slice(const yki_job *job, unsigned slot)
{
    return slot >= job->first ? slot - job->first : slot + job->used - job->first;
}

unsigned yki_job_units(const yki_job *job, unsigned i)
{
    return i < job->extra ? job->count + 1u : job->count;
}

/* A fraction, so that a fine grain does not cost an atomic operation a unit, and a
 * small one, so that what a slow worker has taken does not hold up the end. */
unsigned yki_job_share(const yki_job *job, unsigned left)
{
    unsigned parts = 2u * job->slices;
    return left < 2 * parts ? 1 : left / parts;
}

void yki_job_body(const yki_job *job, unsigned i, unsigned from, unsigned units, size_t me)
{
    size_t all = (size_t)job->slices * job->count + job->extra;
    size_t unit = (size_t)i * job->count + yki_min(i, job->extra) + from;
    size_t end = unit + units;
    job->body(job->ctx, unit * job->unit, end == all ? job->n : end * job->unit, me);
}

static unsigned take(const yki_job *job, _Atomic uint64_t *word, bool near, unsigned *from)
{
    uint64_t w = atomic_load_explicit(word, memory_order_acquire);
    for (;;) {
        if (yki_word_tag(w) != job->tag || yki_word_near(w) >= yki_word_far(w)) return 0;
        unsigned units = yki_job_share(job, yki_word_far(w) - yki_word_near(w));
        uint64_t next = near ? w + ((uint64_t)units << YKI_POS_BITS) : w - units;
        if (atomic_compare_exchange_weak_explicit(word, &w, next, memory_order_acq_rel,
                                                  memory_order_acquire)) {
            *from = near ? yki_word_near(w) : yki_word_far(next);
            return units;
        }
    }
}

unsigned yki_job_take_near(const yki_job *job, _Atomic uint64_t *word, unsigned slice, size_t me)
{
    unsigned from, units = take(job, word, true, &from);
    if (units) yki_job_body(job, slice, from, units, me);
    return units;
}

unsigned yki_job_take_far(const yki_job *job, _Atomic uint64_t *word, unsigned slice, size_t me)
{
    unsigned from, units = take(job, word, false, &from);
    if (units) yki_job_body(job, slice, from, units, me);
    return units;
}

_Atomic uint64_t *yki_job_word(yki_pool *pool, const yki_job *job, unsigned slot)
{
    return slot == job->caller ? &pool->caller_word : &pool->mail[slot].word;
}
