/* front: see front.h.  Opens and closes units and runs the phases in order: preprocessor,
 * parser with checks, checks of the whole program. */
#include "compiler/parse_int.h"

static bool unit_init(yki_unit *u)
{
    u->sources.arena = u->diags.arena = &u->arena;
    u->diags.sources = &u->sources;
    u->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!u->c_locale || yki_arena_open(&u->arena) != YK_OK || !yki_types_open(u)) return false;
    u->poison = yki_arena_alloc(&u->arena, sizeof *u->poison);
    if (!u->poison) return false;
    u->poison->type = yki_unit_type(u, YKI_T_ERROR);
    yki_atoms_seed(u);
    return !u->arena.failed;
}

yk_status yki_unit_open(yki_unit **out)
{
    yki_unit *u = yki_alloc(1, sizeof *u);
    if (!u || !unit_init(u)) {
        yki_unit_close(&u);
        return YK_E_NOMEM;
    }
    *out = u;
    return YK_OK;
}

void yki_unit_close(yki_unit **u)
{
    if (!u || !*u) return;
    if ((*u)->c_locale) freelocale((*u)->c_locale);
    yki_arena_free(&(*u)->arena);
    yki_free(*u);
    *u = NULL;
}

static yk_status parse(yki_unit *u)
{
    yki_parser *p = yki_arena_alloc(&u->arena, sizeof *p);
    if (!p) return YK_E_NOMEM;
    p->u = u;
    p->d = &u->diags;
    p->record_tail = &u->program.records;
    p->var_tail = &u->program.vars;
    p->func_tail = &u->program.funcs;
    yki_parse_program(p);
    if (!u->arena.failed && !yki_diags_errors(&u->diags)) yki_check_use(p);
    return u->arena.failed ? YK_E_NOMEM : YK_OK;
}

yk_status yki_front_run(yki_unit *u, const yki_front_opts *o)
{
    if (u->started || !o->path) return YK_E_INVALID;
    u->started = true;
    yk_status st = yki_preprocess(u, o);
    if (st == YK_OK && !yki_diags_full(&u->diags)) st = parse(u);
    if (u->arena.failed) return YK_E_NOMEM;
    if (st != YK_OK) return st;
    if (yki_diags_errors(&u->diags)) return YK_E_BUILD;
    u->accepted = true;
    return YK_OK;
}

const yki_program *yki_unit_program(const yki_unit *u)
{
    return u->accepted ? &u->program : NULL;
}

yki_diags *yki_unit_diags(yki_unit *u)
{
    return &u->diags;
}

yki_arena *yki_unit_arena(yki_unit *u)
{
    return &u->arena;
}

const char *yki_unit_file(const yki_unit *u, size_t i)
{
    return i < u->sources.file_count ? u->sources.files[i]->path : NULL;
}

void yki_unit_where(const yki_unit *u, yki_pos pos, const char **file, uint32_t *line,
                    uint32_t *column)
{
    yki_place place = {0};
    bool known = yki_source_place(&u->sources, pos, &place);
    if (file) *file = known ? place.file->path : "<built-in>";
    if (line) *line = place.line;
    if (column) *column = place.column;
}
