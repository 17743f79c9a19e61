/* How fast a map says it is, and the line for terminals, on a pseudo-terminal. */
#include "check.h"

#include <base/base.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <task/map_meter.h>
#include <termios.h>
#include <unistd.h>
#include <yoke/yoke.h>

/* ---- the rate ---- */

#define SECOND UINT64_C(1000000000)

static bool is_about(double x, double expected)
{
    return x > 0.999 * expected && x < 1.001 * expected;
}

static void the_rate_is_that_of_late(void **state)
{
    (void)state;
    yki_meter m;
    uint64_t now = 77 * SECOND;
    size_t done = 0;
    yki_meter_open(&m, now);
    assert_true(yki_meter_rate(&m, now, 0) == 0);
    assert_true(yki_meter_rate(&m, now + SECOND, 0) == 0);
    for (int i = 0; i < 100; i++) {         /* 1000/s for 10 s */
        now += SECOND / 10;
        done += 100;
        assert_true(is_about(yki_meter_rate(&m, now, done), 1000));
    }
    double rate = 0, before = 1000;
    for (int i = 0; i < 40; i++) {          /* then 10/s */
        now += SECOND / 10;
        done += 1;
        rate = yki_meter_rate(&m, now, done);
        assert_true(rate <= before);
        before = rate;
    }
    assert_true(is_about(rate, 10));
    /* Looks in quick succession leave the window as it is. */
    for (int i = 0; i < 1000; i++) rate = yki_meter_rate(&m, now += 1000, done);
    assert_true(rate > 9.9 && rate <= 10);
}

static void slow_items_have_a_rate(void **state)
{
    (void)state;
    yki_meter m;
    yki_meter_open(&m, 0);
    for (size_t done = 1; done <= 200; done++)
        for (uint64_t tenth = 0; tenth < 50; tenth++) {      /* one in 5 s */
            uint64_t now = (5 * done * 10 + tenth) * (SECOND / 10);
            double rate = yki_meter_rate(&m, now, done);
            assert_true(rate > 0.1 && rate < 0.21);
        }
}

/* ---- the line ---- */

typedef struct terminal {
    int master;
    FILE *file;
} terminal;

