/* The transpose as a user would have written it: tile by tile, so that lines of the cache
 * are used up.  Built twice, see baseline.h. */
#include "serial.h"

enum { TILE = 16 };

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }

void YKI_BASELINE_NAME(transpose)(size_t width, size_t height, size_t begin, size_t end,
                                  const float *restrict in, float *restrict out)
{
#pragma omp parallel for
    for (size_t top = begin; top < end; top += TILE) {
        size_t bottom = least(top + TILE, end);
        for (size_t left = 0; left < width; left += TILE) {
            size_t right = least(left + TILE, width);
            for (size_t x = left; x < right; x++)
                for (size_t y = top; y < bottom; y++) out[x * height + y] = in[y * width + x];
        }
    }
}
