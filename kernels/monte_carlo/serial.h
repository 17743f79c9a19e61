/* The plain C Monte Carlo loop; see baseline.h.  Adds to total[0] what an Asian call pays on
 * each of paths [begin, end), to total[1] the averages themselves, to *drawn all random
 * words.  `steps` is a multiple of 4; the logarithm of the price grows by drift + spread *
 * normal in each. */
#include "baseline.h"

YKI_BASELINE(void, monte_carlo, (size_t begin, size_t end, uint32_t seed, unsigned steps,
                                 float drift, float spread, float price, float strike,
                                 double *total, uint32_t *drawn));
