/* The plain C ray tracer on rows [begin, end); see baseline.h.  ball: `balls` times
 * centre x, y, z, radius, red, green, blue, mirror; light: its place; image: width * height
 * times red, green, blue, row by row; step: the size of a pixel on the screen at z = 1. */
#include "baseline.h"

YKI_BASELINE(void, ray, (size_t width, size_t height, size_t begin, size_t end, float step,
                         const float *ball, int balls, int bounces, const float light[3],
                         float *image));
