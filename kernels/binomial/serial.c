/* American puts on a binomial lattice as a user would have written it who looks after
 * vectors: all that the inner loop reads lies side by side.  Built twice, see baseline.h. */
#include "serial.h"

enum { STEPS = 255, NODES = STEPS + 1 };

static float greater(float a, float b) { return a > b ? a : b; }

/* Neighbours of one level are two steps apart: even and odd numbers of steps each on their
 * own, both[(k + 255) % 2][(k + 255) / 2] for k steps up. */
static void split(const float *ratio, float both[2][NODES])
{
    for (int k = 0; k < 2 * STEPS + 1; k++) both[k % 2][k / 2] = ratio[k];
}

void YKI_BASELINE_NAME(binomial)(size_t n, float up, float down, const float *price,
                                 const float *strike, const float *ratio, float *put)
{
    float both[2][NODES];
    split(ratio, both);
#pragma omp parallel for
    for (size_t i = 0; i < n; i++) {
        float s = price[i], x = strike[i], value[NODES + 1];
        for (int j = 0; j < NODES; j++) value[j] = greater(x - s * both[0][j], 0.0f);
        for (int level = STEPS - 1; level >= 0; level--) {
            const float *r = both[(STEPS - level) % 2] + (STEPS - level) / 2;
            for (int j = 0; j <= level; j++)
                value[j] = greater(up * value[j + 1] + down * value[j], x - s * r[j]);
        }
        put[i] = value[0];
    }
}
