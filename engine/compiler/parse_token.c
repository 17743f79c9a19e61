/* parse_token: the parser's view of the tokens, keywords, and recovery from syntax errors. */
#include <stdio.h>
#include <string.h>

#include "compiler/parse_int.h"

/* ---- keywords ---- */

static const struct {
    const char *name;
    uint8_t keyword, arg;
} keywords[] = {
    {"void", YKI_K_TYPE, YKI_T_VOID}, {"bool", YKI_K_TYPE, YKI_T_BOOL},
    {"_Bool", YKI_K_TYPE, YKI_T_BOOL}, {"char", YKI_K_TYPE, YKI_T_CHAR},
    {"uchar", YKI_K_TYPE, YKI_T_UCHAR}, {"short", YKI_K_TYPE, YKI_T_SHORT},
    {"ushort", YKI_K_TYPE, YKI_T_USHORT}, {"int", YKI_K_TYPE, YKI_T_INT},
    {"uint", YKI_K_TYPE, YKI_T_UINT}, {"long", YKI_K_TYPE, YKI_T_LONG},
    {"ulong", YKI_K_TYPE, YKI_T_ULONG}, {"half", YKI_K_TYPE, YKI_T_HALF},
    {"float", YKI_K_TYPE, YKI_T_FLOAT}, {"double", YKI_K_TYPE, YKI_T_DOUBLE},
    {"size_t", YKI_K_TYPE, YKI_T_ULONG}, {"uintptr_t", YKI_K_TYPE, YKI_T_ULONG},
    {"ptrdiff_t", YKI_K_TYPE, YKI_T_LONG}, {"intptr_t", YKI_K_TYPE, YKI_T_LONG},
    {"image1d_t", YKI_K_OPAQUE, 0}, {"image1d_buffer_t", YKI_K_OPAQUE, 0},
    {"image1d_array_t", YKI_K_OPAQUE, 0}, {"image2d_t", YKI_K_OPAQUE, 0},
    {"image2d_array_t", YKI_K_OPAQUE, 0}, {"image2d_depth_t", YKI_K_OPAQUE, 0},
    {"image3d_t", YKI_K_OPAQUE, 0}, {"sampler_t", YKI_K_OPAQUE, 1},
    {"event_t", YKI_K_OPAQUE, 2}, {"queue_t", YKI_K_OPAQUE, 3}, {"clk_event_t", YKI_K_OPAQUE, 3},
    {"ndrange_t", YKI_K_OPAQUE, 3}, {"reserve_id_t", YKI_K_OPAQUE, 4},
    {"signed", YKI_K_SIGNED, 0}, {"unsigned", YKI_K_UNSIGNED, 0},
    {"const", YKI_K_QUAL, YKI_CONST}, {"volatile", YKI_K_QUAL, YKI_VOLATILE},
    {"restrict", YKI_K_QUAL, YKI_RESTRICT}, {"__restrict", YKI_K_QUAL, YKI_RESTRICT},
    {"__restrict__", YKI_K_QUAL, YKI_RESTRICT}, {"__const", YKI_K_QUAL, YKI_CONST},
    {"global", YKI_K_SPACE, YKI_SPACE_GLOBAL}, {"__global", YKI_K_SPACE, YKI_SPACE_GLOBAL},
    {"constant", YKI_K_SPACE, YKI_SPACE_CONSTANT},
    {"__constant", YKI_K_SPACE, YKI_SPACE_CONSTANT},
    {"local", YKI_K_SPACE, YKI_SPACE_LOCAL}, {"__local", YKI_K_SPACE, YKI_SPACE_LOCAL},
    {"private", YKI_K_SPACE, YKI_SPACE_PRIVATE}, {"__private", YKI_K_SPACE, YKI_SPACE_PRIVATE},
    {"__generic", YKI_K_SPACE, YKI_SPACE_GENERIC}, {"read_only", YKI_K_ACCESS, 0},
    {"__read_only", YKI_K_ACCESS, 0}, {"write_only", YKI_K_ACCESS, 0},
    {"__write_only", YKI_K_ACCESS, 0}, {"read_write", YKI_K_ACCESS, 0},
    {"__read_write", YKI_K_ACCESS, 0}, {"kernel", YKI_K_KERNEL, 0},
    {"__kernel", YKI_K_KERNEL, 0}, {"inline", YKI_K_INLINE, 0}, {"__inline", YKI_K_INLINE, 0},
    {"__inline__", YKI_K_INLINE, 0}, {"static", YKI_K_STATIC, 0}, {"extern", YKI_K_EXTERN, 0},
    {"typedef", YKI_K_TYPEDEF, 0}, {"register", YKI_K_REGISTER, 0}, {"auto", YKI_K_REGISTER, 0},
    {"struct", YKI_K_STRUCT, 0}, {"union", YKI_K_UNION, 0}, {"enum", YKI_K_ENUM, 0},
    {"__attribute__", YKI_K_ATTRIBUTE, 0}, {"__attribute", YKI_K_ATTRIBUTE, 0},
    {"if", YKI_K_IF, 0}, {"else", YKI_K_ELSE, 0}, {"for", YKI_K_FOR, 0},
    {"while", YKI_K_WHILE, 0}, {"do", YKI_K_DO, 0}, {"switch", YKI_K_SWITCH, 0},
    {"case", YKI_K_CASE, 0}, {"default", YKI_K_DEFAULT, 0}, {"break", YKI_K_BREAK, 0},
    {"continue", YKI_K_CONTINUE, 0}, {"return", YKI_K_RETURN, 0}, {"goto", YKI_K_GOTO, 0},
    {"sizeof", YKI_K_SIZEOF, 0}, {"__yki_inf", YKI_K_INF, 0}, {"__yki_inff", YKI_K_INFF, 0},
    {"__yki_nanf", YKI_K_NANF, 0}, {"YK_OUT", YKI_K_MODE, YKI_MODE_OUT},
    {"YK_SUM", YKI_K_MODE, YKI_MODE_SUM}, {"YK_MIN", YKI_K_MODE, YKI_MODE_MIN},
    {"YK_MAX", YKI_K_MODE, YKI_MODE_MAX}, {"YK_OWN", YKI_K_WINDOW, YKI_WINDOW_OWN},
    {"YK_HALO", YKI_K_WINDOW, YKI_WINDOW_HALO}, {"YK_ALL", YKI_K_WINDOW, YKI_WINDOW_ALL},
    {"YK_WINDOW", YKI_K_WINDOW, YKI_WINDOW_SPAN}, {"YK_BOX", YKI_K_WINDOW, YKI_WINDOW_BOX},
    {"YK_LEN", YKI_K_LEN, 0}, {"YK_ITEMS", YKI_K_ITEMS, 0},
};

