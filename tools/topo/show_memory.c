/* The caches in a line, and the NUMA nodes where there are several. */
#include "tool.h"

#include <string.h>

#define INDENT 12

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
static size_t put_cache(char *to, size_t size, const yk_topo_cache *c, size_t cores, bool hybrid)
{
    char bytes[YKI_HUMAN];
    const char *kind = !hybrid ? "" : c->kind == YK_CORE_PERFORMANCE ? "P " : "E ";
    yki_human_bytes(bytes, (double)c->bytes);
    int n = c->cores == cores && cores > 1 ? snprintf(to, size, "%s", bytes)
            : c->cores == 1               ? snprintf(to, size, "%s/%score", bytes, kind)
                                          : snprintf(to, size, "%s/%zu %scores", bytes, c->cores,
                                                     kind);
    return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

/* All sorts of one level, "" if there is none. */
static void put_level(const state *s, unsigned level, char *to, size_t size)
{
    size_t count, cores, used = 0;
    const yk_topo_cache *c = yk_topo_caches(s->topo, &count);
    yk_topo_cores(s->topo, &cores);
    to[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (c[i].level != level || c[i].instruction || !is_first_of_sort(c, i)) continue;
        int n = snprintf(to + used, size - used, used ? ", " : "L%u ", level);
        used += n > 0 ? (size_t)n : 0;
        if (used >= size - YKI_HUMAN) break;
        used += put_cache(to + used, size - used, &c[i], cores, yki_topo_is_hybrid(s->topo));
    }
}

/* Three blanks between parts of a line, and a new line where the next does not fit. */
static void put_part(const char *part, size_t *column)
{
    if (!*part) return;
    size_t n = strlen(part);
    if (*column > INDENT && *column + 3 + n > WIDTH) {
        printf("\n%*s", INDENT, "");
        *column = INDENT;
    }
    printf("%s%s", *column > INDENT ? "   " : "", part);
    *column += (*column > INDENT ? 3 : 0) + n;
}

void yki_topo_show_caches(const state *s)
{
    char part[WIDTH];
    size_t nodes, column = INDENT;
    yk_topo_nodes(s->topo, &nodes);
    printf("  %-*s", INDENT - 2, "caches");
    for (unsigned level = s->cmd->verbose ? 1 : 2; level <= 5; level++) {
        put_level(s, level, part, sizeof part - INDENT);
        put_part(part, &column);
    }
    snprintf(part, sizeof part, "%zu NUMA node%s", nodes, nodes == 1 ? "" : "s");
    put_part(part, &column);
    putchar('\n');
}

/* ---- memory ---- */

static bool same_node(const yk_topo_node *a, const yk_topo_node *b)
{
    return a->bytes == b->bytes && a->cores == b->cores;
}

/* Nodes of one size and with as many cores are said together, memory without cores (which
 * is slower, as a rule) apart. */
void yki_topo_show_nodes(const state *s)
{
    size_t count, column = INDENT;
    const yk_topo_node *d = yk_topo_nodes(s->topo, &count);
    if (count < 2) return;
    printf("  %-*s", INDENT - 2, "memory");
    for (size_t i = 0; i < count; i++) {
        char part[WIDTH], bytes[YKI_HUMAN], near[48], size[YKI_HUMAN + 8] = "";
        size_t first = 0, alike = 0;
        while (!same_node(&d[first], &d[i])) first++;
        if (first < i) continue;
        for (size_t k = i; k < count; k++) alike += same_node(&d[k], &d[i]);
        if (d[i].cores)
            snprintf(near, sizeof near, "near %zu core%s", d[i].cores, d[i].cores == 1 ? "" : "s");
        else snprintf(near, sizeof near, "near no core");
        if (d[i].bytes)
            snprintf(size, sizeof size, "of %s ", yki_human_bytes(bytes, (double)d[i].bytes));
        snprintf(part, sizeof part, "%zu node%s %s%s%s", alike, alike == 1 ? "" : "s", size, near,
                 alike == 1 ? "" : " each");
        put_part(part, &column);
    }
    putchar('\n');
}
