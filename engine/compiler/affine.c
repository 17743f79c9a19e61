/* affine: the arithmetic of affine.h.  Called by the walk, the windows and the shape
 * emitter; knows nothing of C or of kernels.  One thread for each table of symbols. */
#include "compiler/affine.h"

#include <string.h>

/* ---- symbols ---- */

const yki_sym *yki_sym_get(const yki_syms *s, uint16_t id)
{
    const yki_sym *sym = s->first;
    while (sym && sym->id != id) sym = sym->next;
    return sym;
}

static yki_sym *new_sym(yki_syms *s, yki_sym_kind kind)
{
    if (s->count == UINT16_MAX) return NULL;
    yki_sym *sym = yki_arena_alloc(s->arena, sizeof *sym);
    if (!sym) return NULL;
    sym->kind = kind;
    sym->id = s->count++;
    if (s->last) s->last->next = sym;
    else s->first = sym;
    s->last = sym;
    return sym;
}

yki_sym *yki_sym_scalar(yki_syms *s, const yki_var *var)
{
    for (yki_sym *sym = s->first; sym; sym = sym->next) {
        if (sym->kind == YKI_SYM_SCALAR && sym->var == var) return sym;
    }
    yki_sym *sym = new_sym(s, YKI_SYM_SCALAR);
    if (sym) sym->var = var;
    return sym;
}

yki_sym *yki_sym_dim(yki_syms *s, yki_sym_kind kind, unsigned dim)
{
    for (yki_sym *sym = s->first; sym; sym = sym->next) {
        if (sym->kind == kind && sym->dim == dim) return sym;
    }
    yki_sym *sym = new_sym(s, kind);
    if (sym) sym->dim = (uint8_t)dim;
    return sym;
}

yki_sym *yki_sym_counter(yki_syms *s, const yki_poly *count, bool exact)
{
    if (!count) return NULL;
    yki_sym *sym = new_sym(s, YKI_SYM_COUNTER);
    if (!sym) return NULL;
    sym->count = count;
    sym->exact = exact;
    sym->step = 1;
    return sym;
}

/* ---- polynomials ---- */

static yki_poly *new_poly(yki_syms *s, size_t terms)
{
    size_t bytes;
    if (!yki_mul(terms, sizeof(yki_term), &bytes) || !yki_add(bytes, sizeof(yki_poly), &bytes)) {
        return NULL;
    }
    return yki_arena_alloc(s->arena, bytes);
}

const yki_poly *yki_poly_int(yki_syms *s, int64_t v)
{
    yki_poly *p = new_poly(s, 1);
    if (!p || v == 0) return p;
    p->n = 1;
    p->term[0].c = v;
    return p;
}

const yki_poly *yki_poly_sym(yki_syms *s, const yki_sym *sym)
{
    if (!sym) return NULL;
    yki_poly *p = new_poly(s, 1);
    if (!p) return NULL;
    p->n = 1;
    p->term[0] = (yki_term){.c = 1, .n = 1, .sym = {sym->id}};
    return p;
}

static int term_order(const yki_term *a, const yki_term *b)
{
    if (a->n != b->n) return a->n > b->n ? -1 : 1;
    for (unsigned i = 0; i < a->n; i++) {
        if (a->sym[i] != b->sym[i]) return a->sym[i] < b->sym[i] ? -1 : 1;
    }
    return 0;
}

/* Adds a term to a polynomial with room for it. */
static bool add_term(yki_poly *p, const yki_term *t)
{
    if (t->c == 0) return true;
    uint32_t i = 0;
    while (i < p->n && term_order(&p->term[i], t) < 0) i++;
    if (i < p->n && term_order(&p->term[i], t) == 0) {
        if (__builtin_add_overflow(p->term[i].c, t->c, &p->term[i].c)) return false;
        if (p->term[i].c == 0) {
            memmove(&p->term[i], &p->term[i + 1], (p->n - i - 1) * sizeof *t);
            p->n--;
        }
        return true;
    }
    memmove(&p->term[i + 1], &p->term[i], (p->n - i) * sizeof *t);
    p->term[i] = *t;
    p->n++;
    return true;
}

static const yki_poly *combine(yki_syms *s, const yki_poly *a, const yki_poly *b, int64_t sign)
{
    if (!a || !b) return NULL;
    yki_poly *p = new_poly(s, (size_t)a->n + b->n + 1);
    if (!p) return NULL;
    p->n = a->n;
    memcpy(p->term, a->term, a->n * sizeof *a->term);
    for (uint32_t i = 0; i < b->n; i++) {
        yki_term t = b->term[i];
        if (__builtin_mul_overflow(t.c, sign, &t.c) || !add_term(p, &t)) return NULL;
    }
    return p;
}

const yki_poly *yki_poly_add(yki_syms *s, const yki_poly *a, const yki_poly *b)
{
    return combine(s, a, b, 1);
}

const yki_poly *yki_poly_sub(yki_syms *s, const yki_poly *a, const yki_poly *b)
{
    return combine(s, a, b, -1);
}

static bool mul_terms(const yki_term *a, const yki_term *b, yki_term *out)
{
    if (a->n + b->n > YKI_DEGREE) return false;
    *out = (yki_term){.n = (uint16_t)(a->n + b->n)};
    if (__builtin_mul_overflow(a->c, b->c, &out->c)) return false;
    unsigned i = 0, j = 0;
    for (unsigned k = 0; k < out->n; k++) {
        bool from_a = j == b->n || (i < a->n && a->sym[i] <= b->sym[j]);
        out->sym[k] = from_a ? a->sym[i++] : b->sym[j++];
    }
    return true;
}

