/* Whether two sets of bytes, each a box in an array, have a byte in common.
 *
 * Called by the checks of a launch, once for each output and other argument.  Two
 * sub-arrays woven into one allocation (columns of one matrix, fields of one record)
 * are legal, so hulls alone do not decide.  Pure; any thread. */
#include "kernel_int.h"

/* Rows that one side may have for each of them to be looked up in the other. */
#define FEW_ROWS 65536

/* A box placed in memory. */
typedef struct placed {
    yki_wide at, run, rows, row_pitch, planes, plane_pitch;
} placed;

static placed place(const yki_box *b, uintptr_t at)
{
    placed p = {(yki_wide)at + (yki_wide)b->first, (yki_wide)b->run, (yki_wide)b->rows,
                (yki_wide)b->row_pitch, (yki_wide)b->planes, (yki_wide)b->plane_pitch};
    return p;
}

static yki_wide group_span(const placed *p) { return (p->rows - 1) * p->row_pitch + p->run; }

static yki_wide hull_end(const placed *p)
{
    return p->at + (p->planes - 1) * p->plane_pitch + group_span(p);
}

static bool hulls_meet(const placed *a, const placed *b)
{
    return a->at < hull_end(b) && b->at < hull_end(a);
}

static yki_wide floor_div(yki_wide n, yki_wide d) { return n >= 0 ? n / d : -((-n + d - 1) / d); }

/* The whole numbers k in [lo, hi] for which from < at + k * pitch < to. */
static bool steps(yki_wide at, yki_wide pitch, yki_wide from, yki_wide to, yki_wide *lo,
                  yki_wide *hi)
{
    yki_wide first = floor_div(from - at, pitch) + 1, last = -floor_div(at - to, pitch) - 1;
    if (first > *lo) *lo = first;
    if (last < *hi) *hi = last;
    return *lo <= *hi;
}

/* Same pitches: only the difference of two row numbers and of two plane numbers counts.
 * Groups of one box do not overlap, so few differences of planes need a look, unless one
 * side is a single long group: that is for the caller to see. */
static bool meet_in_step(const placed *a, const placed *b, yki_wide row_pitch,
                         yki_wide plane_pitch)
{
    yki_wide d = b->at - a->at;
    yki_wide p = -(a->planes - 1), p_last = b->planes - 1;
    if (!steps(d, plane_pitch, -group_span(b), group_span(a), &p, &p_last)) return false;
    for (; p <= p_last; p++) {
        yki_wide r = -(a->rows - 1), r_last = b->rows - 1;
        if (steps(d + p * plane_pitch, row_pitch, -b->run, a->run, &r, &r_last)) return true;
    }
    return false;
}

/* Does the run [from, to) meet the box? */
static bool run_meets(yki_wide from, yki_wide to, const placed *b)
{
    yki_wide p = 0, p_last = b->planes - 1;
    if (!steps(b->at, b->plane_pitch, from - group_span(b), to, &p, &p_last)) return false;
    /* A plane between the first and the last that are reached lies wholly inside. */
    if (p_last - p >= 2) return true;
    for (; p <= p_last; p++) {
        yki_wide r = 0, r_last = b->rows - 1;
        if (steps(b->at + p * b->plane_pitch, b->row_pitch, from - b->run, to, &r, &r_last)) {
            return true;
        }
    }
    return false;
}

static bool rows_meet(const placed *a, const placed *b)
{
    for (yki_wide p = 0; p < a->planes; p++) {
        for (yki_wide r = 0; r < a->rows; r++) {
            yki_wide at = a->at + p * a->plane_pitch + r * a->row_pitch;
            if (run_meets(at, at + a->run, b)) return true;
        }
    }
    return false;
}

/* The pitch that two levels share: a level with one member has none of its own.  0: none. */
static yki_wide common_pitch(yki_wide a_count, yki_wide a, yki_wide b_count, yki_wide b)
{
    if (a_count == 1) return b;
    if (b_count == 1 || a == b) return a;
    return 0;
}

bool yki_boxes_meet(const yki_box *a_box, uintptr_t a_at, const yki_box *b_box, uintptr_t b_at)
{
    placed a = place(a_box, a_at), b = place(b_box, b_at);
    if (!hulls_meet(&a, &b)) return false;
    yki_wide rows = common_pitch(a.rows, a.row_pitch, b.rows, b.row_pitch);
    yki_wide planes = common_pitch(a.planes, a.plane_pitch, b.planes, b.plane_pitch);
    bool short_groups = planes > 0 && group_span(&a) + group_span(&b) <= planes * FEW_ROWS;
    if (rows > 0 && short_groups) return meet_in_step(&a, &b, rows, planes);
    if (a.rows * a.planes <= FEW_ROWS) return rows_meet(&a, &b);
    if (b.rows * b.planes <= FEW_ROWS) return rows_meet(&b, &a);
    return true;
}
