/* emit_spmd: writes a planned body (spmd.h) as loops over 64 lanes.
 *
 * In the text, yk_v<id> is the array of a variable, u_name_<id> one lane's copy of it,
 * yk_m<part> the mask of a loop or branch: 1 where a lane takes part.  Each pass over
 * the lanes loads what it mentions, runs the statements under its mask, and stores what
 * it may have changed, so that the C compiler sees no conditional store but those to
 * the arguments. */
#include "compiler/spmd.h"

static void add(yki_emit *e, const char *s) { yki_text_add(e->out, s); }

static void line(yki_emit *e, const char *s)
{
    yki_emit_line(e);
    add(e, s);
}

typedef struct writer {
    yki_emit *e;
    const yki_kinfo *k;
    const yki_spmd *plan;
    uint32_t labels;
} writer;

/* Masks around a part, innermost first. */
typedef struct mask {
    const struct mask *outer;
    uint32_t id;
    bool loop;      /* of a loop's lanes still turning (break clears it) */
    bool turn;      /* of this turn (continue clears it) */
    bool alive;     /* it is known that some lane takes part */
} mask;

/* ---- variables ---- */

static void declare(writer *w, const yki_var *v)
{
    yki_text name = {0};
    yki_emit_line(w->e);
    yki_text_printf(&name, "u_%s_%u", v->name, v->id);
    yki_emit_decl(w->e, v->type->plain, yki_text_get(&name));
    yki_text_free(&name);
}

/* The derived ones, in the order of their declarations, as later ones use earlier ones. */
static void declare_derived(writer *w, const yki_lane_var *v, bool uniform)
{
    if (!v) return;
    declare_derived(w, v->next, uniform);
    if (!v->derived || v->uniform != uniform) return;
    declare(w, v->var);
    add(w->e, " = ");
    yki_emit_expr(w->e, v->var->init);
    yki_text_printf(w->e->out, "; (void)u_%s_%u;", v->var->name, v->var->id);
}

static bool mentions_derived(const writer *w, const yki_part *p)
{
    for (const yki_lane_var *v = w->plan->vars; v; v = v->next) {
        if (v->derived && !v->uniform && yki_part_mentions(p, v->var)) return true;
    }
    return false;
}

/* One lane's place in the array of a variable. */
static void lane_of(writer *w, const yki_var *v)
{
    yki_text_printf(w->e->out, w->plan->rows > 1 ? "yk_v%u[yk_q][yk_l]" : "yk_v%u[yk_l]", v->id);
}

/* Is there a copy of it in each pass that mentions it?  Elements of arrays are used where
 * they are. */
static bool copied(const yki_lane_var *v)
{
    return v->lane && !v->derived && v->var->type->kind != YKI_T_ARRAY;
}

/* ---- one pass over the lanes ---- */

/* Around a pass, where it takes several rows. */
static void open_rows(writer *w)
{
    yki_emit *e = w->e;
    if (w->plan->rows < 2) return;
    line(e, "YK_UNROLL");
    line(e, "for (int32_t yk_q = 0; yk_q < yk_rows; yk_q++) {");
    e->indent++;
    line(e, "const int64_t yk_row = yk_y + yk_q;");
    line(e, "const int64_t yk_y = yk_row;");
    line(e, "const int32_t yk_y32 = (int32_t)yk_row;");
    line(e, "const yk_items yk_w = {yk_b, yk_y, yk_z, yk_b32, yk_y32, yk_z32, yk_rp};");
    line(e, "(void)yk_w;");
    declare_derived(w, w->plan->vars, true);
}

static void open_pass(writer *w, const yki_part *p, const mask *m, bool jumps)
{
    yki_emit *e = w->e;
    open_rows(w);
    line(e, "YK_IVDEP");
    line(e, "for (int32_t yk_l = 0; yk_l < yk_lanes; yk_l++) {");
    e->indent++;
    line(e,
         "const yk_items yk_w = {yk_b + yk_l, yk_y, yk_z, yk_b32 + yk_l, yk_y32, yk_z32, yk_rp};");
    line(e, "(void)yk_w;");
    for (uint32_t i = 0; i < w->k->arg_count; i++) {
        const yki_argument *a = &w->k->arg[i];
        if (!yki_use_reduces(a->use)) continue;
        yki_emit_line(e);
        yki_text_printf(e->out, "%s *const u_%s = yk_r_%s + yk_l;",
                        yki_emit_kind(a->elem->kind, false), a->var->name, a->var->name);
        yki_text_printf(e->out, " (void)u_%s;", a->var->name);
    }
    if (mentions_derived(w, p)) declare_derived(w, w->plan->vars, false);
    for (const yki_lane_var *v = w->plan->vars; v; v = v->next) {
        if (!copied(v) || !yki_part_mentions(p, v->var)) continue;
        declare(w, v->var);
        add(e, " = ");
        lane_of(w, v->var);
        add(e, ";");
    }
    for (const mask *x = m; x; x = jumps ? x->outer : NULL) {
        yki_emit_line(e);
        yki_text_printf(e->out, "int32_t yk_n%u = yk_m%u[yk_l];", x->id, x->id);
    }
}

