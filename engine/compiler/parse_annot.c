/* parse_annot: Yoke's annotations on the parameters of kernels, and YK_ITEMS.
 *
 * Their operands may name parameters that come later, so the list of parameters is read
 * first, and the annotations again from where they stand. */
#include <stdio.h>
#include <string.h>

#include "compiler/parse_int.h"

bool yki_is_annotation(const yki_token *t)
{
    return yki_keyword_of(t) >= YKI_K_MODE;
}

/* One operand: a 64-bit integer over the kernel's parameters. */
static yki_expr *parse_operand(yki_parser *p, yki_func *f)
{
    p->annot_func = f;
    yki_expr *e = yki_parse_assignment(p);
    p->annot_func = NULL;
    if (yki_bad(e)) return e;
    if (!yki_type_is_integer(e->type)) {
        yki_error(p->d, e->begin, "an annotation's operand is a whole number, not '%s'",
                  yki_type_text(p->u, e->type->plain));
        return p->u->poison;
    }
    return yki_to_arith(p, e, yki_unit_type(p->u, YKI_T_LONG));
}

/* Walks what the grammar lets through but an annotation does not mean. */
static bool plain_operand(yki_parser *p, const yki_expr *e)
{
    const yki_expr *children[3] = {e->a, e->b, e->c};
    bool fits = e->kind == YKI_EX_INT || e->kind == YKI_EX_VAR || e->kind == YKI_EX_UNARY ||
                e->kind == YKI_EX_BINARY || e->kind == YKI_EX_COND ||
                (e->kind == YKI_EX_CAST && e->cast == YKI_CAST_NUMBER &&
                 yki_type_is_integer(e->type));
    if (!fits) {
        yki_error(p->d, e->begin, "an annotation's operand is built of whole numbers, parameters "
                  "and operators alone");
        return false;
    }
    for (size_t i = 0; i < 3; i++)
        if (children[i] && !plain_operand(p, children[i])) return false;
    return true;
}

/* `(a, b, ...)` of exactly `want` operands; `want` 0: no parentheses. */
static bool parse_operands(yki_parser *p, yki_func *f, const yki_token *name, uint32_t want,
                           yki_expr **out)
{
    uint32_t n = 0;
    if (!want) {
        if (yki_at(p, '(')) yki_error(p->d, name->pos, "%s takes no operands", name->atom->name);
        return true;
    }
    char after[64];
    snprintf(after, sizeof after, "after %s", name->atom->name);
    if (!yki_expect(p, '(', after)) return false;
    while (!p->panic && !yki_at(p, ')')) {
        yki_expr *e = parse_operand(p, f);
        if (!yki_bad(e) && !plain_operand(p, e)) e = p->u->poison;
        if (n < want) out[n] = e;
        n++;
        if (!yki_take(p, ',')) break;
    }
    if (p->panic || !yki_expect(p, ')', "after the operands of this annotation")) return false;
    if (n == want) return true;
    yki_error(p->d, name->pos, "%s takes %u operand%s, not %u", name->atom->name, want,
              want == 1 ? "" : "s", n);
    return false;
}

static void check_least(yki_parser *p, const yki_token *name, const yki_expr *e, int64_t least,
                        const char *what)
{
    int64_t v;
    if (e && !yki_bad(e) && yki_fold_int(e, &v) && v < least)
        yki_error(p->d, e->begin, "the %s of %s is at least %lld, not %lld", what,
                  name->atom->name, (long long)least, (long long)v);
}

static void parse_window(yki_parser *p, yki_func *f, yki_annot *a, const yki_token *name)
{
    static const uint32_t counts[] = {0, 1, 1, 0, 3, 5};
    yki_window_kind kind = (yki_window_kind)yki_keyword_arg(name);
    if (a->window) {
        yki_error(p->d, name->pos, "a parameter has one window");
        yki_note_at(p->d, a->window_pos, "the other one is here");
        p->panic = true;
        return;
    }
    a->window = kind;
    a->window_pos = name->pos;
    a->operand_count = counts[kind];
    if (!parse_operands(p, f, name, counts[kind], a->operand)) return;
    if (kind == YKI_WINDOW_OWN) check_least(p, name, a->operand[0], 1, "width");
    if (kind == YKI_WINDOW_HALO) check_least(p, name, a->operand[0], 0, "reach");
    if (kind == YKI_WINDOW_BOX) check_least(p, name, a->operand[3], 1, "count");
}

