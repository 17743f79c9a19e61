/* parse_stmt: statements.  After a syntax error in one, the next is looked for. */
#include <string.h>

#include "compiler/parse_int.h"

struct yki_case {
    int64_t value;
    yki_pos pos;
};

static yki_stmt *parse_statement(yki_parser *p);

yki_stmt *yki_new_stmt(yki_parser *p, yki_stmt_kind kind, yki_pos pos)
{
    yki_stmt *s = yki_arena_node(&p->u->arena, sizeof *s);
    *s = (yki_stmt){.kind = kind, .pos = pos};
    return s;
}

/* ---- labels of a switch ---- */

static int compare_case(const yki_switch *sw, int64_t a, int64_t b)
{
    if (yki_type_is_signed(sw->type)) return a < b ? -1 : a > b;
    return (uint64_t)a < (uint64_t)b ? -1 : (uint64_t)a > (uint64_t)b;
}

/* Keeps the cases sorted, so that a duplicate is found by halving. */
static void add_case(yki_parser *p, yki_switch *sw, int64_t value, yki_pos pos)
{
    size_t lo = 0, hi = sw->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = compare_case(sw, sw->cases[mid].value, value);
        if (c == 0) {
            yki_error(p->d, pos, "two cases have the value %lld", (long long)value);
            yki_note_at(p->d, sw->cases[mid].pos, "the other one is here");
            return;
        }
        if (c < 0) lo = mid + 1;
        else hi = mid;
    }
    if (sw->count == sw->capacity) {
        size_t capacity = yki_max(sw->capacity * 2, 16);
        struct yki_case *cases = yki_arena_array(&p->u->arena, capacity, sizeof *cases);
        if (!cases) return;
        if (sw->count) memcpy(cases, sw->cases, sw->count * sizeof *cases);
        sw->cases = cases;
        sw->capacity = capacity;
    }
    memmove(&sw->cases[lo + 1], &sw->cases[lo], (sw->count - lo) * sizeof *sw->cases);
    sw->cases[lo] = (struct yki_case){value, pos};
    sw->count++;
}

static yki_stmt *parse_label(yki_parser *p, bool direct)
{
    const yki_token *word = yki_next(p);
    bool is_case = yki_keyword_of(word) == YKI_K_CASE;
    yki_stmt *s = yki_new_stmt(p, is_case ? YKI_ST_CASE : YKI_ST_DEFAULT, word->pos);
    yki_pos pos = yki_peek(p)->pos;
    size_t errors = yki_diags_errors(p->d);
    if (is_case) s->value = yki_parse_constant(p, "the value of a case");
    if (!p->panic) yki_expect(p, ':', is_case ? "after the value of the case" : "after default");
    if (!p->sw) {
        yki_syntax(p, word->pos, "'%s' outside a switch", word->atom->name);
        return s;
    }
    if (!direct) {
        yki_unsupported(p, word->pos, "'%s' inside a statement within the switch",
                        word->atom->name);
        return s;
    }
    if (p->sw->type->kind == YKI_T_ERROR || yki_diags_errors(p->d) != errors) return s;
    s->value = (int64_t)yki_wrap(p->sw->type, (uint64_t)s->value);
    if (is_case && !p->panic) add_case(p, p->sw, s->value, pos);
    if (!is_case && p->sw->has_default)
        yki_error(p->d, word->pos, "a second default in one switch");
    p->sw->has_default |= !is_case;
    return s;
}

/* ---- blocks ---- */

static bool at_label(yki_parser *p)
{
    return yki_at_keyword(p, YKI_K_CASE) || yki_at_keyword(p, YKI_K_DEFAULT);
}

/* The statements up to the brace, which is taken; `labels`: it is a switch's body. */
static yki_stmt *parse_braced(yki_parser *p, bool labels)
{
    yki_stmt *block = yki_new_stmt(p, YKI_ST_BLOCK, yki_peek(p)->pos), **tail = &block->first;
    yki_next(p);
    while (!yki_at(p, '}') && yki_peek(p)->kind != YKI_TK_END) {
        size_t before = p->at;
        yki_stmt *s = at_label(p) ? parse_label(p, labels)
                      : yki_at_type(p) ? yki_parse_local(p) : parse_statement(p);
        if (p->panic) yki_sync(p);
        if (p->at == before) yki_next(p);
        *tail = s;
        tail = &s->next;
    }
    block->end = yki_peek(p)->pos;
    yki_expect(p, '}', "at the end of the block");
    return block;
}

yki_stmt *yki_parse_block(yki_parser *p, bool own_scope)
{
    if (own_scope) yki_scope_open(p);
    yki_stmt *s = parse_braced(p, false);
    if (own_scope) yki_scope_close(p);
    return s;
}

