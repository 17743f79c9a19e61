/* The process that `open` times; see open.c. */
#ifndef YOKE_BENCH_OPEN_H
#define YOKE_BENCH_OPEN_H

#define BENCH_OPEN_OPTION "--bench-open"

/* Opens an engine on these devices ("none", "all") with that many workers ("0": all),
 * computes one item, and writes the seconds that took to stdout.  Returns an exit code. */
int bench_open_main(const char *devices, const char *threads);

#endif
