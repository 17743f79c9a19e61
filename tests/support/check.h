/* cmocka with the headers it wants before it, and a check that names the seed. */
#ifndef YKT_CHECK_H
#define YKT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Fails the test with the seed of the case, which alone brings the case back. */
#define CHECK(seed, condition)                                                              \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            fail_msg("seed 0x%llx: %s", (unsigned long long)(seed), #condition);            \
        }                                                                                   \
    } while (0)

#endif
