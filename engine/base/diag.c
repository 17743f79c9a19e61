/* Filling a yk_diag, so that failing is one line for the caller.  Prints nothing.
 * Any thread may enter, each with its own diag. */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

void yki_copy_text(char *to, size_t size, const char *from)
{
    if (size == 0) return;
    size_t n = strnlen(from, size - 1);
    memcpy(to, from, n);
    to[n] = '\0';
}

static void fill(yk_diag *d, yk_status status, const char *format, va_list args)
{
    char text[sizeof d->text];      /* apart from *d: an argument may point into it */
    vsnprintf(text, sizeof text, format, args);
    memset(d, 0, sizeof *d);
    d->status = status;
    memcpy(d->text, text, sizeof text);
}

yk_status yki_fail(yk_diag *d, yk_status status, const char *format, ...)
{
    if (!d) return status;
    va_list args;
    va_start(args, format);
    fill(d, status, format, args);
    va_end(args);
    return status;
}

/* strerrorname_np came with glibc 2.32; elsewhere the number stands alone. */
static void name_errno(int err, char *to, size_t size)
{
    const char *name = NULL;
#if defined(__GLIBC__) && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 32))
    name = strerrorname_np(err);
#endif
    if (name) yki_copy_text(to, size, name);
    else snprintf(to, size, "errno %d", err);
}

yk_status yki_fail_errno(yk_diag *d, yk_status status, int err, const char *format, ...)
{
    if (!d) return status;
    va_list args;
    va_start(args, format);
    fill(d, status, format, args);
    va_end(args);
    d->driver_code = err;
    name_errno(err, d->driver_error, sizeof d->driver_error);
    return status;
}