/* ---- statements with a head ---- */

static yki_expr *parse_head(yki_parser *p, const char *word)
{
    char after[48] = "after ";
    strncat(after, word, 30);
    size_t open = p->at;
    if (!yki_expect(p, '(', after)) return p->u->poison;
    yki_expr *e = yki_condition(p, yki_parse_expr(p));
    if (!p->panic) yki_expect(p, ')', "after the condition");
    if (p->panic) yki_recover_parens(p, open);
    return e;
}

/* A statement in a scope of its own. */
static yki_stmt *parse_inner(yki_parser *p)
{
    if (p->panic) return NULL;
    if (yki_at_type(p)) {
        yki_syntax(p, yki_peek(p)->pos, "a declaration needs a block { } around it here");
        return NULL;
    }
    yki_scope_open(p);
    yki_stmt *s = at_label(p) ? parse_label(p, false) : parse_statement(p);
    yki_scope_close(p);
    return s;
}

static yki_stmt *parse_loop_body(yki_parser *p)
{
    p->loops++;
    yki_stmt *s = parse_inner(p);
    p->loops--;
    return s;
}

static void parse_if(yki_parser *p, yki_stmt *s)
{
    s->expr = parse_head(p, "if");
    s->body = parse_inner(p);
    if (p->panic) { /* a broken branch must not cost the else */
        yki_sync(p);
        if (!yki_at_keyword(p, YKI_K_ELSE)) return;
    }
    if (yki_take_keyword(p, YKI_K_ELSE)) s->other = parse_inner(p);
}

static void parse_while(yki_parser *p, yki_stmt *s)
{
    s->expr = parse_head(p, "while");
    s->body = parse_loop_body(p);
}

static void parse_do(yki_parser *p, yki_stmt *s)
{
    s->body = parse_loop_body(p);
    if (p->panic) return;
    if (!yki_take_keyword(p, YKI_K_WHILE)) {
        yki_expected(p, "'while' after the body of this do");
        return;
    }
    s->expr = parse_head(p, "while");
    if (!p->panic) yki_expect(p, ';', "after do ... while ()");
}

static yki_stmt *expression_statement(yki_parser *p)
{
    yki_stmt *s = yki_new_stmt(p, YKI_ST_EXPR, yki_peek(p)->pos);
    s->expr = yki_rvalue(p, yki_parse_expr(p));
    return s;
}

static void parse_for_head(yki_parser *p, yki_stmt *s)
{
    if (yki_at_type(p)) {
        s->init = yki_parse_local(p);
    } else {
        if (!yki_at(p, ';')) s->init = expression_statement(p);
        if (!p->panic) yki_expect(p, ';', "after the first part of for");
    }
    if (p->panic) return;
    if (!yki_at(p, ';')) s->expr = yki_condition(p, yki_parse_expr(p));
    if (p->panic || !yki_expect(p, ';', "after the condition of for")) return;
    if (!yki_at(p, ')')) s->step = yki_rvalue(p, yki_parse_expr(p));
    if (!p->panic) yki_expect(p, ')', "after the head of for");
}

static void parse_for(yki_parser *p, yki_stmt *s)
{
    size_t open = p->at;
    yki_scope_open(p);
    if (yki_expect(p, '(', "after for")) {
        parse_for_head(p, s);
        if (p->panic) yki_recover_parens(p, open);
        s->body = parse_loop_body(p);
    }
    yki_scope_close(p);
}

static void parse_switch(yki_parser *p, yki_stmt *s)
{
    yki_switch sw = {.outer = p->sw, .type = yki_unit_type(p->u, YKI_T_ERROR)};
    if (!yki_expect(p, '(', "after switch")) return;
    yki_expr *e = yki_rvalue(p, yki_parse_expr(p));
    if (!p->panic) yki_expect(p, ')', "after the value of switch");
    if (!yki_bad(e) && !yki_type_is_integer(e->type)) {
        yki_error(p->d, e->begin, "switch takes a whole number, not '%s'",
                  yki_type_text(p->u, e->type->plain));
        e = p->u->poison;
    }
    if (!yki_bad(e)) {
        sw.type = yki_type_promote(p->u, e->type);
        e = yki_to_arith(p, e, sw.type);
    }
    s->expr = e;
    if (p->panic) return;
    p->sw = &sw;
    yki_scope_open(p);
    if (yki_at(p, '{')) {
        s->body = parse_braced(p, true);
    } else {
        yki_unsupported(p, yki_peek(p)->pos, "a switch whose body is not in braces");
        s->body = parse_statement(p);
    }
    yki_scope_close(p);
    p->sw = sw.outer;
}

/* ---- jumps ---- */

