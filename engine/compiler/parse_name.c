/* parse_name: scopes, and the hint that names what was probably meant. */
#include <string.h>

#include "compiler/parse_int.h"

void yki_scope_open(yki_parser *p)
{
    if (p->scope + 1 < YKI_SCOPES) p->scopes[++p->scope] = NULL;
}

/* The nesting limit keeps scopes below YKI_SCOPES, so opening and closing pair up. */
void yki_scope_close(yki_parser *p)
{
    for (yki_symbol *s = p->scopes[p->scope]; s; s = s->next) {
        if (s->kind == YKI_SYM_TAG) s->atom->tag = s->outer;
        else s->atom->symbol = s->outer;
    }
    p->scopes[p->scope] = NULL;
    if (p->scope) p->scope--;
}

static yki_symbol *enter(yki_parser *p, yki_symbol_kind kind, yki_atom *atom, yki_pos pos,
                         yki_symbol *outer)
{
    yki_symbol *s = yki_arena_node(&p->u->arena, sizeof *s);
    *s = (yki_symbol){.kind = kind, .atom = atom, .outer = outer, .scope = p->scope, .pos = pos};
    if (p->u->arena.failed) return s;
    s->next = p->scopes[p->scope];
    p->scopes[p->scope] = s;
    if (kind == YKI_SYM_TAG) atom->tag = s;
    else atom->symbol = s;
    return s;
}

yki_symbol *yki_declare(yki_parser *p, yki_symbol_kind kind, yki_atom *atom, yki_pos pos)
{
    yki_symbol *old = atom->symbol;
    if (old && old->scope == p->scope) {
        yki_error(p->d, pos, "'%s' is already declared in this scope", atom->name);
        yki_note_at(p->d, old->pos, "it was declared here");
    }
    return enter(p, kind, atom, pos, old);
}

yki_symbol *yki_declare_tag(yki_parser *p, yki_atom *atom, yki_pos pos)
{
    return enter(p, YKI_SYM_TAG, atom, pos, atom->tag);
}

/* ---- near names ---- */

enum { NEAR_MAX = 40 };

/* Edits (insert, delete, replace, swap neighbours) that turn a into b. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[3][NEAR_MAX + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > NEAR_MAX || m > NEAR_MAX) return 99;
    for (size_t k = 0; k <= m; k++) row[0][k] = (unsigned)k;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t k = 1; k <= m; k++) {
            unsigned best = up[k - 1] + (a[i - 1] != b[k - 1]);
            if (up[k] + 1 < best) best = up[k] + 1;
            if (now[k - 1] + 1 < best) best = now[k - 1] + 1;
            bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
            if (swapped && up2[k - 2] + 1 < best) best = up2[k - 2] + 1;
            now[k] = best;
        }
    }
    return row[n % 3][m];
}

static unsigned allowed(const char *name)
{
    size_t n = strlen(name);
    return n < 3 ? 0 : n < 6 ? 1 : 2;
}

bool yki_names_near(const char *a, const char *b)
{
    unsigned d = distance(a, b);
    return d > 0 && d <= allowed(a);
}

bool yki_failed_macro(const yki_parser *p, const yki_token *t)
{
    return t->painted && yki_diags_errors(p->d) && t->atom->macro;
}

void yki_hint_name(yki_parser *p, const yki_atom *wrong)
{
    const yki_atom *best = NULL;
    unsigned limit = allowed(wrong->name) + 1;
    if (wrong->len > NEAR_MAX || p->u->arena.failed) return;
    for (size_t i = 0; i < YKI_ATOM_SLOTS; i++) {
        for (const yki_atom *a = p->u->atoms[i]; a; a = a->next) {
            bool known = a->symbol || (a->builtin && a->builtin->signature[0]) ||
                         (a->keyword && (a->keyword & 0xFF) != YKI_K_VECTOR);
            if (!known || a == wrong || a->name[0] == '_') continue;
            unsigned d = distance(wrong->name, a->name);
            bool closer = d < limit || (best && d == limit && strcmp(a->name, best->name) < 0);
            if (!closer) continue;
            limit = d;
            best = a;
        }
    }
    if (best) yki_hint(p->d, "did you mean '%s'?", best->name);
}
