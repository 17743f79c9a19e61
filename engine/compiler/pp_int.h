/* pp_int: the preprocessor's own state, shared by its three files:
 * pp_run.c (directives), pp_expand.c (macros), pp_if.c (#if expressions).
 *
 * Token based, after Prosser's algorithm: every token carries the set of macros that it
 * must not expand again.  A budget of tokens bounds macros that double themselves. */
#ifndef YKI_COMPILER_PP_INT_H
#define YKI_COMPILER_PP_INT_H

#include "compiler/front_int.h"

enum {
    PP_INCLUDE_DEPTH = 64,
    PP_COND_DEPTH = 256,
    PP_EXPAND_DEPTH = 128,   /* macro arguments within macro arguments */
    PP_BUDGET = 2 * 1000 * 1000 /* tokens made by expansion and inclusion */
};

typedef enum macro_kind { MACRO_PLAIN, MACRO_LINE, MACRO_FILE } macro_kind;

struct yki_macro {
    const yki_atom *name;
    macro_kind kind;
    bool function, variadic, builtin;
    yki_atom **params;
    size_t param_count;
    yki_token *body; /* chained to NULL */
    yki_pos pos;
};

typedef struct cond {
    yki_pos pos;
    bool taken;     /* a branch of it has been taken */
    bool saw_else;
} cond;

typedef struct pp {
    yki_unit *u;
    const yki_front_opts *opts;
    cond conds[PP_COND_DEPTH];
    size_t cond_count;
    size_t cond_base[PP_INCLUDE_DEPTH + 1]; /* cond_count on entering each open file */
    size_t include_depth;
    size_t expand_depth;
    long budget;
    uint8_t contract;
    bool stop;        /* nothing sensible can follow */
    yki_token *out_first, *out_last;
    size_t out_count;
} pp;

/* A copy, counted against the budget. */
yki_token *yki_pp_copy(pp *p, const yki_token *t);
/* Expands *t, a name, in place: on true *t is what to look at next. */
bool yki_pp_expand(pp *p, yki_token **t);
/* All tokens of a list to NULL, expanded. */
yki_token *yki_pp_expand_list(pp *p, yki_token *list);
/* #if and #elif: the rest of the directive's line as a list to NULL. */
bool yki_pp_condition(pp *p, const yki_token *hash, yki_token *line);
/* Lexes text that is not of a file, at position `pos`; list to NULL. */
yki_token *yki_pp_lex_text(pp *p, const char *text, size_t len, const yki_token *like);

#endif