static void parse_return(yki_parser *p, yki_stmt *s)
{
    const yki_func *f = p->func;
    if (!yki_at(p, ';')) {
        yki_expr *e = yki_rvalue(p, yki_parse_expr(p));
        bool is_void = f->result->kind == YKI_T_VOID;
        if (is_void && !yki_bad(e)) {
            yki_error(p->d, e->begin, "'%s' returns nothing, but this return has a value", f->name);
        } else if (!is_void) {
            s->expr = yki_convert(p, e, f->result, "cannot return");
        }
    } else if (f->result->kind != YKI_T_VOID && f->result->kind != YKI_T_ERROR) {
        yki_error(p->d, s->pos, "'%s' returns '%s', but this return has no value", f->name,
                  yki_type_text(p->u, f->result));
    }
}

static void parse_jump(yki_parser *p, yki_stmt *s)
{
    if (s->kind == YKI_ST_RETURN) parse_return(p, s);
    if (s->kind == YKI_ST_BREAK && !p->loops && !p->sw)
        yki_error(p->d, s->pos, "'break' outside a loop or switch");
    if (s->kind == YKI_ST_CONTINUE && !p->loops)
        yki_error(p->d, s->pos, "'continue' outside a loop");
    if (!p->panic) yki_expect(p, ';', "after this statement");
}

static void parse_goto(yki_parser *p, const yki_token *t)
{
    if (!p->panic) {
        yki_unsupported(p, t->pos, "goto");
        yki_hint(p->d, "a loop with break, or a helper function with return, says the same");
    }
    while (!yki_at(p, ';') && !yki_at(p, '}') && yki_peek(p)->kind != YKI_TK_END) yki_next(p);
    yki_take(p, ';');
}

/* ---- one statement ---- */

static const struct {
    uint8_t keyword, kind;
    void (*parse)(yki_parser *p, yki_stmt *s);
} statements[] = {
    {YKI_K_IF, YKI_ST_IF, parse_if}, {YKI_K_FOR, YKI_ST_FOR, parse_for},
    {YKI_K_WHILE, YKI_ST_WHILE, parse_while}, {YKI_K_DO, YKI_ST_DO, parse_do},
    {YKI_K_SWITCH, YKI_ST_SWITCH, parse_switch}, {YKI_K_RETURN, YKI_ST_RETURN, parse_jump},
    {YKI_K_BREAK, YKI_ST_BREAK, parse_jump}, {YKI_K_CONTINUE, YKI_ST_CONTINUE, parse_jump},
};

static yki_stmt *parse_keyword_statement(yki_parser *p, const yki_token *t)
{
    yki_keyword k = yki_keyword_of(t);
    for (size_t i = 0; i < YKI_COUNT(statements); i++) {
        if (statements[i].keyword != k) continue;
        yki_stmt *s = yki_new_stmt(p, statements[i].kind, t->pos);
        yki_next(p);
        statements[i].parse(p, s);
        return s;
    }
    if (k == YKI_K_GOTO) parse_goto(p, t);
    else return NULL;
    return yki_new_stmt(p, YKI_ST_EMPTY, t->pos);
}

static yki_stmt *parse_simple(yki_parser *p)
{
    const yki_token *t = yki_peek(p);
    if (t->kind == YKI_TK_CONTRACT) {
        yki_next(p);
        if (p->func) p->func->contract = (yki_contract)t->id;
        return yki_new_stmt(p, YKI_ST_EMPTY, t->pos);
    }
    bool label =
        t->kind == YKI_TK_NAME && !yki_keyword_of(t) && yki_token_is(yki_peek_at(p, 1), ':');
    if (label) {
        yki_unsupported(p, t->pos, "labels: there is no goto");
        yki_next(p);
        yki_next(p);
        return yki_new_stmt(p, YKI_ST_EMPTY, t->pos);
    }
    yki_stmt *s = expression_statement(p);
    if (!p->panic) yki_expect(p, ';', "after this expression");
    return s;
}

static yki_stmt *parse_statement(yki_parser *p)
{
    const yki_token *t = yki_peek(p);
    yki_stmt *s = NULL;
    if (!yki_enter(p)) return yki_new_stmt(p, YKI_ST_EMPTY, t->pos);
    yki_attrs ignored = {0};
    yki_parse_attributes(p, &ignored); /* unroll hints and the like */
    t = yki_peek(p);
    if (yki_at(p, '{')) s = yki_parse_block(p, true);
    else if (t->kind == YKI_TK_NAME && yki_at_type(p)) s = yki_parse_local(p);
    else if (yki_take(p, ';')) s = yki_new_stmt(p, YKI_ST_EMPTY, t->pos);
    else if (t->kind == YKI_TK_NAME) s = parse_keyword_statement(p, t);
    if (!s) s = parse_simple(p);
    yki_leave(p);
    return s;
}