static void close_pass(writer *w, const yki_part *p, const mask *m, bool jumps)
{
    yki_emit *e = w->e;
    for (const yki_lane_var *v = w->plan->vars; v; v = v->next) {
        if (!copied(v) || !yki_part_writes(p, v->var)) continue;
        yki_emit_line(e);
        lane_of(w, v->var);
        add(e, " = ");
        if (e->flat) {
            yki_text_printf(e->out, "!yk_n%u ? ", m->id);
            lane_of(w, v->var);
            add(e, " : ");
        }
        yki_text_printf(e->out, "u_%s_%u;", v->var->name, v->var->id);
    }
    for (const mask *x = m; jumps && x; x = x->outer) {
        yki_emit_line(e);
        yki_text_printf(e->out, "yk_m%u[yk_l] = yk_n%u;", x->id, x->id);
    }
    for (int braces = w->plan->rows > 1 ? 2 : 1; braces; braces--) {
        e->indent--;
        line(e, "}");
    }
}

/* What break and continue become in this pass: clear the masks up to their loop's. */
static void set_jumps(writer *w, const mask *m, yki_text *out_break, yki_text *out_continue,
                      uint32_t label)
{
    yki_text_add(out_break, "{ ");
    yki_text_add(out_continue, "{ ");
    for (const mask *x = m; x; x = x->outer) {
        yki_text_printf(out_break, "yk_n%u = 0; ", x->id);
        if (x->loop) break;
        yki_text_printf(out_continue, "yk_n%u = 0; ", x->id);
    }
    yki_text_printf(out_break, "goto yk_out%u; }", label);
    yki_text_printf(out_continue, "goto yk_out%u; }", label);
    w->e->on_break = yki_text_get(out_break);
    w->e->on_continue = yki_text_get(out_continue);
    w->e->loops = 0;
}

static void clear_jumps(writer *w, yki_text *a, yki_text *b)
{
    w->e->on_break = w->e->on_continue = NULL;
    yki_text_free(a);
    yki_text_free(b);
}

static bool jumps_out(const yki_part *p)
{
    for (const yki_stmt *s = p->first; s && s != p->end; s = s->next) {
        if (yki_jumps_in(s, false, false)) return true;
    }
    return false;
}

/* Sets what the statements declare with one value for all lanes. */
static void set_scalars(writer *w, const yki_part *p)
{
    yki_emit *e = w->e;
    for (const yki_stmt *s = p->first; s && s != p->end; s = s->next) {
        for (const yki_var *v = s->vars; v; v = v->next) {
            const yki_lane_var *lane = yki_spmd_var(w->plan, v);
            if (!lane || !lane->scalar) continue;
            yki_emit_line(e);
            yki_emit_var_name(e, v);
            add(e, " = ");
            yki_emit_expr(e, v->init);
            add(e, ";");
        }
    }
}

/* What follows is for the case that some lane takes part. */
static void open_any(writer *w, const mask *m)
{
    yki_emit *e = w->e;
    line(e, "int32_t yk_some = 0;");
    line(e, "for (int32_t yk_l = 0; yk_l < yk_lanes; yk_l++) ");
    yki_text_printf(e->out, "yk_some |= yk_m%u[yk_l];", m->id);
    line(e, "if (yk_some) {");
    e->indent++;
}

static void close_any(writer *w)
{
    w->e->indent--;
    line(w->e, "}");
}

