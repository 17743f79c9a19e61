/* The examples saxpy and price as they are called: results, streams, exit codes, and what
 * other programs write into CSV files. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command.h"
#include "scratch.h"

static ykt_scratch box;

#define RUN(...) ykt_run(NULL, (const char *const[]){__VA_ARGS__, NULL})
#define HEADER "type,spot,strike,years,rate,volatility\n"

static void says(ykt_command *c, int code, const char *out, const char *err)
{
    assert_string_equal(c->err, err);
    if (out) assert_string_equal(c->out, out);
    assert_int_equal(c->code, code);
    ykt_command_free(c);
}

static const char *file(const char *text) { return ykt_put(&box, "in.csv", text, strlen(text)); }

/* What is written to stderr, with the file's own path put before each ":LINE: text". */
static void refuses(const char *path, const char *message)
{
    char text[512];
    snprintf(text, sizeof text, "price: %s%s\n", path, message);
    ykt_command c = RUN(YOKE_PRICE, "-q", path);
    says(&c, 1, "", text);
}

/* Number k, from 0, of the last row of a CSV text without quotes. */
static double last(const char *text, int k, char separator)
{
    const char *end = text + strlen(text) - 1, *from = end;
    while (from > text && from[-1] != '\n') from--;
    for (; k > 0; k--) from = strchr(from, separator) + 1;
    return strtod(from, NULL);
}

/* ---- saxpy ---- */

static void test_saxpy(void **state)
{
    (void)state;
    ykt_command c = RUN(YOKE_SAXPY, "100003");
    assert_string_equal(c.err, "");
    assert_int_equal(c.code, 0);
    assert_memory_equal(c.out, "100003 elements in ", 19);
    assert_non_null(strstr(c.out, "  cpu    100003 elements, "));
    ykt_command_free(&c);
}

static void test_saxpy_misused(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "-1", "1x", "", "99999999999999999999999", " 5"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        ykt_command c = RUN(YOKE_SAXPY, bad[k]);
        says(&c, 2, "", "usage: saxpy [N], N a number of elements\n");
    }
    static const char *const threads[] = {"YOKE_THREADS=eight", NULL};
    ykt_setting s = {.env = threads};
    ykt_command c = ykt_run(&s, (const char *const[]){YOKE_SAXPY, NULL});
    assert_int_equal(c.code, 1);
    assert_memory_equal(c.err, "saxpy: yk_engine_open: YK_E_INVALID", 35);
    assert_non_null(strstr(c.err, "YOKE_THREADS"));
    ykt_command_free(&c);
    static const char *const options[] = {"ASAN_OPTIONS=allocator_may_return_null=1",
                                          "TSAN_OPTIONS=allocator_may_return_null=1", NULL};
    s.env = options;
    c = ykt_run(&s, (const char *const[]){YOKE_SAXPY, "999999999999999", NULL});
    assert_int_equal(c.code, 1);
    assert_non_null(strstr(c.err, "saxpy: no memory for 999999999999999 elements\n"));
    ykt_command_free(&c);
}

/* ---- price: values ---- */

/* Examples of Hull, "Options, Futures, and Other Derivatives": 4.76 and 0.81 for a spot of
 * 42; the greeks for one of 49; an index with a dividend yield, 51.83. */
static void test_known_values(void **state)
{
    (void)state;
    static const struct { const char *row; int column; double want, within; } known[] = {
        {"call,42,40,0.5,0.1,0.2,0", 7, 4.76, 0.005},
        {"put,42,40,0.5,0.1,0.2,0", 7, 0.81, 0.005},
        {"call,49,50,0.3846,0.05,0.2,0", 7, 2.40, 0.005},
        {"call,49,50,0.3846,0.05,0.2,0", 8, 0.522, 0.0005},
        {"call,49,50,0.3846,0.05,0.2,0", 9, 0.066, 0.0005},
        {"call,49,50,0.3846,0.05,0.2,0", 10, 12.1, 0.05},
        {"call,49,50,0.3846,0.05,0.2,0", 11, -4.31, 0.005},
        {"call,49,50,0.3846,0.05,0.2,0", 12, 8.91, 0.005},
        {"call,930,900,0.16666666666666667,0.08,0.2,0.03", 7, 51.83, 0.005},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        char text[256];
        snprintf(text, sizeof text, "type,spot,strike,years,rate,volatility,dividend\n%s\n",
                 known[k].row);
        ykt_command c = RUN(YOKE_PRICE, "--quiet", file(text));
        assert_string_equal(c.err, "");
        assert_int_equal(c.code, 0);
        assert_true(fabs(last(c.out, known[k].column, ',') - known[k].want) <= known[k].within);
        ykt_command_free(&c);
    }
}

