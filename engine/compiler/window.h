/* window: questions about accesses that window.c, the shape emitter and --explain ask. */
#ifndef YKI_COMPILER_WINDOW_H
#define YKI_COMPILER_WINDOW_H

#include "compiler/back.h"

/* Its index is known and linear in each id and counter. */
bool yki_access_usable(const yki_syms *s, const yki_access *a);
/* The factor of the axis' id in its index. */
const yki_poly *yki_access_stride(yki_kinfo *k, const yki_access *a, uint32_t axis);
/* What its index never exceeds (upper), or is never below, by the way a clamp along another
 * dimension than the axis made it: that dimension's id taken out.  NULL: nothing known. */
const yki_poly *yki_access_limit(yki_kinfo *k, const yki_access *a, bool upper);
/* It happens for every work-item, to the whole element. */
bool yki_access_sure(const yki_kinfo *k, const yki_access *a);

#endif
