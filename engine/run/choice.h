/* choice: whether a launch for the pool runs on it, or on the calling thread alone, where
 * handing it out would cost more than it gives.
 *
 * Learned for each kernel and size from the launches themselves, each of which is a
 * measurement of one of the ways; the other is tried again now and then, so that no bad
 * moment decides for long.  Pure arithmetic: no clock, no threads.  Called by launch.c and
 * host.c in a launch's turn, so by one thread at a time. */
#ifndef YKI_RUN_CHOICE_H
#define YKI_RUN_CHOICE_H

#include <base/base.h>

typedef enum yki_way {
    YKI_ALONE = 0,  /* on the calling thread */
    YKI_AWAKE,      /* on the pool, whose workers are up */
    YKI_ASLEEP,     /* on the pool, whose workers must be woken */
    YKI_WAYS,
    YKI_TRY = YKI_WAYS  /* nothing is known: alone until it would have paid to share */
} yki_way;

/* What launches of one kernel at about one size took. */
typedef struct yki_habit {
    uint64_t kernel;
    uint32_t size;              /* see size_class; 0: a free place */
    uint32_t stamp;             /* of its last use */
    double each_s[YKI_WAYS];    /* seconds a work-item; 0: not known */
    double since_s[YKI_WAYS];   /* seconds that launches took since this way was taken */
    uint32_t lost[YKI_WAYS];    /* times in a row that another way was better */
    yki_way again;              /* a way just found worse, which is given */
    uint32_t left;              /* so many more launches: its first may only have been cold */
} yki_habit;

#define YKI_HABIT_SETS 128
#define YKI_HABIT_PLACES 4

/* All zeros to begin with. */
typedef struct yki_choices {
    yki_habit table[YKI_HABIT_SETS][YKI_HABIT_PLACES];
    uint32_t stamp;
    uint32_t patience;          /* a doubling for each time that waking led to nothing */
    double dozed_s;             /* of this burst, alone since the workers were asleep */
} yki_choices;

/* The habit of a kernel at about `work` work-items; a new one takes the place of one
 * that was not used for long.  Valid until the next call. */
yki_habit *yki_choices_find(yki_choices *c, uint64_t kernel, size_t work);

/* What a launch asks by. */
typedef struct yki_choice {
    size_t work;                /* work-items */
    size_t workers;             /* of the pool */
    bool awake;                 /* they are up */
    bool whole;                 /* it cannot be tried in small pieces */
    double gap_s;               /* since the launch before ended */
} yki_choice;

yki_way yki_choices_way(yki_choices *c, const yki_habit *h, const yki_choice *q);

/* `work` work-items took that long that way. */
void yki_habit_learn(yki_habit *h, yki_way way, size_t work, double seconds);

/* What `work` work-items take in the best way known; 0: nothing is known. */
double yki_habit_seconds(const yki_habit *h, size_t work);

/* Whether `rest_s` seconds of work for one thread are worth handing out. */
bool yki_choice_worth_sharing(double rest_s, size_t workers, bool awake);

#endif
