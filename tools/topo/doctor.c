/* What costs speed or breaks on this machine, each with a remedy: the list of checks, and
 * how findings are kept and shown.  Reads files and asks drivers in children; changes
 * nothing. */
#include "doctor.h"

#include "base/base.h"

#include <stdarg.h>
#include <string.h>

/* In the order of the machine: cores, system, devices.  The names are in the JSON. */
static const struct {
    const char *name;
    void (*look)(exam *x);
} checks[] = {
    {"affinity", yki_doctor_affinity}, {"cpuset", yki_doctor_cpuset},
    {"threads", yki_doctor_asked},     {"openmp", yki_doctor_openmp},
    {"offline", yki_doctor_offline},   {"isolated", yki_doctor_isolated},
    {"quota", yki_doctor_quota},       {"isa", yki_doctor_isa},
    {"settings", yki_doctor_settings}, {"load", yki_doctor_load},
    {"steal", yki_doctor_steal},       {"clock", yki_doctor_clock},
    {"pages", yki_doctor_pages},       {"drivers", yki_doctor_drivers},
    {"hidden", yki_doctor_hidden},     {"pci", yki_doctor_pci},
    {"access", yki_doctor_nodes},      {"caches", yki_doctor_caches},
};

/* A full list drops what comes last. */
static finding *add(exam *x, bool good)
{
    static finding spare;
    bool full = x->d->count >= MOST_FINDINGS;
    finding *f = full ? &spare : &x->d->findings[x->d->count++];
    *f = (finding){.good = good, .check = x->check};
    return f;
}

void yki_doctor_good(exam *x, const char *format, ...)
{
    finding *f = add(x, true);
    va_list args;
    va_start(args, format);
    vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
}

void yki_doctor_bad(exam *x, const char *remedy, const char *format, ...)
{
    finding *f = add(x, false);
    va_list args;
    va_start(args, format);
    vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
    yki_copy_text(f->remedy, sizeof f->remedy, remedy);
}

bool yki_doctor_read(const exam *x, const char *path, char *buf, size_t size)
{
    if (yki_read_file(x->root, path, buf, size) != YK_OK) return false;
    buf[strcspn(buf, "\n")] = '\0';
    return buf[0] != '\0';
}

void yki_topo_diagnose(diagnosis *d, const state *s)
{
    exam x = {.d = d, .s = s, .limits = yk_topo_get_limits(s->topo),
              .root = s->cmd->root ? s->cmd->root : ""};
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        x.check = checks[i].name;
        checks[i].look(&x);
    }
}

/* ---- on paper ---- */

/* Text broken between words, each line indented; the first one stands already there. */
static void put_wrapped(const char *text, int indent)
{
    size_t room = (size_t)(WIDTH - indent);
    while (strlen(text) > room) {
        size_t n = room;
        while (n > 0 && text[n] != ' ') n--;
        if (n == 0) n = room;
        printf("%.*s\n%*s", (int)n, text, indent, "");
        text += n + strspn(text + n, " ");
    }
    puts(text);
}

void yki_topo_show_diagnosis(const diagnosis *d)
{
    bool colour = yki_colour(stdout);
    size_t troubles = 0;
    for (size_t i = 0; i < d->count; i++) {
        const finding *f = &d->findings[i];
        const char *mark = f->good ? "ok" : "!!";
        if (colour) printf("  \033[%sm%s\033[0m  ", f->good ? "32" : "33", mark);
        else printf("  %s  ", mark);
        put_wrapped(f->what, 6);
        if (f->remedy[0]) {
            fputs("      remedy: ", stdout);
            put_wrapped(f->remedy, 14);
        }
        troubles += !f->good;
    }
    if (troubles == 0) puts("\nnothing to mend");
    else printf("\n%zu finding%s\n", troubles, troubles == 1 ? "" : "s");
}