static double normal(double d) { return 0.5 * erfc(-d / sqrt(2)); }

static double value_of(double w, double s, double k, double t, double r, double q, double v)
{
    double d = (log(s / k) + (r - q + v * v / 2) * t) / (v * sqrt(t));
    return w * (s * exp(-q * t) * normal(w * d) - k * exp(-r * t) * normal(w * (d - v * sqrt(t))));
}

enum { MANY = 5003 };

static void write_many(FILE *f)
{
    fputs("id,strike,Type,VOL,spot,r,years,dividend yield\r\n", f);
    for (int k = 0; k < MANY; k++)
        fprintf(f, "\"no. %d, x\",%.2f,%s,%.4f,%.2f,%.4f,%.5f,%.4f\r\n", k, 50 + k % 101 * 1.01,
                k % 2 ? "call" : "put", 0.05 + k % 37 * 0.02, 80 + k % 53 * 0.77,
                -0.01 + k % 10 * 0.01, 0.01 + k % 29 * 0.1, k % 5 * 0.01);
}

/* A row of the output against the formula; calls and puts by one rate each. */
static void check_row(const char *row, int k)
{
    double strike, vol, spot, rate, years, q, value, delta, gamma, vega, theta, rho;
    char kind[8];
    int n = sscanf(row, "\"no. %*d, x\",%lf,%7[a-z],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf",
                   &strike, kind, &vol, &spot, &rate, &years, &q, &value, &delta, &gamma, &vega,
                   &theta, &rho);
    assert_int_equal(n, 13);
    double w = k % 2 ? 1 : -1, h = 1e-4;
#define V(ds, dt, dr, dv) value_of(w, spot + (ds), strike, years + (dt), rate + (dr), q, vol + (dv))
    /* Differences stand in for derivatives: they err by h^2 times a third derivative, which
     * is large close to expiry, and by the values' rounding over h. */
    double near = 1e-5 * spot / (years * vol * vol);
    assert_true(fabs(value - V(0, 0, 0, 0)) < 1e-9 * spot);
    assert_true(fabs(delta - (V(h, 0, 0, 0) - V(-h, 0, 0, 0)) / (2 * h)) < near);
    assert_true(fabs(gamma - (V(1e-2, 0, 0, 0) - 2 * V(0, 0, 0, 0) + V(-1e-2, 0, 0, 0)) / 1e-4) <
                near);
    assert_true(fabs(vega - (V(0, 0, 0, h) - V(0, 0, 0, -h)) / (2 * h)) < 100 * near);
    assert_true(fabs(theta + (V(0, h, 0, 0) - V(0, -h, 0, 0)) / (2 * h)) < 100 * near);
    assert_true(fabs(rho - (V(0, 0, h, 0) - V(0, 0, -h, 0)) / (2 * h)) < 100 * near);
#undef V
}

/* Many rows, columns in an order of their own, Windows line ends; beside serial. */
static void test_many_rows(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes;
    FILE *f = open_memstream(&text, &bytes);
    write_many(f);
    fclose(f);
    const char *in = file(text), *out = ykt_path(&box, "out.csv");
    free(text);
    ykt_command c = RUN(YOKE_PRICE, "-o", out, in);
    assert_string_equal(c.out, "");
    assert_memory_equal(c.err, "5003 options in ", 16);
    assert_non_null(strstr(c.err, "million rows/s; serial "));
    assert_non_null(strstr(c.err, "\nby cpu 100 %\n"));
    assert_int_equal(c.code, 0);
    ykt_command_free(&c);
    char *result = ykt_get(out, NULL), *row = strchr(result, '\n') + 1;
    static const char header[] = "id,strike,Type,VOL,spot,r,years,dividend yield,"
                                 "value,delta,gamma,vega,theta,rho\n";
    assert_memory_equal(result, header, sizeof header - 1);
    int k = 0;
    for (; *row; row = strchr(row, '\n') + 1) check_row(row, k++);
    assert_int_equal(k, MANY);
    free(result);
    assert_int_equal(ykt_files(&box), 2);
}

