/* The plain C blur of rows [begin, end); see baseline.h.  An image of `height` rows of
 * `width`, convolved with 31 x 31 weights, row by row; beyond its border it goes on with the
 * border's pixels. */
#include "baseline.h"

YKI_BASELINE(void, gaussian, (int width, int height, int begin, int end, const float *image,
                              const float *weight, float *blurred));
