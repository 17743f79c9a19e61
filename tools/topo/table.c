/* Rows of text with aligned columns, through libsmartcols; and text cut to fit. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

struct libscols_table *yki_table_new(bool headings)
{
    struct libscols_table *table = scols_new_table();
    if (!table) return NULL;
    scols_table_enable_noheadings(table, !headings);
    scols_table_set_column_separator(table, "  ");
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    scols_table_new_column(table, "", 0, 0);        /* the indentation */
    return table;
}

void yki_table_column(struct libscols_table *table, const char *name, bool right)
{
    if (table) scols_table_new_column(table, name, 0, right ? SCOLS_FL_RIGHT : 0);
}

void yki_table_row(struct libscols_table *table, const char *const *cells, size_t count)
{
    struct libscols_line *line = table ? scols_table_new_line(table, NULL) : NULL;
    for (size_t i = 0; line && i < count; i++)
        scols_line_set_data(line, i + 1, cells[i] ? cells[i] : "");
}

static bool inside_character(const char *at) { return ((unsigned char)*at & 0xc0) == 0x80; }

char *yki_topo_cut_end(char *text, size_t most)
{
    if (strlen(text) <= most) return text;
    size_t n = most - 3;
    while (n > 0 && inside_character(text + n)) n--;
    memcpy(text + n, "...", 4);
    return text;
}

char *yki_topo_cut_middle(char *text, size_t most)
{
    size_t length = strlen(text);
    if (length <= most) return text;
    size_t head = (most - 3) / 3, tail = length - (most - 3 - head);
    while (head > 0 && inside_character(text + head)) head--;
    while (inside_character(text + tail)) tail++;
    memcpy(text + head, "...", 3);
    memmove(text + head + 3, text + tail, length - tail + 1);
    return text;
}

/* Printed by way of a string: trailing blanks go, and one of the three that the empty
 * column and its separator put in front; what is still too long is cut. */
void yki_table_print(struct libscols_table **table)
{
    char *text = NULL;
    if (*table && scols_print_table_to_string(*table, &text) == 0 && text) {
        char *rest = text;
        for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
            size_t n = strlen(line);
            while (n > 0 && line[n - 1] == ' ') n--;
            line[n] = '\0';
            if (n > 1) puts(yki_topo_cut_end(line + 1, WIDTH));
        }
    }
    free(text);
    scols_unref_table(*table);
    *table = NULL;
}