/* ---- price: files of other programs ---- */

/* Every file holds the option 42, 40, 0.5, 0.1, 0.2: what comes behind its row. */
static void test_dialects(void **state)
{
    (void)state;
    static const struct { const char *text, *out; } files[] = {
        /* a byte order mark, Windows line ends: Excel */
        {"\xef\xbb\xbftype,spot,strike,years,rate,volatility\r\ncall,42,40,0.5,0.1,0.2\r\n",
         "type,spot,strike,years,rate,volatility,value,delta,gamma,vega,theta,rho\n"
         "call,42,40,0.5,0.1,0.2,4.7594"},
        /* Excel where the comma is the decimal mark; percentages */
        {"sep=;\r\nType;Spot;Strike;Years;Rate;Volatility\r\nCall;42,0;40;0,5;10%;20,0 %\r\n",
         "Type;Spot;Strike;Years;Rate;Volatility;value;delta;gamma;vega;theta;rho\n"
         "Call;42,0;40;0,5;10%;20,0 %;4,7594"},
        {"Type;Spot;Strike;Years;Rate;Volatility\nc;42,0;40;0,5;10%;20\xc2\xa0%\n",
         "Type;Spot;Strike;Years;Rate;Volatility;value;delta;gamma;vega;theta;rho\n"
         "c;42,0;40;0,5;10%;20\xc2\xa0%;4,7594"},
        /* R's write.csv: all words quoted, a column of row names */
        {"\"\",\"type\",\"spot\",\"strike\",\"years\",\"rate\",\"volatility\"\n"
         "\"1\",\"call\",42,40,0.5,0.1,0.2\n",
         "\"\",\"type\",\"spot\",\"strike\",\"years\",\"rate\",\"volatility\",value,delta,gamma,"
         "vega,theta,rho\n\"1\",\"call\",42,40,0.5,0.1,0.2,4.7594"},
        /* pandas: an index without a name, exponents */
        {",type,s,k,t,r,sigma\n0,call,4.2e1,+40.,5E-1,.1,2e-01\n",
         ",type,s,k,t,r,sigma,value,delta,gamma,vega,theta,rho\n"
         "0,call,4.2e1,+40.,5E-1,.1,2e-01,4.7594"},
        /* tabs; blanks around; no line end at the end */
        {"type\tspot\tstrike\tyears\trate\tvolatility\n C \t 42\t40 \t0.5\t0.1\t0.2",
         "type\tspot\tstrike\tyears\trate\tvolatility\tvalue\tdelta\tgamma\tvega\ttheta\trho\n"
         " C \t 42\t40 \t0.5\t0.1\t0.2\t4.7594"},
        /* line ends of old; an empty line; quotes and line ends in a field */
        {"type,spot,note,strike,years,rate,volatility\r\rCALL,42,\"a \"\"b\"\",\rc\",40,0.5,0.1,0.2"
         "\r",
         "type,spot,note,strike,years,rate,volatility,value,delta,gamma,vega,theta,rho\n"
         "CALL,42,\"a \"\"b\"\",\rc\",40,0.5,0.1,0.2,4.7594"},
    };
    static const char *const german[] = {"LC_ALL=de_DE.UTF-8", NULL};
    ykt_setting s = {.env = german};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        const char *path = file(files[k].text);
        ykt_command c = ykt_run(&s, (const char *const[]){YOKE_PRICE, "-q", path, NULL});
        assert_string_equal(c.err, "");
        assert_int_equal(c.code, 0);
        assert_memory_equal(c.out, files[k].out, strlen(files[k].out));
        ykt_command_free(&c);
    }
}

/* ---- price: bad rows ---- */

