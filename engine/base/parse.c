/* Numbers and words out of text, strictly: the whole text or nothing, and the same
 * in every locale.  Any thread may enter. */
#include "base/base.h"

#include <string.h>

/* The leading digits of text; the end of them to *end, NULL if there are none or
 * the number does not fit. */
static size_t digits(const char *text, const char **end)
{
    size_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (!yki_mul(value, 10, &value) || !yki_add(value, (size_t)(*at - '0'), &value)) {
            *end = NULL;
            return 0;
        }
    }
    *end = at == text ? NULL : at;
    return value;
}

bool yki_parse_size(const char *text, size_t lo, size_t hi, size_t *out)
{
    if (!text) return false;
    const char *end;
    size_t value = digits(text, &end);
    if (!end || *end || value < lo || value > hi) return false;
    *out = value;
    return true;
}

bool yki_parse_bytes(const char *text, size_t *out)
{
    static const char suffixes[] = "KMGT";
    if (!text) return false;
    const char *end;
    size_t value = digits(text, &end);
    if (!end) return false;
    if (*end) {
        const char *suffix = strchr(suffixes, *end++);
        if (!suffix) return false;
        size_t power = (size_t)1 << (10 * (unsigned)(suffix - suffixes + 1));
        if (!yki_mul(value, power, &value)) return false;
        if (*end == 'i') end++;
        if (*end == 'B') end++;
        if (*end) return false;
    }
    *out = value;
    return true;
}

bool yki_parse_bool(const char *text, bool *out)
{
    static const char *const yes[] = {"1", "on", "yes", "true"};
    static const char *const no[] = {"0", "off", "no", "false"};
    if (!text) return false;
    for (size_t i = 0; i < YKI_COUNT(yes); i++) {
        bool is_yes = strcmp(text, yes[i]) == 0;
        if (!is_yes && strcmp(text, no[i]) != 0) continue;
        *out = is_yes;
        return true;
    }
    return false;
}
