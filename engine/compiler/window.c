/* window: the split axis, and where each array's window comes from.
 *
 * Annotations win.  Without one, the indexes found by the walk decide: an output must be
 * proven to give every item its own elements on the axis, or the kernel runs as a whole;
 * an input's window may be a hull.  What cannot be told is an error that says what is
 * read and what to write; nothing is guessed.  The numbers themselves are computed at
 * launch, by the shape function (emit_shape.c); the checks made there are exact. */
#include "compiler/window.h"

#include <string.h>

/* ---- one access ---- */

bool yki_access_usable(const yki_syms *s, const yki_access *a)
{
    if (!a->index) return false;
    for (uint32_t i = 0; i < a->index->n; i++) {
        const yki_term *t = &a->index->term[i];
        unsigned varying = 0;
        for (unsigned k = 0; k < t->n; k++) {
            const yki_sym *sym = yki_sym_get(s, t->sym[k]);
            if (!sym) return false;
            varying += sym->kind == YKI_SYM_GID || sym->kind == YKI_SYM_COUNTER;
        }
        if (varying > 1) return false;
    }
    return true;
}

static bool in_list(const yki_bound *list, const yki_bound *b)
{
    for (; list; list = list->outer) {
        if (list->expr == b->expr && list->dim == b->dim && list->upper == b->upper) return true;
    }
    return false;
}

/* Does it happen only for some indices of dimension dim of the active box? */
static bool cut_in(const yki_kinfo *k, const yki_access *a, uint32_t dim)
{
    for (const yki_bound *b = a->box; b; b = b->outer) {
        if (!b->relation && b->dim == dim && !in_list(k->active, b)) return true;
    }
    return false;
}

bool yki_access_sure(const yki_kinfo *k, const yki_access *a)
{
    for (uint32_t d = 0; d < 3; d++) {
        if (cut_in(k, a, d)) return false;
    }
    return a->depth == 0 && !a->partial && yki_access_usable(&k->syms, a);
}

static bool counters_exact(yki_kinfo *k, const yki_poly *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        for (unsigned j = 0; j < p->term[i].n; j++) {
            const yki_sym *sym = yki_sym_get(&k->syms, p->term[i].sym[j]);
            if (sym->kind != YKI_SYM_COUNTER) continue;
            if (!sym->exact || yki_poly_has_kind(&k->syms, sym->count, YKI_SYM_GID) ||
                yki_poly_has_kind(&k->syms, sym->count, YKI_SYM_COUNTER)) {
                return false;
            }
        }
    }
    return true;
}

/* Written for sure, all of it, by every item of the axis. */
static bool sure_write(yki_kinfo *k, const yki_access *a, uint32_t axis)
{
    return a->write && a->depth == 0 && !a->partial && yki_access_usable(&k->syms, a) &&
           !cut_in(k, a, axis) && counters_exact(k, a->index);
}

const yki_poly *yki_access_stride(yki_kinfo *k, const yki_access *a, uint32_t axis)
{
    return yki_poly_coef(&k->syms, a->index, yki_sym_dim(&k->syms, YKI_SYM_GID, axis));
}

/* ---- is every item's window its own? ---- */

/* The constant by which two indexes differ. */
static bool apart(yki_kinfo *k, const yki_access *a, const yki_access *b, int64_t *d)
{
    return yki_poly_const(yki_poly_sub(&k->syms, b->index, a->index), d);
}

static bool coefs_at_least(yki_kinfo *k, const yki_poly *p, int64_t span)
{
    for (uint32_t i = 0; i < p->n; i++) {
        unsigned scalars = 0, varying = 0;
        for (unsigned j = 0; j < p->term[i].n; j++) {
            const yki_sym *sym = yki_sym_get(&k->syms, p->term[i].sym[j]);
            bool v = sym->kind == YKI_SYM_GID || sym->kind == YKI_SYM_COUNTER;
            varying += v;
            scalars += !v;
        }
        int64_t c = p->term[i].c;
        if (varying && !scalars && c < span && c > -span) return false;
    }
    return true;
}

/* Nothing shows that two items touch the same element; what remains (a pitch shorter
 * than a row) is checked at launch. */
