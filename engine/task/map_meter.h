/* meter: how fast a map has been lately, from looks at how far it has come.
 *
 * One thread at a time; holds nothing but its own numbers, and reads no clock.  Called by
 * the map's state (map_state.c), and by tests. */
#ifndef YKI_MAP_METER_H
#define YKI_MAP_METER_H

#include <base/base.h>

#define YKI_METER_LOOKS 32

typedef struct yki_meter {
    struct yki_look {
        uint64_t at_ns;
        size_t done;
    } looks[YKI_METER_LOOKS];   /* a ring of the latest */
    size_t count;               /* ever made */
} yki_meter;

/* Nothing was done at `now_ns`. */
void yki_meter_open(yki_meter *meter, uint64_t now_ns);

/* `done` items are done at `now_ns`: the rate in items a second, over the last seconds or the
 * last few items, whichever is longer.  0: not known yet. */
double yki_meter_rate(yki_meter *meter, uint64_t now_ns, size_t done);

#endif
