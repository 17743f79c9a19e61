/* The plain C blur; see baseline.h.  An image of `height` rows of `width`, convolved with
 * 31 x 31 weights, row by row; beyond its border it goes on with the border's pixels. */
#include "baseline.h"

YKI_BASELINE(void, gaussian, (int width, int height, const float *image, const float *weight,
                              float *blurred));