static terminal open_terminal(unsigned short columns)
{
    terminal t = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
    assert_true(t.master >= 0);
    assert_int_equal(grantpt(t.master), 0);
    assert_int_equal(unlockpt(t.master), 0);
    int fd = open(ptsname(t.master), O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    struct termios mode;
    assert_int_equal(tcgetattr(fd, &mode), 0);
    mode.c_oflag &= ~(tcflag_t)OPOST;       /* what is written is what is read */
    assert_int_equal(tcsetattr(fd, TCSANOW, &mode), 0);
    if (columns) {
        struct winsize w = {.ws_row = 24, .ws_col = columns};
        assert_int_equal(ioctl(fd, TIOCSWINSZ, &w), 0);
    }
    t.file = fdopen(fd, "w");
    assert_non_null(t.file);
    return t;
}

static void close_terminal(terminal *t)
{
    (void)fclose(t->file);
    (void)close(t->master);
}

/* What has been written to it since. */
static const char *read_terminal(const terminal *t, char *to, size_t size)
{
    size_t got = 0;
    struct pollfd p = {.fd = t->master, .events = POLLIN};
    while (got < size - 1 && poll(&p, 1, 0) > 0 && (p.revents & POLLIN)) {
        ssize_t n = read(t->master, to + got, size - 1 - got);
        if (n <= 0) break;
        got += (size_t)n;
    }
    to[got] = '\0';
    return to;
}

#define CLEAR "\r\033[K"

static void check_line(const yk_progress *p, const char *expected)
{
    char text[512];
    terminal t = open_terminal(0);
    assert_int_equal(yk_progress_line(t.file, p), 0);
    assert_string_equal(read_terminal(&t, text, sizeof text), expected);
    close_terminal(&t);
}

static void lines_look_as_they_should(void **state)
{
    (void)state;
    static const struct {
        yk_progress p;
        const char *line;
    } cases[] = {
        {{.done = 1234, .total = 5000, .rate = 812, .left_s = 4.64, .elapsed_s = 1.5},
         CLEAR "  1234 of 5000    24 %   812/s   4.6 s left"},
        {{.done = 7, .failed = 2, .total = 5000, .rate = 0.5, .left_s = 9986, .elapsed_s = 14},
         CLEAR "     7 of 5000     0 %   2 failed   0.5/s   2 h 46 min left"},
        {{.done = 0, .total = 10, .left_s = -1, .elapsed_s = 0.4},
         CLEAR "   0 of 10     0 %   0.4 s"},
        {{.done = 4999, .total = 5000, .rate = 4.2e6, .left_s = 0.0125, .elapsed_s = 1},
         CLEAR "  4999 of 5000    99 %   4.2 M/s   12.5 ms left"},
        {{.done = 99999, .rate = 43210, .left_s = -1, .elapsed_s = 75},
         CLEAR "  99999 done   43.2 k/s   1 min 15 s"},
        {{.done = 5000, .total = 5000, .rate = 10, .left_s = 0, .elapsed_s = 20, .last = 1},
         CLEAR "  5000 of 5000   100 %   250/s   20 s\n"},
        {{.done = 12, .failed = 1, .total = 300, .left_s = 0, .elapsed_s = 59.7, .last = 1},
         CLEAR "   12 of 300     4 %   1 failed   0.2/s   1 min 00 s\n"},
        {{.last = 1}, CLEAR "  0 done   0 ms\n"},
    };
    for (size_t i = 0; i < YKI_COUNT(cases); i++) check_line(&cases[i].p, cases[i].line);
}

static size_t shown_columns(unsigned short columns)
{
    char text[512];
    const yk_progress p = {.done = SIZE_MAX / 2, .failed = SIZE_MAX / 3, .total = SIZE_MAX,
                           .rate = 1e300, .left_s = 1e300, .elapsed_s = 1e300};
    terminal t = open_terminal(columns);
    (void)yk_progress_line(t.file, &p);
    size_t n = strlen(read_terminal(&t, text, sizeof text));
    assert_memory_equal(text, CLEAR, strlen(CLEAR));
    close_terminal(&t);
    return n - strlen(CLEAR);
}

static void it_never_wraps(void **state)
{
    (void)state;
    assert_int_equal(shown_columns(0), 79);
    assert_int_equal(shown_columns(300), 79);
    assert_int_equal(shown_columns(80), 79);
    assert_int_equal(shown_columns(40), 39);
    assert_int_equal(shown_columns(2), 1);
}

static void elsewhere_it_says_nothing(void **state)
{
    (void)state;
    const yk_progress p = {.done = 1, .total = 2, .last = 1};
    char buffer[256] = "";
    FILE *file = tmpfile(), *memory = fmemopen(buffer, sizeof buffer, "w");
    assert_non_null(file);
    assert_non_null(memory);
    assert_int_equal(yk_progress_line(file, &p), 0);
    assert_int_equal(ftell(file), 0);
    assert_int_equal(yk_progress_line(memory, &p), 0);
    (void)fflush(memory);
    assert_string_equal(buffer, "");
    assert_int_equal(yk_progress_line(memory, NULL), 0);
    (void)fclose(file);
    (void)fclose(memory);
}

static yk_status idle(void *ctx, const void *in, void *out)
{
    (void)ctx, (void)in, (void)out;
    return YK_OK;
}

static void a_map_ends_its_line(void **state)
{
    (void)state;
    char text[4096];
    yk_engine *e = NULL;
    yk_engine_opts engine = {.threads = 1, .devices = "none"};
    terminal t = open_terminal(0);
    assert_int_equal(yk_engine_open(&e, &engine, NULL), YK_OK);
    yk_map_opts opts = {.progress = yk_progress_line, .progress_ctx = t.file};
    assert_int_equal(yk_map(e, idle, NULL, NULL, 0, NULL, 0, 100, &opts), YK_OK);
    const char *last = strstr(read_terminal(&t, text, sizeof text), "  100 of 100   100 %");
    assert_non_null(last);
    assert_int_equal(last[strlen(last) - 1], '\n');
    yk_engine_close(&e);
    close_terminal(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_is_that_of_late),
        cmocka_unit_test(slow_items_have_a_rate),
        cmocka_unit_test(lines_look_as_they_should),
        cmocka_unit_test(it_never_wraps),
        cmocka_unit_test(elsewhere_it_says_nothing),
        cmocka_unit_test(a_map_ends_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
