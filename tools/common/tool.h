/* common: what yoke-topo and yoke-bench share as command-line programs.
 *
 * The contract of both: stdout carries the result and nothing else; progress,
 * warnings and errors go to stderr; unknown options are errors that suggest the
 * nearest; NO_COLOR is honoured; numbers look the same everywhere.  Called from main
 * and the code around it, on one thread.  Never exits: functions return exit codes. */
#ifndef YOKE_TOOLS_COMMON_TOOL_H
#define YOKE_TOOLS_COMMON_TOOL_H

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <yoke/device.h>
#include <yoke/topo.h>

/* Exit codes; a shell adds 128 + signal for a process that a signal ended. */
enum {
    YKI_EXIT_OK = 0,
    YKI_EXIT_ERROR = 1,         /* something failed at run time */
    YKI_EXIT_USAGE = 2,         /* the command line or a YOKE_* variable is wrong */
    YKI_EXIT_WRONG = 3,         /* a result differs from serial */
    YKI_EXIT_REGRESSION = 4,
    YKI_EXIT_INTERRUPTED = 130
};

/* ---- start and end ---- */

/* First call of main, before any thread: character set of the terminal (numbers keep
 * their decimal point), SIGPIPE as an ordinary write error, hwloc's device plugins
 * kept out, a private cache folder for PoCL where it would else use /tmp. */
void yki_tool_start(void);

/* Last call of main: flushes stdout.  Returns `code`, or YKI_EXIT_ERROR with a message
 * where the result could not be written (closed pipe, full disk). */
int yki_tool_finish(const char *tool, int code);

/* ---- messages, all to stderr ---- */

/* "yoke-topo: text"; returns YKI_EXIT_ERROR. */
int yki_error(const char *tool, const char *format, ...) YK_PRINTF(2, 3);
/* The same and a line that points to --help; returns YKI_EXIT_USAGE. */
int yki_usage_error(const char *tool, const char *format, ...) YK_PRINTF(2, 3);
/* "warning: text" */
void yki_warning(const char *format, ...) YK_PRINTF(1, 2);
/* One line that the next one overwrites, on a terminal alone; NULL clears it. */
void yki_progress(const char *format, ...) YK_PRINTF(1, 2);

/* What getopt_long complained about, told properly.  Call it for '?' and ':' (let the
 * option string begin with ":", which also keeps getopt silent).  Returns
 * YKI_EXIT_USAGE. */
int yki_option_error(const char *tool, int code, char *const *argv, const struct option *options);

/* The word of `words` (NULL-terminated) nearest to `word`; NULL if none is near. */
const char *yki_nearest(const char *word, const char *const *words);

/* May colours be used on this stream?  On a terminal, unless NO_COLOR is set. */
bool yki_colour(FILE *stream);

/* ---- numbers for people: three digits and a unit.  Each fills and returns buf. ---- */

#define YKI_HUMAN 32
const char *yki_human_bytes(char buf[YKI_HUMAN], double bytes);     /* "62.6 GiB" "2 MiB" */
const char *yki_human_count(char buf[YKI_HUMAN], uint64_t n);       /* "4 Mi" "1000" */
const char *yki_human_seconds(char buf[YKI_HUMAN], double seconds); /* "1.78 ms" "109 us" */
const char *yki_human_rate(char buf[YKI_HUMAN], double per_second, const char *unit);
                                            /* decimal: "19.4 GB/s", "102 Gflop/s" */
const char *yki_human_ratio(char buf[YKI_HUMAN], double ratio);     /* "61.2" "2.70" "318" */

/* ---- devices ---- */

/* A device as people know it, and fit for a table: "PoCL 3.1", "llvmpipe (Mesa 22.3)",
 * "NVIDIA GeForce RTX 4070".  Reports for programs keep the driver's own name. */
#define YKI_DEVICE_NAME 37
const char *yki_device_name(char buf[YKI_DEVICE_NAME], const yk_device_info *d);

/* ---- results ---- */

/* Writes text to the file, or to stdout for "-".  A regular file appears whole or not
 * at all (written beside it, then renamed).  Returns YKI_EXIT_OK, or YKI_EXIT_ERROR
 * after saying why. */
int yki_write_text(const char *tool, const char *path, const char *text, size_t bytes);

/* The same for a JSON value, indented, keys in the order of insertion, with a final
 * newline.  The value stays the caller's; NULL (memory ran out while building it) is
 * an error. */
int yki_write_json(const char *tool, const char *path, const json_t *value);

/* Whether a result could be written there, asked before much time goes into it.  NULL and
 * "-" always can.  Returns YKI_EXIT_OK, or YKI_EXIT_ERROR after saying why not. */
int yki_check_writable(const char *tool, const char *path);

/* The machine as reports show it: host, os, cpu, cores, workers, isa, memory, quota.
 * A new reference, NULL without memory. */
json_t *yki_machine_json(const yk_topo *t);

#endif