static void segment(writer *w, const yki_part *p, const mask *m)
{
    yki_emit *e = w->e;
    yki_text br = {0}, co = {0};
    bool jumps = m && jumps_out(p);
    uint32_t label = w->labels++;
    bool flat = m && p->flat;
    set_scalars(w, p);
    if (flat && !m->alive) open_any(w, m);
    open_pass(w, p, m, jumps);
    if (jumps) set_jumps(w, m, &br, &co, label);
    if (flat) e->flat = m->id + 1;
    if (m && !flat) {
        yki_emit_line(e);
        yki_text_printf(e->out, "if (yk_n%u) {", m->id);
        e->indent++;
    }
    for (const yki_stmt *s = p->first; s && s != p->end; s = s->next) {
        yki_emit_line(e);
        yki_emit_stmt(e, s);
    }
    if (p->expr) {
        yki_emit_line(e);
        yki_emit_expr(e, p->expr);
        add(e, ";");
    }
    if (m && !flat) {
        e->indent--;
        line(e, "}");
    }
    if (jumps) {
        yki_emit_line(e);
        yki_text_printf(e->out, "yk_out%u:;", label);
    }
    clear_jumps(w, &br, &co);
    close_pass(w, p, m, jumps);
    if (flat && !m->alive) close_any(w);
    e->flat = 0;
}

/* ---- masks ---- */

static void new_mask(writer *w, uint32_t id, const mask *from)
{
    yki_emit *e = w->e;
    yki_emit_line(e);
    yki_text_printf(e->out, "int32_t yk_m%u[64] __attribute__((aligned(64)));", id);
    yki_emit_line(e);
    yki_text_printf(e->out, "for (int32_t yk_l = 0; yk_l < yk_lanes; yk_l++) yk_m%u[yk_l] = ", id);
    if (from) yki_text_printf(e->out, "yk_m%u[yk_l];", from->id);
    else add(e, "1;");
}

static void parts(writer *w, const yki_part *p, const mask *m);

/* ---- loops ---- */

static void uniform_loop(writer *w, const yki_part *p, const mask *m)
{
    yki_emit *e = w->e;
    const yki_var *v = p->stmt->init->vars;
    mask inside = m ? *m : (mask){0};
    yki_text name = {0};
    inside.alive = true;
    if (m && !m->alive) open_any(w, m);
    yki_text_printf(&name, "u_%s_%u", v->name, v->id);
    line(e, "for (");
    yki_emit_decl(e, v->type->plain, yki_text_get(&name));
    yki_text_free(&name);
    add(e, " = ");
    yki_emit_expr(e, v->init);
    add(e, "; ");
    yki_emit_expr(e, p->stmt->expr);
    add(e, "; ");
    yki_emit_expr(e, p->stmt->step);
    add(e, ") {");
    e->indent++;
    parts(w, p->body, m ? &inside : NULL);
    e->indent--;
    line(e, "}");
    if (m && !m->alive) close_any(w);
}

static void condition(writer *w, const yki_stmt *s)
{
    if (s->expr) yki_emit_expr(w->e, s->expr);
    else add(w->e, "1");
}

/* Condition, body and step in one pass. */
static void fused_turn(writer *w, const yki_part *p, uint32_t label)
{
    yki_emit *e = w->e;
    const yki_stmt *s = p->stmt;
    bool first = s->kind != YKI_ST_DO;
    yki_text br = {0}, co = {0};
    yki_text_printf(&br, "{ yk_n%u = 0; goto yk_out%u; }", p->id, label);
    yki_text_printf(&co, "goto yk_next%u;", label);
    e->on_break = yki_text_get(&br);
    e->on_continue = yki_text_get(&co);
    e->loops = 0;
    if (first) {
        yki_emit_line(e);
        yki_text_printf(e->out, "yk_n%u = (", p->id);
        condition(w, s);
        add(e, ") != 0;");
        yki_emit_line(e);
        yki_text_printf(e->out, "if (yk_n%u) {", p->id);
        e->indent++;
    }
    yki_emit_line(e);
    yki_emit_stmt(e, s->body);
    if (yki_jumps_in(s->body, false, false)) {
        yki_emit_line(e);
        yki_text_printf(e->out, "yk_next%u: __attribute__((unused));", label);
    }
    if (s->step) {
        yki_emit_line(e);
        yki_emit_expr(e, s->step);
        add(e, ";");
    }
    if (first) {
        e->indent--;
        line(e, "}");
    } else {
        yki_emit_line(e);
        yki_text_printf(e->out, "yk_n%u = (", p->id);
        condition(w, s);
        add(e, ") != 0;");
    }
    clear_jumps(w, &br, &co);
}

