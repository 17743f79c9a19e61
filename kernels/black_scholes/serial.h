/* The plain C Black-Scholes loop; see baseline.h.  n options: their price, strike price
 * and years to run; the values of call and put. */
#include "baseline.h"

YKI_BASELINE(void, black_scholes, (size_t n, float rate, float volatility, const float *price,
                                   const float *strike, const float *years, float *call,
                                   float *put));
