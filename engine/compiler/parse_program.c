/* parse_program: what stands at program scope: constants, types, functions, kernels. */
#include <string.h>

#include "compiler/parse_int.h"

/* ---- constants ---- */

static bool program_type_fits(yki_parser *p, const yki_spec *s, const yki_declarator *d)
{
    const yki_type *t = d->type;
    if (t->kind == YKI_T_ERROR) return false;
    if (t->kind == YKI_T_VOID || (t->kind == YKI_T_RECORD && !t->size)) {
        yki_error(p->d, d->pos, "'%s' has the incomplete type '%s'", d->name->name,
                  yki_type_text(p->u, t));
    } else if (t->space != YKI_SPACE_CONSTANT) {
        yki_error(p->d, d->pos, "'%s' at program scope must be in constant memory", d->name->name);
        yki_hint(p->d, "declare it  constant %s %s", yki_type_text(p->u, t->plain), d->name->name);
    } else if (s->is_extern) {
        yki_unsupported(p, s->pos, "extern constants");
    } else if (t->kind == YKI_T_POINTER) {
        yki_unsupported(p, d->pos, "pointers at program scope");
    } else {
        return true;
    }
    return false;
}

static void parse_constant(yki_parser *p, const yki_spec *s, yki_declarator *d)
{
    bool fits = program_type_fits(p, s, d);
    if (!fits) d->type = yki_unit_type(p->u, YKI_T_ERROR);
    yki_var *v = yki_new_var(p, YKI_VAR_PROGRAM, d);
    yki_declare(p, YKI_SYM_VAR, d->name, d->pos)->var = v;
    if (!yki_take(p, '=')) {
        if (fits) yki_error(p->d, d->pos, "the constant '%s' needs an initialiser", v->name);
        return;
    }
    if (!fits && yki_at(p, '{')) {
        p->panic = true;
        return;
    }
    v->init = yki_parse_init(p, &v->type);
    if (!fits || yki_bad(v->init) || !yki_check_constant_init(p, v->init)) return;
    if (p->u->arena.failed) return;
    *p->var_tail = v;
    p->var_tail = &v->next;
    p->u->program.var_count++;
}

/* ---- functions ---- */

static bool same_signature(const yki_func *f, const yki_type *result, const yki_declarator *d)
{
    if (f->result->plain != result->plain || f->param_count != d->param_count) return false;
    const yki_var *a = f->params, *b = d->params;
    for (; a && b; a = a->next, b = b->next)
        if (a->type->plain != b->type->plain) return false;
    return true;
}

static yki_func *new_func(yki_parser *p, const yki_declarator *d)
{
    yki_func *f = yki_arena_node(&p->u->arena, sizeof *f);
    f->name = d->name->name;
    f->id = p->func_ids++;
    f->pos = d->pos;
    f->result = d->type;
    f->params = d->params;
    f->param_count = d->param_count;
    return f;
}

/* The function that this declares: a known one where name and types agree. */
static yki_func *declare_func(yki_parser *p, const yki_declarator *d, bool is_kernel, bool body)
{
    yki_symbol *s = d->name->symbol;
    if (!s || s->kind != YKI_SYM_FUNC) {
        yki_func *made = new_func(p, d);
        yki_declare(p, YKI_SYM_FUNC, d->name, d->pos)->func = made;
        return made;
    }
    yki_func *f = s->func;
    const char *why = NULL;
    if (!same_signature(f, d->type, d)) why = "is declared twice with different types";
    else if (f->is_kernel != is_kernel) why = "is a kernel in one declaration and not in another";
    else if (body && f->body) why = "is defined twice";
    if (why) {
        yki_error(p->d, d->pos, "'%s' %s", f->name, why);
        yki_note_at(p->d, f->pos, "the other one is here");
        return new_func(p, d); /* of no name: its body is still checked */
    }
    if (body) {
        f->pos = d->pos;
        f->params = d->params;
    }
    return f;
}

