/* support_device: the fixed text at the top of every device source, as data: the
 * work-item's place in the launch, which get_global_id and its kin are answered from. */
#include "compiler/support.h"

#include <stddef.h>

const char *const yki_support_device[] = {
    "typedef struct yk_items {\n"
    "    ulong id0, id1, id2, size0, size1, size2, offset0, offset1, offset2;\n"
    "    ulong local0, local1, local2;\n"
    "    uint dims;\n"
    "} yk_items;\n"
    "#define YK_PICK(w, f, d, other) ((d) == 0 ? w.f##0 : (d) == 1 ? w.f##1 : (d) == 2 ? w.f##2 : (ulong)(other))\n"
    "#define yk_item_dims(w) (w.dims)\n"
    "#define yk_item_id(w, d) YK_PICK(w, id, d, 0)\n"
    "#define yk_item_size(w, d) YK_PICK(w, size, d, 1)\n"
    "#define yk_item_offset(w, d) YK_PICK(w, offset, d, 0)\n"
    "#define yk_item_local_size(w, d) YK_PICK(w, local, d, 1)\n"
    "#define yk_item_local_id(w, d) ((yk_item_id(w, d) - yk_item_offset(w, d)) % yk_item_local_size(w, d))\n"
    "#define yk_item_group_id(w, d) ((yk_item_id(w, d) - yk_item_offset(w, d)) / yk_item_local_size(w, d))\n"
    "#define yk_item_groups(w, d) ((yk_item_size(w, d) + yk_item_local_size(w, d) - 1) / yk_item_local_size(w, d))\n\n",
    NULL};
