/* The plain C histogram; see baseline.h.  Adds to the 256 bins how often each value occurs
 * among n bytes. */
#include "baseline.h"

YKI_BASELINE(void, histogram, (size_t n, const unsigned char *grey, unsigned *bins));