static void take_attrs(yki_func *f, const yki_attrs *a)
{
    if (a->reqd_group[0]) memcpy(f->reqd_group, a->reqd_group, sizeof f->reqd_group);
    if (a->hint_group[0]) memcpy(f->hint_group, a->hint_group, sizeof f->hint_group);
    if (a->vec_hint) f->vec_hint = a->vec_hint;
}

static void declare_params(yki_parser *p, yki_func *f, bool body)
{
    for (yki_var *v = f->params; v; v = v->next) {
        v->func = f;
        if (!v->name[0]) {
            if (body)
                yki_error(p->d, v->pos, "parameter %u of '%s' has no name", v->index + 1, f->name);
            continue;
        }
        yki_declare(p, YKI_SYM_VAR, yki_atom_get(p->u, v->name, strlen(v->name)), v->pos)->var = v;
    }
}

/* ---- kernels ---- */

static void check_pointer_param(yki_parser *p, const yki_var *v)
{
    const yki_type *to = v->type->elem;
    while (to->kind == YKI_T_ARRAY) to = to->elem;
    if (to->space != YKI_SPACE_GLOBAL && to->space != YKI_SPACE_CONSTANT) {
        yki_error(p->d, v->pos,
                  "the kernel's pointer '%s' must point into global or constant memory", v->name);
        yki_hint(p->d, "declare it  global %s%s", yki_type_text(p->u, v->type->plain), v->name);
    } else if (to->kind == YKI_T_VOID) {
        yki_error(p->d, v->pos, "the kernel's pointer '%s' needs a type of element", v->name);
    } else if (to->kind == YKI_T_POINTER || (to->kind == YKI_T_RECORD && to->record->has_pointer)) {
        yki_error(p->d, v->pos, "'%s' points at pointers, which mean nothing on another device",
                  v->name);
    } else if (to->kind == YKI_T_BOOL) {
        yki_error(p->d, v->pos, "bool has no fixed size in memory: '%s' cannot point at it",
                  v->name);
        yki_hint(p->d, "uchar has");
    }
}

static void check_kernel(yki_parser *p, const yki_func *f)
{
    if (f->result->kind != YKI_T_VOID && f->result->kind != YKI_T_ERROR)
        yki_error(p->d, f->pos, "the kernel '%s' must return void", f->name);
    for (const yki_var *v = f->params; v; v = v->next) {
        if (v->type->kind == YKI_T_POINTER) {
            check_pointer_param(p, v);
        } else if (v->type->kind == YKI_T_BOOL) {
            yki_error(p->d, v->pos, "a kernel's parameter cannot be a bool");
            yki_hint(p->d, "declare it  int %s", v->name);
        } else if (v->type->kind == YKI_T_RECORD && v->type->record->has_pointer) {
            yki_error(p->d, v->pos, "'%s' holds pointers, which mean nothing on another device",
                      v->name);
        }
    }
}

/* ---- definitions ---- */

static void define_func(yki_parser *p, yki_func *f)
{
    f->contract = p->contract;
    p->func = f;
    p->loops = 0;
    p->sw = NULL;
    f->body = yki_parse_block(p, false);
    f->end = f->body->end;
    p->func = NULL;
    if (p->u->arena.failed) return;
    *p->func_tail = f;
    p->func_tail = &f->next;
    p->u->program.func_count++;
    p->u->program.kernel_count += f->is_kernel;
}

/* What may stand between the parameters and the body. */
static void parse_tail(yki_parser *p, yki_func *f, yki_attrs *a)
{
    while (!p->panic) {
        if (yki_at_keyword(p, YKI_K_ATTRIBUTE)) yki_parse_attributes(p, a);
        else if (yki_at_keyword(p, YKI_K_ITEMS)) yki_parse_items(p, f);
        else break;
    }
}

