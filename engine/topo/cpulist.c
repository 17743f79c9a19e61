/* The kernel's way of writing a set of CPUs: "0-3,8,10-11".  Pure; any thread. */
#include "topo/topo_int.h"

/* A whole number at *at, which moves behind it. */
static bool number(const char **at, int *out)
{
    long value = 0;
    const char *c = *at;
    for (; *c >= '0' && *c <= '9'; c++) {
        value = value * 10 + (*c - '0');
        if (value > INT_MAX) return false;
    }
    if (c == *at) return false;
    *at = c;
    *out = (int)value;
    return true;
}

bool yki_cpulist_each(const char *text, void (*mark)(void *ctx, int first, int last), void *ctx)
{
    for (;;) {
        int first, last;
        if (!number(&text, &first)) return false;
        last = first;
        if (*text == '-' && (text++, !number(&text, &last))) return false;
        if (last < first) return false;
        mark(ctx, first, last);
        if (*text != ',') break;
        text++;
    }
    return *text == '\0' || (*text == '\n' && text[1] == '\0');
}