/* One turn (`if`) or all that remain (`while`) of each lane that still turns. */
static void fused_pass(writer *w, const yki_part *p, const char *word)
{
    yki_emit *e = w->e;
    const mask alone = {NULL, p->id, true, false, false};
    uint32_t label = w->labels++;
    open_pass(w, p, &alone, true);
    yki_emit_line(e);
    yki_text_printf(e->out, "%s (yk_n%u) {", word, p->id);
    e->indent++;
    fused_turn(w, p, label);
    if (yki_jumps_in(p->stmt->body, false, false)) {
        yki_emit_line(e);
        yki_text_printf(e->out, "yk_out%u: __attribute__((unused));", label);
    }
    e->indent--;
    line(e, "}");
    if (*word == 'i') {
        yki_emit_line(e);
        yki_text_printf(e->out, "yk_any += yk_n%u;", p->id);
    }
    close_pass(w, p, &alone, true);
}

/* When few lanes are left they finish one by one. */
static void fused_loop(writer *w, const yki_part *p, const mask *m)
{
    yki_emit *e = w->e;
    new_mask(w, p->id, m);
    line(e, "for (;;) {");
    e->indent++;
    line(e, "int32_t yk_any = 0;");
    fused_pass(w, p, "if");
    line(e, "if (yk_any > 2) continue;");
    line(e, "if (yk_any) {");
    e->indent++;
    fused_pass(w, p, "while");
    e->indent--;
    line(e, "}");
    line(e, "break;");
    e->indent--;
    line(e, "}");
}

/* One pass that asks the condition and thins out the mask. */
static void ask(writer *w, const yki_part *p, const mask *m)
{
    yki_emit *e = w->e;
    const yki_part question = {.kind = YKI_PART_SEGMENT, .expr = p->stmt->expr};
    line(e, "int32_t yk_any = 0;");
    open_pass(w, &question, m, false);
    yki_emit_line(e);
    yki_text_printf(e->out, "if (yk_n%u) yk_n%u = (", m->id, m->id);
    condition(w, p->stmt);
    add(e, ") != 0;");
    yki_emit_line(e);
    yki_text_printf(e->out, "yk_m%u[yk_l] = yk_n%u;", m->id, m->id);
    yki_emit_line(e);
    yki_text_printf(e->out, "yk_any |= yk_n%u;", m->id);
    close_pass(w, &question, m, false);
    line(e, "if (!yk_any) break;");
}

/* A loop around further loops. */
static void masked_loop(writer *w, const yki_part *p, const mask *m)
{
    yki_emit *e = w->e;
    const mask alive = {m, p->id, true, false, false};
    const mask turn = {&alive, p->id + 1000000, false, true, p->stmt->kind != YKI_ST_DO};
    bool first = p->stmt->kind != YKI_ST_DO;
    new_mask(w, p->id, m);
    line(e, "for (;;) {");
    e->indent++;
    if (first) ask(w, p, &alive);
    new_mask(w, turn.id, &alive);
    parts(w, p->body, &turn);
    parts(w, p->other, &alive);
    if (!first) ask(w, p, &alive);
    e->indent--;
    line(e, "}");
}

/* ---- branches around loops ---- */

static void side(writer *w, const yki_part *p, const mask *m, bool then)
{
    yki_emit *e = w->e;
    const mask own = {m, p->id + (then ? 2000000 : 3000000), false, false, true};
    line(e, "{");
    e->indent++;
    open_any(w, &own);
    parts(w, then ? p->body : p->other, &own);
    close_any(w);
    e->indent--;
    line(e, "}");
}

static void branch(writer *w, const yki_part *p, const mask *m)
{
    yki_emit *e = w->e;
    const yki_part question = {.kind = YKI_PART_SEGMENT, .expr = p->stmt->expr};
    uint32_t then = p->id + 2000000, other = p->id + 3000000;
    line(e, "{");
    e->indent++;
    yki_emit_line(e);
    yki_text_printf(e->out, "int32_t yk_m%u[64], yk_m%u[64];", then, other);
    open_pass(w, &question, m, false);
    yki_emit_line(e);
    add(e, "int32_t yk_c = 0, yk_d = 0;");
    yki_emit_line(e);
    if (m) yki_text_printf(e->out, "if (yk_n%u) ", m->id);
    add(e, "{ yk_c = (");
    yki_emit_expr(e, p->stmt->expr);
    add(e, ") != 0; yk_d = !yk_c; }");
    yki_emit_line(e);
    yki_text_printf(e->out, "yk_m%u[yk_l] = yk_c; yk_m%u[yk_l] = yk_d;", then, other);
    close_pass(w, &question, m, false);
    yki_emit_line(e);
    yki_text_printf(e->out, "(void)yk_m%u, (void)yk_m%u;", then, other);
    side(w, p, m, true);
    if (p->other) side(w, p, m, false);
    e->indent--;
    line(e, "}");
}