static void seed_vectors(yki_unit *u)
{
    static const char *const elems[] = {"bool", "char", "uchar", "short", "ushort", "int", "uint",
                                        "long", "ulong", "half", "float", "double"};
    static const unsigned counts[] = {2, 3, 4, 8, 16};
    for (size_t i = 0; i < YKI_COUNT(elems); i++) {
        for (size_t k = 0; k < YKI_COUNT(counts); k++) {
            char name[16];
            int n = snprintf(name, sizeof name, "%s%u", elems[i], counts[k]);
            yki_atom_get(u, name, (size_t)n)->keyword = YKI_K_VECTOR;
        }
    }
}

void yki_atoms_seed(yki_unit *u)
{
    for (size_t i = 0; i < YKI_COUNT(keywords); i++) {
        yki_atom *a = yki_atom_get(u, keywords[i].name, strlen(keywords[i].name));
        a->keyword = (uint16_t)(keywords[i].keyword | keywords[i].arg << 8);
        a->reserved = keywords[i].keyword >= YKI_K_MODE;
    }
    seed_vectors(u);
    for (size_t i = yki_builtin_count; i-- > 0;) { /* the first row of a name stays */
        const yki_builtin *b = &yki_builtins[i];
        yki_atom_get(u, b->spelled, strlen(b->spelled))->builtin = b;
    }
}

yki_keyword yki_keyword_of(const yki_token *t)
{
    return t->kind == YKI_TK_NAME ? (yki_keyword)(t->atom->keyword & 0xFF) : YKI_K_NONE;
}

unsigned yki_keyword_arg(const yki_token *t)
{
    return t->kind == YKI_TK_NAME ? t->atom->keyword >> 8u : 0;
}

/* ---- tokens ---- */

const yki_token *yki_peek_at(yki_parser *p, size_t ahead)
{
    size_t last = p->u->token_count - 1;
    if (yki_diags_full(p->d)) p->at = last;
    return &p->u->tokens[yki_min(p->at + ahead, last)];
}

const yki_token *yki_peek(yki_parser *p)
{
    return yki_peek_at(p, 0);
}