static bool own_on_axis(yki_kinfo *k, uint32_t arg, uint32_t axis)
{
    const yki_access *first = NULL;
    int64_t least = 0, most = 0;
    for (const yki_access *a = k->accesses; a; a = a->next) {
        int64_t d = 0, s = 1;
        if (a->arg != arg) continue;
        if (!yki_access_usable(&k->syms, a)) return false;
        const yki_poly *stride = yki_access_stride(k, a, axis);
        if (!stride || (yki_poly_const(stride, &s) && s == 0)) return false;
        if (!counters_exact(k, a->index) && a->write) return false;
        if (!first) first = a;
        if (!apart(k, first, a, &d)) return false;
        if (d < least) least = d;
        if (d > most) most = d;
    }
    return first && most - least < INT32_MAX && coefs_at_least(k, first->index, most - least + 1);
}

static bool inferred(const yki_argument *a)
{
    return a->use != YKI_USE_SCALAR && !yki_use_reduces(a->use) &&
           a->var->annot.window == YKI_WINDOW_NONE;
}

static bool axis_works(yki_kinfo *k, uint32_t axis)
{
    for (uint32_t i = 0; i < k->arg_count; i++) {
        if (k->arg[i].written && inferred(&k->arg[i]) && !own_on_axis(k, i, axis)) {
            k->arg[i].why = "its items' windows cannot be told apart";
            return false;
        }
    }
    return true;
}

static void choose_axis(yki_kinfo *k)
{
    bool annotated = false;
    for (uint32_t i = 0; i < k->arg_count; i++) {
        yki_window_kind w = k->arg[i].var->annot.window;
        annotated = annotated || (w != YKI_WINDOW_NONE && w != YKI_WINDOW_ALL);
        if (w == YKI_WINDOW_ALL && k->arg[i].written && !yki_use_reduces(k->arg[i].use)) {
            k->whole = true;
            k->arg[i].why = "every item may write all of it";
        }
    }
    k->axis = k->dims - 1;
    if (k->whole) return;
    for (uint32_t d = k->dims; d-- > 0;) {
        if (axis_works(k, d)) {
            k->axis = d;
            return;
        }
        if (annotated) break; /* annotations speak of the slowest dimension */
    }
    k->whole = true;
}

/* ---- how long ---- */

const yki_poly *yki_largest(yki_kinfo *k, const yki_poly *p, const yki_bound *box)
{
    yki_syms *s = &k->syms;
    for (const yki_sym *sym = s->first; sym; sym = sym->next) {
        const yki_poly *end = NULL;
        if (!yki_poly_has(p, sym)) continue;
        const yki_poly *coef = yki_poly_coef(s, p, sym);
        bool positive = coef && coef->n > 0;
        for (uint32_t i = 0; coef && i < coef->n; i++) positive = positive && coef->term[i].c > 0;
        if (sym->kind == YKI_SYM_COUNTER) end = yki_poly_sub(s, sym->count, yki_poly_int(s, 1));
        if (sym->kind == YKI_SYM_GID) {
            const yki_bound *lists[] = {box, k->active};
            for (unsigned l = 0; l < 2 && !end; l++) {
                for (const yki_bound *b = lists[l]; b && !end; b = b->outer) {
                    if (b->relation || b->dim != sym->dim || !b->upper) continue;
                    end = yki_poly_add(s, b->value, yki_poly_int(s, b->shift - 1));
                }
            }
        }
        if (sym->kind != YKI_SYM_COUNTER && sym->kind != YKI_SYM_GID) continue;
        if (!positive) end = yki_poly_int(s, 0);
        if (end) p = yki_poly_subst(s, p, sym, end);
        if (!p) return NULL;
    }
    return p;
}

static bool shares_counters(const yki_syms *s, const yki_poly *relation, const yki_poly *p)
{
    for (const yki_sym *sym = s->first; sym; sym = sym->next) {
        if (sym->kind == YKI_SYM_COUNTER && yki_poly_has(relation, sym) && !yki_poly_has(p, sym)) {
            return false;
        }
    }
    return true;
}

