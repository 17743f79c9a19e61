/* European options with a continuous dividend yield, by Black and Scholes as Merton
 * extended it (1973): one option an item, with its first derivatives.
 *
 * sign: 1 for a call, -1 for a put.  spot and strike in one currency; years to expiry;
 * rate, dividend and volatility a year, as fractions (0.05 is 5 %).
 * vega and rho: change of the value for a change of 1 (not 1 %) in volatility and rate.
 * theta: change of the value with a year's passing (a day's is 1/365 of it). */

/* The standard normal distribution, exact far out in its tails as well. */
double normal(double d) { return 0.5 * erfc(-d * 0.70710678118654752440); }

kernel void price(global const double *sign, global const double *spot,
                  global const double *strike, global const double *years,
                  global const double *rate, global const double *dividend,
                  global const double *volatility, global double *value YK_OUT,
                  global double *delta YK_OUT, global double *gamma YK_OUT,
                  global double *vega YK_OUT, global double *theta YK_OUT,
                  global double *rho YK_OUT, ulong n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    double w = sign[i], t = years[i], r = rate[i], q = dividend[i], v = volatility[i];
    double root = sqrt(t);
    double d1 = (log(spot[i] / strike[i]) + (r - q + 0.5 * v * v) * t) / (v * root);
    double d2 = d1 - v * root;
    double forward = spot[i] * exp(-q * t), present = strike[i] * exp(-r * t);
    double n1 = normal(w * d1), n2 = normal(w * d2);
    double density = 0.39894228040143267794 * exp(-0.5 * d1 * d1);
    value[i] = w * (forward * n1 - present * n2);
    delta[i] = w * exp(-q * t) * n1;
    gamma[i] = exp(-q * t) * density / (spot[i] * v * root);
    vega[i] = forward * density * root;
    theta[i] = -0.5 * forward * density * v / root + w * (q * forward * n1 - r * present * n2);
    rho[i] = w * t * present * n2;
}
