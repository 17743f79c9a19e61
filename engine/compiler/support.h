/* support: fixed texts that generated files begin with; see support_host.c. */
#ifndef YKI_COMPILER_SUPPORT_H
#define YKI_COMPILER_SUPPORT_H

/* Pieces of the top of a .yk.c, ended by NULL. */
extern const char *const yki_support_host[];
/* Pieces of the top of device sources, ended by NULL. */
extern const char *const yki_support_device[];

#endif
