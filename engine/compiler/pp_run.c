/* pp_run: directives, included files, and the loop over a file's tokens.  Entered once
 * per unit through yki_preprocess. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compiler/pp_int.h"
#include "compiler/prelude.h"

static void emit(pp *p, yki_token *t)
{
    t->next = NULL;
    if (p->out_last) p->out_last->next = t;
    else p->out_first = t;
    p->out_last = t;
    p->out_count++;
}

static bool is_name(const yki_token *t, const char *name)
{
    return t && t->kind == YKI_TK_NAME && strcmp(t->atom->name, name) == 0;
}

/* Cuts the tokens of a directive off the list: *rest is the first of the next line. */
static yki_token *cut_line(yki_token *first, yki_token **rest)
{
    if (first->bol) {
        *rest = first;
        return NULL;
    }
    yki_token *t = first;
    while (!t->next->bol) t = t->next;
    *rest = t->next;
    t->next = NULL;
    return first;
}

/* ---- #define ---- */

static bool same_body(const yki_macro *a, const yki_macro *b)
{
    if (a->function != b->function || a->variadic != b->variadic ||
        a->param_count != b->param_count)
        return false;
    for (size_t i = 0; i < a->param_count; i++)
        if (a->params[i] != b->params[i]) return false;
    const yki_token *x = a->body, *y = b->body;
    for (; x && y; x = x->next, y = y->next)
        if (x->len != y->len || memcmp(x->text, y->text, x->len) != 0) return false;
    return !x && !y;
}

/* Reads `a, b, ...)`; *t is the token after the `(`.  False with a message. */
static bool read_params(pp *p, yki_macro *m, yki_token **t, const yki_token *name)
{
    size_t count = 0;
    for (yki_token *k = *t; k && !yki_token_is(k, ')'); k = k->next) count++;
    m->params = yki_arena_array(&p->u->arena, count + 1, sizeof *m->params);
    if (!m->params) return false;
    yki_token *k = *t;
    for (bool more = k && !yki_token_is(k, ')'); more; k = k->next) {
        if (!k || m->variadic) goto bad;
        m->variadic = yki_token_is(k, YKI_P_ELLIPSIS);
        if (!m->variadic && k->kind != YKI_TK_NAME) goto bad;
        yki_atom *a = m->variadic ? yki_atom_get(p->u, "__VA_ARGS__", 11) : k->atom;
        for (size_t i = 0; i < m->param_count; i++)
            if (m->params[i] == a) goto bad;
        m->params[m->param_count++] = a;
        if (!(k = k->next)) goto bad;
        more = yki_token_is(k, ',');
        if (!more) break;
    }
    if (!k || !yki_token_is(k, ')')) goto bad;
    *t = k->next;
    return true;
bad:
    yki_error(&p->u->diags, k ? k->pos : name->pos,
              "the parameters of macro '%s' are not a list of different names", name->atom->name);
    return false;
}

static void define(pp *p, const yki_token *hash, yki_token *line)
{
    if (!line || line->kind != YKI_TK_NAME || is_name(line, "defined")) {
        yki_error(&p->u->diags, line ? line->pos : hash->pos, "#define needs a name");
        return;
    }
    if (line->atom->reserved) return; /* `#define YK_OUT` is for other compilers */
    yki_macro *m = yki_arena_node(&p->u->arena, sizeof *m);
    m->name = line->atom;
    m->pos = line->pos;
    m->builtin = line->pos.file == 0;
    yki_token *body = line->next;
    if (body && yki_token_is(body, '(') && !body->space) {
        m->function = true;
        body = body->next;
        if (!read_params(p, m, &body, line)) return;
    }
    m->body = body;
    if (body && yki_token_is(body, YKI_P_HASHHASH)) {
        yki_error(&p->u->diags, body->pos, "## stands between two tokens");
        return;
    }
    yki_macro *old = line->atom->macro;
    if (old && !old->builtin && !same_body(old, m)) {
        yki_warning(&p->u->diags, m->pos, "macro '%s' is redefined", m->name->name);
        if (old->pos.file) yki_note_at(&p->u->diags, old->pos, "it was defined here");
    }
    line->atom->macro = m;
}

