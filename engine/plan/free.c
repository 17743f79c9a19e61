/* The items that nobody holds and that are not done: a short list of spans.
 * Called by the plan alone; allocates nothing. */
#include "plan_int.h"

#include <string.h>

static void drop(yki_free_items *f, size_t at)
{
    f->n--;
    memmove(&f->span[at], &f->span[at + 1], (f->n - at) * sizeof f->span[0]);
}

void yki_free_add(yki_free_items *f, size_t begin, size_t end)
{
    if (begin >= end) return;
    size_t at = 0;
    while (at < f->n && f->span[at].begin < begin) at++;
    f->items += end - begin;
    bool left = at > 0 && f->span[at - 1].end == begin;
    bool right = at < f->n && f->span[at].begin == end;
    if (left && right) {
        f->span[at - 1].end = f->span[at].end;
        drop(f, at);
    } else if (left) {
        f->span[at - 1].end = end;
    } else if (right) {
        f->span[at].begin = begin;
    } else {
        memmove(&f->span[at + 1], &f->span[at], (f->n - at) * sizeof f->span[0]);
        f->span[at] = (yki_span){begin, end};
        f->n++;
    }
}

/* `count` rounded to the nearest multiple of align, at least one, at most `most`. */
static size_t round_count(size_t count, size_t most, size_t align)
{
    size_t down = yki_round_down(count, align);
    size_t n = count - down > align / 2 ? yki_round_up(count, align) : down;
    return yki_min(yki_max(n, align), most);
}

bool yki_free_take(yki_free_items *f, bool back, size_t count, size_t most, size_t align,
                   bool splitting, yki_span *out)
{
    if (f->n == 0) return false;
    size_t at = back ? f->n - 1 : 0;
    yki_span *s = &f->span[at];
    size_t length = s->end - s->begin;
    most = most ? most : SIZE_MAX;
    size_t n = round_count(yki_min(count, length), yki_round_down(most, align), align);
    bool all = count >= length || n >= length || length <= align || !splitting;
    if (length <= most && all) {
        *out = *s;
        f->items -= length;
        drop(f, at);
        return true;
    }
    if (!splitting || n == 0 || n >= length) return false;
    if (back) {
        /* The end of the range need not be a multiple: the cut is what must be. */
        size_t cut = yki_round_down(s->end - n, align);
        if (s->end - cut > most) cut += align;
        *out = (yki_span){cut, s->end};
        s->end = cut;
    } else {
        *out = (yki_span){s->begin, s->begin + n};
        s->begin += n;
    }
    f->items -= out->end - out->begin;
    if (s->begin == s->end) drop(f, at);
    return true;
}
