/* The shape of the sources: a room includes headers of rooms to its left only, plan
 * includes base alone, files say what they are for and stay short enough to read.
 * Reads the source tree; builds nothing. */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define MAX_LINES 600

static const char *const rooms[] = {"base",   "topo", "pool", "kernel", "device",
                                    "memory", "plan", "run",  "task",   "compiler"};
#define ROOMS (sizeof rooms / sizeof rooms[0])
enum { BASE = 0, PLAN = 6, COMPILER = 9 };

static int room_number(const char *name, size_t length)
{
    for (size_t i = 0; i < ROOMS; i++)
        if (strlen(rooms[i]) == length && strncmp(rooms[i], name, length) == 0) return (int)i;
    return -1;
}

static bool may_include(int from, int to)
{
    if (from == to) return true;
    if (from == PLAN || from == COMPILER) return to == BASE;
    return to < from;
}

/* One line of a file of room `from`; fails on an include that reaches to the right. */
static void check_line(const char *path, int from, const char *line)
{
    while (isspace((unsigned char)*line)) line++;
    if (strncmp(line, "#include", 8) != 0) return;
    const char *name = strpbrk(line, "<\"");
    const char *slash = name ? strchr(name, '/') : NULL;
    if (!slash) return;
    int to = room_number(name + 1, (size_t)(slash - name - 1));
    if (to >= 0 && !may_include(from, to))
        fail_msg("%s: %s must not include %s", path, rooms[from], rooms[to]);
}

static void check_file(const char *path, int from)
{
    char line[1024];
    size_t lines = 0;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (lines++ == 0 && strncmp(line, "/*", 2) != 0)
            fail_msg("%s does not begin by saying what it is for", path);
        check_line(path, from, line);
    }
    (void)fclose(f);
    if (lines > MAX_LINES) fail_msg("%s has %zu lines, more than %d", path, lines, MAX_LINES);
}

static bool is_source(const char *name)
{
    size_t n = strlen(name);
    return n > 2 && name[n - 2] == '.' && (name[n - 1] == 'c' || name[n - 1] == 'h');
}

static size_t check_folder(const char *folder, int from)
{
    size_t files = 0;
    DIR *d = opendir(folder);
    struct dirent *entry;
    if (!d) fail_msg("no folder %s", folder);
    while ((entry = readdir(d)) != NULL) {
        char path[1024];
        struct stat s;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &s) != 0) continue;
        if (S_ISDIR(s.st_mode)) files += check_folder(path, from);
        else if (is_source(entry->d_name)) files++, check_file(path, from);
    }
    (void)closedir(d);
    return files;
}

static void test_rooms_reach_left_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROOMS; i++) {
        char folder[1024];
        (void)snprintf(folder, sizeof folder, "%s/engine/%s", YOKE_SOURCE_DIR, rooms[i]);
        assert_true(check_folder(folder, (int)i) >= 2);
    }
}

/* The rule itself can fail. */
static void test_rule_has_teeth(void **state)
{
    (void)state;
    assert_true(may_include(7, 0));
    assert_false(may_include(0, 1));
    assert_false(may_include(PLAN, 2));
    assert_false(may_include(2, 7));
    assert_int_equal(room_number("pool", 4), 2);
    assert_int_equal(room_number("poo", 3), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rooms_reach_left_only),
        cmocka_unit_test(test_rule_has_teeth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
