/* The Mandelbrot set as a user would have written it, with contraction off so that the
 * border comes out the same everywhere.  Built twice, see baseline.h. */
#include "serial.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

void YKI_BASELINE_NAME(mandelbrot)(size_t width, size_t begin, size_t end, float left,
                                   float top, float step, int limit, int *count)
{
#pragma omp parallel for schedule(dynamic)
    for (size_t py = begin; py < end; py++) {
        for (size_t px = 0; px < width; px++) {
            float cx = left + step * (float)px;
            float cy = top - step * (float)py;
            float x = 0.0f, y = 0.0f;
            int k = 0;
            while (k < limit && x * x + y * y <= 4.0f) {
                float next = x * x - y * y + cx;
                y = 2.0f * x * y + cy;
                x = next;
                k++;
            }
            count[py * width + px] = k;
        }
    }
}
