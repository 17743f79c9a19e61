/* The YOKE_* variables: unset means default, a bad value is an error that names the
 * variable, its text and what was expected; never a silent default.  Any thread may
 * enter, as long as none changes the environment meanwhile. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *yki_env(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? text : NULL;
}

/* The value is shown with control characters masked: it may end up on a terminal. */
static yk_status bad_value(yk_diag *d, const char *name, const char *text, const char *expected)
{
    char shown[256];
    yki_copy_text(shown, sizeof shown, text);
    for (char *c = shown; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    return yki_fail(d, YK_E_INVALID, "%s=%s: expected %s", name, shown, expected);
}

yk_status yki_env_size(const char *name, size_t lo, size_t hi, size_t *out, yk_diag *d)
{
    const char *text = yki_env(name);
    if (!text || yki_parse_size(text, lo, hi, out)) return YK_OK;
    char expected[96];
    if (hi == SIZE_MAX)
        snprintf(expected, sizeof expected, "a whole number of at least %zu", lo);
    else
        snprintf(expected, sizeof expected, "a whole number from %zu to %zu", lo, hi);
    return bad_value(d, name, text, expected);
}

yk_status yki_env_bytes(const char *name, size_t *out, yk_diag *d)
{
    const char *text = yki_env(name);
    if (!text || yki_parse_bytes(text, out)) return YK_OK;
    return bad_value(d, name, text, "a number of bytes such as 4096, 512M or 4GiB");
}

yk_status yki_env_bool(const char *name, bool *out, yk_diag *d)
{
    const char *text = yki_env(name);
    if (!text || yki_parse_bool(text, out)) return YK_OK;
    return bad_value(d, name, text, "1, on, yes, true, 0, off, no or false");
}

yk_status yki_env_word(const char *name, const char *const *words, size_t *out, yk_diag *d)
{
    const char *text = yki_env(name);
    if (!text) return YK_OK;
    char expected[512] = "one of ";
    size_t used = strlen(expected);
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return YK_OK;
        }
        int n = snprintf(expected + used, sizeof expected - used, "%s%s", i ? ", " : "", words[i]);
        used = yki_min(used + (size_t)n, sizeof expected - 1);
    }
    return bad_value(d, name, text, expected);
}