/* Does its largest index certainly occur? */
static bool sure_reach(yki_kinfo *k, const yki_access *a)
{
    return a->depth == 0 && yki_access_usable(&k->syms, a) && counters_exact(k, a->index);
}

/* An upper bound of the index by the relations it stands under: each is added as often as
 * takes an id out of the index.  (x + j < w and y + i < h bound (y + i)*w + x + j.) */
static const yki_poly *related(yki_kinfo *k, const yki_access *a)
{
    yki_syms *s = &k->syms;
    const yki_poly *p = a->index;
    const yki_bound *lists[] = {a->box, k->facts};
    int64_t sign;
    for (unsigned l = 0; l < 2; l++) {
        for (const yki_bound *b = lists[l]; b; b = b->outer) {
            for (unsigned d = 0; d < 3 && b->relation && shares_counters(s, b->value, p); d++) {
                const yki_sym *id = yki_sym_dim(s, YKI_SYM_GID, d);
                if (!yki_poly_const(yki_poly_coef(s, b->value, id), &sign) || sign != -1) continue;
                const yki_poly *coef = yki_poly_coef(s, p, id);
                const yki_poly *sum = yki_poly_add(s, p, yki_poly_mul(s, coef, b->value));
                if (sum) p = sum;
            }
        }
    }
    return p;
}

const yki_poly *yki_access_limit(yki_kinfo *k, const yki_access *a, bool upper)
{
    yki_syms *s = &k->syms;
    int64_t sign, coef;
    const yki_sym *axis = yki_sym_dim(s, YKI_SYM_GID, k->axis);
    for (const yki_bound *b = k->facts; b; b = b->outer) {
        if (yki_poly_has(b->value, axis)) continue;
        for (unsigned d = 0; d < 3 && shares_counters(s, b->value, a->index); d++) {
            const yki_sym *id = yki_sym_dim(s, YKI_SYM_GID, d);
            if (!yki_poly_const(yki_poly_coef(s, b->value, id), &sign)) continue;
            if (sign != (upper ? -1 : 1)) continue;
            if (!yki_poly_const(yki_poly_coef(s, a->index, id), &coef) || coef <= 0) continue;
            const yki_poly *rest = yki_poly_mul(s, yki_poly_int(s, coef), b->value);
            return upper ? yki_poly_add(s, a->index, rest) : yki_poly_sub(s, a->index, rest);
        }
    }
    return NULL;
}

/* Is some access that happens for sure at least as far out as `far`? */
static bool reached(yki_kinfo *k, const yki_access *a, const yki_poly *far)
{
    yki_syms *s = &k->syms;
    int64_t d;
    for (const yki_access *b = k->accesses; b; b = b->next) {
        if (b->arg != a->arg || !sure_reach(k, b)) continue;
        const yki_poly *reach = yki_largest(k, b->index, b->box);
        if (yki_poly_const(yki_poly_sub(s, reach, far), &d) && d >= 0) return true;
    }
    return false;
}

/* Does `far` lie within stride x items, the length that goes without saying? */
static bool within_items(yki_kinfo *k, const yki_access *a, const yki_poly *far)
{
    yki_syms *s = &k->syms;
    int64_t d;
    const yki_sym *id = yki_sym_dim(s, YKI_SYM_GID, k->axis);
    const yki_poly *stride = yki_poly_coef(s, a->index, id);
    const yki_poly *items = yki_poly_add(s, yki_largest(k, yki_poly_sym(s, id), NULL),
                                         yki_poly_int(s, 1));
    const yki_poly *last = yki_poly_sub(s, yki_poly_mul(s, stride, items), yki_poly_int(s, 1));
    return yki_poly_const(yki_poly_sub(s, last, far), &d) && d >= 0;
}

/* Is it known how far out it goes?  Where only relations say so, it is as far as its index
 * says, up to the bound found: a launch over a part of the range may end before what it
 * stays within does. */
static bool covered(yki_kinfo *k, yki_access *a)
{
    const yki_poly *far = yki_largest(k, a->index, a->box);
    if (reached(k, a, far) || within_items(k, a, far)) return true;
    far = yki_largest(k, related(k, a), a->box);
    if (!reached(k, a, far) && !within_items(k, a, far)) return false;
    a->most = far;
    return true;
}

