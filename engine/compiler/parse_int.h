/* parse_int: the state and the entries shared by the parser (parse_*.c) and the semantic
 * checks (sema_*.c), which run together: each construct is checked and typed as soon as
 * it has been read, by a recursive descent over the array of tokens.
 *
 * After a syntax error the parser is in panic: it reports nothing more until the next
 * statement or declaration begins.  Expressions that are wrong become the unit's poison
 * node, which every check passes on in silence.  When the cap on errors is reached, or
 * memory runs out, the parser sees the end of the file. */
#ifndef YKI_COMPILER_PARSE_INT_H
#define YKI_COMPILER_PARSE_INT_H

#include "compiler/builtin.h"
#include "compiler/front_int.h"

typedef enum yki_keyword {
    YKI_K_NONE,
    YKI_K_TYPE,   /* arg: yki_type_kind */
    YKI_K_VECTOR, /* float4 ... */
    YKI_K_OPAQUE, /* image2d_t ... */
    YKI_K_SIGNED, YKI_K_UNSIGNED,
    YKI_K_QUAL,   /* arg: YKI_CONST ... */
    YKI_K_SPACE,  /* arg: yki_space */
    YKI_K_ACCESS, /* read_only ... */
    YKI_K_KERNEL, YKI_K_INLINE, YKI_K_STATIC, YKI_K_EXTERN, YKI_K_TYPEDEF, YKI_K_REGISTER,
    YKI_K_STRUCT, YKI_K_UNION, YKI_K_ENUM, YKI_K_ATTRIBUTE,
    YKI_K_IF, YKI_K_ELSE, YKI_K_FOR, YKI_K_WHILE, YKI_K_DO, YKI_K_SWITCH, YKI_K_CASE,
    YKI_K_DEFAULT, YKI_K_BREAK, YKI_K_CONTINUE, YKI_K_RETURN, YKI_K_GOTO, YKI_K_SIZEOF,
    YKI_K_INF, YKI_K_INFF, YKI_K_NANF,
    YKI_K_MODE,   /* arg: yki_mode */
    YKI_K_WINDOW, /* arg: yki_window_kind */
    YKI_K_LEN, YKI_K_ITEMS
} yki_keyword;

/* The second word of a keyword: a type's kind, a space ... */
unsigned yki_keyword_arg(const yki_token *t);

typedef enum yki_symbol_kind {
    YKI_SYM_VAR, YKI_SYM_FUNC, YKI_SYM_TYPEDEF, YKI_SYM_ENUMERATOR, YKI_SYM_TAG
} yki_symbol_kind;

struct yki_symbol {
    yki_symbol_kind kind;
    yki_atom *atom;
    yki_symbol *outer; /* what it hides */
    yki_symbol *next;  /* in its scope */
    unsigned scope;    /* depth of the scope */
    yki_pos pos;
    yki_var *var;
    yki_func *func;
    const yki_type *type; /* of a typedef or tag */
    int64_t value;
};

typedef struct yki_attrs {
    uint32_t reqd_group[3], hint_group[3];
    const yki_type *vec_hint;
    bool packed;
    uint32_t aligned;
} yki_attrs;

typedef struct yki_spec {
    const yki_type *type;
    yki_pos pos;
    bool is_typedef, is_static, is_extern, is_inline, is_kernel;
    bool is_empty; /* nothing at all stood there */
    yki_attrs attrs;
} yki_spec;

typedef struct yki_declarator {
    const yki_type *type; /* of a function: its result */
    yki_atom *name;       /* NULL: abstract */
    yki_pos pos;
    bool is_function;
    yki_var *params;
    uint32_t param_count;
    struct yki_pending *pending; /* annotations, to be read when all parameters are known */
} yki_declarator;

typedef struct yki_pending {
    yki_var *var;
    size_t at; /* token index of the annotation's name */
    struct yki_pending *next;
} yki_pending;

typedef struct yki_switch {
    struct yki_switch *outer;
    const yki_type *type;
    struct yki_case *cases;
    size_t count, capacity;
    bool has_default;
} yki_switch;

