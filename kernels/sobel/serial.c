/* Sobel's detector as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

#include <math.h>

/* One pixel from three rows; l and r are the columns beside x. */
static inline uint16_t edge(const uint8_t *above, const uint8_t *here, const uint8_t *below, int l,
                            int x, int r)
{
    int gx = above[r] - above[l] + 2 * (here[r] - here[l]) + below[r] - below[l];
    int gy = below[l] - above[l] + 2 * (below[x] - above[x]) + below[r] - above[r];
    return (uint16_t)(sqrtf((float)(gx * gx + gy * gy)) + 0.5f);
}

void YKI_BASELINE_NAME(sobel)(int width, int height, int begin, int end,
                              const uint8_t *restrict grey, uint16_t *restrict edges)
{
#pragma omp parallel for
    for (int y = begin; y < end; y++) {
        const uint8_t *here = grey + (size_t)y * width;
        const uint8_t *above = y > 0 ? here - width : here;
        const uint8_t *below = y < height - 1 ? here + width : here;
        uint16_t *out = edges + (size_t)y * width;
        int last = width - 1;
        out[0] = edge(above, here, below, 0, 0, last > 0 ? 1 : 0);
        for (int x = 1; x < last; x++) out[x] = edge(above, here, below, x - 1, x, x + 1);
        if (last > 0) out[last] = edge(above, here, below, last - 1, last, last);
    }
}
