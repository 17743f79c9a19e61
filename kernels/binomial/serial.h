/* The plain C lattice; see baseline.h.  n American puts by their price and strike, on 255
 * steps; ratio[255 + k]: the factor of the price k steps up; up, down: the chances of either
 * step, discounted by one step. */
#include "baseline.h"

YKI_BASELINE(void, binomial, (size_t n, float up, float down, const float *price,
                              const float *strike, const float *ratio, float *put));
