/* Which known word somebody may have meant; see tool.h. */
#include "common/tool.h"

#include <string.h>

#define LONGEST 63

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Optimal string alignment: insertions, deletions, substitutions and swapped
 * neighbours cost 1 each.  Three rows of the table are enough. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) return LONGEST;
    for (size_t j = 0; j <= m; j++) rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *two = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smaller(change, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], two[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *yki_nearest(const char *word, const char *const *words)
{
    const char *best = NULL;
    size_t limit = 1 + strlen(word) / 3, least = limit + 1;
    for (; *words; words++) {
        size_t d = distance(word, *words);
        if (d < least && d < strlen(*words)) {
            least = d;
            best = *words;
        }
    }
    return best;
}
