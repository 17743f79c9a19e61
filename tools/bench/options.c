/* The command line of yoke-bench; see bench.h.  Runs once, at the start of main. */
#include "case.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

/* Long options without a letter. */
enum {
    OPT_LIST = 256, OPT_SIZE, OPT_THREADS, OPT_DEVICES, OPT_CARVE, OPT_POLICY, OPT_COLD,
    OPT_QUICK, OPT_JSON, OPT_CSV, OPT_COMPARE, OPT_FAIL_IF, OPT_PEERS, OPT_SCALING, OPT_SIZES, OPT_SHOW, OPT_TIMEOUT
};

static const struct option long_options[] = {
    {"list", no_argument, NULL, OPT_LIST},
    {"size", required_argument, NULL, OPT_SIZE},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"devices", required_argument, NULL, OPT_DEVICES},
    {"carve", required_argument, NULL, OPT_CARVE},
    {"policy", required_argument, NULL, OPT_POLICY},
    {"cold", no_argument, NULL, OPT_COLD},
    {"quick", no_argument, NULL, OPT_QUICK},
    {"peers", no_argument, NULL, OPT_PEERS},
    {"scaling", no_argument, NULL, OPT_SCALING},
    {"sizes", required_argument, NULL, OPT_SIZES},
    {"json", required_argument, NULL, OPT_JSON},
    {"csv", required_argument, NULL, OPT_CSV},
    {"compare", required_argument, NULL, OPT_COMPARE},
    {"show", required_argument, NULL, OPT_SHOW},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"fail-if", required_argument, NULL, OPT_FAIL_IF},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char *const size_names[] = {"small", "medium", "large", NULL};

void bench_usage(FILE *to)
{
    fputs("usage: yoke-bench [options] [WORKLOAD ...]\n"
          "Runs workloads on one core, with OpenMP, on Yoke's pool, on each device, and split\n"
          "over all of them; checks every result against the serial one; prints how long each\n"
          "took.  Without WORKLOAD it runs them all.\n"
          "\n"
          "What to run\n"
          "  --list              show the workloads, their sizes and costs, and end\n"
          "  --size SIZE         small, medium (default), large, or elements: 4096, 16Mi\n"
          "  --sizes A..B        a series over sizes: A elements, twice as many, up to B\n"
          "  --scaling           a series over numbers of threads: 1, 2, ... up to all\n"
          "  --peers             other runtimes as well, where they are installed\n"
          "  --quick             small sizes and little time: a check more than a measurement\n"
          "  --cold              time first launches, each on a fresh engine\n"
          "\n"
          "On what\n"
          "  --threads N         workers, and OpenMP threads (default: all usable cores)\n"
          "  --devices LIST      all (default), none, or ids and parts of names: gpu0,pocl\n"
          "  --carve N           give each OpenCL CPU device in turn N cores of its own, and\n"
          "                      split between it and the pool on the others\n"
          "  --timeout SECONDS   give a device up that takes longer over one step (default: a\n"
          "                      minute and 100 times what serial takes)\n"
          "  --policy POLICY     how hybrid splits: auto (default), single, static, dynamic\n"
          "\n"
          "Reports\n"
          "  --json FILE|-       the result as JSON; \"-\": on stdout, instead of the table\n"
          "  --csv FILE|-        the same as CSV\n"
          "  --compare OLD.json [NEW.json]   tell what got faster or slower since OLD; without\n"
          "                      NEW, workloads are run now\n"
          "  --fail-if slower:10%   with --compare: exit 4 if anything is, for certain\n"
          "  --show FILE         show a stored JSON report instead of running anything\n"
          "  -v, --verbose       every variant, and what is being done\n"
          "  -h, --help          this text\n"
          "  -V, --version       the version\n"
          "\n"
          "Exit codes: 0 ok, 1 run-time error, 2 usage, 3 a result was wrong, 4 a regression,\n"
          "130 interrupted (with partial results).\n", to);
}

/* ---- values ---- */

static int bad_value(const char *option, const char *value, const char *expected)
{
    return yki_usage_error(BENCH_TOOL, "%s %s: expected %s", option, value, expected);
}

/* The position of `word` in `words`, or -1 after saying what was expected. */
static int word_at(const char *option, const char *word, const char *const *words,
                   const char *expected)
{
    for (int k = 0; words[k]; k++)
        if (strcmp(words[k], word) == 0) return k;
    const char *near = yki_nearest(word, words);
    if (near)
        yki_usage_error(BENCH_TOOL, "%s %s: expected %s; did you mean %s?", option, word,
                        expected, near);
    else
        bad_value(option, word, expected);
    return -1;
}

