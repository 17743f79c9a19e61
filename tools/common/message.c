/* What a tool says on stderr; see tool.h. */
#include "common/tool.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SUGGESTIONS 64

static bool is_terminal(FILE *stream)
{
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && !(term && strcmp(term, "dumb") == 0);
}

bool yki_colour(FILE *stream)
{
    const char *no = getenv("NO_COLOR");
    return !(no && *no) && is_terminal(stream);
}

static void say(const char *prefix, const char *separator, const char *format, va_list args)
{
    fprintf(stderr, "%s%s", prefix, separator);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int yki_error(const char *tool, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(tool, ": ", format, args);
    va_end(args);
    return YKI_EXIT_ERROR;
}

int yki_usage_error(const char *tool, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(tool, ": ", format, args);
    va_end(args);
    fprintf(stderr, "Try '%s --help'.\n", tool);
    return YKI_EXIT_USAGE;
}

void yki_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("warning", ": ", format, args);
    va_end(args);
}

/* Columns of the terminal behind stderr; a line that fills the last one may wrap. */
static int width(void)
{
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col - 1 : 79;
}

void yki_progress(const char *format, ...)
{
    if (!is_terminal(stderr)) return;
    fputs("\r\033[K", stderr);
    if (format) {
        char line[512];
        va_list args;
        va_start(args, format);
        vsnprintf(line, sizeof line, format, args);
        va_end(args);
        fprintf(stderr, "%.*s", width(), line);
    }
    fflush(stderr);
}

static const struct option *option_of(const struct option *options, int val)
{
    for (; options->name; options++)
        if (options->val == val) return options;
    return NULL;
}

static int unknown_long(const char *tool, const char *arg, const struct option *options)
{
    char name[64];
    size_t n = strcspn(arg + 2, "=");
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), arg + 2);
    const char *words[SUGGESTIONS + 1];
    size_t count = 0, prefixed = 0;
    for (const struct option *o = options; o->name && count < SUGGESTIONS; o++) {
        words[count++] = o->name;
        if (n && strncmp(o->name, name, n) == 0) prefixed++;
    }
    words[count] = NULL;
    if (prefixed > 1) return yki_usage_error(tool, "option '--%s' is ambiguous", name);
    const char *near = yki_nearest(name, words);
    if (near)
        return yki_usage_error(tool, "unknown option '--%s'; did you mean '--%s'?", name, near);
    return yki_usage_error(tool, "unknown option '--%s'", name);
}

/* getopt_long leaves in optopt: 0 for a long option it does not know, the val of a
 * long option used wrongly, or the letter of a short one. */
int yki_option_error(const char *tool, int code, char *const *argv, const struct option *options)
{
    const char *arg = argv[optind > 0 ? optind - 1 : 0];
    bool is_long = strncmp(arg, "--", 2) == 0;
    const struct option *known = optopt ? option_of(options, optopt) : NULL;
    if (code == ':') {
        if (known) return yki_usage_error(tool, "option '--%s' needs an argument", known->name);
        return yki_usage_error(tool, "option '-%c' needs an argument", optopt);
    }
    if (optopt == 0) return unknown_long(tool, arg, options);
    if (is_long && known)
        return yki_usage_error(tool, "option '--%s' takes no argument", known->name);
    return yki_usage_error(tool, "unknown option '-%c'", optopt);
}
