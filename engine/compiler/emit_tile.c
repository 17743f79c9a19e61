/* emit_tile: the loops of kernels with accesses across the grain; see turn.c.
 *
 * Tiles of 16 x 16 work-items, in blocks of 64 x 64, so that few pages are in use at a
 * time.  For each tile, what is read across the grain is copied into a buffer of the
 * stack, turned; the body runs row by row on the buffers; what is written goes from its
 * buffer to the array, turned again: whole lines of the cache, each once.  Called by
 * emit_host.c. */
#include "compiler/emit.h"

#define BLOCK 64

static void add(yki_emit *e, const char *s) { yki_text_add(e->out, s); }

static void line(yki_emit *e, const char *s)
{
    yki_emit_line(e);
    add(e, s);
}

/* ---- turning ---- */

/* The rows of four (two) vectors interleaved twice (once) are its columns. */
static const char turn_4[] =
    "        for (int32_t i = 0; i < 16; i += 4)\n"
    "            for (int32_t j = 0; j < 16; j += 4) {\n"
    "                yk_v a = YK_AT(src, j, i), b = YK_AT(src, j + 1, i);\n"
    "                yk_v c = YK_AT(src, j + 2, i), d = YK_AT(src, j + 3, i);\n"
    "                yk_v e = YK_LOW4(a, c), f = YK_HIGH4(a, c), g = YK_LOW4(b, d), h = YK_HIGH4(b, d);\n"
    "                YK_AT(dst, i, j) = YK_LOW4(e, g);\n"
    "                YK_AT(dst, i + 1, j) = YK_HIGH4(e, g);\n"
    "                YK_AT(dst, i + 2, j) = YK_LOW4(f, h);\n"
    "                YK_AT(dst, i + 3, j) = YK_HIGH4(f, h);\n"
    "            }\n";
static const char turn_8[] =
    "        for (int32_t i = 0; i < 16; i += 2)\n"
    "            for (int32_t j = 0; j < 16; j += 2) {\n"
    "                yk_v a = YK_AT(src, j, i), b = YK_AT(src, j + 1, i);\n"
    "                YK_AT(dst, i, j) = YK_LOW2(a, b);\n"
    "                YK_AT(dst, i + 1, j) = YK_HIGH2(a, b);\n"
    "            }\n";

void yki_emit_tile_functions(yki_emit *e, const yki_kinfo *k)
{
    for (const yki_turn *t = k->turns; t; t = t->next) {
        const yki_type *elem = k->arg[t->arg].elem;
        const char *type = yki_emit_kind(elem->kind, false);
        const char *whole = elem->size == 4 ? turn_4 : elem->size == 8 ? turn_8 : NULL;
        yki_text_printf(e->out,
                        "/* dst[i][j] = src[j][i] */\n"
                        "YK_INLINE void yk_turn_%s_%u(%s *dst, int64_t to, const %s *src, "
                        "int64_t from, int32_t m, int32_t n)\n{\n", k->func->name, t->id, type,
                        type);
        if (whole) {
            yki_text_printf(e->out,
                            "#ifdef YK_LOW%u\n"
                            "    typedef %s yk_v __attribute__((vector_size(16), aligned(%u), may_alias));\n"
                            "#define YK_AT(p, r, c) (*(yk_v *)(uintptr_t)(p + (r) * YK_PITCH_##p + (c)))\n"
                            "#define YK_PITCH_src from\n#define YK_PITCH_dst to\n"
                            "    if (m == 16 && n == 16) {\n%s        return;\n    }\n"
                            "#undef YK_AT\n#undef YK_PITCH_src\n#undef YK_PITCH_dst\n#endif\n",
                            elem->size == 4 ? 4u : 2u, type, (unsigned)elem->size, whole);
        }
        add(e, "    for (int32_t i = 0; i < m; i++)\n"
               "        for (int32_t j = 0; j < n; j++) dst[i * to + j] = src[j * from + i];\n"
               "}\n\n");
    }
}

/* ---- loops ---- */

static void turn(yki_emit *e, const yki_kinfo *k, const yki_turn *t, bool in)
{
    const yki_argument *a = &k->arg[t->arg];
    yki_emit_line(e);
    yki_text_printf(e->out, "yk_turn_%s_%u(", k->func->name, t->id);
    if (in) yki_text_printf(e->out, "yk_tile%u, %d, ", t->id, YKI_TURN);
    yki_text_printf(e->out, "yk_a.%s + (yk_at%u + yk_b * yk_far%u + yk_top), yk_far%u, ",
                    a->public_name, t->id, t->id, t->id);
    if (in) add(e, "yk_n, yk_m);");
    else yki_text_printf(e->out, "yk_tile%u, %d, yk_m, yk_n);", t->id, YKI_TURN);
}

static void tile(yki_emit *e, yki_kinfo *k)
{
    for (const yki_turn *t = k->turns; t; t = t->next) {
        yki_emit_line(e);
        yki_text_printf(e->out, "%s yk_tile%u[%d] __attribute__((aligned(64)));",
                        yki_emit_kind(k->arg[t->arg].elem->kind, false), t->id,
                        YKI_TURN * YKI_TURN);
        if (t->read) turn(e, k, t, true);
    }
    line(e, "for (int32_t yk_i = 0; yk_i < yk_n; yk_i++) {");
    e->indent++;
    line(e, "const int64_t yk_y = yk_top + yk_i;");
    line(e, "if (yk_m == 16)");
    yki_emit_lanes(e, k, "16", false);
    line(e, "else");
    yki_emit_lanes(e, k, "yk_m", false);
    e->indent--;
    line(e, "}");
    for (const yki_turn *t = k->turns; t; t = t->next) {
        if (t->write) turn(e, k, t, false);
    }
}

void yki_emit_tiles(yki_emit *e, yki_kinfo *k)
{
    static const char *const loops[] = {
        "for (int64_t yk_y2 = yk_y0; yk_y2 < yk_y1; yk_y2 += %d)",
        "for (int64_t yk_x2 = yk_x0; yk_x2 < yk_x1; yk_x2 += %d)",
        "for (int64_t yk_b = yk_x2; yk_b < yk_min(yk_x1, yk_x2 + %d); yk_b += 16)",
        "for (int64_t yk_top = yk_y2; yk_top < yk_min(yk_y1, yk_y2 + %d); yk_top += 16) {"};
    yki_emit_turns(e, k);
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        yki_emit_line(e);
        yki_text_printf(e->out, loops[i], BLOCK);
    }
    e->indent++;
    line(e, "const int32_t yk_m = (int32_t)yk_min(16, yk_x1 - yk_b);");
    line(e, "const int32_t yk_n = (int32_t)yk_min(16, yk_y1 - yk_top);");
    tile(e, k);
    e->indent--;
    line(e, "}");
}
