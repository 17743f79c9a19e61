/* What every peer of the fork-join measurement brings: one runtime's way to run
 * work(0) and work(1) on two threads and wait for both.  probe.c has the rest, and is
 * the same for all.  C and C++. */
#ifndef FORKJOIN_PROBE_H
#define FORKJOIN_PROBE_H

#ifdef __cplusplus
extern "C" {
#endif

/* probe.c: the fixed tiny work, number 0 or 1; notes which thread ran it. */
void probe_work(unsigned number);

/* The peer: makes ready to use two threads; not 0: it cannot. */
int peer_open(void);
/* probe_work(0) and probe_work(1), in parallel; returns when both are done. */
void peer_loop(void);
void peer_close(void);

#ifdef __cplusplus
}
#endif

#endif
