/* The plain C transpose; see baseline.h.  out[x][y] = in[y][x] of a matrix of `height` rows
 * of `width`. */
#include "baseline.h"

YKI_BASELINE(void, transpose, (size_t width, size_t height, const float *in, float *out));
