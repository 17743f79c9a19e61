/* lex: characters to preprocessing tokens, and the table of names.
 *
 * Called by the preprocessor, once per file.  Never reports: what cannot be lexed becomes
 * a token of kind BAD, which is an error only where it is not skipped by an #if. */
#include <string.h>

#include "compiler/front_int.h"

enum { LEX_TOKENS = 1000 * 1000 }; /* in one file */

/* ---- names ---- */

static uint32_t hash_name(const char *s, size_t n)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h;
}

yki_atom *yki_atom_get(yki_unit *u, const char *name, size_t len)
{
    uint32_t h = hash_name(name, len);
    yki_atom **slot = &u->atoms[h % YKI_ATOM_SLOTS];
    for (yki_atom *a = *slot; a; a = a->next)
        if (a->hash == h && a->len == len && memcmp(a->name, name, len) == 0) return a;
    yki_atom *a = yki_arena_node(&u->arena, sizeof *a);
    const char *copy = yki_arena_strn(&u->arena, name, len);
    a->name = copy ? copy : "";
    a->len = copy ? len : 0;
    a->hash = h;
    if (u->arena.failed) return a; /* of the reserve: not to be found again */
    a->next = *slot;
    *slot = a;
    return a;
}

/* ---- characters ---- */

typedef struct lexer {
    yki_unit *u;
    const yki_file *file;
    size_t at;
    bool bol, space, spliced, hidden;
} lexer;

/* The byte at l->at once line splices there are stepped over; -1 at the end. */
static int cur(lexer *l)
{
    const char *t = l->file->text;
    size_t n = l->file->len;
    while (l->at + 1 < n && t[l->at] == '\\') {
        size_t skip = t[l->at + 1] == '\n' ? 2u : 0u;
        if (t[l->at + 1] == '\r' && l->at + 2 < n && t[l->at + 2] == '\n') skip = 3;
        if (!skip) break;
        l->at += skip;
        l->spliced = true;
    }
    return l->at < n ? (unsigned char)t[l->at] : -1;
}

