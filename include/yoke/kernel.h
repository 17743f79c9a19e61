/* The descriptor: everything Yoke knows about one kernel.
 *
 * yokec writes one for each kernel of a .cl file; programs only pass it on, through
 * the typed calls that yokec writes beside it.  A kernel that wants other code on
 * one side (a BLAS on the host, a tiled program on a device) takes yokec's descriptor
 * and puts a table of its own in the place of one or both: yk_kernel_by_hand, and
 * docs/by-hand.md for a whole program.  Descriptors live in users' binaries, so
 * they and their tables begin with `abi` and `size`: an unknown abi is
 * YK_E_UNSUPPORTED, and fields are only ever appended.
 *
 * Words.  A launch has a range of 1 to 3 dimensions.  Yoke splits it along one
 * axis; an item is one index of that axis: an element, a row or a plane.  The
 * active box are the indices that really work (a kernel's guard cuts the rest off).
 * A window says what item i touches of an array.  All descriptors are immutable and
 * may be used from any thread. */
#ifndef YOKE_KERNEL_H
#define YOKE_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <yoke/status.h>

#define YK_KERNEL_ABI 1u    /* of the descriptor and its tables */
#define YK_MAX_DIMS 3       /* of a range */
#define YK_MAX_ARGS 32      /* of a kernel */
#define YK_HOST_LEVELS 8    /* room for instruction sets; see yk_host_table */

/* ---- ranges ---- */

/* The index space of a launch, as clEnqueueNDRangeKernel has it.  Global ids of
 * dimension d are [offset[d], offset[d] + size[d]); dimension 0 is the fastest.
 * Unused dimensions have size 1 and offset 0.  local: work-group size, 0 where it
 * does not matter (a group is then one work-item). */
typedef struct yk_range {
    uint32_t dims;                  /* 1 to 3 */
    uint32_t reserved;              /* 0 */
    size_t offset[YK_MAX_DIMS];     /* the first global id of each dimension */
    size_t size[YK_MAX_DIMS];       /* how many there are */
    size_t local[YK_MAX_DIMS];      /* work-group size, or 0 */
} yk_range;

/* Ranges by hand: yk_2d_at(x0, y0, nx, ny) has the ids x0 to x0 + nx - 1 of dimension 0
 * and y0 to y0 + ny - 1 of dimension 1; yk_2d(nx, ny) is yk_2d_at(0, 0, nx, ny).  They
 * check nothing: the launch does. */
static inline yk_range yk_3d_at(size_t x0, size_t y0, size_t z0, size_t nx, size_t ny, size_t nz)
{
    yk_range r = {3, 0, {x0, y0, z0}, {nx, ny, nz}, {0, 0, 0}};
    return r;
}

static inline yk_range yk_2d_at(size_t x0, size_t y0, size_t nx, size_t ny)
{
    yk_range r = {2, 0, {x0, y0, 0}, {nx, ny, 1}, {0, 0, 0}};
    return r;
}

static inline yk_range yk_1d_at(size_t x0, size_t nx)
{
    yk_range r = {1, 0, {x0, 0, 0}, {nx, 1, 1}, {0, 0, 0}};
    return r;
}

static inline yk_range yk_3d(size_t nx, size_t ny, size_t nz)
{
    return yk_3d_at(0, 0, 0, nx, ny, nz);
}
static inline yk_range yk_2d(size_t nx, size_t ny) { return yk_2d_at(0, 0, nx, ny); }
static inline yk_range yk_1d(size_t nx) { return yk_1d_at(0, nx); }

/* ---- arguments ---- */

/* The type of a scalar, or of an array's elements. */
typedef enum yk_type {
    YK_T_OTHER = 0, /* a struct: only its size is known */
    YK_T_I8, YK_T_U8, YK_T_I16, YK_T_U16, YK_T_I32, YK_T_U32, YK_T_I64, YK_T_U64,
    YK_T_F32, YK_T_F64
} yk_type;

/* What a kernel does with an argument. */
typedef enum yk_mode {
    YK_MODE_SCALAR = 0, /* passed by value */
    YK_MODE_IN,         /* array, only read */
    YK_MODE_OUT,        /* array, windows written in full and never read */
    YK_MODE_INOUT,      /* array, read, or written in part */
    YK_MODE_SUM,        /* array of reduction results: a[e] += v */
    YK_MODE_MIN,        /* a[e] = min(a[e], v) */
    YK_MODE_MAX         /* a[e] = max(a[e], v) */
} yk_mode;

/* One argument.  Their values lie in a struct (the "argument block"): scalars by
 * value, arrays as plain host pointers. */
