/* base: what every room stands on, and nothing that knows what Yoke is for.
 *
 * Checked size arithmetic, aligned allocation, a clock, a futex, strict parsing
 * of numbers and of the environment, diagnostics.  No state, no threads; every
 * function may be called from any thread.  Includes no other room. */
#ifndef YKI_BASE_H
#define YKI_BASE_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yoke/status.h>

#define YKI_CACHE_LINE 64
#define YKI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- sizes ---- */

/* *out = a * b or a + b; false, and *out untouched, where that overflows. */
static inline bool yki_mul(size_t a, size_t b, size_t *out)
{
    size_t r;
    if (__builtin_mul_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}

static inline bool yki_add(size_t a, size_t b, size_t *out)
{
    size_t r;
    if (__builtin_add_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}

static inline size_t yki_min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t yki_max(size_t a, size_t b) { return a > b ? a : b; }

/* n / d rounded up; d > 0; never overflows. */
static inline size_t yki_div_up(size_t n, size_t d) { return n / d + (n % d != 0); }

/* n rounded down or up to a multiple of m (m > 0).  Up saturates at the largest
 * multiple of m that a size_t holds. */
static inline size_t yki_round_down(size_t n, size_t m) { return n - n % m; }
static inline size_t yki_round_up(size_t n, size_t m)
{
    size_t r = n % m;
    if (r == 0) return n;
    return n > SIZE_MAX - (m - r) ? SIZE_MAX - SIZE_MAX % m : n + (m - r);
}

/* ---- memory ---- */

/* count * size zeroed bytes (or NULL: none left, or the product overflows).
 * yki_alloc aligns to YKI_CACHE_LINE; yki_alloc_aligned to `align`, a power of
 * two of at least sizeof(void *).  Freed with yki_free, which takes NULL.
 * All allocation of the library goes through these, so that tests can make the
 * k-th one fail. */
void *yki_alloc(size_t count, size_t size);
void *yki_alloc_aligned(size_t count, size_t size, size_t align);
void yki_free(void *p);
char *yki_strdup(const char *s);

/* For tests: `hook` is asked before every allocation; false makes it fail.  NULL
 * removes it.  Built only where YKI_TEST_HOOKS is defined (never in an installed
 * library); thread-safe. */
#ifdef YKI_TEST_HOOKS
typedef bool (*yki_alloc_hook)(void *ctx, size_t bytes);
void yki_alloc_set_hook(yki_alloc_hook hook, void *ctx);
/* Likewise for thread creation, see yki_thread_start. */
typedef bool (*yki_thread_hook)(void *ctx);
void yki_thread_set_hook(yki_thread_hook hook, void *ctx);
#endif

/* ---- time ---- */

/* Nanoseconds of the monotonic clock, and the same in seconds. */
uint64_t yki_now_ns(void);
static inline double yki_seconds(uint64_t ns) { return (double)ns * 1e-9; }
/* The time `seconds` after from_ns; UINT64_MAX, for ever, where seconds is negative, no number, or
 * longer than anybody waits (30 years). */
static inline uint64_t yki_time_after(uint64_t from_ns, double seconds)
{
    return seconds >= 0 && seconds < 1e9 ? from_ns + (uint64_t)(seconds * 1e9) : UINT64_MAX;
}

/* ---- waiting ---- */

/* Sleeps while *word == value, until woken or until the monotonic clock reads
 * deadline_ns (UINT64_MAX: for ever; 0: returns at once).  Returns false on the
 * deadline alone; true otherwise, woken for no reason included, so callers loop.
 * Within one process only. */
bool yki_futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t deadline_ns);
/* Wakes at most `count` sleepers of `word`. */
void yki_futex_wake(_Atomic uint32_t *word, uint32_t count);

/* One turn of a spin loop: tells the core that this thread is waiting. */
static inline void yki_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield" ::: "memory");
#endif
}

/* ---- threads ---- */

/* pthread_create with every signal blocked in the new thread, `name` (at most 15
 * characters) given to it, and the failing hook of the tests asked first.
 * YK_E_NOMEM where the system grants no further thread.  The handle is a
 * pthread_t, to be joined by the caller. */
#include <pthread.h>
yk_status yki_thread_start(pthread_t *out, const char *name, void *(*fn)(void *), void *ctx);
/* The same for a thread that names itself (yki_thread_name; naming another goes through a
 * file), and that begins on one of `cpus`, a mask of `bytes`, where it is not NULL. */
yk_status yki_thread_start_on(pthread_t *out, const cpu_set_t *cpus, size_t bytes,
                              void *(*fn)(void *), void *ctx);
/* Names the calling thread; at most 15 characters. */
void yki_thread_name(const char *name);

/* ---- diagnostics ---- */

/* Fills *d (which may be NULL): status and a printf-formatted text; the other
 * fields are cleared.  Returns `status`, so that failing is one line:
 *     return yki_fail(d, YK_E_INVALID, "%s is NULL", name);                    */
yk_status yki_fail(yk_diag *d, yk_status status, const char *format, ...) YK_PRINTF(3, 4);
/* The same, with errno's number and name from `err`. */
yk_status yki_fail_errno(yk_diag *d, yk_status status, int err, const char *format, ...)
    YK_PRINTF(4, 5);
/* Copies `from` into to[size], always terminated, cut if too long. */
void yki_copy_text(char *to, size_t size, const char *from);

/* ---- strict parsing ---- */

/* Whole decimal numbers and nothing else: no sign, blank, or trailing text; false
 * if the text is not one or lies outside [lo, hi]. */
bool yki_parse_size(const char *text, size_t lo, size_t hi, size_t *out);
/* Bytes: a whole number, or one with a suffix K, M, G, T (powers of 1024, an
 * optional "i" and "B" behind it). */
bool yki_parse_bytes(const char *text, size_t *out);
/* "1 0 on off yes no true false". */
bool yki_parse_bool(const char *text, bool *out);

/* The text of an environment variable, NULL if unset or empty. */
const char *yki_env(const char *name);
/* As above for typed ones: an unset variable leaves *out alone; a bad value is
 * YK_E_INVALID with "YOKE_THREADS=eight: expected a whole number from 1 to 24". */
yk_status yki_env_size(const char *name, size_t lo, size_t hi, size_t *out, yk_diag *d);
yk_status yki_env_bytes(const char *name, size_t *out, yk_diag *d);
yk_status yki_env_bool(const char *name, bool *out, yk_diag *d);
/* One of `words` (NULL-terminated): its position to *out. */
yk_status yki_env_word(const char *name, const char *const *words, size_t *out, yk_diag *d);

/* Reads a small text file (as of /proc and /sys) under `root` ("" for the real
 * one) into buf[size], terminated, cut at size - 1.  YK_E_IO where it cannot be
 * read. */
yk_status yki_read_file(const char *root, const char *path, char *buf, size_t size);

#endif
