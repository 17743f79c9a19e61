/* The first part of what yoke-topo shows: the machine in a line, how many cores are
 * used and what binds. */
#include "tool.h"

#include <string.h>

static size_t count_kind(const yk_topo *t, yk_core_kind kind)
{
    size_t n, found = 0;
    const yk_topo_core *core = yk_topo_cores(t, &n);
    for (size_t i = 0; i < n; i++) found += core[i].kind == kind;
    return found;
}

/* "Linux 6.8" of "Linux 6.8.0-31-generic" */
static int short_os(const char *os)
{
    const char *dot = strchr(os, '.');
    if (!dot) return (int)strlen(os);
    return (int)(dot + 1 - os) + (int)strspn(dot + 1, "0123456789");
}

static void show_header(const state *s)
{
    const yk_topo *t = s->topo;
    size_t cores, cpus, used;
    char bytes[YKI_HUMAN], model[128], rest[256];
    yk_topo_cores(t, &cores);
    yk_topo_cpus(t, &cpus);
    const char *os = yk_topo_os(t);
    size_t efficiency = count_kind(t, YK_CORE_EFFICIENCY);
    used = (size_t)snprintf(rest, sizeof rest, "   %zu core%s", cores, cores == 1 ? "" : "s");
    if (efficiency)
        used += (size_t)snprintf(rest + used, sizeof rest - used, " (%zu P + %zu E)",
                                 cores - efficiency, efficiency);
    if (cpus > cores)
        used += (size_t)snprintf(rest + used, sizeof rest - used, ", %zu threads", cpus);
    size_t off = yk_topo_get_limits(t)->offline;
    if (off)
        used += (size_t)snprintf(rest + used, sizeof rest - used, " (%zu CPU%s offline)", off,
                                 off == 1 ? "" : "s");
    if (yk_topo_is_this_machine(t))
        used += (size_t)snprintf(rest + used, sizeof rest - used, "   %s",
                                 yk_isa_name(yk_topo_isa(t)));
    if (yk_topo_memory(t))
        used += (size_t)snprintf(rest + used, sizeof rest - used, "   %s",
                                 yki_human_bytes(bytes, (double)yk_topo_memory(t)));
    if (*os)
        snprintf(rest + used, sizeof rest - used, "   %.*s",
                 s->cmd->verbose ? (int)strlen(os) : short_os(os), os);
    yki_topo_cut_end(rest, WIDTH - 24);
    snprintf(model, sizeof model, "%s", yk_topo_cpu_model(t));
    yki_topo_cut_end(model, WIDTH - strlen(rest));
    printf("%s%s\n", *model ? model : "unknown processor", rest);
}

static void show_verdict(const yk_topo *t)
{
    const yk_topo_limits *m = yk_topo_get_limits(t);
    const char *uses = yk_topo_is_this_machine(t) ? "uses" : "would use";
    if (m->workers > m->cores)
        printf("\nYoke %s %zu threads on %zu cores", uses, m->workers, m->cores);
    else
        printf("\nYoke %s %zu of %zu core%s", uses, m->workers, m->cores, m->cores == 1 ? "" : "s");
    if (m->bound == YK_BOUND_MACHINE) puts("; nothing limits it");
    else printf("; %s binds\n", yk_topo_bound_name(m->bound));
}

#define WHY (WIDTH - 24)        /* what the columns of limits leave for the reason */

static void number_cell(char cell[24], size_t n) { snprintf(cell, 24, "%zu", n); }

static void quota_row(struct libscols_table *table, const yk_topo_limits *m)
{
    char n[24] = "-", why[384] = "none";
    if (m->quota_known == YK_TOPO_LIMITED) {
        size_t up = (size_t)m->quota + ((double)(size_t)m->quota < m->quota);
        char from[sizeof m->quota_from];
        number_cell(n, up);
        memcpy(from, m->quota_from, sizeof from);
        int used = snprintf(why, sizeof why, "%.4g CPUs%s (", m->quota,
                            (double)up > m->quota ? ", rounded up" : "");
        snprintf(why + used, sizeof why - (size_t)used, "%s)",
                 yki_topo_cut_middle(from, (size_t)(WHY - 1 - used)));
    } else if (m->quota_known == YK_TOPO_UNKNOWN) {
        snprintf(why, sizeof why, "unknown%s%.255s",
                 m->quota_from[0] ? ": cannot make sense of " : "", m->quota_from);
        yki_topo_cut_middle(why, WHY);
    }
    yki_table_row(table, (const char *const[]){"quota", n, why}, 3);
}

static void memory_row(struct libscols_table *table, const yk_topo_limits *m, uint64_t all)
{
    char bytes[YKI_HUMAN], from[sizeof m->memory_from], why[384];
    if (m->memory_known != YK_TOPO_LIMITED || (all && m->memory >= all)) return;
    memcpy(from, m->memory_from, sizeof from);
    snprintf(why, sizeof why, "%s (%s)", yki_human_bytes(bytes, (double)m->memory),
             yki_topo_cut_middle(from, WHY - 16));
    yki_table_row(table, (const char *const[]){"memory", "-", why}, 3);
}

static void show_limits(const state *s)
{
    const yk_topo_limits *m = yk_topo_get_limits(s->topo);
    struct libscols_table *table = yki_table_new(false);
    char n[24], why[384] = "";
    yki_table_column(table, "limit", false);
    yki_table_column(table, "cores", true);
    yki_table_column(table, "why", false);
    number_cell(n, m->affinity);
    if (m->cpus[0]) snprintf(why, sizeof why, "CPU%s %s", strpbrk(m->cpus, "-,") ? "s" : "",
                             m->cpus);
    yki_topo_cut_end(why, WHY);
    yki_table_row(table, (const char *const[]){"affinity", n, why}, 3);
    number_cell(n, m->cpuset);
    bool say = m->cpuset < m->cores || s->cmd->verbose;
    snprintf(why, sizeof why, "%s", m->cpuset_known == YK_TOPO_UNKNOWN ? "unknown"
                                    : say                              ? m->cpuset_from : "");
    yki_table_row(table, (const char *const[]){"cpuset", n, yki_topo_cut_middle(why, WHY)}, 3);
    quota_row(table, m);
    number_cell(n, m->asked);
    yki_table_row(table, (const char *const[]){"YOKE_THREADS", m->asked ? n : "-",
                  m->asked ? "" : "not set"}, 3);
    memory_row(table, m, yk_topo_memory(s->topo));
    yki_table_print(&table);
}

void yki_topo_show(const state *s)
{
    show_header(s);
    show_verdict(s->topo);
    show_limits(s);
    putchar('\n');
    yki_topo_show_cores(s);
    yki_topo_show_caches(s);
    yki_topo_show_nodes(s);
    putchar('\n');
    yki_topo_show_devices(s);
    if (s->measured) yki_topo_show_measured(s);
}