/* ---- complaints ---- */

static void read_note(yki_back *b, yki_kinfo *k, const yki_access *a)
{
    yki_text t = {0};
    if (a->index) yki_poly_text(&k->syms, a->index, &t);
    const char *verb = a->write && !a->read ? "writes" : "reads";
    if (a->index) {
        yki_note(b->diags, "%s() %s %s[%s]", a->in->name, verb, k->arg[a->arg].var->name,
                 yki_text_get(&t));
    } else {
        yki_note(b->diags,
                 "%s() %s %s at an index that is no sum of products of its scalar arguments"
                 " and global ids",
                 a->in->name, verb, k->arg[a->arg].var->name);
    }
    yki_text_free(&t);
}

static void hint_declare(yki_back *b, const yki_argument *a, const char *what)
{
    yki_text t = {0};
    yki_type_spell(a->var->type, &t);
    const char *spelled = yki_text_get(&t);
    size_t n = strlen(spelled);
    yki_hint(b->diags, "declare it   %s%s%s %s", spelled, n && spelled[n - 1] == '*' ? "" : " ",
             a->var->name, what);
    yki_text_free(&t);
}

static void cannot_tell(yki_back *b, yki_kinfo *k, const yki_access *a)
{
    const yki_argument *arg = &k->arg[a->arg];
    yki_error(b->diags, a->expr->pos, "cannot tell which elements of '%s' an item %s",
              arg->var->name, a->write ? "writes" : "reads");
    read_note(b, k, a);
    hint_declare(b, arg, arg->var->annot.len ? "YK_ALL" : "YK_ALL YK_LEN(number of elements)");
}

static void cannot_tell_length(yki_back *b, yki_kinfo *k, const yki_access *a)
{
    yki_error(b->diags, a->expr->pos,
              "cannot tell how long '%s' is: this access may not happen, or not so far out",
              k->arg[a->arg].var->name);
    read_note(b, k, a);
    hint_declare(b, &k->arg[a->arg], "YK_LEN(number of elements)");
}

/* ---- each argument ---- */

static bool proven_out(yki_kinfo *k, uint32_t arg)
{
    if (k->whole || k->arg[arg].read) return false;
    for (const yki_access *a = k->accesses; a; a = a->next) {
        if (a->arg != arg) continue;
        bool sure = false;
        for (const yki_access *b = k->accesses; b && !sure; b = b->next) {
            sure = b->arg == arg && sure_write(k, b, k->axis) && yki_poly_equal(a->index, b->index);
        }
        if (!sure) return false;
    }
    return true;
}

static void infer(yki_back *b, yki_kinfo *k, uint32_t i)
{
    yki_argument *arg = &k->arg[i];
    bool has_len = arg->var->annot.len != NULL;
    arg->source = k->whole && arg->written ? YKI_FROM_WHOLE : YKI_FROM_INDEXES;
    for (yki_access *a = k->accesses; a; a = a->next) {
        if (a->arg != i) continue;
        if (!yki_access_usable(&k->syms, a)) {
            if (!has_len) {
                cannot_tell(b, k, a);
                return;
            }
            arg->source = YKI_FROM_WHOLE;
            arg->why = "its indexes are not known";
        } else if (!sure_reach(k, a) && !has_len && !covered(k, a)) {
            cannot_tell_length(b, k, a);
            return;
        }
    }
    if (arg->use == YKI_USE_INOUT && proven_out(k, i)) arg->use = YKI_USE_OUT;
}

