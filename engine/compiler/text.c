/* text: see text.h.  Used all over the compiler; touches nothing but the text it is
 * given, so any thread may enter with its own. */
#include "compiler/text.h"

#include <stdio.h>
#include <string.h>

static bool text_reserve(yki_text *t, size_t more)
{
    size_t need;
    if (t->failed || !yki_add(t->len, more, &need) || !yki_add(need, 1, &need)) goto fail;
    if (need <= t->cap) return true;
    size_t cap = yki_max(need, yki_max(t->cap * 2, 256));
    char *data = yki_alloc(cap, 1);
    if (!data) goto fail;
    if (t->len) memcpy(data, t->data, t->len);
    yki_free(t->data);
    t->data = data;
    t->cap = cap;
    return true;
fail:
    t->failed = true;
    return false;
}

void yki_text_add_n(yki_text *t, const char *s, size_t n)
{
    if (!text_reserve(t, n)) return;
    if (n) memcpy(t->data + t->len, s, n);
    t->len += n;
    t->data[t->len] = '\0';
}

void yki_text_add(yki_text *t, const char *s)
{
    yki_text_add_n(t, s, strlen(s));
}

void yki_text_vprintf(yki_text *t, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0) {
        t->failed = true;
    } else if (text_reserve(t, (size_t)n)) {
        vsnprintf(t->data + t->len, (size_t)n + 1, format, again);
        t->len += (size_t)n;
    }
    va_end(again);
}

void yki_text_printf(yki_text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    yki_text_vprintf(t, format, args);
    va_end(args);
}

const char *yki_text_get(const yki_text *t)
{
    return t->failed || !t->data ? "" : t->data;
}

void yki_text_free(yki_text *t)
{
    if (!t) return;
    yki_free(t->data);
    *t = (yki_text){0};
}