/* May it take lanes out of the masks around it? */
static bool part_jumps(const yki_part *p)
{
    if (p->kind == YKI_PART_SEGMENT) return jumps_out(p);
    return p->kind == YKI_PART_IF && yki_jumps_in(p->stmt, false, false);
}

static void parts(writer *w, const yki_part *p, const mask *around)
{
    yki_emit *e = w->e;
    mask here = around ? *around : (mask){0};
    const mask *m = around ? &here : NULL;
    for (; p; p = p->next) {
        line(e, "{");
        e->indent++;
        switch (p->kind) {
        case YKI_PART_SEGMENT: segment(w, p, m); break;
        case YKI_PART_UNIFORM: uniform_loop(w, p, m); break;
        case YKI_PART_LOOP:
            if (p->fused) fused_loop(w, p, m);
            else masked_loop(w, p, m);
            break;
        case YKI_PART_IF: branch(w, p, m); break;
        }
        e->indent--;
        line(e, "}");
        if (part_jumps(p)) here.alive = false;
    }
}

/* ---- the function ---- */

static void signature(yki_emit *e, const yki_kinfo *k, uint32_t rows)
{
    yki_text name = {0};
    yki_text_printf(
        e->out,
        "YK_INLINE void yk_body_%s(const int64_t yk_b, const int64_t yk_y, const int64_t yk_z,\n"
        "    const yk_range *yk_rp, const int32_t yk_lanes, const int64_t yk_step, const int yk_in",
        k->func->name);
    if (rows > 1) add(e, ", const int32_t yk_rows");
    for (uint32_t i = 0; i < k->arg_count; i++) {
        const yki_argument *a = &k->arg[i];
        yki_text_free(&name);
        yki_text_printf(&name, yki_use_reduces(a->use) ? "yk_r_%s" : "u_%s", a->var->name);
        add(e, ", ");
        yki_emit_decl(e, a->var->type, yki_text_get(&name));
    }
    yki_text_free(&name);
    add(e, ")\n{\n    (void)yk_step, (void)yk_in");
    for (uint32_t i = 0; i < k->arg_count; i++) {
        yki_text_printf(e->out, yki_use_reduces(k->arg[i].use) ? ", (void)yk_r_%s" : ", (void)u_%s",
                        k->arg[i].var->name);
    }
    add(e, ";");
}

void yki_emit_spmd(yki_emit *e, const yki_kinfo *k, const yki_spmd *s)
{
    writer w = {e, k, s, 0};
    e->k = k;
    e->spmd = s;
    e->borders = k->borders;
    signature(e, k, s->rows);
    e->indent = 1;
    line(e,
         "const int32_t yk_b32 = (int32_t)yk_b, yk_y32 = (int32_t)yk_y, yk_z32 = (int32_t)yk_z;");
    line(e, "const yk_items yk_w = {yk_b, yk_y, yk_z, yk_b32, yk_y32, yk_z32, yk_rp};");
    line(e, "(void)yk_w;");
    declare_derived(&w, s->vars, true);
    for (const yki_lane_var *v = s->vars; v; v = v->next) {
        if (v->scalar) {
            declare(&w, v->var);
            yki_text_printf(e->out, " = 0; (void)u_%s_%u;", v->var->name, v->var->id);
        }
        if (!v->lane || v->derived) continue;
        const yki_type *t = v->var->type;
        bool array = t->kind == YKI_T_ARRAY;
        yki_text name = {0};
        yki_text_printf(&name, "yk_v%u", v->var->id);
        if (s->rows > 1) yki_text_printf(&name, "[%u]", s->rows);
        if (array) yki_text_printf(&name, "[%u]", (uint32_t)(t->size / t->elem->size));
        yki_text_add(&name, "[64]");
        yki_emit_line(e);
        yki_emit_decl(e, array ? t->elem->plain : t->plain, yki_text_get(&name));
        add(e, " __attribute__((aligned(64)))");
        add(e, array ? ";" : " = {0};");
        yki_text_free(&name);
    }
    parts(&w, s->parts, NULL);
    e->indent = 0;
    add(e, "\n}\n\n");
    e->spmd = NULL;
    e->borders = NULL;
    e->k = NULL;
}