/* "4096", "16Mi" or "16M": the suffix counts in powers of 1024, as the table does. */
static bool parse_elements(const char *text, size_t lo, size_t *out)
{
    static const char units[] = "KMG";
    const size_t most = (size_t)1 << 40;
    char digits[24];
    size_t n = strspn(text, "0123456789"), factor = 1, count;
    if (n == 0 || n >= sizeof digits) return false;
    memcpy(digits, text, n);
    digits[n] = '\0';
    const char *rest = text + n, *unit = *rest ? strchr(units, *rest) : NULL;
    if (unit) {
        factor = (size_t)1 << (10 * (size_t)(unit - units + 1));
        rest += rest[1] == 'i' ? 2 : 1;
    }
    if (*rest || !yki_parse_size(digits, 0, most / factor, &count)) return false;
    if (count * factor < lo) return false;
    *out = count * factor;
    return true;
}

/* A..B, with A the smaller. */
static int parse_sizes(bench_options *o, const char *value)
{
    static const char expected[] = "A..B, two numbers of elements, as in 4Ki..16Mi";
    static const char number[] = "a whole number from 1 to 1024 Gi, as in 4096 or 16Mi";
    char first[64];
    const char *dots = strstr(value, "..");
    if (!dots || (size_t)(dots - value) >= sizeof first)
        return bad_value("--sizes", value, expected);
    memcpy(first, value, (size_t)(dots - value));
    first[dots - value] = '\0';
    if (!parse_elements(first, 1, &o->sizes_from))
        return yki_usage_error(BENCH_TOOL, "--sizes %s: '%s' is not %s", value, first, number);
    if (!parse_elements(dots + 2, 1, &o->sizes_to))
        return yki_usage_error(BENCH_TOOL, "--sizes %s: '%s' is not %s", value, dots + 2, number);
    if (o->sizes_from > o->sizes_to)
        return yki_usage_error(BENCH_TOOL, "--sizes %s: %s is more than %s", value, first,
                               dots + 2);
    return YKI_EXIT_OK;
}

static int parse_size(bench_options *o, const char *value)
{
    static const char expected[] = "small, medium, large or a whole number of elements";
    o->size_given = true;
    o->elements_given = false;
    if (value[0] >= '0' && value[0] <= '9') {
        o->elements_given = parse_elements(value, 0, &o->elements);
        return o->elements_given ? YKI_EXIT_OK : bad_value("--size", value, expected);
    }
    int k = word_at("--size", value, size_names, expected);
    if (k >= 0) o->size = (yki_size)k;
    return k >= 0 ? YKI_EXIT_OK : YKI_EXIT_USAGE;
}

static int parse_policy(bench_options *o, const char *value)
{
    int k = word_at("--policy", value, bench_policy_names, "auto, single, static or dynamic");
    if (k >= 0) o->policy = (yk_policy)k;
    return k >= 0 ? YKI_EXIT_OK : YKI_EXIT_USAGE;
}

static int parse_count(const char *option, const char *value, size_t *out)
{
    if (yki_parse_size(value, 1, 65536, out)) return YKI_EXIT_OK;
    return bad_value(option, value, "a whole number from 1 to 65536");
}

static int parse_timeout(bench_options *o, const char *value)
{
    size_t s;
    if (!yki_parse_size(value, 1, 86400, &s))
        return bad_value("--timeout", value, "a whole number of seconds from 1 to 86400");
    o->timeout_s = (double)s;
    return YKI_EXIT_OK;
}

static int parse_fail_if(bench_options *o, const char *value)
{
    static const char expected[] = "slower:PERCENT%, as in slower:10%";
    char *end;
    if (strncmp(value, "slower:", 7) != 0 || value[7] < '0' || value[7] > '9')
        return bad_value("--fail-if", value, expected);
    errno = 0;
    double percent = strtod(value + 7, &end);
    bool ok = errno == 0 && strcmp(end, "%") == 0 && isfinite(percent) && percent <= 1e6 &&
              strspn(value + 7, "0123456789.") + 7 == (size_t)(end - value);
    if (!ok) return bad_value("--fail-if", value, expected);
    o->fail_ratio = 1 + percent / 100;
    return YKI_EXIT_OK;
}

static int parse_path(const char *option, const char *value, const char **out)
{
    if (!value[0]) return bad_value(option, "''", "the name of a file, or - for stdout");
    *out = value;
    return YKI_EXIT_OK;
}

/* --compare takes a second file if the next word looks like one. */
static int parse_compare(bench_options *o, int argc, char **argv)
{
    o->compare_old = optarg;
    if (optind >= argc) return YKI_EXIT_OK;
    size_t length = strlen(argv[optind]);
    if (length > 5 && strcmp(argv[optind] + length - 5, ".json") == 0)
        o->compare_new = argv[optind++];
    return YKI_EXIT_OK;
}

