/* Which devices a user's list of words means.  Pure text; any thread may enter. */
#include "device/device_int.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct word {
    const char *text;
    size_t length;
} word;

/* The next word of a comma-separated list, blanks round it cut off; false at the end. */
static bool next_word(const char **list, word *out)
{
    if (!*list) return false;
    const char *end = strchr(*list, ',');
    const char *first = *list, *last = end ? end : first + strlen(first);
    *list = end ? end + 1 : NULL;
    while (first < last && isspace((unsigned char)*first)) first++;
    while (last > first && isspace((unsigned char)last[-1])) last--;
    *out = (word){first, (size_t)(last - first)};
    return true;
}

static bool is(word w, const char *text)
{
    return strlen(text) == w.length && strncasecmp(text, w.text, w.length) == 0;
}

static bool contains(const char *text, word w)
{
    size_t length = strlen(text);
    for (size_t i = 0; i + w.length <= length; i++)
        if (strncasecmp(text + i, w.text, w.length) == 0) return true;
    return false;
}

/* "gpu0" is an id and never a part of a name: it must not match a "GPU0815". */
static bool is_id(word w)
{
    static const char *const kinds[] = {"gpu", "acc", "cl"};
    for (size_t k = 0; k < YKI_COUNT(kinds); k++) {
        size_t n = strlen(kinds[k]);
        if (w.length <= n || strncasecmp(w.text, kinds[k], n) != 0) continue;
        while (n < w.length && isdigit((unsigned char)w.text[n])) n++;
        if (n == w.length) return true;
    }
    return false;
}

static bool names(word w, const yk_device_info *info)
{
    if (w.length == 0 || is(w, "none") || is(w, "cpu")) return false;
    if (is(w, "all")) return true;
    if (is_id(w)) return is(w, info->id);
    /* PoCL calls itself so in its version alone. */
    return contains(info->name, w) || contains(info->platform, w) || contains(info->version, w);
}

bool yki_device_named(const yk_device_info *info, const char *list)
{
    if (!list) return info->type == YK_DEVICE_GPU || info->type == YK_DEVICE_ACCELERATOR;
    word w;
    while (next_word(&list, &w))
        if (names(w, info)) return true;
    return false;
}

static bool known(word w, const yki_listing *listing)
{
    if (is(w, "all") || is(w, "none") || is(w, "cpu")) return true;
    for (size_t i = 0; i < listing->count; i++)
        if (names(w, &listing->items[i].info)) return true;
    return false;
}

bool yki_devices_unknown_word(const yki_listing *listing, const char *list, char *out,
                              size_t size)
{
    word w;
    while (next_word(&list, &w)) {
        if (known(w, listing)) continue;
        size_t n = size > 0 ? yki_min(w.length, size - 1) : 0;
        if (size > 0) {
            memcpy(out, w.text, n);
            out[n] = '\0';
        }
        return true;
    }
    return false;
}
