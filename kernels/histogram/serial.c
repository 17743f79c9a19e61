/* A histogram as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

void YKI_BASELINE_NAME(histogram)(size_t n, const unsigned char *grey, unsigned *bins)
{
#pragma omp parallel for reduction(+ : bins[:256])
    for (size_t i = 0; i < n; i++)
        bins[grey[i]] += 1;
}
