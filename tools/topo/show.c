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
    size_t cores, cpus;
    char bytes[YKI_HUMAN];
    yk_topo_cores(t, &cores);
    yk_topo_cpus(t, &cpus);
    const char *model = yk_topo_cpu_model(t), *os = yk_topo_os(t);
    size_t efficiency = count_kind(t, YK_CORE_EFFICIENCY);
    printf("%s   %zu core%s", *model ? model : "unknown processor", cores, cores == 1 ? "" : "s");
    if (efficiency) printf(" (%zu P + %zu E)", cores - efficiency, efficiency);
    if (cpus > cores) printf(", %zu threads", cpus);
    if (yk_topo_is_this_machine(t)) printf("   %s", yk_isa_name(yk_topo_isa(t)));
    if (yk_topo_memory(t)) printf("   %s", yki_human_bytes(bytes, (double)yk_topo_memory(t)));
    if (*os) printf("   %.*s", s->cmd->verbose ? (int)strlen(os) : short_os(os), os);
    putchar('\n');
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

static void number_cell(char cell[24], size_t n) { snprintf(cell, 24, "%zu", n); }

static void quota_row(struct libscols_table *table, const yk_topo_limits *m)
{
    char n[24] = "-", why[384] = "none";
    if (m->quota_known == YK_TOPO_LIMITED) {
        size_t up = (size_t)m->quota + ((double)(size_t)m->quota < m->quota);
        number_cell(n, up);
        snprintf(why, sizeof why, "%.4g CPUs%s (%.255s)", m->quota,
                 (double)up > m->quota ? ", rounded up" : "", m->quota_from);
    } else if (m->quota_known == YK_TOPO_UNKNOWN) {
        snprintf(why, sizeof why, "unknown%s%.255s",
                 m->quota_from[0] ? ": cannot make sense of " : "", m->quota_from);
    }
    yki_table_row(table, (const char *const[]){"quota", n, why}, 3);
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
    if (m->cpus[0]) snprintf(why, sizeof why, "CPUs %s", m->cpus);
    yki_table_row(table, (const char *const[]){"affinity", n, why}, 3);
    number_cell(n, m->cpuset);
    yki_table_row(table, (const char *const[]){"cpuset", n,
                  m->cpuset_known == YK_TOPO_UNKNOWN ? "unknown" :
                  s->cmd->verbose ? m->cpuset_from : ""}, 3);
    quota_row(table, m);
    number_cell(n, m->asked);
    yki_table_row(table, (const char *const[]){"YOKE_THREADS", m->asked ? n : "-",
                  m->asked ? "" : "not set"}, 3);
    yki_table_print(&table);
    if (m->memory_known == YK_TOPO_LIMITED && m->memory < yk_topo_memory(s->topo)) {
        char bytes[YKI_HUMAN];
        printf("  memory          %s (%s)\n", yki_human_bytes(bytes, (double)m->memory),
               m->memory_from);
    }
}

void yki_topo_show(const state *s)
{
    show_header(s);
    show_verdict(s->topo);
    show_limits(s);
    putchar('\n');
    yki_topo_show_cores(s);
    yki_topo_show_caches(s);
    putchar('\n');
    yki_topo_show_devices(s);
    if (s->measured) yki_topo_show_measured(s);
}