static const char bad_rows[] =
    "type,spot,strike,years,rate,volatility,note\n"     /* 1 */
    "call,42,40,0.5,0.1,0.2,good\n"
    "maybe,42,40,0.5,0.1,0.2,\n"
    "call,,40,0.5,0.1,0.2,\n"
    "call,forty,40,0.5,0.1,0.2,\n"
    "call,42,-40,0.5,0.1,0.2,\n"                        /* 6 */
    "call,42,40,0,0.1,0.2,\n"
    "call,42,40,1e999,0.1,0.2,\n"
    "call,42,40,0.5,nan,0.2,\n"
    "call,42,40,0.5,0x1p-3,0.2,\n"
    "call,42,40,0.5,0.1,inf,\n"                         /* 11 */
    "call,42,40,0.5,0.1\n"
    "call,42,40,0.5,0.1,0.2,a,b\n"
    "call,42,40,0.5,0.1,\"0.2\"x,\n"
    "put,42,40,0.5,0.1,0.2,\"good\n"
    "on line 16\"\n"
    "call,\"1,042\",40,0.5,0.1,0.2,\n"
    "call,10%,40,0.5,0.1,0.2,\n"
    "call,42,40,0.5,0.1,0.2,\"never ends\n"
    "call,42,40,0.5,0.1,0.2,\n";

static const char *const reasons[] = {
    ":3: type \"maybe\" is neither call nor put", ":4: spot is missing",
    ":5: spot \"forty\" is not a number", ":6: strike \"-40\" must be above 0",
    ":7: years \"0\" must be above 0", ":8: years \"1e999\" is out of range",
    ":9: rate \"nan\" is not a number", ":10: rate \"0x1p-3\" is not a number",
    ":11: volatility \"inf\" is not a number", ":12: 5 fields where the header has 7",
    ":13: 8 fields where the header has 7", ":14: there is text behind a closing quote",
    ":17: spot \"1,042\" is not a number", ":18: spot \"10%\" cannot be a percentage",
    ":19: a quote is not closed"};
enum { REASONS = sizeof reasons / sizeof *reasons };

static void expect_reasons(char *to, size_t room, const char *path, const char *ending)
{
    size_t n = 0;
    for (size_t k = 0; k < REASONS; k++)
        n += (size_t)snprintf(to + n, room - n, "price: %s%s; row left out\n", path, reasons[k]);
    snprintf(to + n, room - n, "price: %d bad rows%s\n", (int)REASONS, ending);
}

static void test_bad_rows(void **state)
{
    (void)state;
    char err[4096];
    const char *in = file(bad_rows);
    ykt_command c = RUN(YOKE_PRICE, "-q", in);
    expect_reasons(err, sizeof err, in, "");
    size_t rows = 0;
    for (const char *p = c.out; (p = strstr(p, "good")); p++) rows++;
    assert_int_equal(rows, 2);
    assert_int_equal(c.code, 0);
    says(&c, 0, NULL, err);

    /* with --strict, what is there already stays as it is */
    const char *out = ykt_put(&box, "out.csv", "old\n", 4);
    c = RUN(YOKE_PRICE, "-q", "--strict", "--output", out, in);
    expect_reasons(err, sizeof err, in, "; nothing written (--strict)");
    says(&c, 1, "", err);
    char *old = ykt_get(out, NULL);
    assert_string_equal(old, "old\n");
    free(old);
    assert_int_equal(ykt_files(&box), 2);
}

/* Legal numbers whose result is none. */
static void test_results_too_large(void **state)
{
    (void)state;
    const char *in = file(HEADER "call,42,40,0.5,0.1,0.2\nput,42,40,1000,-5,0.2\n");
    char err[256];
    snprintf(err, sizeof err, "price: %s:3: a result is too large to be a number; row left out\n"
             "price: 1 bad row\n", in);
    ykt_command c = RUN(YOKE_PRICE, "-q", in);
    assert_null(strstr(c.out, "-5"));
    says(&c, 0, NULL, err);
    snprintf(err, sizeof err, "price: %s:3: a result is too large to be a number; row left out\n"
             "price: 1 bad row; nothing written (--strict)\n", in);
    c = RUN(YOKE_PRICE, "-qs", in);
    says(&c, 1, "", err);
}

/* ---- price: bad files ---- */

