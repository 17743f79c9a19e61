/* The plain loop, and whether two sets of results are the same.  See price.h. */
#include <math.h>

#include "price.h"

static double normal(double d) { return 0.5 * erfc(-d * 0.70710678118654752440); }

void price_serial(size_t n, double *const in[INPUTS], double *const out[OUTPUTS])
{
    for (size_t i = 0; i < n; i++) {
        double w = in[SIGN][i], s = in[SPOT][i], k = in[STRIKE][i], t = in[YEARS][i];
        double r = in[RATE][i], q = in[DIVIDEND][i], v = in[VOLATILITY][i];
        double root = sqrt(t);
        double d1 = (log(s / k) + (r - q + 0.5 * v * v) * t) / (v * root);
        double d2 = d1 - v * root;
        double forward = s * exp(-q * t), present = k * exp(-r * t);
        double n1 = normal(w * d1), n2 = normal(w * d2);
        double density = 0.39894228040143267794 * exp(-0.5 * d1 * d1);
        out[VALUE][i] = w * (forward * n1 - present * n2);
        out[DELTA][i] = w * exp(-q * t) * n1;
        out[GAMMA][i] = exp(-q * t) * density / (s * v * root);
        out[VEGA][i] = forward * density * root;
        out[THETA][i] = -0.5 * forward * density * v / root +
                        w * (q * forward * n1 - r * present * n2);
        out[RHO][i] = w * t * present * n2;
    }
}

/* What one rounding of 2^-53 in the parts of option i can become, and the size of each
 * result's parts.  Builtins are right within 4 ulp = 8 roundings on both sides.
 * d1 and d2 are a sum of log, drift and width over v*sqrt(t), so they err by one rounding
 * over v*sqrt(t), from s/k, and by 16 of the sum of their parts' sizes.  N and its density
 * turn an error of d into at most 0.4 of it, and add 10 of their own; the exponentials
 * add 9 + |r t| + |q t|, and the products and sums around them 8. */
static double explained(const book *b, size_t i, double size[OUTPUTS])
{
    double s = b->in[SPOT][i], k = b->in[STRIKE][i], t = b->in[YEARS][i];
    double r = fabs(b->in[RATE][i]), q = fabs(b->in[DIVIDEND][i]), v = b->in[VOLATILITY][i];
    double root = sqrt(t), fall = exp(-b->in[DIVIDEND][i] * t);
    double forward = s * fall, present = k * exp(-b->in[RATE][i] * t);
    double parts = (fabs(log(s / k)) + (r + q + v * v) * t) / (v * root);
    size[VALUE] = forward + present;
    size[DELTA] = fall;
    size[GAMMA] = fall / (s * v * root);
    size[VEGA] = forward * root;
    size[THETA] = forward * v / root + q * forward + r * present;
    size[RHO] = t * present;
    double roundings = 0.4 * (1 / (v * root) + 16 * parts) + 27 + (r + q) * t;
    return 2 * roundings * 0x1p-53;
}

/* 0 for equal numbers and two that are not finite; NaN where one of them is finite. */
static double apart(double a, double b)
{
    if (a == b || (!isfinite(a) && !isfinite(b))) return 0;
    return isfinite(a) && isfinite(b) ? fabs(a - b) : (double)NAN;
}

double price_difference(const book *b, double *const got[OUTPUTS], double *const want[OUTPUTS])
{
    double worst = 0;
    for (size_t i = 0; i < b->rows; i++) {
        double size[OUTPUTS], bound = explained(b, i, size);
        for (int c = 0; c < OUTPUTS; c++) {
            double d = apart(got[c][i], want[c][i]);
            if (d != 0) d /= bound * size[c] + 0x1p-1022;
            if (d > worst || isnan(d)) worst = d;
            if (isnan(worst)) return worst;
        }
    }
    return worst;
}
