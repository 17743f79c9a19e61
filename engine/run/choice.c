/* Choosing between the calling thread and the pool; see choice.h. */
#include <run/choice.h>

#include <math.h>

/* What handing a launch out costs at the very least: two trips of a cache line between
 * cores; a system call that wakes. */
static const double least_s[YKI_WAYS] = {0, 0.2e-6, 5e-6};

/* A burst of launches that has run for so long without the workers wakes them. */
#define DOZE_S 20e-6
#define DOZE_MOST 256u
/* A pause that ends a burst. */
#define BURST_GAP_S 1e-3

/* Estimates fall at once and rise slowly: what makes a launch slow is mostly something
 * else. */
#define RISE 1.1

/* A way that looked worse is tried again after the time of some launches, then of twice as
 * many; if it loses so often in a row, only once that costs less than a hundredth.  One
 * try is so many launches, as the first only bring the data to other cores; fewer if
 * those are far from good. */
#define EARLY_LAUNCHES 4
#define EARLY_TRIES 2
#define LATE_SHARE 0.01
#define TRY_LAUNCHES 12u
/* One that takes so many times as long as the best counts for so many of them. */
#define HOPELESS 4.0
#define HOPELESS_COUNTS 4u
/* Launches that take longer on the pool than this are never tried alone. */
#define ALONE_MOST_S 20e-6

/* ---- the table ---- */

/* Four classes to a power of two, so that what a launch costs beyond its items hardly
 * differs within one.  Never 0. */
static uint32_t size_class(size_t work)
{
    uint64_t w = yki_max(work, 4);
    unsigned top = 63 - (unsigned)__builtin_clzll(w);
    return top << 2 | (unsigned)(w >> (top - 2) & 3);
}

yki_habit *yki_choices_find(yki_choices *c, uint64_t kernel, size_t work)
{
    uint32_t size = size_class(work);
    uint64_t mixed = (kernel ^ size) * UINT64_C(0x9e3779b97f4a7c15);
    yki_habit *set = c->table[mixed >> 57], *oldest = &set[0];
    _Static_assert(YKI_HABIT_SETS == 1 << (64 - 57), "the sets are those that seven bits name");
    c->stamp++;
    for (size_t i = 0; i < YKI_HABIT_PLACES; i++) {
        if (set[i].size == size && set[i].kernel == kernel) {
            set[i].stamp = c->stamp;
            return &set[i];
        }
        if (c->stamp - set[i].stamp > c->stamp - oldest->stamp) oldest = &set[i];
    }
    *oldest = (yki_habit){.kernel = kernel, .size = size, .stamp = c->stamp};
    return oldest;
}

/* ---- choosing ---- */

/* Whether it is time to see if `way` is still the worse one. */
static bool is_due(const yki_habit *h, yki_way way, double work, double best_s)
{
    uint32_t lost = h->lost[way];
    if (lost < EARLY_TRIES) return h->since_s[way] >= (EARLY_LAUNCHES << lost) * best_s;
    double way_s = h->each_s[way] * work;
    double launches = way_s > HOPELESS * best_s ? TRY_LAUNCHES / HOPELESS_COUNTS : TRY_LAUNCHES;
    return h->since_s[way] * LATE_SHARE >= launches * (way_s - best_s);
}

/* The thread alone was never measured. */
static yki_way first_choice(const yki_habit *h, yki_way pool, const yki_choice *q)
{
    double shared = h->each_s[pool] * (double)q->work;
    if (!q->whole) return YKI_TRY;
    return shared > 0 && shared <= ALONE_MOST_S ? YKI_ALONE : pool;
}

static yki_way choose(const yki_habit *h, yki_way pool, const yki_choice *q)
{
    double work = (double)q->work;
    double alone = h->each_s[YKI_ALONE] * work, shared = h->each_s[pool] * work;
    if (alone <= 0) return first_choice(h, pool, q);
    if (alone <= alone / (double)q->workers + least_s[pool]) return YKI_ALONE;
    if (shared <= 0) return pool;
    if (h->left && (h->again == YKI_ALONE || h->again == pool)) return h->again;
    if (alone <= shared) return is_due(h, pool, work, alone) ? pool : YKI_ALONE;
    if (shared > ALONE_MOST_S) return pool;
    return is_due(h, YKI_ALONE, work, shared) ? YKI_ALONE : pool;
}

/* Whether launches like this one would be shared if the workers were up. */
static bool misses_workers(const yki_habit *h, const yki_choice *q)
{
    double alone = h->each_s[YKI_ALONE] * (double)q->work;
    double awake = h->each_s[YKI_AWAKE] * (double)q->work;
    if (awake > 0) return awake < alone;
    return alone > alone / (double)q->workers + least_s[YKI_AWAKE];
}

/* The workers sleep, and this launch alone does not pay for waking them: but a burst of
 * such launches does. */
static yki_way wake_for_burst(yki_choices *c, const yki_habit *h, const yki_choice *q)
{
    c->dozed_s += h->each_s[YKI_ALONE] * (double)q->work;
    if (c->dozed_s < DOZE_S * (1u << c->patience)) return YKI_ALONE;
    c->dozed_s = 0;
    if (1u << c->patience < DOZE_MOST) c->patience++;
    return YKI_ASLEEP;
}

yki_way yki_choices_way(yki_choices *c, const yki_habit *h, const yki_choice *q)
{
    if (q->workers == 1) return YKI_ALONE;
    yki_way way = choose(h, q->awake ? YKI_AWAKE : YKI_ASLEEP, q);
    bool dozes = !q->awake && way == YKI_ALONE;
    if (q->awake) c->patience = 0;
    if (!dozes || q->gap_s > BURST_GAP_S) c->dozed_s = 0;
    return dozes && misses_workers(h, q) ? wake_for_burst(c, h, q) : way;
}

bool yki_choice_worth_sharing(double rest_s, size_t workers, bool awake)
{
    double gain = rest_s - rest_s / (double)workers;
    return gain > 4 * least_s[awake ? YKI_AWAKE : YKI_ASLEEP];
}

/* ---- learning ---- */

/* The best of the other ways, in seconds a work-item; infinite: none is known. */
static double best_other(const yki_habit *h, yki_way way)
{
    double best = INFINITY;
    for (yki_way o = 0; o < YKI_WAYS; o++)
        if (o != way && h->each_s[o] > 0) best = fmin(best, h->each_s[o]);
    return best;
}

static void count_loss(yki_habit *h, yki_way way, double each, double best)
{
    if (each <= best) {
        h->lost[way] = h->left = 0;
        return;
    }
    if (h->left == 0 || h->again != way) {
        h->again = way;
        h->left = TRY_LAUNCHES;
    }
    uint32_t step = each > HOPELESS * best ? HOPELESS_COUNTS : 1;
    h->left -= step < h->left ? step : h->left;
    if (h->left == 0) h->lost[way] += h->lost[way] < EARLY_TRIES;
}

void yki_habit_learn(yki_habit *h, yki_way way, size_t work, double seconds)
{
    if (work == 0 || !(seconds > 0)) return;
    double each = seconds / (double)work, before = h->each_s[way];
    count_loss(h, way, each, best_other(h, way));
    h->each_s[way] = before > 0 ? fmin(each, RISE * before) : each;
    for (yki_way o = 0; o < YKI_WAYS; o++) h->since_s[o] = o == way ? 0 : h->since_s[o] + seconds;
}

double yki_habit_seconds(const yki_habit *h, size_t work)
{
    double best = best_other(h, YKI_WAYS);
    return isinf(best) ? 0 : best * (double)work;
}