static bool parse_function(yki_parser *p, yki_spec *s, yki_declarator *d)
{
    size_t here = p->at; /* is there a body?  Attributes and YK_ITEMS may stand before it */
    while (yki_at_keyword(p, YKI_K_ATTRIBUTE) || yki_at_keyword(p, YKI_K_ITEMS)) {
        yki_next(p);
        if (yki_at(p, '(')) yki_skip_parens(p);
    }
    bool body = yki_at(p, '{');
    p->at = here;
    if (d->type->kind == YKI_T_RECORD && !d->type->size)
        yki_error(p->d, d->pos, "'%s' returns the incomplete type '%s'", d->name->name,
                  yki_type_text(p->u, d->type));
    yki_func *f = declare_func(p, d, s->is_kernel, body);
    f->is_kernel = s->is_kernel;
    f->is_inline |= s->is_inline;
    f->is_static |= s->is_static;
    yki_scope_open(p);
    declare_params(p, f, body);
    if (!body && (d->pending || yki_at_keyword(p, YKI_K_ITEMS)))
        yki_error(p->d, d->pos, "annotations belong to the definition of '%s'", f->name);
    else yki_parse_annotations(p, f, d->pending);
    if (f->is_kernel && body) check_kernel(p, f);
    parse_tail(p, f, &s->attrs);
    take_attrs(f, &s->attrs);
    if (body && p->panic) { /* a broken tail must not cost the body */
        while (!yki_at(p, '{') && yki_peek(p)->kind != YKI_TK_END) yki_next(p);
        p->panic = false;
    }
    if (body && yki_at(p, '{')) define_func(p, f);
    yki_scope_close(p);
    return body;
}

/* ---- declarations ---- */

static void declare_typedef(yki_parser *p, const yki_declarator *d)
{
    yki_symbol *old = d->name->symbol;
    if (d->is_function) {
        yki_unsupported(p, d->pos, "function types");
        return;
    }
    if (old && old->kind == YKI_SYM_TYPEDEF && old->type == d->type) return;
    if (d->type->kind == YKI_T_RECORD && !d->type->record->alias)
        ((yki_record *)d->type->record)->alias = d->name->name;
    yki_declare(p, YKI_SYM_TYPEDEF, d->name, d->pos)->type = d->type;
}

/* One declaration; true where it ended with a function's body, and not with a `;`. */
static bool parse_declarators(yki_parser *p, yki_spec *s)
{
    while (!p->panic) {
        yki_declarator d = yki_parse_declarator(p, s->type);
        if (p->panic) break;
        if (!d.name) {
            yki_expected(p, "a name to declare");
            break;
        }
        if (s->is_typedef) {
            declare_typedef(p, &d);
        } else if (d.is_function) {
            if (parse_function(p, s, &d)) return true;
        } else {
            if (s->is_kernel) yki_syntax(p, d.pos, "'kernel' stands before functions");
            yki_attrs a = {0};
            yki_parse_attributes(p, &a);
            parse_constant(p, s, &d);
        }
        yki_attrs a = {0};
        yki_parse_attributes(p, &a);
        if (!yki_take(p, ',')) break;
    }
    return false;
}

static void parse_external(yki_parser *p)
{
    const yki_token *t = yki_peek(p);
    if (t->kind == YKI_TK_CONTRACT) {
        p->contract = (yki_contract)yki_next(p)->id;
        return;
    }
    if (yki_take(p, ';')) return;
    if (yki_at(p, '}')) {
        yki_syntax(p, t->pos, "a '}' that closes nothing");
        yki_next(p);
        p->panic = false;
        return;
    }
    yki_spec s = yki_parse_spec(p);
    if (!p->panic && yki_at(p, ';') && !s.is_empty) {
        yki_next(p);
        return;
    }
    if (parse_declarators(p, &s)) return;
    if (!p->panic) yki_expect(p, ';', "after this declaration");
    if (p->panic) yki_sync(p);
}

void yki_parse_program(yki_parser *p)
{
    while (yki_peek(p)->kind != YKI_TK_END) {
        size_t before = p->at;
        parse_external(p);
        p->panic = false;
        if (p->at == before) yki_next(p);
    }
}
