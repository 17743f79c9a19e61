/* American puts by the binomial lattice of Cox, Ross and Rubinstein, 255 steps, one option an
 * item.  Walking back a step at a time would go through the array of values 255 times.
 * Here one pass goes back 15 steps: `later` holds, for each of them, the value at the node
 * above the present one, and the array is read and written 17 times only. */
enum { STEPS = 255, PASS = 15 };

/* ratio[STEPS + k]: what the price is multiplied with k steps up, k to STEPS + PASS.  up,
 * down: the chances of a step up and down, discounted by a step. */
kernel void binomial(global const float *price, global const float *strike,
                     global const float *ratio YK_LEN(526), global float *put YK_OUT,
                     float up, float down, ulong n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    float s = price[i], x = strike[i];
    float value[STEPS + 1];
    for (int j = 0; j <= STEPS; j++) value[j] = max(x - s * ratio[2 * j], 0.0f);
    for (int level = STEPS; level > 0; level -= PASS) {
        float later[PASS] = {0.0f};
        for (int j = level; j >= 0; j--) {
            float v = value[j];
            for (int t = 0; t < PASS; t++) {
                float wait = up * later[t] + down * v;
                later[t] = v;
                v = max(wait, x - s * ratio[STEPS + 2 * j - level + 1 + t]);
            }
            value[j] = v;   /* above `level - PASS` it is nothing, and not read again */
        }
    }
    put[i] = value[0];
}
