/* front_int: what the parts of the front end share: the unit, the lexer's and the
 * preprocessor's entries, and types.  The parser's own state is in parse_int.h.
 * Not for later passes, which see front.h alone.  One unit, one thread. */
#ifndef YKI_COMPILER_FRONT_INT_H
#define YKI_COMPILER_FRONT_INT_H

#include <locale.h>

#include "compiler/front.h"
#include "compiler/source.h"
#include "compiler/token.h"

struct yki_diag_entry {
    yki_message message;
    struct yki_diag_entry *next;
};

struct yki_diags {
    yki_arena *arena;
    const yki_sources *sources;
    struct yki_diag_entry *first, *last;
    size_t errors, warnings;
    bool dropped;  /* the last error was over the cap: so are its notes */
};

enum { YKI_ATOM_SLOTS = 1024, YKI_TYPE_SLOTS = 2048 };

struct yki_unit {
    yki_arena arena;
    yki_sources sources;
    yki_diags diags;
    locale_t c_locale; /* numbers are read alike in every country */
    yki_atom *atoms[YKI_ATOM_SLOTS];
    const yki_type *types[YKI_TYPE_SLOTS];
    const yki_type *basic[YKI_T_KINDS];
    yki_token *tokens; /* after preprocessing: token_count of them, the last is END */
    size_t token_count;
    yki_program program;
    yki_expr *poison;
    bool started, accepted;
};

/* ---- names (lex.c) ---- */

/* Never NULL. */
yki_atom *yki_atom_get(yki_unit *u, const char *name, size_t len);
/* Enters keywords, annotations and builtins. */
void yki_atoms_seed(yki_unit *u);

/* ---- lexer (lex.c) ---- */

/* The tokens of f, chained, closed by one of kind FILE_END.  hidden: positions are
 * nowhere (prelude and command line). */
yki_token *yki_lex(yki_unit *u, const yki_file *f, bool hidden);
static inline bool yki_token_is(const yki_token *t, unsigned punct)
{
    return t->kind == YKI_TK_PUNCT && t->id == punct;
}

/* ---- preprocessor (pp_*.c) ---- */

/* Reads o->path (or text) and fills u->tokens.  YK_E_IO where the file itself cannot be
 * read; anything else that is wrong is in the diagnostics. */
yk_status yki_preprocess(yki_unit *u, const yki_front_opts *o);

/* ---- literals (literal.c) ---- */

typedef struct yki_literal {
    yki_type_kind kind; /* INT UINT LONG ULONG FLOAT DOUBLE HALF, or ERROR: see problem */
    uint64_t bits;
    double real;
    const char *problem; /* NULL, or why it is not a number */
} yki_literal;
/* A pp-number or a character constant. */
yki_literal yki_literal_number(const yki_unit *u, const yki_token *t);
yki_literal yki_literal_char(const yki_token *t);

/* ---- types (type.c) ---- */

bool yki_types_open(yki_unit *u);
const yki_type *yki_type_pointer(yki_unit *u, const yki_type *to);
const yki_type *yki_type_array(yki_unit *u, const yki_type *elem, uint64_t count);
/* quals are added; space replaces private space (of arrays: down to the elements). */
const yki_type *yki_type_qualify(yki_unit *u, const yki_type *t, unsigned quals, unsigned space);
const yki_type *yki_type_of_record(yki_unit *u, yki_record *r);
/* Sizes, alignment and offsets of a record whose fields are chained; false where it is
 * too large. */
bool yki_record_layout(yki_unit *u, yki_record *r, uint32_t aligned);
/* The result of the usual arithmetic conversions, and of the integer promotions. */
const yki_type *yki_type_usual(const yki_unit *u, const yki_type *a, const yki_type *b);
const yki_type *yki_type_promote(const yki_unit *u, const yki_type *t);
/* Spelled into a buffer of the arena, for messages. */
const char *yki_type_text(yki_unit *u, const yki_type *t);

/* ---- constants (fold.c) ---- */

/* bits cut to the width of t and extended again as its signedness says. */
uint64_t yki_wrap(const yki_type *t, uint64_t bits);
typedef enum yki_fold_result { YKI_FOLD_OK, YKI_FOLD_NOT_CONST, YKI_FOLD_DIV_ZERO } yki_fold_result;
/* *where: the sub-expression at fault. */
yki_fold_result yki_fold(const yki_expr *e, uint64_t *bits, const yki_expr **where);

#endif
