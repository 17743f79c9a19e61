/* The plain C transpose of rows [begin, end); see baseline.h.  out[x][y] = in[y][x] of a
 * matrix of `height` rows of `width`. */
#include "baseline.h"

YKI_BASELINE(void, transpose, (size_t width, size_t height, size_t begin, size_t end, const float *in,
                               float *out));