const yki_token *yki_next(yki_parser *p)
{
    const yki_token *t = yki_peek(p);
    if (t->kind != YKI_TK_END) p->at++;
    return t;
}

bool yki_at(yki_parser *p, unsigned punct)
{
    return yki_token_is(yki_peek(p), punct);
}

bool yki_at_keyword(yki_parser *p, yki_keyword k)
{
    return yki_keyword_of(yki_peek(p)) == k;
}

bool yki_take(yki_parser *p, unsigned punct)
{
    if (!yki_at(p, punct)) return false;
    yki_next(p);
    return true;
}

bool yki_take_keyword(yki_parser *p, yki_keyword k)
{
    if (!yki_at_keyword(p, k)) return false;
    yki_next(p);
    return true;
}

/* ---- errors ---- */

void yki_syntax(yki_parser *p, yki_pos pos, const char *format, ...)
{
    char text[300];
    va_list args;
    if (p->panic) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    yki_error(p->d, pos, "%s", text);
    p->panic = true;
}

void yki_unsupported(yki_parser *p, yki_pos pos, const char *format, ...)
{
    char text[300];
    va_list args;
    if (p->panic) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    yki_error(p->d, pos, "not supported yet: %s", text);
}

static void describe(const yki_token *t, char *out, size_t size)
{
    if (t->kind == YKI_TK_END) snprintf(out, size, "the end of the file");
    else if (t->kind == YKI_TK_BAD) snprintf(out, size, "%s", t->text);
    else if (t->kind == YKI_TK_CONTRACT) snprintf(out, size, "a #pragma");
    else snprintf(out, size, "'%.*s'", (int)yki_min(t->len, 40), t->text);
}

void yki_expected(yki_parser *p, const char *what)
{
    char found[80];
    const yki_token *t = yki_peek(p);
    describe(t, found, sizeof found);
    yki_syntax(p, t->pos, "expected %s, found %s", what, found);
}

bool yki_expect(yki_parser *p, unsigned punct, const char *after)
{
    if (yki_take(p, punct)) return true;
    const yki_token *t = yki_peek(p), *before = p->at ? &p->u->tokens[p->at - 1] : t;
    bool next_line = (t->bol || t->kind == YKI_TK_END) && t != before;
    if (!next_line || punct != ';') {
        char what[96];
        snprintf(what, sizeof what, "'%c' %s", (char)punct, after);
        yki_expected(p, what);
        return false;
    }
    yki_pos pos = before->pos.macro ? t->pos : before->pos;
    if (!before->pos.macro) pos.offset += before->len; /* at the end of the line before */
    bool quiet = p->panic;
    yki_syntax(p, pos, "expected '%c' %s", (char)punct, after);
    p->panic = quiet; /* as if it stood there */
    return true;
}

void yki_skip_parens(yki_parser *p)
{
    size_t depth = 0;
    do {
        const yki_token *t = yki_next(p);
        if (t->kind == YKI_TK_END) return;
        depth += yki_token_is(t, '(');
        depth -= yki_token_is(t, ')');
    } while (depth);
}

void yki_recover_parens(yki_parser *p, size_t open)
{
    size_t depth = 0, here = p->at;
    for (p->at = open;;) {
        const yki_token *t = yki_next(p);
        bool lost = t->kind == YKI_TK_END || yki_token_is(t, '{') || yki_token_is(t, '}');
        depth += yki_token_is(t, '(');
        depth -= yki_token_is(t, ')');
        if (lost) p->at = here;
        if (lost) return;
        if (!depth) break;
    }
    p->panic = false;
}

void yki_sync(yki_parser *p)
{
    size_t braces = 0;
    for (;;) {
        const yki_token *t = yki_peek(p);
        if (t->kind == YKI_TK_END) return; /* still in panic: nothing more to say */
        if (yki_token_is(t, '}') && braces == 0) break;
        if (yki_token_is(t, ';') && braces == 0) {
            yki_next(p);
            break;
        }
        braces += yki_token_is(t, '{');
        bool closed = yki_token_is(t, '}') && --braces == 0;
        yki_next(p);
        if (closed) break;
    }
    p->panic = false;
}

bool yki_enter(yki_parser *p)
{
    if (p->depth < YKI_NEST_DEPTH) {
        p->depth++;
        return true;
    }
    yki_syntax(p, yki_peek(p)->pos, "nested deeper than %d levels", YKI_NEST_DEPTH);
    return false;
}

void yki_leave(yki_parser *p)
{
    p->depth--;
}
