/* The plain C convolution; see baseline.h.  nz planes of ny rows of nx points, and 27
 * weights in the same order; the outermost points of the result are left alone. */
#include "baseline.h"

YKI_BASELINE(void, convolution3d, (int nx, int ny, int nz, const float *volume,
                                   const float *weight, float *result));
