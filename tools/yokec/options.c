/* options: yokec's command line. */
#include "yokec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yoke/version.h>

static const char usage_text[] =
    "usage: yokec [options] FILE.cl\n"
    "Writes FILE.yk.h and FILE.yk.c into the current folder.\n"
    "  -o BASE          write BASE.yk.h and BASE.yk.c; with -c: the object file\n"
    "  -c               compile the object too, with $CC (cc); -O -g -f -m -W -std are passed on\n"
    "  --header-dir DIR where the header goes (with -c: beside the object otherwise)\n"
    "  --prefix P       put P before every public name\n"
    "  -D NAME[=VALUE]  define a macro;  -U NAME  undefine one;  -I DIR  search includes there\n"
    "  -MD [-MF FILE]   write the files read as a make rule (FILE.d)\n"
    "  --check          check every access to an array against its window; also YOKE_CHECK=1\n"
    "  --explain        print each argument's mode and window, write nothing\n"
    "  --dump-device    print the OpenCL C of the kernels, write nothing\n"
    "  --help, --version\n"
    "Exit codes: 0 done, 1 errors, 2 misused.\n";

static const char *const known[] = {
    "--header-dir", "--prefix",  "--check", "--explain", "--dump-device",
    "--help",       "--version", "-MD",     "-MF",       "-o",
    "-c",           "-D",        "-U",      "-I"};

static void *grown(void *p, size_t count, size_t size)
{
    void *q = realloc(p, (count + 1) * size);
    if (q) return q;
    fputs("yokec: out of memory\n", stderr);
    exit(1);
}

const char *yokec_format(options *o, const char *format, ...)
{
    va_list args;
    char *s = NULL;
    va_start(args, format);
    int n = vasprintf(&s, format, args);
    va_end(args);
    if (n < 0) {
        fputs("yokec: out of memory\n", stderr);
        exit(1);
    }
    o->owned = grown(o->owned, o->owned_count, sizeof *o->owned);
    o->owned[o->owned_count++] = s;
    return s;
}

void yokec_options_free(options *o)
{
    for (size_t i = 0; i < o->owned_count; i++) free(o->owned[i]);
    free(o->owned);
    free(o->includes);
    free(o->defines);
    free(o->cc_flags);
}

static int misuse(const char *what, const char *arg)
{
    fprintf(stderr, "yokec: %s%s%s\n", what, arg ? ": " : "", arg ? arg : "");
    fputs("Try 'yokec --help'.\n", stderr);
    return 2;
}

/* How many letters two words share at their beginning: enough for a suggestion. */
static int unknown(const char *arg)
{
    const char *best = NULL;
    size_t most = 2;
    for (size_t i = 0; i < YKI_COUNT(known); i++) {
        size_t n = 0;
        while (known[i][n] && known[i][n] == arg[n]) n++;
        if (n > most) {
            most = n;
            best = known[i];
        }
    }
    if (best) fprintf(stderr, "yokec: unknown option %s; did you mean %s?\n", arg, best);
    else fprintf(stderr, "yokec: unknown option %s\n", arg);
    return 2;
}

static void add_define(options *o, const char *text, bool undefine)
{
    o->defines = grown(o->defines, o->define_count, sizeof *o->defines);
    o->defines[o->define_count++] = (yki_define){undefine, text};
}

static void add_include(options *o, const char *dir)
{
    o->includes = grown(o->includes, o->include_count, sizeof *o->includes);
    o->includes[o->include_count++] = dir;
}

static void pass_on(options *o, const char *flag)
{
    o->cc_flags = grown(o->cc_flags, o->cc_count, sizeof *o->cc_flags);
    o->cc_flags[o->cc_count++] = flag;
}

/* The value of option `name`, joined ("-DX", "--prefix=p") or the next word.  NULL: not
 * this option; *missing: no value there. */
static const char *value_of(const char *name, int argc, char **argv, int *i, bool *missing)
{
    const char *arg = argv[*i];
    size_t n = strlen(name);
    bool is_long = name[1] == '-';
    if (strncmp(arg, name, n)) return NULL;
    if (arg[n] == 0) {
        if (*i + 1 < argc) return argv[++*i];
        *missing = true;
        return "";
    }
    if (is_long) return arg[n] == '=' ? arg + n + 1 : NULL;
    return arg + n;
}