static void undefine(pp *p, const yki_token *hash, yki_token *line)
{
    if (line && line->kind == YKI_TK_NAME) line->atom->macro = NULL;
    else yki_error(&p->u->diags, hash->pos, "#undef needs a name");
}

/* ---- #include ---- */

static const char *join_path(pp *p, const char *dir, size_t dir_len, const char *name, size_t n)
{
    char *path = yki_arena_alloc(&p->u->arena, dir_len + n + 2);
    if (!path) return NULL;
    if (dir_len) memcpy(path, dir, dir_len);
    if (dir_len && dir[dir_len - 1] != '/') path[dir_len++] = '/';
    memcpy(path + dir_len, name, n);
    return path;
}

static yk_status find_include(pp *p, const yki_token *hash, const char *name, size_t n,
                              bool quoted, yki_file **out)
{
    yk_status st = YK_E_IO;
    if (n && name[0] == '/') {
        const char *path = join_path(p, "", 0, name, n);
        return path ? yki_source_load(&p->u->sources, path, out) : YK_E_NOMEM;
    }
    const yki_file *from = yki_source_file(&p->u->sources, hash->pos.file);
    if (quoted && from) {
        const char *slash = strrchr(from->path, '/');
        size_t len = slash ? (size_t)(slash - from->path) + 1 : 0;
        const char *path = join_path(p, from->path, len, name, n);
        if (path) st = yki_source_load(&p->u->sources, path, out);
    }
    for (size_t i = 0; st == YK_E_IO && i < p->opts->include_count; i++) {
        const char *dir = p->opts->include_dirs[i];
        const char *path = join_path(p, dir, strlen(dir), name, n);
        if (path) st = yki_source_load(&p->u->sources, path, out);
    }
    return st;
}

/* The name between the quotes or angle brackets, *quoted which of them; false with a
 * message. */
static bool include_name(pp *p, const yki_token *hash, yki_token *line, yki_text *name,
                         bool *quoted)
{
    if (line && line->kind == YKI_TK_NAME) line = yki_pp_expand_list(p, line);
    *quoted = line && line->kind == YKI_TK_STRING;
    if (*quoted && line->len > 2) {
        yki_text_add_n(name, line->text + 1, line->len - 2);
        return true;
    }
    if (line && yki_token_is(line, '<')) {
        yki_token *t = line->next;
        for (; t && !yki_token_is(t, '>'); t = t->next) {
            if (t->space && t != line->next) yki_text_add(name, " ");
            yki_text_add_n(name, t->text, t->len);
        }
        if (t && name->len) return true;
    }
    if (!p->stop)
        yki_error(&p->u->diags, hash->pos, "#include needs \"a file\" or <a file>");
    return false;
}

/* The included file's tokens in front of rest. */
static yki_token *include_tokens(pp *p, const yki_token *hash, yki_file *f, yki_token *rest)
{
    if (f->once) return rest;
    if (p->include_depth >= PP_INCLUDE_DEPTH) {
        yki_error(&p->u->diags, hash->pos, "includes are nested deeper than %d", PP_INCLUDE_DEPTH);
        p->stop = true;
        return rest;
    }
    p->include_depth++;
    p->cond_base[p->include_depth] = p->cond_count;
    yki_token *first = yki_lex(p->u, f, false), *last = first;
    for (; last->next; last = last->next) p->budget--;
    last->next = rest;
    return first;
}

