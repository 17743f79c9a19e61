/* The plain C Mandelbrot loop on rows [begin, end); see baseline.h.  count: numbers of all
 * rows of `width` pixels; (left, top) is the first pixel, `step` the distance between
 * pixels. */
#include "baseline.h"

YKI_BASELINE(void, mandelbrot, (size_t width, size_t begin, size_t end, float left, float top,
                                float step, int limit, int *count));