static bool flag(options *o, const char *arg)
{
    struct { const char *name; bool *to; } table[] = {
        {"-c", &o->compile}, {"-MD", &o->make_deps}, {"-MMD", &o->make_deps},
        {"--check", &o->check}, {"--explain", &o->explain}, {"--dump-device", &o->dump_device}};
    for (size_t i = 0; i < YKI_COUNT(table); i++) {
        if (!strcmp(arg, table[i].name)) return *table[i].to = true;
    }
    return false;
}

static bool for_cc(const char *arg)
{
    static const char *const starts[] = {"-O", "-g", "-f", "-m", "-W", "-std=", "-pipe", "-w"};
    for (size_t i = 0; i < YKI_COUNT(starts); i++) {
        if (!strncmp(arg, starts[i], strlen(starts[i]))) return true;
    }
    return false;
}

static int one_value(options *o, int argc, char **argv, int *i)
{
    struct { const char *name; const char **to;
    } table[] = {{"--prefix", &o->prefix},
                 {"--header-dir", &o->header_dir},
                 {"-MF", &o->mf},
                 {"-o", &o->output}};
    bool missing = false;
    const char *v, *arg = argv[*i];
    for (size_t t = 0; t < YKI_COUNT(table); t++) {
        if (!(v = value_of(table[t].name, argc, argv, i, &missing))) continue;
        if (missing) return misuse("this option needs a value", table[t].name);
        *table[t].to = v;
        return -1;
    }
    if ((v = value_of("-D", argc, argv, i, &missing)) && !missing)
        return add_define(o, v, false), -1;
    if (!missing && (v = value_of("-U", argc, argv, i, &missing)) && !missing)
        return add_define(o, v, true), -1;
    if (!missing && (v = value_of("-I", argc, argv, i, &missing)) && !missing)
        return add_include(o, v), -1;
    if (missing) return misuse("this option needs a value", arg);
    return unknown(arg);
}

static const char *folder_of(options *o, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? yokec_format(o, "%.*s/", (int)(slash - path), path) : "";
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A file name without its last ending. */
static const char *stem_of(options *o, const char *name)
{
    const char *dot = strrchr(name, '.');
    return yokec_format(o, "%.*s", (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name)),
                        name);
}

/* Names of what is written: after -o's base, the object's, or the kernel file's. */
static void outputs(options *o)
{
    const char *base = stem_of(o, name_of(o->input));
    const char *folder = o->output ? folder_of(o, o->output) : "";
    if (o->output) base = o->compile ? stem_of(o, name_of(o->output)) : name_of(o->output);
    if (o->compile) o->object_path = o->output ? o->output : yokec_format(o, "%s.o", base);
    const char *headers = o->header_dir ? yokec_format(o, "%s/", o->header_dir) : folder;
    o->header_name = yokec_format(o, "%s.yk.h", base);
    o->header_path = yokec_format(o, "%s%s", headers, o->header_name);
    o->source_path = yokec_format(o, "%s%s.yk.c", folder, base);
    if (!o->make_deps && !o->mf) return;
    const char *target = o->compile ? o->object_path : yokec_format(o, "%s%s", folder, base);
    const char *end = strrchr(target, '.');
    bool is_object = o->compile && end && end > strrchr(target, '/');
    o->depfile = o->mf ? o->mf
                       : yokec_format(o, "%.*s.d",
                                      (int)(is_object ? (size_t)(end - target) : strlen(target)),
                                      target);
}

int yokec_options(options *o, int argc, char **argv)
{
    bool only_files = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (!only_files && !strcmp(arg, "--")) {
            only_files = true;
        } else if (!only_files && arg[0] == '-' && arg[1]) {
            if (!strcmp(arg, "--help")) return fputs(usage_text, stdout), 0;
            if (!strcmp(arg, "--version"))
                return printf("yokec %d.%d.%d\n", YK_VERSION_MAJOR, YK_VERSION_MINOR,
                              YK_VERSION_PATCH),
                       0;
            if (flag(o, arg)) continue;
            if (for_cc(arg)) {
                pass_on(o, arg);
                continue;
            }
            int rc = one_value(o, argc, argv, &i);
            if (rc >= 0) return rc;
        } else if (o->input) {
            return misuse("one kernel file at a time, please", arg);
        } else {
            o->input = arg;
        }
    }
    if (!o->input) return misuse("no kernel file given", NULL);
    yk_diag diag;
    if (yki_env_bool("YOKE_CHECK", &o->check, &diag) != YK_OK) return misuse(diag.text, NULL);
    if (o->cc_count && !o->compile) return misuse("compiler flags are for -c", o->cc_flags[0]);
    outputs(o);
    return -1;
}