/* `for` opens three scopes for one level of nesting: its head's, its body's, the block's. */
enum { YKI_SCOPES = 3 * YKI_NEST_DEPTH + 16 };

typedef struct yki_parser {
    yki_unit *u;
    yki_diags *d;
    size_t at;
    bool panic;
    unsigned depth;           /* of nested constructs */
    yki_symbol *scopes[YKI_SCOPES];
    unsigned scope;           /* 0: program */
    yki_func *func;           /* being parsed, NULL at program scope */
    yki_func *annot_func;     /* whose annotation's operand is being read, or NULL */
    unsigned loops;
    unsigned constant;        /* within a constant expression */
    bool builtin_call;        /* converting arguments of a builtin */
    yki_switch *sw;
    yki_contract contract;
    uint32_t func_ids; /* functions seen, defined or not */
    yki_record **record_tail;
    yki_var **var_tail;
    yki_func **func_tail;
    uint32_t next_id;
} yki_parser;

/* ---- tokens and errors (parse_token.c) ---- */

const yki_token *yki_peek(yki_parser *p);
const yki_token *yki_peek_at(yki_parser *p, size_t ahead);
const yki_token *yki_next(yki_parser *p);
bool yki_at(yki_parser *p, unsigned punct);
bool yki_at_keyword(yki_parser *p, yki_keyword k);
bool yki_take(yki_parser *p, unsigned punct);
bool yki_take_keyword(yki_parser *p, yki_keyword k);
yki_keyword yki_keyword_of(const yki_token *t);
/* Takes it or reports "expected ';' after <after>". */
bool yki_expect(yki_parser *p, unsigned punct, const char *after);
/* Reports, unless in panic, and begins to panic. */
void yki_syntax(yki_parser *p, yki_pos pos, const char *format, ...) YK_PRINTF(3, 4);
/* "expected an expression, found 'x'". */
void yki_expected(yki_parser *p, const char *what);
/* "'x' is not supported yet: what". */
void yki_unsupported(yki_parser *p, yki_pos pos, const char *format, ...) YK_PRINTF(3, 4);
/* To the next `;` (taken) or closing brace (left) of this nesting level; ends the panic. */
void yki_sync(yki_parser *p);
/* Past the `)` that belongs to the `(` here. */
void yki_skip_parens(yki_parser *p);
/* After an error between parentheses, the first of which is token `open`: goes on behind
 * the last, if it comes before any brace, and ends the panic. */
void yki_recover_parens(yki_parser *p, size_t open);
/* One level of nesting more; false with an error where it is too deep. */
bool yki_enter(yki_parser *p);
void yki_leave(yki_parser *p);

/* ---- names (parse_name.c) ---- */

void yki_scope_open(yki_parser *p);
void yki_scope_close(yki_parser *p);
/* Enters a name into the current scope; reports one that is there already. */
yki_symbol *yki_declare(yki_parser *p, yki_symbol_kind kind, yki_atom *atom, yki_pos pos);
yki_symbol *yki_declare_tag(yki_parser *p, yki_atom *atom, yki_pos pos);
/* The name of a macro whose call could not be expanded: has been reported. */
bool yki_failed_macro(const yki_parser *p, const yki_token *t);
/* "hint: did you mean 'x'?", if a visible name is near. */
void yki_hint_name(yki_parser *p, const yki_atom *wrong);
bool yki_names_near(const char *a, const char *b);

/* ---- types and declarations (parse_type.c, parse_record.c, parse_declarator.c) ---- */

bool yki_at_type(yki_parser *p);
yki_spec yki_parse_spec(yki_parser *p);
/* Each `__attribute__((...))` here. */
void yki_parse_attributes(yki_parser *p, yki_attrs *a);
const yki_type *yki_parse_record(yki_parser *p);
const yki_type *yki_parse_enum(yki_parser *p);
yki_declarator yki_parse_declarator(yki_parser *p, const yki_type *base);
/* A type without a name, as in casts. */
const yki_type *yki_parse_type_name(yki_parser *p);
int64_t yki_parse_constant(yki_parser *p, const char *what);

/* ---- program (parse_program.c, parse_annot.c, parse_local.c, parse_init.c) ---- */