static int parse_one(bench_options *o, int option, int argc, char **argv)
{
    switch (option) {
    case OPT_LIST: o->list = true; return YKI_EXIT_OK;
    case OPT_SIZE: return parse_size(o, optarg);
    case OPT_THREADS: return parse_count("--threads", optarg, &o->threads);
    case OPT_DEVICES:
        o->devices = optarg;
        return optarg[0] ? YKI_EXIT_OK
                         : bad_value("--devices", "''", "all, none, or a list of devices");
    case OPT_CARVE: return parse_count("--carve", optarg, &o->carve);
    case OPT_POLICY: return parse_policy(o, optarg);
    case OPT_COLD: o->cold = true; return YKI_EXIT_OK;
    case OPT_PEERS: o->peers = true; return YKI_EXIT_OK;
    case OPT_SCALING: o->scaling = true; return YKI_EXIT_OK;
    case OPT_SIZES: return parse_sizes(o, optarg);
    case OPT_QUICK: o->quick = true; return YKI_EXIT_OK;
    case OPT_JSON: return parse_path("--json", optarg, &o->json);
    case OPT_CSV: return parse_path("--csv", optarg, &o->csv);
    case OPT_COMPARE: return parse_compare(o, argc, argv);
    case OPT_SHOW: return parse_path("--show", optarg, &o->show);
    case OPT_TIMEOUT: return parse_timeout(o, optarg);
    case OPT_FAIL_IF: return parse_fail_if(o, optarg);
    case 'v': o->verbose = true; return YKI_EXIT_OK;
    case 'h': o->help = true; return YKI_EXIT_OK;
    case 'V': o->version = true; return YKI_EXIT_OK;
    default: return yki_option_error(BENCH_TOOL, option, argv, long_options);
    }
}

/* ---- the rest ---- */

static int unknown_workload(const char *name)
{
    const char *names[BENCH_MAX_WORKLOADS + BENCH_MAX_CASES + 1];
    size_t n = 0;
    for (size_t k = 0; k < yki_workload_count && n < BENCH_MAX_WORKLOADS; k++)
        names[n++] = yki_workloads[k]->name;
    for (size_t k = 0; k < bench_case_count && k < BENCH_MAX_CASES; k++)
        names[n++] = bench_cases[k]->name;
    names[n] = NULL;
    const char *near = yki_nearest(name, names);
    if (near)
        return yki_usage_error(BENCH_TOOL, "there is no workload '%s'; did you mean %s?", name,
                               near);
    return yki_usage_error(BENCH_TOOL, "there is no workload '%s' (--list shows all)", name);
}

static bool has_workload(const bench_options *o, const yki_workload *w)
{
    for (size_t k = 0; k < o->n_workloads; k++)
        if (o->workloads[k] == w) return true;
    return false;
}

static int add_workload(bench_options *o, const yki_workload *w)
{
    if (has_workload(o, w)) return YKI_EXIT_OK;
    if (o->n_workloads == BENCH_MAX_WORKLOADS)
        return yki_usage_error(BENCH_TOOL, "too many workloads");
    o->workloads[o->n_workloads++] = w;
    return YKI_EXIT_OK;
}

/* Why cases have no part in this kind of run; NULL where they have. */
static const char *without_cases(const bench_options *o)
{
    return o->carve ? "--carve" : o->cold ? "--cold" : o->scaling ? "--scaling"
           : o->sizes_from ? "--sizes" : NULL;
}

static int add_case(bench_options *o, const bench_case *c)
{
    for (size_t k = 0; k < o->n_cases; k++)
        if (o->cases[k] == c) return YKI_EXIT_OK;
    if (without_cases(o))
        return yki_usage_error(BENCH_TOOL, "%s does not go with %s", c->name, without_cases(o));
    if (o->n_cases == BENCH_MAX_CASES) return yki_usage_error(BENCH_TOOL, "too many workloads");
    o->cases[o->n_cases++] = c;
    return YKI_EXIT_OK;
}

static int parse_word(bench_options *o, const char *word)
{
    const yki_workload *w = yki_workload_find(word);
    const bench_case *c = w ? NULL : bench_case_find(word);
    return w ? add_workload(o, w) : c ? add_case(o, c) : unknown_workload(word);
}

