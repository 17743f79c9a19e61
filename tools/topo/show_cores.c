/* The map of cores, one character each, and the caches in a line. */
#include "tool.h"

#include <string.h>

#define ROW 64                  /* cores a line */
#define LEGEND_BESIDE 40        /* the legend stands beside a first line up to this */

static char letter(const yk_topo *t, const yk_topo_core *core)
{
    size_t workers = 0;
    const yk_topo_cpu *cpu = yk_topo_cpus(t, NULL);
    for (size_t i = core->first_cpu; i < core->first_cpu + core->cpus; i++)
        workers += cpu[i].worker != YK_TOPO_NONE;
    if (workers > 1) return workers > 9 ? '+' : (char)('0' + workers);
    return workers ? 'W' : core->usable ? '-' : 'x';
}

/* Cores that share a cache among some, not all, stand together. */
static const yk_topo_cache *cluster(const yk_topo *t, size_t core, size_t cores)
{
    for (unsigned level = 2; level <= 5; level++) {
        const yk_topo_cache *c = yk_topo_core_cache(t, core, level);
        if (c && c->cores > 1 && c->cores < cores) return c;
    }
    return NULL;
}

static void put_letter(char c, bool colour)
{
    const char *code = c == 'x' ? "\033[2m" : c == '-' ? "\033[33m" : "\033[32m";
    if (colour) printf("%s%c\033[0m", code, c);
    else putchar(c);
}

typedef struct row {
    const state *s;
    bool colour, legend;        /* the legend has been shown */
    size_t printed;             /* in this line */
    size_t cores;
} row;

static void end_line(row *r)
{
    if (!r->legend && r->printed <= LEGEND_BESIDE) {
        int gap = r->printed < 24 ? 24 - (int)r->printed : 3;
        printf("%*sW worker   - spare   x not allowed", gap, "");
        r->legend = true;
    }
    putchar('\n');
    r->printed = 0;
}

/* The cores of one kind and package. */
static bool show_group(row *r, const char *title, size_t package, yk_core_kind kind)
{
    const yk_topo *t = r->s->topo;
    const yk_topo_core *core = yk_topo_cores(t, NULL);
    const yk_topo_cache *last = NULL;
    bool any = false;
    for (size_t i = 0; i < r->cores; i++) {
        if (core[i].package != package || core[i].kind != kind) continue;
        const yk_topo_cache *here = cluster(t, i, r->cores);
        if (any && r->printed >= ROW) end_line(r);
        if (r->printed == 0) printf("  %-9s ", any ? "" : title);
        else if (here != last) r->printed++, putchar(' ');
        put_letter(letter(t, &core[i]), r->colour);
        r->printed++;
        last = here;
        any = true;
    }
    if (any) end_line(r);
    return any;
}

static bool is_hybrid(const yk_topo *t, size_t cores)
{
    const yk_topo_core *core = yk_topo_cores(t, NULL);
    for (size_t i = 0; i < cores; i++)
        if (core[i].kind == YK_CORE_EFFICIENCY) return true;
    return false;
}

void yki_topo_show_cores(const state *s)
{
    row r = {.s = s, .colour = yki_colour(stdout)};
    yk_topo_cores(s->topo, &r.cores);
    bool hybrid = is_hybrid(s->topo, r.cores);
    size_t packages = yk_topo_packages(s->topo);
    for (size_t p = 0; p < packages; p++) {
        char title[32] = "cores";
        if (packages > 1) snprintf(title, sizeof title, "socket %zu", p);
        show_group(&r, hybrid ? "P cores" : title, p, YK_CORE_PERFORMANCE);
        show_group(&r, "E cores", p, YK_CORE_EFFICIENCY);
    }
    if (!r.legend) puts("            W worker   - spare   x not allowed");
}

/* ---- caches ---- */

static bool same_sort(const yk_topo_cache *a, const yk_topo_cache *b)
{
    return a->level == b->level && a->instruction == b->instruction && a->bytes == b->bytes &&
           a->cores == b->cores && a->kind == b->kind;
}

static bool is_first_of_sort(const yk_topo_cache *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_sort(&c[k], &c[i])) return false;
    return true;
}

/* "2 MiB/P core", "4 MiB/4 E cores", "36 MiB" where all share it */
static void show_cache(const yk_topo_cache *c, size_t cores, bool hybrid)
{
    char bytes[YKI_HUMAN];
    const char *kind = !hybrid ? "" : c->kind == YK_CORE_PERFORMANCE ? "P " : "E ";
    printf("%s", yki_human_bytes(bytes, (double)c->bytes));
    if (c->cores == cores && cores > 1) return;
    if (c->cores == 1) printf("/%score", kind);
    else printf("/%zu %scores", c->cores, kind);
}

void yki_topo_show_caches(const state *s)
{
    size_t count, cores, nodes;
    const yk_topo_cache *c = yk_topo_caches(s->topo, &count);
    yk_topo_cores(s->topo, &cores);
    yk_topo_nodes(s->topo, &nodes);
    bool hybrid = is_hybrid(s->topo, cores);
    fputs("  caches   ", stdout);
    for (unsigned level = s->cmd->verbose ? 1 : 2; level <= 5; level++) {
        bool any = false;
        for (size_t i = 0; i < count; i++) {
            if (c[i].level != level || c[i].instruction || !is_first_of_sort(c, i)) continue;
            if (any) fputs(", ", stdout);
            else printf(" L%u ", level);
            show_cache(&c[i], cores, hybrid);
            any = true;
        }
        if (any) fputs("  ", stdout);
    }
    printf(" %zu NUMA node%s\n", nodes, nodes == 1 ? "" : "s");
}
