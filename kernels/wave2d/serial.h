/* The plain C wave equation; see baseline.h.  One step of a field of `rows` rows of `pitch`
 * points: `before` is the field a step back and becomes the field a step on. */
#include "baseline.h"

YKI_BASELINE(void, wave2d, (int pitch, int rows, const float *now, const float *courant,
                            float *before));
