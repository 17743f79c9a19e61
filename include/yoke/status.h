/* What calls return, and how they say what went wrong.
 *
 * Every call that can fail returns a yk_status.  YK_OK is 0; codes are only ever
 * appended.  A code says what kind of thing happened; a yk_diag says to what:
 * which kernel, argument, device and items, and the driver's own name for it.
 * Calls write their output handles only on success.  The library never prints.
 *
 *     yk_diag diag;
 *     yk_status status = yk_engine_open(&engine, NULL, &diag);
 *     if (status != YK_OK)
 *         fprintf(stderr, "%s (%s)\n", yk_strerror(status), diag.text);
 */
#ifndef YOKE_STATUS_H
#define YOKE_STATUS_H

#include <stddef.h>
#include <yoke/export.h>

/* X(name, number, message) */
#define YK_STATUS_MAP(X)                                                        \
    X(OK, 0, "success")                                                         \
    X(E_INVALID, 1, "an argument or setting is not valid")                      \
    X(E_RANGE, 2, "a size or a range is too large to be addressed")             \
    X(E_NOMEM, 3, "out of memory")                                              \
    X(E_OVERLAP, 4, "an output overlaps another argument")                      \
    X(E_EXTENT, 5, "an array is too short for the range")                       \
    X(E_BUILD, 6, "a kernel could not be compiled")                             \
    X(E_DEVICE, 7, "a device or its driver failed")                             \
    X(E_IO, 8, "a file or a system call failed")                                \
    X(E_TIMEOUT, 9, "the deadline passed")                                      \
    X(E_CANCELLED, 10, "cancelled")                                             \
    X(E_WORKER, 11, "not possible on a worker thread")                          \
    X(E_FORKED, 12, "the engine was opened before fork; open one in the child") \
    X(E_UNSUPPORTED, 13, "not supported by this build, machine or device")

/* What came of a call: YK_OK, or one of YK_E_INVALID and so on, from YK_STATUS_MAP. */
typedef enum yk_status {
#define YK_STATUS_ENUM(name, number, message) YK_##name = number,
    YK_STATUS_MAP(YK_STATUS_ENUM)
#undef YK_STATUS_ENUM
} yk_status;

/* What a failed call knows about its failure.  Plain data, owned by whoever
 * declared it; strings are always terminated, cut if too long, empty if unknown. */
typedef struct yk_diag {
    yk_status status;       /* what the call returned */
    int driver_code;        /* the driver's or errno's number, 0 if none */
    char driver_error[48];  /* its name: "CL_OUT_OF_RESOURCES", "ENOMEM" */
    char kernel[64];        /* names: of the kernel, */
    char argument[64];      /* of its argument, */
    char device[64];        /* of the device */
    size_t begin;           /* the items concerned are [begin, end), none if equal */
    size_t end;             /* behind the last of them */
    char text[1024];        /* one readable message; a build log's first part */
} yk_diag;

YK_BEGIN_DECLS

/* "YK_E_NOMEM"; "YK_E_UNKNOWN" for a number that is no status.  Static. */
YK_API const char *yk_status_name(yk_status status);

/* "YK_E_NOMEM: out of memory"; never NULL, for any number.  Static. */
YK_API const char *yk_strerror(yk_status status);

YK_END_DECLS

#endif
