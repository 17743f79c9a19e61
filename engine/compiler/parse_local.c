/* parse_local: declarations inside functions. */
#include <string.h>

#include "compiler/parse_int.h"

yki_var *yki_new_var(yki_parser *p, yki_var_kind kind, const yki_declarator *d)
{
    yki_var *v = yki_arena_node(&p->u->arena, sizeof *v);
    v->name = d->name ? d->name->name : "";
    v->kind = kind;
    v->id = p->next_id++;
    v->pos = d->pos;
    v->type = d->type;
    v->func = p->func;
    return v;
}

static const yki_type *poisoned(yki_parser *p)
{
    return yki_unit_type(p->u, YKI_T_ERROR);
}

static const yki_type *local_type(yki_parser *p, const yki_declarator *d)
{
    const yki_type *t = d->type;
    bool incomplete = t->kind == YKI_T_VOID || (t->kind == YKI_T_RECORD && !t->size);
    if (d->is_function) {
        yki_unsupported(p, d->pos, "declaring a function inside a function");
    } else if (incomplete) {
        yki_error(p->d, d->pos, "'%s' has the incomplete type '%s'", d->name->name,
                  yki_type_text(p->u, t));
    } else if (t->space == YKI_SPACE_GLOBAL) {
        yki_error(p->d, d->pos, "a variable of a function cannot lie in global memory");
        yki_hint(p->d, "a pointer into it is declared  global T *%s", d->name->name);
    } else if (t->space == YKI_SPACE_CONSTANT && !p->func->is_kernel) {
        yki_error(p->d, d->pos, "a constant of a helper function belongs at program scope");
        yki_hint(p->d, "'const' alone makes a private one");
    } else {
        return t;
    }
    return poisoned(p);
}

static void parse_initialiser(yki_parser *p, yki_var *v, const yki_declarator *d)
{
    if (yki_take(p, '=')) {
        if (v->type->kind == YKI_T_ERROR && yki_at(p, '{')) {
            p->panic = true; /* reported already; the list cannot be read without a type */
            return;
        }
        v->init = yki_parse_init(p, &v->type);
        if (v->type->space == YKI_SPACE_CONSTANT && !yki_bad(v->init))
            yki_check_constant_init(p, v->init);
    } else if (v->type->space == YKI_SPACE_CONSTANT) {
        yki_error(p->d, d->pos, "the constant '%s' needs an initialiser", v->name);
    }
    if (v->type->kind == YKI_T_ARRAY && !v->type->size && !(v->init && yki_bad(v->init)))
        yki_error(p->d, d->pos, "the size of the array '%s' is not known", v->name);
}

static yki_var *parse_variable(yki_parser *p, yki_declarator *d)
{
    d->type = local_type(p, d);
    yki_var *v = yki_new_var(p, YKI_VAR_LOCAL, d);
    yki_attrs a = {0};
    yki_parse_attributes(p, &a);
    yki_declare(p, YKI_SYM_VAR, d->name, d->pos)->var = v;
    parse_initialiser(p, v, d);
    return v;
}

static void check_storage(yki_parser *p, const yki_spec *s)
{
    if (s->is_kernel) yki_syntax(p, s->pos, "a kernel cannot be declared inside a function");
    if (s->is_extern) yki_syntax(p, s->pos, "'extern' inside a function");
    if (s->is_static) {
        yki_syntax(p, s->pos, "OpenCL C has no static variables inside functions");
        yki_hint(p->d, "make it a constant at program scope");
    }
}

yki_stmt *yki_parse_local(yki_parser *p)
{
    yki_stmt *stmt = yki_new_stmt(p, YKI_ST_DECL, yki_peek(p)->pos);
    yki_spec s = yki_parse_spec(p);
    yki_var **tail = &stmt->vars;
    check_storage(p, &s);
    while (!p->panic && !yki_at(p, ';')) {
        yki_declarator d = yki_parse_declarator(p, s.type);
        if (!d.name) {
            yki_expected(p, "a name to declare");
            break;
        }
        if (s.is_typedef) {
            yki_declare(p, YKI_SYM_TYPEDEF, d.name, d.pos)->type = d.type;
        } else {
            yki_var *v = parse_variable(p, &d);
            *tail = v;
            tail = &v->next;
        }
        if (p->panic || !yki_take(p, ',')) break;
    }
    if (!p->panic) yki_expect(p, ';', "after this declaration");
    if (!stmt->vars) stmt->kind = YKI_ST_EMPTY;
    return stmt;
}
