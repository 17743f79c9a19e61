/* The command line of yoke-topo. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_JSON = 256, OPT_MEASURE, OPT_CONFIG, OPT_DOCTOR, OPT_INPUT };

static const struct option options[] = {
    {"json", required_argument, NULL, OPT_JSON},
    {"measure", no_argument, NULL, OPT_MEASURE},
    {"config", no_argument, NULL, OPT_CONFIG},
    {"doctor", no_argument, NULL, OPT_DOCTOR},
    {"input", required_argument, NULL, OPT_INPUT},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

void yki_topo_usage(FILE *to)
{
    fputs("usage: yoke-topo [options]\n"
          "\n"
          "Shows the machine, which of its cores and devices Yoke uses, and why.\n"
          "\n"
          "  --json FILE|-       write everything as JSON; - is standard output\n"
          "  --measure           measure caches, memory and peak arithmetic (some seconds)\n"
          "  --config            show the YOKE_* settings, what is in force and why\n"
          "  --doctor            look for what costs speed or breaks, with a remedy each\n"
          "  --input FILE|SPEC   show the machine of an hwloc XML file, or of a synthetic\n"
          "                      description such as \"pack:2 core:8 pu:2\"\n"
          "  -v, --verbose       more about caches, limits and drivers\n"
          "  -h, --help          this text\n"
          "  -V, --version       the version\n"
          "\n"
          "Exit codes: 0 ok, 1 run-time error, 2 usage error.\n",
          to);
}

/* Not for people: tests put false /proc, /sys and /dev below a folder of theirs. */
static const char root_word[] = "--root=";

static void take(command *cmd, int code)
{
    switch (code) {
    case OPT_JSON: cmd->json = optarg; break;
    case OPT_MEASURE: cmd->measure = true; break;
    case OPT_CONFIG: cmd->config = true; break;
    case OPT_DOCTOR: cmd->doctor = true; break;
    case OPT_INPUT: cmd->input = optarg; break;
    case 'v': cmd->verbose = true; break;
    case 'h': cmd->help = true; break;
    case 'V': cmd->version = true; break;
    }
}

static int check(const command *cmd)
{
    if (cmd->input && !*cmd->input) return yki_usage_error(TOOL, "option '--input' is empty");
    if (cmd->json && !*cmd->json) return yki_usage_error(TOOL, "option '--json' is empty");
    if (cmd->input && cmd->measure)
        return yki_usage_error(TOOL, "'--measure' needs this machine; '--input' gives another");
    if (cmd->input && cmd->doctor && !cmd->root)
        return yki_usage_error(TOOL, "'--doctor' needs this machine; '--input' gives another");
    return YKI_EXIT_OK;
}

int yki_topo_parse(command *cmd, int argc, char **argv)
{
    *cmd = (command){0};
    if (argc > 1 && strncmp(argv[1], root_word, sizeof root_word - 1) == 0) {
        cmd->root = argv[1] + sizeof root_word - 1;
        optind = 2;
    }
    for (int code; (code = getopt_long(argc, argv, ":hvV", options, NULL)) != -1;) {
        if (code == '?' || code == ':') return yki_option_error(TOOL, code, argv, options);
        take(cmd, code);
    }
    if (optind < argc) return yki_usage_error(TOOL, "unexpected argument '%s'", argv[optind]);
    return check(cmd);
}
