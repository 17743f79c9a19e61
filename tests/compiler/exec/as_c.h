/* as_c: lets a C compiler read a simple kernel file, as the reference for tests. */
#ifndef YOKE_TEST_AS_C_H
#define YOKE_TEST_AS_C_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <yoke/annotate.h>
#include <yoke/kernel.h>

#define kernel static
#define global
#define constant static const
typedef unsigned char uchar;
typedef unsigned int as_c_uint;
typedef unsigned short as_c_ushort;
typedef unsigned long as_c_ulong;
#define char signed char
#define uint as_c_uint
#define ushort as_c_ushort
#define ulong as_c_ulong

static size_t as_c_id[3];
static yk_range as_c_range;

static inline size_t get_global_id(uint d) { return d < 3 ? as_c_id[d] : 0; }
static inline size_t get_global_size(uint d) { return d < 3 ? as_c_range.size[d] : 1; }
static inline size_t get_global_offset(uint d) { return d < 3 ? as_c_range.offset[d] : 0; }
static inline size_t get_local_size(uint d) { return d < 3 && as_c_range.local[d] ? as_c_range.local[d] : 1; }
static inline size_t get_group_id(uint d) { return (get_global_id(d) - get_global_offset(d)) / get_local_size(d); }
static inline size_t get_local_id(uint d) { return (get_global_id(d) - get_global_offset(d)) % get_local_size(d); }
static inline size_t get_num_groups(uint d)
{
    return (get_global_size(d) + get_local_size(d) - 1) / get_local_size(d);
}
static inline uint get_work_dim(void) { return as_c_range.dims; }
static inline int clamp(int v, int lo, int hi) { return v < lo ? lo : v > hi ? hi : v; }

/* One work-item of a kernel that was read as C, for kernel_run.h: case_NAME. */
#define ITEM(name, ...) \
    static void item_##name(const void *block, const size_t id[3], const yk_range *r) \
    { \
        const struct name##_args *a = block; \
        memcpy(as_c_id, id, sizeof as_c_id); \
        as_c_range = *r; \
        name(__VA_ARGS__); \
    } \
    static const kr_case case_##name = {&name##_kernel, item_##name};

#endif