/* An annotated window that a proven access leaves, where both are plain numbers. */
static void contradiction(yki_back *b, yki_kinfo *k, uint32_t i)
{
    const yki_annot *n = &k->arg[i].var->annot;
    int64_t v[3] = {1, 0, 1}, s, off;
    if (n->window == YKI_WINDOW_ALL || n->window == YKI_WINDOW_BOX || k->dims != 1) return;
    for (uint32_t o = 0; o < n->operand_count && o < 3; o++) {
        if (!yki_fold_int(n->operand[o], &v[o])) return;
    }
    if (n->window == YKI_WINDOW_OWN) v[2] = v[0];
    if (n->window == YKI_WINDOW_OWN || n->window == YKI_WINDOW_HALO) v[1] = 0;
    if (n->window == YKI_WINDOW_HALO) {
        int64_t r = v[0];
        v[0] = 1;
        v[1] = -r;
        v[2] = 1 + r;
    }
    for (const yki_access *a = k->accesses; a; a = a->next) {
        if (a->arg != i || !yki_access_usable(&k->syms, a)) continue;
        const yki_sym *id = yki_sym_dim(&k->syms, YKI_SYM_GID, 0);
        if (!yki_poly_const(yki_access_stride(k, a, 0), &s) || s != v[0]) continue;
        if (!yki_poly_const(yki_poly_without(&k->syms, a->index, id), &off)) continue;
        if (off >= v[1] && off < v[2]) continue;
        yki_error(b->diags, a->expr->pos,
                  "this access to '%s' lies outside the window declared for it",
                  k->arg[i].var->name);
        read_note(b, k, a);
        yki_note_at(b->diags, n->window_pos,
                    "declared here: elements [i*%lld%+lld, i*%lld%+lld) of item i", (long long)v[0],
                    (long long)v[1], (long long)v[0], (long long)v[2]);
        return;
    }
}

/* YK_HALO counts items; how many elements one is shows in the indexes. */
static void halo_width(yki_back *b, yki_kinfo *k, uint32_t i)
{
    const yki_poly *stride = NULL;
    bool clear = true;
    for (const yki_access *a = k->accesses; a; a = a->next) {
        if (a->arg != i) continue;
        const yki_poly *s = yki_access_usable(&k->syms, a) ? yki_access_stride(k, a, k->axis)
                                                           : NULL;
        clear = clear && s && (!stride || yki_poly_equal(s, stride));
        stride = s;
    }
    if (clear || k->dims == 1) return;
    yki_error(b->diags, k->arg[i].var->annot.window_pos,
              "cannot tell how many elements of '%s' an item is", k->arg[i].var->name);
    hint_declare(b, &k->arg[i], "YK_WINDOW(w, -r*w, (r + 1)*w) where an item is w elements");
}

static void annotated(yki_back *b, yki_kinfo *k, uint32_t i)
{
    yki_argument *arg = &k->arg[i];
    const yki_annot *n = &arg->var->annot;
    arg->source = n->window == YKI_WINDOW_ALL ? YKI_FROM_WHOLE : YKI_FROM_ANNOTATION;
    contradiction(b, k, i);
    if (n->window == YKI_WINDOW_HALO) halo_width(b, k, i);
    if (n->len || n->window != YKI_WINDOW_ALL) return;
    for (yki_access *a = k->accesses; a; a = a->next) {
        if (a->arg != i) continue;
        if (yki_access_usable(&k->syms, a) && (sure_reach(k, a) || covered(k, a))) continue;
        yki_error(b->diags, n->window_pos, "cannot tell how long '%s' is", arg->var->name);
        read_note(b, k, a);
        hint_declare(b, arg, "YK_ALL YK_LEN(number of elements)");
        return;
    }
}

/* All work-items read the same elements of it.  An output that shared memory with it was
 * refused (two arrays may be one only where each item has elements of its own). */
static bool is_table(const yki_kinfo *k, uint32_t arg)
{
    if (k->arg[arg].use != YKI_USE_IN || k->whole) return false;
    for (const yki_access *a = k->accesses; a; a = a->next) {
        if (a->arg != arg) continue;
        if (!a->index || yki_poly_has_kind(&k->syms, a->index, YKI_SYM_GID)) return false;
    }
    return true;
}

void yki_windows(yki_back *b, yki_kinfo *k)
{
    choose_axis(k);
    for (uint32_t i = 0; i < k->arg_count; i++) {
        yki_argument *a = &k->arg[i];
        if (a->use == YKI_USE_SCALAR || yki_use_reduces(a->use)) continue;
        if (a->var->annot.window == YKI_WINDOW_NONE) infer(b, k, i);
        else annotated(b, k, i);
        a->table = is_table(k, i);
    }
    yki_turns(b, k);
    k->align = k->axis == 0 ? 64 : k->turns ? YKI_TURN : 1;
}
