/* An Asian call by Monte Carlo: what a stock is worth on average over its path, less the
 * strike, where that is more than nothing.  One path an item.  Its random numbers are
 * Philox 4x32-10 of its own number (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011), so they do not depend on who computes it. */
typedef struct words {
    uint a, b, c, d;
} words;

/* Ten rounds: each multiplies two words, and mixes the halves of the products with the
 * others and with a key that moves on. */
words philox(words w, uint key, uint other)
{
    for (int round = 0; round < 10; round++) {
        words next = {mul_hi(0xcd9e8d57u, w.c) ^ w.b ^ key, 0xcd9e8d57u * w.c,
                      mul_hi(0xd2511f53u, w.a) ^ w.d ^ other, 0xd2511f53u * w.a};
        w = next;
        key += 0x9e3779b9u;
        other += 0xbb67ae85u;
    }
    return w;
}

/* Box and Muller: two random words make two normal numbers, the radius times the sine and
 * the cosine of the angle.  24 bits of each, the first in (0, 1]. */
float radius(uint word) { return sqrt(-2.0f * log((float)((word >> 8) + 1) * 0x1p-24f)); }
float angle(uint word) { return 6.2831853f * ((float)(word >> 8) * 0x1p-24f); }

/* total: of the payments, and of the averages; drawn: of all random words.  A step's
 * logarithm grows by drift and by a normal number times spread; steps: a multiple of 4. */
kernel void monte_carlo(global float *total YK_SUM(2), global uint *drawn YK_SUM(1), uint seed,
                        uint steps, float drift, float spread, float price, float strike,
                        ulong paths)
{
    size_t i = get_global_id(0);
    if (i >= paths) return;
    float x = 0.0f, sum = 0.0f;
    uint mixed = 0;
    for (uint k = 0; k < steps; k += 4) {
        words counter = {(uint)i, (uint)(i >> 32), k, 0};
        words w = philox(counter, seed, 0);
        float r = radius(w.a), s = radius(w.c), u = angle(w.b), v = angle(w.d);
        x += drift + spread * (r * cos(u));
        sum += exp(x);
        x += drift + spread * (r * sin(u));
        sum += exp(x);
        x += drift + spread * (s * cos(v));
        sum += exp(x);
        x += drift + spread * (s * sin(v));
        sum += exp(x);
        mixed += w.a + w.b + w.c + w.d;
    }
    float average = price * sum / (float)steps;
    total[0] += max(average - strike, 0.0f);
    total[1] += average;
    drawn[0] += mixed;
}
