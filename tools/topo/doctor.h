/* Inside the doctor: what its checks share.  Each check looks at one thing, reads files
 * under x->root alone and the environment, and adds what it finds.  One thread. */
#ifndef YOKE_TOOLS_TOPO_DOCTOR_H
#define YOKE_TOOLS_TOPO_DOCTOR_H

#include "tool.h"

typedef struct exam {
    diagnosis *d;
    const state *s;
    const yk_topo_limits *limits;
    const char *root;           /* of /proc, /sys and /dev; "" is the real one */
    const char *check;          /* the one at work, for its findings */
} exam;

/* A finding that all is well, or one with its remedy. */
void yki_doctor_good(exam *x, const char *format, ...) YK_PRINTF(2, 3);
void yki_doctor_bad(exam *x, const char *remedy, const char *format, ...) YK_PRINTF(3, 4);

/* The first line of a file under the root; false if there is none, or it is empty. */
bool yki_doctor_read(const exam *x, const char *path, char *buf, size_t size);

/* doctor_cores.c */
void yki_doctor_affinity(exam *x);
void yki_doctor_cpuset(exam *x);
void yki_doctor_asked(exam *x);
void yki_doctor_openmp(exam *x);
void yki_doctor_offline(exam *x);
void yki_doctor_isolated(exam *x);
void yki_doctor_quota(exam *x);
void yki_doctor_isa(exam *x);
/* doctor_system.c */
void yki_doctor_load(exam *x);
void yki_doctor_steal(exam *x);
void yki_doctor_clock(exam *x);
void yki_doctor_pages(exam *x);
void yki_doctor_caches(exam *x);
void yki_doctor_settings(exam *x);
/* doctor_drivers.c */
void yki_doctor_drivers(exam *x);
void yki_doctor_hidden(exam *x);
/* doctor_devices.c */
void yki_doctor_pci(exam *x);
void yki_doctor_nodes(exam *x);

#endif
