/* Numbers for people: three significant digits and a unit; see tool.h. */
#include "common/tool.h"

#include <math.h>

/* 1.78, 19.4, 109; no decimals for whole numbers where `whole` says so. */
static const char *three_digits(char buf[YKI_HUMAN], double x, bool whole, const char *unit)
{
    double size = fabs(x);
    int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
    if (whole && x == floor(x)) decimals = 0;
    snprintf(buf, YKI_HUMAN, "%.*f%s%s", decimals, x, *unit ? " " : "", unit);
    return buf;
}

/* Divides by `base` while the rounded value would still reach it. */
static size_t scale(double *x, double base, size_t last)
{
    size_t step = 0;
    while (step < last && fabs(*x) >= base * 0.99951) {
        *x /= base;
        step++;
    }
    return step;
}

const char *yki_human_bytes(char buf[YKI_HUMAN], double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t step = scale(&bytes, 1024, 5);
    return three_digits(buf, bytes, true, units[step]);
}

const char *yki_human_count(char buf[YKI_HUMAN], uint64_t n)
{
    static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    if (n < 10000 && n % 1024 != 0) {
        snprintf(buf, YKI_HUMAN, "%llu", (unsigned long long)n);
        return buf;
    }
    double x = (double)n;
    size_t step = scale(&x, 1024, 6);
    return three_digits(buf, x, true, units[step]);
}

const char *yki_human_seconds(char buf[YKI_HUMAN], double seconds)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    if (seconds == 0) return three_digits(buf, 0, true, "s");
    double x = seconds * 1e9;
    size_t step = scale(&x, 1000, 3);
    return three_digits(buf, x, false, units[step]);
}

const char *yki_human_rate(char buf[YKI_HUMAN], double per_second, const char *unit)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P"};
    char full[24];
    size_t step = scale(&per_second, 1000, 5);
    snprintf(full, sizeof full, "%s%s", prefixes[step], unit);
    return three_digits(buf, per_second, false, full);
}

const char *yki_human_ratio(char buf[YKI_HUMAN], double ratio)
{
    return three_digits(buf, ratio, false, "");
}