typedef struct yk_arg {
    const char *name;   /* as the kernel has it, for messages */
    uint8_t mode;       /* yk_mode */
    uint8_t type;       /* yk_type of the scalar or of an element */
    uint8_t ordered;    /* a floating-point SUM, combined in the canonical order */
    uint8_t reserved;   /* 0, as the next one */
    uint32_t size;      /* bytes of the scalar, or of one element */
    uint32_t offset;    /* bytes into the argument block */
    uint32_t reserved2; /* 0 */
} yk_arg;

/* What item i (a global id of the split axis) touches of an array: `count` runs,
 * `pitch` elements apart, each of elements [i*stride + lo, i*stride + hi), clipped to
 * [0, extent).  stride 0: every item touches the same elements.  A reduction has
 * only its extent: the number of results. */
typedef struct yk_window {
    int64_t stride;     /* in elements, as all of these */
    int64_t lo;         /* the first of a run, relative to i*stride */
    int64_t hi;         /* and behind its last; lo <= hi */
    int64_t count;      /* runs, at least 1 */
    int64_t pitch;      /* 0 where count is 1 */
    int64_t extent;     /* elements of the array */
} yk_window;

/* One launch's geometry, computed from its range and scalar arguments. */
typedef struct yk_shape {
    size_t lo[YK_MAX_DIMS];             /* the active box, in global ids: [lo, hi) */
    size_t hi[YK_MAX_DIMS];             /* hi >= lo; empty if equal anywhere */
    yk_window window[YK_MAX_ARGS];      /* by argument; unused for scalars */
} yk_shape;

/* Fills *out.  YK_E_RANGE: an expression overflows 64 bits.  YK_E_EXTENT: an extent
 * or a reduction's length is negative.  Pure. */
typedef yk_status (*yk_shape_fn)(const yk_range *range, const void *args, yk_shape *out);

/* ---- the host's side ---- */

/* One slice of a launch, given to a range function. */
typedef struct yk_slice {
    const yk_range *range;  /* of the whole launch */
    const yk_shape *shape;  /* and its geometry */
    const void *args;       /* the argument block */
    /* By argument, NULL but for reductions.  An ordered sum: the launch's block
     * results, element b * extent + e for result e of block b; the function sets
     * those of the blocks it runs.  Any other reduction: this worker's private
     * results [0, extent), to be combined into. */
    void *const *reduce;
    size_t begin;           /* items [begin, end), as global ids of the axis, inside */
    size_t end;             /* the active box */
    size_t block;           /* items a block of ordered sums, 0 without them; slices
                             * begin and end at multiples of it from shape->lo[axis],
                             * the end of the active box excepted */
} yk_slice;

/* Runs all work-items of the slice.  Any number of slices of one launch run at the
 * same time; none overlap. */
typedef void (*yk_host_fn)(const yk_slice *slice);

/* Range functions by instruction set, indexed by yk_isa (yoke/topo.h): the best one
 * that the machine has is taken; NULL: take the next lower.  [0] is always there. */
typedef struct yk_host_table {
    uint32_t abi;                   /* YK_KERNEL_ABI */
    uint32_t size;                  /* sizeof(yk_host_table) */
    yk_host_fn fn[YK_HOST_LEVELS];  /* [yk_isa] */
} yk_host_table;

/* ---- the devices' side ---- */

/* OpenCL C source and its entry point, whose parameters are, in this order:
 *   for each argument of the kernel
 *     scalar:        the value
 *     array:         global T *buffer, ulong base: the buffer's first element is
 *                    element `base` of the array
 *     ordered sum:   global T *blocks: result e of the part's block b (counted from
 *                    its first) is blocks[b * extent + e]; ulong extent
 *     reduction:     global T *results (set to the identity beforehand),
 *                    local T *bins, ulong extent, uint use_local: bins holds `extent`
 *                    elements where use_local is 1, one element otherwise
 *   for each dimension d below `dims`
 *     ulong lo, hi:  the active box of this part, in global ids
 *     ulong size, offset, local: those of the whole launch (local at least 1)
 *   with ordered sums: ulong block: items a block.
 * It is launched over the padded box: get_global_id(d) counts from 0 and stands for
 * id lo + get_global_id(d), masked from hi on.  With ordered sums it is launched as
 * one work-group of `lanes` work-items for each block of the part, in one
 * dimension.  YK_FLUSHES is defined where the device takes denormal floats for zeros.
 *
 * A program whose work-groups share local memory names its `group`, which is then the
 * size they have.  One whose work-items compute several results each names its `tile`
 * as well: there are then as many groups as tiles cover the box, and group g of
 * dimension d computes the tile[d] ids from lo + g * tile[d] on, masked from hi on.
 * (yk_range.local is another matter: it is part of the kernel's meaning, for those that
 * ask for local ids, and the program is told it by `local`.) */