static int step(lexer *l)
{
    if (l->at < l->file->len) l->at++;
    return cur(l);
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_start(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

/* Skips one comment, `//` or the other; false where it has no end. */
static bool skip_comment(lexer *l)
{
    if (step(l) == '/') {
        while (cur(l) != -1 && cur(l) != '\n') step(l);
        return true;
    }
    int before = 0;
    for (int c = step(l); c != -1; c = step(l)) {
        if (before == '*' && c == '/') {
            step(l);
            return true;
        }
        before = c;
    }
    return false;
}

static bool starts_comment(lexer *l)
{
    lexer ahead = *l;
    if (cur(&ahead) != '/') return false;
    int c = step(&ahead);
    return c == '/' || c == '*';
}

/* Steps over white space and comments; false at a comment that never ends. */
static bool skip_space(lexer *l)
{
    for (;;) {
        int c = cur(l);
        if (c == '\n') {
            l->bol = true;
            l->space = false;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f') {
            l->space = true;
        } else if (starts_comment(l)) {
            step(l);
            l->at--; /* skip_comment steps over the slash itself */
            l->space = true;
            if (!skip_comment(l)) return false;
            continue;
        } else {
            return true;
        }
        step(l);
    }
}

/* ---- tokens ---- */

static const struct {
    char text[4];
    uint16_t id;
} puncts[] = {
    {"...", YKI_P_ELLIPSIS}, {"<<=", YKI_P_SHL_EQ}, {">>=", YKI_P_SHR_EQ},
    {"->", YKI_P_ARROW}, {"++", YKI_P_INC}, {"--", YKI_P_DEC}, {"<<", YKI_P_SHL},
    {">>", YKI_P_SHR}, {"<=", YKI_P_LE}, {">=", YKI_P_GE}, {"==", YKI_P_EQ},
    {"!=", YKI_P_NE}, {"&&", YKI_P_ANDAND}, {"||", YKI_P_OROR}, {"*=", YKI_P_MUL_EQ},
    {"/=", YKI_P_DIV_EQ}, {"%=", YKI_P_MOD_EQ}, {"+=", YKI_P_ADD_EQ}, {"-=", YKI_P_SUB_EQ},
    {"&=", YKI_P_AND_EQ}, {"^=", YKI_P_XOR_EQ}, {"|=", YKI_P_OR_EQ}, {"##", YKI_P_HASHHASH},
};

static void lex_punct(lexer *l, yki_token *t)
{
    for (size_t i = 0; i < YKI_COUNT(puncts); i++) {
        lexer ahead = *l;
        const char *p = puncts[i].text;
        while (*p && cur(&ahead) == (unsigned char)*p) {
            step(&ahead);
            p++;
        }
        if (*p) continue;
        *l = ahead;
        t->kind = YKI_TK_PUNCT;
        t->id = puncts[i].id;
        return;
    }
    int c = cur(l);
    step(l);
    if (c > 0 && strchr("[](){}.&*+-~!/%<>^|?:;=,#", c)) {
        t->kind = YKI_TK_PUNCT;
        t->id = (uint16_t)c;
        return;
    }
    t->kind = YKI_TK_BAD;
    t->text = c == 0 ? "a NUL byte" : c < 0x80 ? "a stray character" : "a character outside ASCII";
    while (c >= 0x80 && cur(l) >= 0x80) step(l);
}

static void lex_number(lexer *l, yki_token *t)
{
    int before = 0;
    t->kind = YKI_TK_NUMBER;
    for (int c = cur(l); is_digit(c) || is_start(c) || c == '.' ||
         ((c == '+' || c == '-') && before && strchr("eEpP", before)); c = step(l))
        before = c;
}

static void lex_quoted(lexer *l, yki_token *t)
{
    int quote = cur(l), c = step(l);
    t->kind = quote == '"' ? YKI_TK_STRING : YKI_TK_CHAR;
    while (c != quote) {
        if (c == '\\') c = step(l);
        if (c == -1 || c == '\n') {
            t->kind = YKI_TK_BAD;
            t->text = quote == '"' ? "a string without its closing quote"
                                   : "a character constant without its closing quote";
            return;
        }
        c = step(l);
    }
    step(l);
}

/* The text of [from, l->at) without its splices. */
static void set_text(lexer *l, yki_token *t, size_t from)
{
    const char *s = l->file->text + from;
    size_t n = l->at - from;
    if (t->kind == YKI_TK_BAD) {
        t->len = (uint32_t)strlen(t->text);
        return;
    }
    if (l->spliced) {
        char *clean = yki_arena_alloc(&l->u->arena, n + 1);
        lexer walk = *l;
        size_t k = 0;
        walk.at = from;
        for (int c = cur(&walk); clean && walk.at < l->at; c = step(&walk)) clean[k++] = (char)c;
        s = clean ? clean : "";
        n = k;
    }
    t->text = s;
    t->len = (uint32_t)n;
    if (t->kind == YKI_TK_NAME) t->atom = yki_atom_get(l->u, s, n);
}

static yki_token *new_token(lexer *l)
{
    yki_token *t = yki_arena_node(&l->u->arena, sizeof *t);
    t->kind = YKI_TK_FILE_END;
    t->text = "";
    t->bol = l->bol;
    t->space = l->space;
    t->pos = (yki_pos){l->hidden ? 0 : l->file->id, (uint32_t)l->at, 0};
    l->bol = l->space = l->spliced = false;
    return t;
}

static yki_token *lex_one(lexer *l)
{
    size_t before = l->at;
    if (!skip_space(l)) {
        size_t end = l->at;
        l->at = before;
        yki_token *bad = new_token(l);
        l->at = end;
        bad->kind = YKI_TK_BAD;
        bad->text = "a comment without its end";
        bad->len = (uint32_t)strlen(bad->text);
        return bad;
    }
    cur(l); /* a splice may precede the token */
    yki_token *t = new_token(l);
    size_t from = l->at;
    int c = cur(l);
    if (c == -1) return t;
    lexer ahead = *l;
    if (is_start(c)) {
        t->kind = YKI_TK_NAME;
        while (is_start(c) || is_digit(c)) c = step(l);
    } else if (is_digit(c) || (c == '.' && is_digit(step(&ahead)))) {
        lex_number(l, t);
    } else if (c == '"' || c == '\'') {
        lex_quoted(l, t);
    } else {
        lex_punct(l, t);
    }
    set_text(l, t, from);
    return t;
}

yki_token *yki_lex(yki_unit *u, const yki_file *f, bool hidden)
{
    lexer l = {u, f, 0, true, false, false, hidden};
    yki_token head = {0}, *last = &head;
    size_t count = 0;
    if (f->len >= 3 && memcmp(f->text, "\xEF\xBB\xBF", 3) == 0) l.at = 3;
    do {
        last = last->next = lex_one(&l);
        if (++count == LEX_TOKENS) {
            l.at = f->len; /* the next one is the end */
            last->kind = YKI_TK_BAD;
            last->text = "more than a million tokens in one file";
            last->len = (uint32_t)strlen(last->text);
        }
    } while (last->kind != YKI_TK_FILE_END && !u->arena.failed);
    if (last->kind != YKI_TK_FILE_END) {
        last->kind = YKI_TK_FILE_END;
        last->text = "";
    }
    last->bol = true;
    last->next = NULL;
    return head.next;
}
