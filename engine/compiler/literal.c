/* literal: the value and type of number and character constants.  Called by the parser
 * and for #if; pure. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front_int.h"

static yki_literal problem(const char *text)
{
    return (yki_literal){.kind = YKI_T_ERROR, .problem = text};
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

/* Of u, l in either case and order, each once; false for anything else. */
static bool integer_suffix(const char *s, bool *is_unsigned, bool *is_long)
{
    for (; *s; s++) {
        bool u = *s == 'u' || *s == 'U', l = *s == 'l' || *s == 'L';
        if ((u && *is_unsigned) || (l && *is_long) || (!u && !l)) return false;
        *is_unsigned |= u;
        *is_long |= l;
    }
    return true;
}

static yki_literal integer(const char *s)
{
    bool is_unsigned = false, is_long = false;
    unsigned base = 10;
    uint64_t v = 0;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
        if (digit_of(*s) > 15) return problem("a hexadecimal number needs a digit");
    } else if (s[0] == '0' && (s[1] == 'b' || s[1] == 'B')) {
        base = 2;
        s += 2;
        if (digit_of(*s) > 1) return problem("a binary number needs a digit");
    } else if (s[0] == '0') {
        base = 8;
    }
    for (; digit_of(*s) < (base == 16 ? 16 : 10); s++) {
        unsigned d = (unsigned)digit_of(*s);
        if (d >= base)
            return problem(base == 8 ? "an octal number has no digit 8 or 9"
                                     : "a binary number has only the digits 0 and 1");
        if (__builtin_mul_overflow(v, (uint64_t)base, &v) || __builtin_add_overflow(v, d, &v))
            return problem("this number does not fit into 64 bits");
    }
    if (!integer_suffix(s, &is_unsigned, &is_long))
        return problem("this number has a suffix that OpenCL C does not know");
    yki_type_kind kind = YKI_T_ULONG;
    bool may_unsigned = is_unsigned || base != 10;
    if (!is_long && !is_unsigned && v <= INT32_MAX) kind = YKI_T_INT;
    else if (!is_long && may_unsigned && v <= UINT32_MAX) kind = YKI_T_UINT;
    else if (!is_unsigned && v <= INT64_MAX) kind = YKI_T_LONG;
    return (yki_literal){.kind = kind, .bits = v};
}

static yki_literal real(const yki_unit *u, const char *s, size_t n)
{
    char *end = NULL;
    char last = s[n - 1];
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    if (hex && !strpbrk(s, "pP"))
        return problem("a hexadecimal float needs an exponent, as in 0x1.8p0");
    bool is_float = last == 'f' || last == 'F';
    double v = is_float ? (double)strtof_l(s, &end, u->c_locale) : strtod_l(s, &end, u->c_locale);
    yki_type_kind kind = is_float ? YKI_T_FLOAT : YKI_T_DOUBLE;
    if (last == 'h' || last == 'H') kind = YKI_T_HALF;
    size_t used = (size_t)(end - s) + (kind == YKI_T_DOUBLE ? 0 : 1);
    if (used != n) return problem("this is not a number");
    return (yki_literal){.kind = kind, .real = v};
}

yki_literal yki_literal_number(const yki_unit *u, const yki_token *t)
{
    char s[512];
    if (t->len == 0 || t->len >= sizeof s) return problem("this number is too long");
    memcpy(s, t->text, t->len);
    s[t->len] = '\0';
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    if (strpbrk(s, hex ? ".pP" : ".eE")) return real(u, s, t->len);
    if (!hex && strpbrk(s, "fF"))
        return problem("a float without a point has no suffix f: write 1.0f");
    return integer(s);
}

static const char *const escapes[] = {"n\n", "t\t", "r\r", "0\0", "\\\\", "''", "\"\"", "a\a",
                                      "b\b", "f\f", "v\v", "??"};

/* One escape after the backslash at s[*i]; -1 where there is none such. */
static int escape(const char *s, size_t n, size_t *i)
{
    if (*i < n && s[*i] == 'x') {
        int v = -1;
        for (++*i; *i < n && digit_of(s[*i]) < 16 && v < 256; ++*i)
            v = (v < 0 ? 0 : v) * 16 + digit_of(s[*i]);
        return v;
    }
    if (*i < n && digit_of(s[*i]) < 8) {
        int v = 0;
        for (int k = 0; k < 3 && *i < n && digit_of(s[*i]) < 8; k++)
            v = v * 8 + digit_of(s[(*i)++]);
        return v;
    }
    for (size_t k = 0; k < YKI_COUNT(escapes); k++) {
        if (*i < n && escapes[k][0] == s[*i]) {
            ++*i;
            return escapes[k][1];
        }
    }
    return -1;
}

yki_literal yki_literal_char(const yki_token *t)
{
    size_t n = t->len - 1, i = 1; /* the text between the quotes */
    if (t->len < 3) return problem("an empty character constant");
    int v = (unsigned char)t->text[i++];
    if (v == '\\') v = escape(t->text, n, &i);
    if (v < 0 || v > 255) return problem("an escape that C does not know");
    if (i != n) return problem("a character constant holds one character");
    return (yki_literal){.kind = YKI_T_INT, .bits = (uint64_t)(int64_t)(signed char)v};
}