static yki_token *include(pp *p, const yki_token *hash, yki_token *line, yki_token *rest)
{
    yki_text name = {0};
    yki_file *f = NULL;
    bool quoted;
    if (include_name(p, hash, line, &name, &quoted)) {
        const char *text = yki_text_get(&name);
        yk_status st = find_include(p, hash, text, name.len, quoted, &f);
        if (st == YK_OK) {
            rest = include_tokens(p, hash, f, rest);
        } else if (st == YK_E_RANGE) {
            yki_error(&p->u->diags, line->pos, "'%s' is larger than %d bytes", text, YKI_FILE_MAX);
        } else if (st == YK_E_IO) {
            yki_error(&p->u->diags, line->pos, "cannot find '%s'", text);
            yki_hint(&p->u->diags, "say where it is with -I folder");
        }
    }
    if (name.failed) p->u->arena.failed = true;
    yki_text_free(&name);
    return rest;
}

/* ---- conditions ---- */

/* Steps to the #elif, #else or #endif that ends a skipped group; returns its #. */
static yki_token *skip_group(yki_token *t)
{
    size_t depth = 0;
    for (; t->kind != YKI_TK_FILE_END && t->kind != YKI_TK_END; t = t->next) {
        if (!t->bol || !yki_token_is(t, '#') || t->next->bol) continue;
        const yki_token *d = t->next;
        if (is_name(d, "if") || is_name(d, "ifdef") || is_name(d, "ifndef")) depth++;
        bool ends = is_name(d, "endif");
        if (depth == 0 && (ends || is_name(d, "else") || is_name(d, "elif"))) return t;
        if (ends) depth--;
    }
    return t;
}

static yki_token *begin_if(pp *p, const yki_token *hash, bool value, yki_token *rest)
{
    if (p->cond_count >= PP_COND_DEPTH) {
        yki_error(&p->u->diags, hash->pos, "#if is nested deeper than %d", PP_COND_DEPTH);
        p->stop = true;
        return rest;
    }
    p->conds[p->cond_count++] = (cond){hash->pos, value, false};
    return value ? rest : skip_group(rest);
}

static cond *open_cond(pp *p, const yki_token *hash, const char *what)
{
    if (p->cond_count > p->cond_base[p->include_depth]) return &p->conds[p->cond_count - 1];
    yki_error(&p->u->diags, hash->pos, "%s without #if", what);
    return NULL;
}

static bool named_defined(pp *p, const yki_token *hash, const yki_token *line)
{
    if (line && line->kind == YKI_TK_NAME) return line->atom->macro || line->atom->reserved;
    yki_error(&p->u->diags, hash->pos, "this #ifdef needs a name");
    return false;
}

static yki_token *other_branch(pp *p, const yki_token *hash, const yki_token *word,
                               yki_token *line, yki_token *rest)
{
    bool is_else = is_name(word, "else");
    cond *c = open_cond(p, hash, is_else ? "#else" : "#elif");
    if (!c) return rest;
    if (c->saw_else)
        yki_error(&p->u->diags, hash->pos, "%s after #else", is_else ? "#else" : "#elif");
    c->saw_else |= is_else;
    bool value = !c->taken && (is_else || yki_pp_condition(p, hash, line));
    c->taken |= value;
    return value ? rest : skip_group(rest);
}

/* ---- #pragma, #error ---- */

static void contract_pragma(pp *p, const yki_token *hash, const yki_token *word)
{
    static const char *const words[] = {"DEFAULT", "ON", "OFF"};
    for (size_t i = 0; i < YKI_COUNT(words); i++) {
        if (!is_name(word, words[i])) continue;
        yki_token *t = yki_pp_copy(p, hash);
        t->kind = YKI_TK_CONTRACT;
        t->id = (uint16_t)i;
        t->text = "#pragma";
        t->len = 7;
        emit(p, t);
        return;
    }
    yki_error(&p->u->diags, word ? word->pos : hash->pos, "FP_CONTRACT is ON, OFF or DEFAULT");
}