void yki_parse_program(yki_parser *p);
bool yki_is_annotation(const yki_token *t);
void yki_parse_annotations(yki_parser *p, yki_func *f, yki_pending *pending);
void yki_parse_items(yki_parser *p, yki_func *f);
yki_stmt *yki_parse_local(yki_parser *p);
yki_var *yki_new_var(yki_parser *p, yki_var_kind kind, const yki_declarator *d);
/* The initialiser after `=`, for a variable of type *type, which completes `[]`. */
yki_expr *yki_parse_init(yki_parser *p, const yki_type **type);
yki_expr *yki_parse_braces(yki_parser *p, const yki_type **type);
bool yki_check_constant_init(yki_parser *p, const yki_expr *e);

/* ---- statements (parse_stmt.c) ---- */

yki_stmt *yki_parse_block(yki_parser *p, bool own_scope);
yki_stmt *yki_new_stmt(yki_parser *p, yki_stmt_kind kind, yki_pos pos);

/* ---- expressions (parse_expr.c) ---- */

yki_expr *yki_parse_expr(yki_parser *p);       /* with commas */
yki_expr *yki_parse_assignment(yki_parser *p); /* without */
yki_expr *yki_parse_conditional(yki_parser *p);

/* ---- checks (sema_*.c): all return an expression, poison after an error ---- */

yki_expr *yki_new_expr(yki_parser *p, yki_expr_kind kind, yki_pos pos, const yki_type *type);
/* Sets depth and begin from the children; poison where a child is poison or the tree is
 * too deep. */
yki_expr *yki_finish(yki_parser *p, yki_expr *e);
static inline bool yki_bad(const yki_expr *e) { return e->type->kind == YKI_T_ERROR; }
yki_expr *yki_int_expr(yki_parser *p, yki_pos pos, yki_type_kind kind, uint64_t bits);

yki_expr *yki_cast_to(yki_parser *p, yki_expr *e, const yki_type *to, yki_cast cast);
yki_expr *yki_rvalue(yki_parser *p, yki_expr *e);
yki_expr *yki_to_arith(yki_parser *p, yki_expr *e, const yki_type *to);
bool yki_is_null_pointer(const yki_expr *e);
/* As by assignment; `what` begins the message: "cannot assign", "cannot return". */
yki_expr *yki_convert(yki_parser *p, yki_expr *e, const yki_type *to, const char *what);
yki_expr *yki_explicit_cast(yki_parser *p, yki_expr *e, const yki_type *to, yki_pos pos);
yki_expr *yki_condition(yki_parser *p, yki_expr *e);

yki_expr *yki_sema_unary(yki_parser *p, yki_op op, yki_expr *a, yki_pos pos);
yki_expr *yki_sema_incdec(yki_parser *p, yki_op op, yki_expr *a, yki_pos pos);
yki_expr *yki_sema_binary(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos);
yki_expr *yki_sema_assign(yki_parser *p, yki_op op, yki_expr *a, yki_expr *b, yki_pos pos);
yki_expr *yki_sema_cond(yki_parser *p, yki_expr *c, yki_expr *a, yki_expr *b, yki_pos pos);
yki_expr *yki_sema_index(yki_parser *p, yki_expr *a, yki_expr *b, yki_pos pos);
yki_expr *yki_sema_deref(yki_parser *p, yki_expr *a, yki_pos pos);
yki_expr *yki_sema_address(yki_parser *p, yki_expr *a, yki_pos pos);
yki_expr *yki_sema_member(yki_parser *p, yki_expr *a, const yki_token *name, bool arrow,
                          yki_pos pos);
/* The call of a name; args have been read. */
yki_expr *yki_sema_call(yki_parser *p, const yki_token *name, yki_expr **args, uint32_t count);
/* The builtin that a name is, resolved later by yki_sema_call; also for convert_T, as_T. */
bool yki_is_builtin_name(const yki_atom *a, yki_builtin_class *cls, bool *supported);

/* After parsing: reads, writes, calls, recursion, missing bodies. */
void yki_check_use(yki_parser *p);

#endif
