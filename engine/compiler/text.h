/* text: a string that grows, for messages and for emitted source.
 *
 * Appending never fails visibly: when memory runs out the text is marked failed, further
 * appending does nothing, and the one who hands the text on looks at `failed` once.
 * One text, one thread. */
#ifndef YKI_COMPILER_TEXT_H
#define YKI_COMPILER_TEXT_H

#include "base/base.h"

/* {0} is an empty text.  data is terminated once anything has been appended. */
typedef struct yki_text {
    char *data; /* NULL while empty; owned */
    size_t len, cap;
    bool failed;
} yki_text;

void yki_text_add(yki_text *t, const char *s);
void yki_text_add_n(yki_text *t, const char *s, size_t n);
void yki_text_printf(yki_text *t, const char *format, ...) YK_PRINTF(2, 3);
void yki_text_vprintf(yki_text *t, const char *format, va_list args) YK_PRINTF(2, 0);
/* "" for an empty or failed text. */
const char *yki_text_get(const yki_text *t);
/* Frees and clears; NULL is fine. */
void yki_text_free(yki_text *t);

#endif