const yki_poly *yki_poly_mul(yki_syms *s, const yki_poly *a, const yki_poly *b)
{
    if (!a || !b || (uint64_t)a->n * b->n > 256) return NULL;
    yki_poly *p = new_poly(s, (size_t)a->n * b->n + 1);
    if (!p) return NULL;
    for (uint32_t i = 0; i < a->n; i++) {
        for (uint32_t j = 0; j < b->n; j++) {
            yki_term t;
            if (!mul_terms(&a->term[i], &b->term[j], &t) || !add_term(p, &t)) return NULL;
        }
    }
    return p;
}

bool yki_poly_equal(const yki_poly *a, const yki_poly *b)
{
    if (!a || !b || a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->term[i].c != b->term[i].c || term_order(&a->term[i], &b->term[i])) return false;
    }
    return true;
}

bool yki_poly_const(const yki_poly *p, int64_t *v)
{
    if (!p || p->n > 1 || (p->n == 1 && p->term[0].n)) return false;
    *v = p->n ? p->term[0].c : 0;
    return true;
}

static unsigned power_of(const yki_term *t, const yki_sym *sym)
{
    unsigned n = 0;
    for (unsigned i = 0; i < t->n; i++) n += t->sym[i] == sym->id;
    return n;
}

const yki_poly *yki_poly_coef(yki_syms *s, const yki_poly *p, const yki_sym *sym)
{
    if (!p || !sym) return NULL;
    yki_poly *q = new_poly(s, (size_t)p->n + 1);
    if (!q) return NULL;
    for (uint32_t i = 0; i < p->n; i++) {
        unsigned power = power_of(&p->term[i], sym);
        if (power > 1) return NULL;
        if (!power) continue;
        yki_term t = {.c = p->term[i].c};
        for (unsigned k = 0; k < p->term[i].n; k++) {
            if (p->term[i].sym[k] != sym->id) t.sym[t.n++] = p->term[i].sym[k];
        }
        if (!add_term(q, &t)) return NULL;
    }
    return q;
}

const yki_poly *yki_poly_without(yki_syms *s, const yki_poly *p, const yki_sym *sym)
{
    if (!p || !sym) return NULL;
    yki_poly *q = new_poly(s, (size_t)p->n + 1);
    if (!q) return NULL;
    for (uint32_t i = 0; i < p->n; i++) {
        if (!power_of(&p->term[i], sym)) q->term[q->n++] = p->term[i];
    }
    return q;
}

bool yki_poly_has(const yki_poly *p, const yki_sym *sym)
{
    for (uint32_t i = 0; p && sym && i < p->n; i++) {
        if (power_of(&p->term[i], sym)) return true;
    }
    return false;
}

bool yki_poly_has_kind(const yki_syms *s, const yki_poly *p, yki_sym_kind kind)
{
    for (uint32_t i = 0; p && i < p->n; i++) {
        for (unsigned k = 0; k < p->term[i].n; k++) {
            const yki_sym *sym = yki_sym_get(s, p->term[i].sym[k]);
            if (sym && sym->kind == kind) return true;
        }
    }
    return false;
}

const yki_poly *yki_poly_subst(yki_syms *s, const yki_poly *p, const yki_sym *sym,
                               const yki_poly *by)
{
    if (!yki_poly_has(p, sym)) return p;
    const yki_poly *coef = yki_poly_coef(s, p, sym);
    return yki_poly_add(s, yki_poly_without(s, p, sym), yki_poly_mul(s, coef, by));
}

/* ---- as text ---- */

static void sym_text(const yki_syms *s, uint16_t id, yki_text *out)
{
    static const char axis[] = "xyz";
    const yki_sym *sym = yki_sym_get(s, id);
    if (!sym) return;
    switch (sym->kind) {
    case YKI_SYM_SCALAR: yki_text_add(out, sym->var->name); return;
    case YKI_SYM_GID: yki_text_printf(out, "%c", axis[sym->dim]); return;
    case YKI_SYM_GSIZE: yki_text_printf(out, "get_global_size(%d)", sym->dim); return;
    case YKI_SYM_GOFFSET: yki_text_printf(out, "get_global_offset(%d)", sym->dim); return;
    case YKI_SYM_LSIZE: yki_text_printf(out, "get_local_size(%d)", sym->dim); return;
    case YKI_SYM_COUNTER: yki_text_printf(out, "t%d", sym->id); return;
    }
}

void yki_poly_text(const yki_syms *s, const yki_poly *p, yki_text *out)
{
    if (!p) yki_text_add(out, "?");
    else if (p->n == 0) yki_text_add(out, "0");
    for (uint32_t i = 0; p && i < p->n; i++) {
        const yki_term *t = &p->term[i];
        uint64_t c = t->c < 0 ? -(uint64_t)t->c : (uint64_t)t->c;
        if (t->c < 0) yki_text_add(out, i ? " - " : "-");
        else if (i) yki_text_add(out, " + ");
        if (c != 1 || !t->n) yki_text_printf(out, "%llu", (unsigned long long)c);
        for (unsigned k = 0; k < t->n; k++) {
            if (k || c != 1) yki_text_add(out, "*");
            sym_text(s, t->sym[k], out);
        }
    }
}
