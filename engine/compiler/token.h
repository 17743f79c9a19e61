/* token: what the lexer makes of characters and the preprocessor hands to the parser.
 *
 * Names are atoms: one object per spelling in a unit, which carries what the name means
 * to the preprocessor (macro), to the parser (keyword) and in the current scope (symbol),
 * so that looking a name up is following a pointer.  One thread. */
#ifndef YKI_COMPILER_TOKEN_H
#define YKI_COMPILER_TOKEN_H

#include "compiler/source.h"

typedef struct yki_macro yki_macro;
typedef struct yki_symbol yki_symbol;
typedef struct yki_token yki_token;

typedef struct yki_atom {
    const char *name;
    size_t len;
    uint32_t hash;
    uint16_t keyword;  /* yki_keyword, 0: none */
    bool reserved;     /* an annotation: known to #ifdef, not to be redefined */
    yki_macro *macro;
    yki_symbol *symbol; /* innermost ordinary name */
    yki_symbol *tag;    /* innermost struct, union or enum */
    const yki_builtin *builtin; /* first row of that name */
    struct yki_atom *next;
} yki_atom;

typedef enum yki_token_kind {
    YKI_TK_END,      /* of everything */
    YKI_TK_FILE_END, /* of an included file; only inside the preprocessor */
    YKI_TK_NAME,
    YKI_TK_NUMBER,
    YKI_TK_CHAR,
    YKI_TK_STRING,
    YKI_TK_PUNCT,
    YKI_TK_CONTRACT, /* #pragma OPENCL FP_CONTRACT; id: yki_contract */
    YKI_TK_MISSING,  /* placeholder for an empty argument of ## */
    YKI_TK_BAD       /* cannot be lexed; text says why */
} yki_token_kind;

/* Punctuators: single characters are themselves, longer ones from 256 on. */
enum {
    YKI_P_ARROW = 256, YKI_P_INC, YKI_P_DEC, YKI_P_SHL, YKI_P_SHR, YKI_P_LE, YKI_P_GE,
    YKI_P_EQ, YKI_P_NE, YKI_P_ANDAND, YKI_P_OROR, YKI_P_MUL_EQ, YKI_P_DIV_EQ, YKI_P_MOD_EQ,
    YKI_P_ADD_EQ, YKI_P_SUB_EQ, YKI_P_SHL_EQ, YKI_P_SHR_EQ, YKI_P_AND_EQ, YKI_P_XOR_EQ,
    YKI_P_OR_EQ, YKI_P_HASHHASH, YKI_P_ELLIPSIS
};

typedef struct yki_hide {
    const yki_atom *atom;
    const struct yki_hide *next;
} yki_hide;

struct yki_token {
    uint8_t kind;
    bool bol;       /* first of its line */
    bool space;     /* blank before it */
    bool painted;   /* a macro's name that must not be expanded any more */
    uint16_t id;    /* of a punctuator or contract */
    uint32_t len;   /* of text */
    yki_pos pos;
    uint32_t origin; /* in a macro's body: its entry in the source table, 0: none yet */
    const char *text;
    yki_atom *atom; /* of a name */
    const yki_hide *hide;
    yki_token *next;
};

#endif
