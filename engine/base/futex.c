/* Sleeping on a word and waking those who sleep on it, within one process.  Any
 * thread may enter; nothing here spins. */
#include "base/base.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* FUTEX_WAIT_BITSET rather than FUTEX_WAIT: its timeout is a point on the monotonic
 * clock, so that a spurious return does not stretch the wait. */
bool yki_futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t deadline_ns)
{
    if (deadline_ns == 0)
        return atomic_load_explicit(word, memory_order_acquire) != value;
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ns / 1000000000u),
        .tv_nsec = (long)(deadline_ns % 1000000000u),
    };
    long r = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
                     deadline_ns == UINT64_MAX ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
    return !(r == -1 && errno == ETIMEDOUT);
}

void yki_futex_wake(_Atomic uint32_t *word, uint32_t count)
{
    uint32_t most = count > INT_MAX ? INT_MAX : count;
    if (most == 0) return;      /* the system call would still wake one */
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, most, NULL, NULL, 0);
}
