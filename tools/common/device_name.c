/* The names of OpenCL devices as people know them; see tool.h.
 *
 * Drivers answer in three styles: with a product's name and much beside it, with what
 * they are made of ("pthread-skylake-avx512-AMD EPYC"), or with a chip's code name.  The
 * rules below are by driver, then common to all.  Text alone; any thread. */
#include "common/tool.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool has(const char *text, const char *part) { return strstr(text, part) != NULL; }

/* "3.1" of "3.1+debian", "22.3" of "22.3.6": what a release is known by. */
static void release(char *to, size_t size, const char *version)
{
    const char *from = version + strcspn(version, "0123456789");
    size_t n = strspn(from, "0123456789");
    if (n > 0 && from[n] == '.') n += 1 + strspn(from + n + 1, "0123456789");
    snprintf(to, size, "%.*s", (int)n, from);
}

static void cut_out(char *text, const char *what)
{
    size_t n = strlen(what);
    for (char *at; (at = strcasestr(text, what)) != NULL;)
        memmove(at, at + n, strlen(at + n) + 1);
}

/* What stands in brackets at the end: "(radeonsi, navi23, ...)", "[0x56c0]". */
static void cut_brackets(char *text)
{
    for (;;) {
        size_t n = strlen(text);
        while (n > 0 && text[n - 1] == ' ') text[--n] = '\0';
        char *open = n > 0 && text[n - 1] == ')'   ? strchr(text, '(')
                     : n > 0 && text[n - 1] == ']' ? strchr(text, '[')
                                                   : NULL;
        if (!open || open == text) return;
        *open = '\0';
    }
}

static void squeeze(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != ' ' || (to > text && to[-1] != ' ')) *to++ = *from;
    while (to > text && to[-1] == ' ') to--;
    *to = '\0';
}

/* A product's name without legal marks, clock and what stands in brackets. */
static void tidy(char *to, size_t size, const yk_device_info *d)
{
    static const char *const noise[] = {"(R)", "(TM)", "(C)", " Corporation", " CPU", " Processor"};
    const char *name = d->name;
    if (strncmp(name, "Mesa ", 5) == 0) name += 5;
    bool nvidia = has(d->platform, "NVIDIA") && !strcasestr(name, "NVIDIA");
    snprintf(to, size, "%s%s", nvidia ? "NVIDIA " : "", name);
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) cut_out(to, noise[i]);
    char *clock = strstr(to, " @ ");
    if (clock) *clock = '\0';
    cut_brackets(to);
    squeeze(to);
}

/* Cut at a whole character: names may hold UTF-8. */
static void shorten(char *name, size_t most)
{
    if (strlen(name) <= most) return;
    size_t n = most - 3;
    while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80) n--;
    memcpy(name + n, "...", 4);
}

const char *yki_device_name(char buf[YKI_DEVICE_NAME], const yk_device_info *d)
{
    char name[sizeof d->name + 16], version[24];
    bool pocl = has(d->version, "PoCL") || has(d->platform, "Portable Computing Language");
    bool mesa = has(d->platform, "rusticl") || has(d->platform, "Clover");
    release(version, sizeof version, d->driver);
    tidy(name, sizeof name, d);
    if (pocl && d->type == YK_DEVICE_CPU)
        snprintf(name, sizeof name, "PoCL%s%s", *version ? " " : "", version);
    else if (mesa && strncmp(d->name, "llvmpipe", 8) == 0)
        snprintf(name, sizeof name, "llvmpipe (Mesa%s%s)", *version ? " " : "", version);
    else if (d->type == YK_DEVICE_CPU && has(d->platform, "Intel"))
        snprintf(name, sizeof name, "Intel OpenCL%s%s", *version ? " " : "", version);
    else if (!*name)
        snprintf(name, sizeof name, "%.127s", *d->platform ? d->platform : "unnamed device");
    shorten(name, YKI_DEVICE_NAME - 1);
    snprintf(buf, YKI_DEVICE_NAME, "%.*s", YKI_DEVICE_NAME - 1, name);
    return buf;
}
