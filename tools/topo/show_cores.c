/* The map of cores, one character each; where that would fill the screen, their numbers. */
#include "tool.h"

#include <string.h>

#define ROW 64                  /* cores a line */
#define FULL 84                 /* columns of it, with blanks between clusters */
#define MOST_ROWS 16
#define LEGEND_BESIDE 40        /* the legend stands beside a first line up to this */

static const char *legend(const yk_topo *t)
{
    const yk_topo_limits *m = yk_topo_get_limits(t);
    return m->workers > m->usable ? "W worker   2-9 so many   - spare   x not allowed"
                                  : "W worker   - spare   x not allowed";
}

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
    size_t printed, letters;    /* in this line */
    size_t cores;
} row;

static void end_line(row *r)
{
    if (!r->legend && r->printed <= LEGEND_BESIDE) {
        int gap = r->printed < 24 ? 24 - (int)r->printed : 3;
        printf("%*s%s", gap, "", legend(r->s->topo));
        r->legend = true;
    }
    putchar('\n');
    r->printed = r->letters = 0;
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
        bool full = r->letters >= ROW || (r->printed >= FULL && here != last);
        if (any && full) end_line(r);
        if (r->printed == 0) printf("  %-9s ", any ? "" : title);
        else if (here != last) r->printed++, putchar(' ');
        put_letter(letter(t, &core[i]), r->colour);
        r->printed++, r->letters++;
        last = here;
        any = true;
    }
    if (any) end_line(r);
    return any;
}

bool yki_topo_is_hybrid(const yk_topo *t)
{
    size_t cores;
    const yk_topo_core *core = yk_topo_cores(t, &cores);
    for (size_t i = 0; i < cores; i++)
        if (core[i].kind == YK_CORE_EFFICIENCY) return true;
    return false;
}

/* ---- too many to draw ---- */

#define KINDS 2
static const char letters[] = "W23456789+-x";

typedef struct tally {
    size_t of[KINDS][sizeof letters];
} tally;

static tally count(const yk_topo *t, size_t package)
{
    size_t cores;
    const yk_topo_core *core = yk_topo_cores(t, &cores);
    tally sum = {0};
    for (size_t i = 0; i < cores; i++)
        if (core[i].package == package)
            sum.of[core[i].kind == YK_CORE_EFFICIENCY]
                  [strchr(letters, letter(t, &core[i])) - letters]++;
    return sum;
}

static void put_tally(const tally *sum, bool hybrid)
{
    static const char *const kinds[KINDS] = {"P ", "E "};
    const char *gap = "";
    for (size_t k = 0; k < KINDS; k++)
        for (size_t i = 0; i < sizeof letters - 1; i++)
            if (sum->of[k][i]) {
                printf("%s%zu %s%c", gap, sum->of[k][i], hybrid ? kinds[k] : "", letters[i]);
                gap = "   ";
            }
    putchar('\n');
}

/* Sockets alike share a line. */
static void show_numbers(const yk_topo *t, size_t packages)
{
    for (size_t p = 0, next; p < packages; p = next) {
        char title[64];
        tally sum = count(t, p), other;
        for (next = p + 1; next < packages; next++) {
            other = count(t, next);
            if (memcmp(&sum, &other, sizeof sum) != 0) break;
        }
        if (packages == 1) snprintf(title, sizeof title, "cores");
        else if (next == p + 1) snprintf(title, sizeof title, "socket %zu", p);
        else snprintf(title, sizeof title, "sockets %zu-%zu, each", p, next - 1);
        printf("  %-9s ", title);
        put_tally(&sum, yki_topo_is_hybrid(t));
    }
    printf("            %s\n", legend(t));
}

static size_t rows_needed(const yk_topo *t, size_t packages)
{
    size_t rows = 0;
    for (size_t p = 0; p < packages && rows <= MOST_ROWS; p++) {
        tally sum = count(t, p);
        for (size_t k = 0; k < KINDS; k++) {
            size_t cores = 0;
            for (size_t i = 0; i < sizeof letters; i++) cores += sum.of[k][i];
            rows += (cores + ROW - 1) / ROW;
        }
    }
    return rows;
}

void yki_topo_show_cores(const state *s)
{
    row r = {.s = s, .colour = yki_colour(stdout)};
    yk_topo_cores(s->topo, &r.cores);
    bool hybrid = yki_topo_is_hybrid(s->topo);
    size_t packages = yk_topo_packages(s->topo);
    if (rows_needed(s->topo, packages) > MOST_ROWS) {
        show_numbers(s->topo, packages);
        return;
    }
    for (size_t p = 0; p < packages; p++) {
        char title[32] = "cores";
        if (packages > 1) snprintf(title, sizeof title, "socket %zu", p);
        show_group(&r, hybrid ? "P cores" : title, p, YK_CORE_PERFORMANCE);
        show_group(&r, "E cores", p, YK_CORE_EFFICIENCY);
    }
    if (!r.legend) printf("            %s\n", legend(s->topo));
}