static void parse_mode(yki_parser *p, yki_func *f, yki_annot *a, const yki_token *name)
{
    yki_mode mode = (yki_mode)yki_keyword_arg(name);
    if (a->mode) {
        yki_error(p->d, name->pos, "a parameter has one mode");
        yki_note_at(p->d, a->mode_pos, "the other one is here");
        p->panic = true;
        return;
    }
    a->mode = mode;
    a->mode_pos = name->pos;
    if (mode == YKI_MODE_OUT) {
        parse_operands(p, f, name, 0, NULL);
        return;
    }
    if (parse_operands(p, f, name, 1, &a->mode_len))
        check_least(p, name, a->mode_len, 1, "length");
}

static void parse_len(yki_parser *p, yki_func *f, yki_annot *a, const yki_token *name)
{
    if (a->len) {
        yki_error(p->d, name->pos, "a parameter has one length");
        yki_note_at(p->d, a->len_pos, "the other one is here");
        p->panic = true;
        return;
    }
    a->len_pos = name->pos;
    if (parse_operands(p, f, name, 1, &a->len)) check_least(p, name, a->len, 0, "length");
}

/* Whether an annotation may stand on this parameter at all. */
static bool may_stand(yki_parser *p, const yki_func *f, const yki_var *v, const yki_token *name)
{
    if (yki_keyword_of(name) == YKI_K_ITEMS) {
        yki_error(p->d, name->pos, "YK_ITEMS stands behind the list of parameters");
    } else if (!f->is_kernel) {
        yki_error(p->d, name->pos, "%s stands on parameters of kernels alone", name->atom->name);
    } else if (v->type->kind != YKI_T_POINTER) {
        if (v->type->kind == YKI_T_ERROR) return false;
        yki_error(p->d, name->pos, "%s stands on pointers; '%s' is of type '%s'",
                  name->atom->name, v->name, yki_type_text(p->u, v->type));
    } else {
        return true;
    }
    return false;
}

static void check_together(yki_parser *p, const yki_var *v)
{
    const yki_annot *a = &v->annot;
    const yki_type *to = v->type->kind == YKI_T_POINTER ? v->type->elem : NULL;
    if (!to || !a->mode) return;
    if (to->quals & YKI_CONST || to->space == YKI_SPACE_CONSTANT)
        yki_error(p->d, a->mode_pos, "'%s' points at constants: it cannot be an output", v->name);
    if (a->mode == YKI_MODE_OUT) return;
    if (a->window)
        yki_error(p->d, a->window_pos, "a reduction belongs to all items: it has no window");
    if (!yki_type_is_arith(to) || to->kind == YKI_T_BOOL)
        yki_error(p->d, a->mode_pos, "a reduction works on numbers, not on '%s'",
                  yki_type_text(p->u, to));
}

void yki_parse_annotations(yki_parser *p, yki_func *f, yki_pending *list)
{
    size_t here = p->at;
    for (; list; list = list->next) {
        p->at = list->at;
        p->panic = false;
        const yki_token *name = yki_next(p);
        if (!yki_is_annotation(name)) break; /* the end: the cap on errors was reached */
        if (!may_stand(p, f, list->var, name)) continue;
        yki_keyword k = yki_keyword_of(name);
        if (k == YKI_K_WINDOW) parse_window(p, f, &list->var->annot, name);
        else if (k == YKI_K_MODE) parse_mode(p, f, &list->var->annot, name);
        else parse_len(p, f, &list->var->annot, name);
    }
    for (const yki_var *v = f->params; v; v = v->next) check_together(p, v);
    p->panic = false;
    p->at = here;
}

void yki_parse_items(yki_parser *p, yki_func *f)
{
    const yki_token *name = yki_next(p);
    uint32_t n = 0;
    if (!f->is_kernel) yki_error(p->d, name->pos, "YK_ITEMS stands on kernels alone");
    if (f->item_count) {
        yki_error(p->d, name->pos, "a kernel has one YK_ITEMS");
        yki_note_at(p->d, f->items_pos, "the other one is here");
    }
    f->items_pos = name->pos;
    if (!yki_expect(p, '(', "after YK_ITEMS")) return;
    while (!p->panic && n <= 3) {
        yki_expr *e = parse_operand(p, f);
        if (!yki_bad(e) && !plain_operand(p, e)) e = p->u->poison;
        if (n < 3) f->items[n] = e;
        n++;
        check_least(p, name, e, 0, "number of items");
        if (!yki_take(p, ',')) break;
    }
    if (n > 3) yki_syntax(p, name->pos, "YK_ITEMS takes one operand per dimension, at most 3");
    if (!p->panic) yki_expect(p, ')', "after the operands of YK_ITEMS");
    f->item_count = n > 3 ? 3 : n;
}