static void pragma(pp *p, const yki_token *hash, yki_token *line)
{
    const yki_token *second = line ? line->next : NULL;
    const yki_file *f = yki_source_file(&p->u->sources, hash->pos.file);
    if (is_name(line, "once") && f) ((yki_file *)f)->once = true;
    bool ours = is_name(line, "OPENCL") || is_name(line, "STDC");
    if (ours && is_name(second, "FP_CONTRACT")) contract_pragma(p, hash, second->next);
    if (ours && is_name(second, "EXTENSION")) {
        const yki_token *name = second->next, *colon = name ? name->next : NULL;
        bool fine = name && name->kind == YKI_TK_NAME && colon && yki_token_is(colon, ':') &&
                    (is_name(colon->next, "enable") || is_name(colon->next, "disable"));
        if (!fine)
            yki_error(&p->u->diags, second->pos,
                      "write it  #pragma OPENCL EXTENSION name : enable");
    }
}

static void error_directive(pp *p, const yki_token *hash, const yki_token *line, bool warn)
{
    yki_text s = {0};
    for (const yki_token *t = line; t && s.len < 300; t = t->next) {
        if (t != line && t->space) yki_text_add(&s, " ");
        yki_text_add_n(&s, t->text, yki_min(t->len, 300));
    }
    if (warn) yki_warning(&p->u->diags, hash->pos, "#warning %s", yki_text_get(&s));
    else yki_error(&p->u->diags, hash->pos, "#error %s", yki_text_get(&s));
    yki_text_free(&s);
}

/* ---- the loop ---- */

static yki_token *conditional_directive(pp *p, const yki_token *hash, const yki_token *word,
                                        yki_token *line, yki_token *rest, bool *done)
{
    *done = true;
    if (is_name(word, "if")) return begin_if(p, hash, yki_pp_condition(p, hash, line), rest);
    if (is_name(word, "ifdef")) return begin_if(p, hash, named_defined(p, hash, line), rest);
    if (is_name(word, "ifndef")) return begin_if(p, hash, !named_defined(p, hash, line), rest);
    if (is_name(word, "elif") || is_name(word, "else"))
        return other_branch(p, hash, word, line, rest);
    if (is_name(word, "endif")) {
        if (open_cond(p, hash, "#endif")) p->cond_count--;
        return rest;
    }
    *done = false;
    return rest;
}

/* Carries out the directive whose # is t; returns what follows it. */
static yki_token *directive(pp *p, yki_token *hash)
{
    yki_token *rest, *word = hash->next;
    if (word->bol) return word; /* a # alone */
    yki_token *line = cut_line(word->next, &rest);
    bool done;
    rest = conditional_directive(p, hash, word, line, rest, &done);
    if (done) return rest;
    if (is_name(word, "define")) define(p, hash, line);
    else if (is_name(word, "undef")) undefine(p, hash, line);
    else if (is_name(word, "include")) rest = include(p, hash, line, rest);
    else if (is_name(word, "pragma")) pragma(p, hash, line);
    else if (is_name(word, "error") || is_name(word, "warning"))
        error_directive(p, hash, line, is_name(word, "warning"));
    else if (!is_name(word, "line") && word->kind != YKI_TK_NUMBER)
        yki_error(&p->u->diags, hash->pos, "unknown directive '#%.*s'",
                  (int)yki_min(word->len, 40), word->text);
    return rest;
}

static void end_of_file(pp *p)
{
    while (p->cond_count > p->cond_base[p->include_depth])
        yki_error(&p->u->diags, p->conds[--p->cond_count].pos, "this #if has no #endif");
    if (p->include_depth) p->include_depth--;
}

static void run(pp *p, yki_token *t)
{
    while (t && !p->stop && !yki_diags_full(&p->u->diags)) {
        if (t->kind == YKI_TK_FILE_END) {
            end_of_file(p);
            t = t->next;
        } else if (t->bol && yki_token_is(t, '#')) {
            t = directive(p, t);
        } else if (!yki_pp_expand(p, &t)) {
            yki_token *next = t->next;
            emit(p, t);
            t = next;
        }
        if (p->budget < 0 && !p->stop) {
            yki_error(&p->u->diags, t ? t->pos : (yki_pos){0},
                      "macros and includes grow beyond %d tokens", PP_BUDGET);
            p->stop = true;
        }
    }
}

