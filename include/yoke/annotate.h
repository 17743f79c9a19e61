/* The annotations of kernel files, for OpenCL compilers that read such a file
 * directly: there they mean nothing.  yokec knows them without this header. */
#ifndef YOKE_ANNOTATE_H
#define YOKE_ANNOTATE_H
#ifndef __YOKEC__

/* What an item touches of an array. */
#define YK_OWN(w)                             /* [i*w, i*w + w) */
#define YK_HALO(r)                            /* its own, and r items to either side */
#define YK_ALL                                /* everything */
#define YK_WINDOW(stride, lo, hi)             /* [i*stride + lo, i*stride + hi) */
#define YK_BOX(stride, lo, hi, count, pitch)  /* count such runs, pitch apart */

/* How long the array is, in elements. */
#define YK_LEN(n)

/* What is done with it, unless it is only read, or read and written. */
#define YK_OUT      /* written in full and never read */
#define YK_SUM(n)   /* a[e] += v, e in [0, n) */
#define YK_MIN(n)   /* a[e] = min(a[e], v) */
#define YK_MAX(n)   /* a[e] = max(a[e], v) */

/* How many indices of each dimension work, where no guard shows it. */
#define YK_ITEMS(...)

#endif
#endif