static int parse_workloads(bench_options *o, int argc, char **argv)
{
    int code = YKI_EXIT_OK;
    for (int k = optind; k < argc && code == YKI_EXIT_OK; k++) code = parse_word(o, argv[k]);
    if (optind < argc) return code;
    for (size_t k = 0; k < yki_workload_count && code == YKI_EXIT_OK; k++)
        code = add_workload(o, yki_workloads[k]);
    for (size_t k = 0; k < bench_case_count && !without_cases(o) && code == YKI_EXIT_OK; k++)
        code = add_case(o, bench_cases[k]);
    return code;
}

/* What would be run, with something that runs nothing. */
static int check_show(const bench_options *o)
{
    if (!o->show) return YKI_EXIT_OK;
    if (optind < o->argc || o->compare_old || o->list || o->json || o->sizes_from || o->scaling)
        return yki_usage_error(BENCH_TOOL, "--show runs nothing: it goes with --csv and --verbose "
                                           "alone");
    return YKI_EXIT_OK;
}

/* A series measures one thing at a time. */
static int check_series(const bench_options *o)
{
    const char *series = o->scaling ? "--scaling" : "--sizes";
    if (!o->scaling && !o->sizes_from) return YKI_EXIT_OK;
    if (o->scaling && o->sizes_from)
        return yki_usage_error(BENCH_TOOL, "--scaling and --sizes are two series: one at a time");
    if (o->sizes_from && o->size_given)
        return yki_usage_error(BENCH_TOOL, "--size and --sizes contradict each other");
    if (o->carve) return yki_usage_error(BENCH_TOOL, "%s does not go with --carve", series);
    if (o->peers) return yki_usage_error(BENCH_TOOL, "%s does not go with --peers", series);
    if (o->compare_new)
        return yki_usage_error(BENCH_TOOL, "--compare with two files runs nothing: no %s", series);
    return YKI_EXIT_OK;
}

static int check_together(const bench_options *o)
{
    if (o->json && o->csv && strcmp(o->json, "-") == 0 && strcmp(o->csv, "-") == 0)
        return yki_usage_error(BENCH_TOOL, "only one of --json and --csv can go to stdout");
    if (o->fail_ratio > 0 && !o->compare_old)
        return yki_usage_error(BENCH_TOOL, "--fail-if needs --compare");
    if (o->compare_old && ((o->json && !o->compare_new && strcmp(o->json, "-") == 0) ||
                           (o->csv && strcmp(o->csv, "-") == 0)))
        return yki_usage_error(BENCH_TOOL, "--compare writes to stdout: give --json and --csv "
                                           "a file");
    if (o->compare_new && o->csv)
        return yki_usage_error(BENCH_TOOL, "--compare with two files runs nothing: there is "
                                           "no result for --csv");
    if (o->list && (o->json || o->csv || o->compare_old || o->scaling || o->sizes_from))
        return yki_usage_error(BENCH_TOOL, "--list stands alone");
    if (o->peers && (o->cold || o->carve))
        return yki_usage_error(BENCH_TOOL, "--peers does not go with %s: others have no such thing",
                               o->cold ? "--cold" : "--carve");
    if (o->carve && o->devices && strcmp(o->devices, "none") == 0)
        return yki_usage_error(BENCH_TOOL, "--carve needs a device: --devices none has none");
    return YKI_EXIT_OK;
}

/* Options that were not given may come from the environment. */
static int from_environment(bench_options *o)
{
    yk_diag diag = {0};
    if (!o->devices) o->devices = yki_env("YOKE_DEVICES");
    if (o->carve) return YKI_EXIT_OK;
    if (yki_env_size("YOKE_CARVE", 1, 65536, &o->carve, &diag) == YK_OK) return YKI_EXIT_OK;
    return yki_usage_error(BENCH_TOOL, "%s", diag.text);
}

int bench_options_parse(bench_options *o, int argc, char **argv)
{
    *o = (bench_options){.size = YKI_MEDIUM, .argc = argc, .argv = argv};
    int option;
    while ((option = getopt_long(argc, argv, ":hVv", long_options, NULL)) != -1) {
        int code = parse_one(o, option, argc, argv);
        if (code != YKI_EXIT_OK) return code;
    }
    if (o->help || o->version) return YKI_EXIT_OK;
    int code = parse_workloads(o, argc, argv);
    if (code == YKI_EXIT_OK) code = check_together(o);
    if (code == YKI_EXIT_OK) code = check_series(o);
    if (code == YKI_EXIT_OK) code = check_show(o);
    if (code == YKI_EXIT_OK) code = from_environment(o);
    if (o->quick && !o->size_given) o->size = YKI_SMALL;
    return code;
}

size_t bench_elements(const bench_options *o, const yki_workload *w)
{
    return o->elements_given ? o->elements : w->elements[o->size];
}