static void test_bad_files(void **state)
{
    (void)state;
    refuses(file(""), ": empty; a header was expected");
    refuses(file("\n\r\n"), ": empty; a header was expected");
    refuses(file("call,42,40,0.5,0.1,0.2\n"), ":1: no column gives the type");
    refuses(file("type,spot,strike,rate,volatility\n"), ":1: no column gives the years");
    refuses(file("type,spot,s,strike,years,rate,volatility\n"), ":1: two columns give the spot");
    refuses(file("\n\"type,spot\n"), ":2: the header: a quote is not closed");
    refuses(file("\xff\xfet"), ": UTF-16 text; save it as \"CSV UTF-8\"");
    refuses(file("Delta,type,spot,strike,years,rate,volatility\n"),
            ":1: results would be a second column (--prefix): Delta");
    refuses(ykt_path(&box, "missing.csv"), ": No such file or directory");
    refuses(box.folder, ": Is a directory");
    const char *zero = ykt_put(&box, "zero.csv", HEADER "call,4\0,40,0.5,0.1,0.2\n",
                               sizeof HEADER + 22);
    char err[256];
    snprintf(err, sizeof err, "price: %s:2: there is a zero byte in it; row left out\n"
             "price: 1 bad row\n", zero);
    ykt_command c = RUN(YOKE_PRICE, zero);
    says(&c, 0, "type,spot,strike,years,rate,volatility,value,delta,gamma,vega,theta,rho\n", err);
}

static void test_no_rows(void **state)
{
    (void)state;
    ykt_command c = RUN(YOKE_PRICE, file(HEADER));
    says(&c, 0, "type,spot,strike,years,rate,volatility,value,delta,gamma,vega,theta,rho\n", "");
    c = RUN(YOKE_PRICE, "-p", "x_", file("delta," HEADER));
    says(&c, 0, "delta,type,spot,strike,years,rate,volatility,x_value,x_delta,x_gamma,x_vega,"
         "x_theta,x_rho\n", "");
}

static void test_bad_outputs(void **state)
{
    (void)state;
    const char *in = file(HEADER "call,42,40,0.5,0.1,0.2\n");
    ykt_command c = RUN(YOKE_PRICE, "-q", "-o", "/nonexistent/x.csv", in);
    says(&c, 1, "", "price: /nonexistent/x.csv: No such file or directory\n");
    c = RUN(YOKE_PRICE, "-q", "-o", "/dev/full", in);
    says(&c, 1, "", "price: /dev/full: No space left on device\n");
    c = RUN(YOKE_PRICE, "-q", "-o", "/", in);
    says(&c, 1, "", "price: /: Is a directory\n");
    ykt_setting full = {.stdout_to = "/dev/full"};
    c = ykt_run(&full, (const char *const[]){YOKE_PRICE, "-q", in, NULL});
    says(&c, 1, NULL, "price: standard output: No space left on device\n");
    c = RUN(YOKE_PRICE, "-q", "-o", "/dev/stdout", in);
    assert_non_null(strstr(c.out, "0.2,4.7594"));
    says(&c, 0, NULL, "");
    assert_int_equal(ykt_files(&box), 1);
}

static void test_misused(void **state)
{
    (void)state;
    ykt_command c = RUN(YOKE_PRICE, "--help");
    assert_memory_equal(c.out, "usage: price [OPTION]... FILE\n", 30);
    says(&c, 0, NULL, "");
    c = RUN(YOKE_PRICE, "--nothing");
    assert_non_null(strstr(c.err, "'--nothing'"));
    assert_int_equal(c.code, 2);
    ykt_command_free(&c);
    c = RUN(YOKE_PRICE);
    assert_memory_equal(c.err, "usage: price ", 13);
    assert_int_equal(c.code, 2);
    ykt_command_free(&c);
    c = RUN(YOKE_PRICE, "-p", "a,b", "x.csv");
    says(&c, 2, "", "price: --prefix: not in a column's name\n");
}

static int open_box(void **state)
{
    (void)state;
    ykt_scratch_open(&box);
    return 0;
}

static int close_box(void **state)
{
    (void)state;
    ykt_scratch_close(&box);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_box, close_box)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_saxpy),       TEST(test_saxpy_misused), TEST(test_known_values),
        TEST(test_many_rows),   TEST(test_dialects),      TEST(test_bad_rows),
        TEST(test_bad_files),   TEST(test_no_rows),       TEST(test_results_too_large),
        TEST(test_bad_outputs), TEST(test_misused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