typedef struct yk_device_table {
    uint32_t abi;           /* YK_KERNEL_ABI */
    uint32_t size;          /* sizeof(yk_device_table) */
    const char *source;     /* OpenCL C 1.2, complete */
    const char *entry;      /* name of the kernel in it */
    const char *options;    /* for the OpenCL compiler; may be NULL */
    /* By dimension, in all of the kernel's or in none. */
    size_t group[YK_MAX_DIMS];  /* work-items; zeros: required_local, or what suits a device */
    size_t tile[YK_MAX_DIMS];   /* ids that a group computes; zeros: one a work-item */
} yk_device_table;

/* ---- the kernel ---- */

/* What is special about a kernel: yk_kernel.flags. */
enum {
    YK_KERNEL_FP64 = 1u << 0,       /* needs double on a device */
    YK_KERNEL_WHOLE = 1u << 1,      /* outputs of different items overlap: one processor */
    YK_KERNEL_ATOMIC64 = 1u << 2,   /* needs 64-bit integer atomics on a device */
    YK_KERNEL_ORDERED = 1u << 3,    /* has ordered sums */
    YK_KERNEL_CHECKED = 1u << 4     /* its range functions check every access (yokec --check) */
};

/* Everything about one kernel.  Immutable; usually static data of the program. */
typedef struct yk_kernel {
    uint32_t abi;           /* YK_KERNEL_ABI */
    uint32_t size;          /* sizeof(yk_kernel) */
    const char *name;       /* for reports and messages */
    uint64_t hash;          /* of everything that shapes its code: keys records of rates */
    uint32_t flags;         /* YK_KERNEL_* */
    uint32_t dims;          /* dimensions a range must have */
    uint32_t axis;          /* the split axis, below dims */
    uint32_t align;         /* cuts fall on multiples of it, counted from shape.lo[axis] */
    uint32_t lanes;         /* of ordered sums: 64 float, 32 double; 1 where the results'
                             * indices vary and each block runs in item order */
    uint32_t n_args;        /* at most YK_MAX_ARGS */
    const yk_arg *args;     /* in the order of the kernel's parameters */
    uint32_t args_size;     /* bytes of the argument block */
    uint32_t slice;         /* items that the host's code wants in a slice, since each has a
                             * price (a BLAS packs its operands): slices are that long or
                             * longer where every worker still gets one.  0: any length */
    size_t required_local[YK_MAX_DIMS]; /* reqd_work_group_size, or zeros */
    yk_shape_fn shape;                  /* the launch's geometry */
    const yk_host_table *host;          /* never NULL */
    const yk_device_table *device;      /* NULL: runs on the host alone */
} yk_kernel;

/* ---- other code on one side ---- */

/* FNV-1a over a text and its end; NULL is the empty text. */
static inline uint64_t yk_hash_text(uint64_t hash, const char *text)
{
    const char *s = text ? text : "";
    do hash = (hash ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    while (*s++);
    return hash;
}

/* The kernel `from` with other code: the same arguments, windows and shape, computed by
 * `host`, by `device`, or by both; NULL keeps from's.  What comes back is the caller's,
 * to change (align, slice, flags) before its first launch and to keep in place until the
 * last is done; name and tables are borrowed as long.  The name tells the two apart in
 * reports.  The hash is a new one, so that rates measured of one code are not taken for
 * the other's; two that differ in the host's code alone need different names.  A host's
 * side by hand checks no accesses: the flag for that goes.  Pure.
 *
 *     static void rows(const yk_slice *s) { ... }
 *     static const yk_host_table host = {YK_KERNEL_ABI, sizeof host, {rows}};
 *
 *     yk_kernel fast = yk_kernel_by_hand(&matmul_kernel, "matmul by BLAS", &host, NULL);
 *     struct matmul_args args = {.a = a, .b = b, .c = c, .m = m, .n = n, .k = k};
 *     yk_range range = yk_2d(n, m);
 *     status = yk_launch(engine, &fast, &range, &args, NULL);
 */
static inline yk_kernel yk_kernel_by_hand(const yk_kernel *from, const char *name,
                                          const yk_host_table *host,
                                          const yk_device_table *device)
{
    yk_kernel k;
    memset(&k, 0, sizeof k);
    memcpy(&k, from, from->size < sizeof k ? from->size : sizeof k);
    k.size = sizeof k;
    k.name = name;
    k.hash = yk_hash_text(yk_hash_text(k.hash, name), host ? "host" : "");
    if (host) k.host = host;
    if (host) k.flags &= ~(uint32_t)YK_KERNEL_CHECKED;
    if (!device) return k;
    k.device = device;
    k.hash = yk_hash_text(yk_hash_text(k.hash, device->source), device->entry);
    k.hash = yk_hash_text(k.hash, device->options);
    return k;
}

#endif