/* ---- the beginning ---- */

/* "NAME=value" as the text of a directive. */
static void define_text(yki_text *out, const yki_define *d)
{
    const char *eq = strchr(d->text, '=');
    size_t n = eq ? (size_t)(eq - d->text) : strlen(d->text);
    size_t from = out->len;
    yki_text_add(out, d->undefine ? "#undef " : "#define ");
    yki_text_add_n(out, d->text, n);
    if (!d->undefine) yki_text_printf(out, " %s", eq ? eq + 1 : "1");
    for (size_t i = from; !out->failed && i < out->len; i++)
        if (out->data[i] == '\n') out->data[i] = ' ';
    yki_text_add(out, "\n");
}

static void run_hidden(pp *p, const char *text, size_t len)
{
    yki_file *f = yki_arena_node(&p->u->arena, sizeof *f);
    f->text = yki_arena_strn(&p->u->arena, text, len);
    f->len = f->text ? len : 0;
    if (f->text) run(p, yki_lex(p->u, f, true));
}

static void magic_macro(pp *p, const char *name, macro_kind kind)
{
    yki_macro *m = yki_arena_node(&p->u->arena, sizeof *m);
    yki_atom *a = yki_atom_get(p->u, name, strlen(name));
    *m = (yki_macro){.name = a, .kind = kind, .builtin = true};
    a->macro = m;
}

static yk_status load_main(pp *p, yki_file **f)
{
    const yki_front_opts *o = p->opts;
    yk_status st = o->text ? yki_source_add(&p->u->sources, o->path, o->text, o->text_bytes, f)
                           : yki_source_load(&p->u->sources, o->path, f);
    int err = errno;
    if (st == YK_E_IO)
        yki_error(&p->u->diags, (yki_pos){0}, "cannot read '%s': %s", o->path,
                  strerrordesc_np(err) ? strerrordesc_np(err) : "it is not a file");
    if (st == YK_E_RANGE)
        yki_error(&p->u->diags, (yki_pos){0}, "'%s' is larger than %d bytes", o->path,
                  YKI_FILE_MAX);
    return st == YK_E_RANGE ? YK_E_BUILD : st;
}

static yk_status collect(pp *p, const yki_file *f)
{
    yki_unit *u = p->u;
    u->tokens = yki_arena_array(&u->arena, p->out_count + 1, sizeof *u->tokens);
    if (!u->tokens) return YK_E_NOMEM;
    for (yki_token *t = p->out_first; t; t = t->next) u->tokens[u->token_count++] = *t;
    yki_token *end = &u->tokens[u->token_count++];
    end->kind = YKI_TK_END;
    end->text = "";
    end->bol = true;
    end->pos = (yki_pos){f->id, (uint32_t)f->len, 0};
    return YK_OK;
}

yk_status yki_preprocess(yki_unit *u, const yki_front_opts *o)
{
    pp *p = yki_arena_alloc(&u->arena, sizeof *p);
    yki_file *f = NULL;
    yki_text command = {0};
    if (!p) return YK_E_NOMEM;
    p->u = u;
    p->opts = o;
    p->budget = PP_BUDGET;
    errno = 0;
    yk_status st = load_main(p, &f);
    if (st != YK_OK) return st;
    magic_macro(p, "__LINE__", MACRO_LINE);
    magic_macro(p, "__FILE__", MACRO_FILE);
    run_hidden(p, yki_prelude, strlen(yki_prelude));
    for (size_t i = 0; i < o->define_count; i++) define_text(&command, &o->defines[i]);
    if (command.failed) u->arena.failed = true;
    if (command.len) run_hidden(p, yki_text_get(&command), command.len);
    yki_text_free(&command);
    p->out_first = p->out_last = NULL; /* what the command line left over */
    p->out_count = 0;
    if (!u->arena.failed) run(p, yki_lex(u, f, false));
    return u->arena.failed ? YK_E_NOMEM : collect(p, f);
}
