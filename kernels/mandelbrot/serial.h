/* The plain C Mandelbrot loop; see baseline.h.  count: width * height numbers, row by row;
 * (left, top) is the first pixel, `step` the distance between pixels. */
#include "baseline.h"

YKI_BASELINE(void, mandelbrot, (size_t width, size_t height, float left, float top, float step,
                                int limit, int *count));
