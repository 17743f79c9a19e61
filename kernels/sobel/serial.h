/* The plain C Sobel detector on rows [begin, end); see baseline.h.  An image of `height`
 * rows of `width`; beyond its border it goes on with the border's pixels. */
#include "baseline.h"

YKI_BASELINE(void, sobel, (int width, int height, int begin, int end, const uint8_t *grey,
                           uint16_t *edges));
