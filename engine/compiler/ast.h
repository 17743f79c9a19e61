/* The typed tree of one kernel file: what the front end hands to analysis and emitters.
 *
 * The preprocessor has run, names are resolved, every expression has its type, and
 * every conversion that C makes silently is a YKI_EX_CAST with `implicit` set.  A tree
 * that comes out of yki_front_run with YK_OK has no poison in it and nothing that the
 * front end calls unsupported.
 *
 * All nodes live in the unit's arena and die with it; lists are chained by `next` in
 * source order.  The tree is plain data: later passes may read it from any thread, and
 * may write to it only in the fields marked "free for later passes". */
#ifndef YKI_COMPILER_AST_H
#define YKI_COMPILER_AST_H

#include "base/base.h"

/* ---- positions ---- */

/* A place in a source file.  file 0 is nowhere (built in, or from the command line).
 * A token that came out of a macro has the place where the outermost macro was used,
 * and `macro` is 1 + the index of that macro's definition in the unit's source table,
 * so that a diagnostic can point at the use and note the definition.
 * Lines and columns are computed when asked for: yki_unit_where in front.h. */
typedef struct yki_pos {
    uint32_t file;   /* 1 + index of the file in the source table */
    uint32_t offset; /* in bytes from the beginning of the file */
    uint32_t macro;  /* 0: written in the file as it stands */
} yki_pos;

/* ---- types ---- */

/* Arithmetic kinds are in the order of their conversion rank. */
typedef enum yki_type_kind {
    YKI_T_ERROR, /* poison: converts to and from everything without a second message */
    YKI_T_VOID,
    YKI_T_BOOL,
    YKI_T_CHAR,
    YKI_T_UCHAR,
    YKI_T_SHORT,
    YKI_T_USHORT,
    YKI_T_INT, /* every enum type too */
    YKI_T_UINT,
    YKI_T_LONG,  /* ptrdiff_t, intptr_t */
    YKI_T_ULONG, /* size_t, uintptr_t */
    YKI_T_HALF,  /* unsupported so far */
    YKI_T_FLOAT,
    YKI_T_DOUBLE,
    YKI_T_VECTOR, /* unsupported so far: elem, count 2 3 4 8 16 */
    YKI_T_POINTER,
    YKI_T_ARRAY,
    YKI_T_RECORD,   /* struct or union */
    YKI_T_FUNCTION, /* only ever the type of a function's name being called */
    YKI_T_IMAGE,    /* unsupported so far; so are the next three */
    YKI_T_SAMPLER,
    YKI_T_EVENT,
    YKI_T_PIPE,
    YKI_T_KINDS
} yki_type_kind;

/* Where an object lives.  Part of the type of the object, as `const` is. */
typedef enum yki_space {
    YKI_SPACE_PRIVATE,
    YKI_SPACE_GLOBAL,
    YKI_SPACE_CONSTANT,
    YKI_SPACE_LOCAL,  /* unsupported so far */
    YKI_SPACE_GENERIC /* unsupported so far */
} yki_space;

enum { YKI_CONST = 1, YKI_VOLATILE = 2, YKI_RESTRICT = 4 };

typedef struct yki_type yki_type;
typedef struct yki_record yki_record;
typedef struct yki_expr yki_expr;
typedef struct yki_stmt yki_stmt;
typedef struct yki_var yki_var;
typedef struct yki_func yki_func;
typedef struct yki_builtin yki_builtin;

/* Types are unique within a unit: two types are the same exactly if their pointers are
 * equal; they are the same but for qualifiers and address space if `plain` is equal.
 *
 * `global const float *restrict p` is
 *     { POINTER, quals RESTRICT, space PRIVATE,
 *       elem = { FLOAT, quals CONST, space GLOBAL } }
 * Qualifiers and space of an array are those of its innermost element, repeated on every
 * level.  A member's expression type has the qualifiers and space of its record. */
struct yki_type {
    yki_type_kind kind;
    uint8_t quals;  /* YKI_CONST | YKI_VOLATILE | YKI_RESTRICT */
    uint8_t space;  /* yki_space, of the object itself */
    uint32_t align; /* in bytes; 0 where unknown (void, incomplete) */
    uint64_t size;  /* in bytes; 0 where unknown */
    uint64_t count; /* elements of an array (0: `[]` still to be completed) or a vector */
    const yki_type *elem;     /* of a pointer, an array, a vector */
    const yki_type *plain;    /* this type without qualifiers, in private space */
    const yki_record *record; /* of a struct or union */
    const yki_type *next;     /* the unit's table; not for others */
};

typedef struct yki_field {
    const char *name;
    const yki_type *type;
    yki_pos pos;
    uint64_t offset; /* in bytes */
    uint32_t index;
    struct yki_field *next;
} yki_field;

struct yki_record {
    const char *tag;     /* NULL: anonymous.  Local scopes may repeat one: see id */
    const char *alias;   /* the first typedef name given to an anonymous one, or NULL */
    uint32_t id;         /* unique within the unit, from 0: tells equal tags apart */
    bool is_union;
    bool complete;
    bool has_const;      /* a member, at any depth, is const: it cannot be assigned whole */
    bool has_double;     /* a member, at any depth, holds or points at a double */
    bool has_pointer;    /* likewise a pointer */
    bool packed;         /* __attribute__((packed)) */
    uint32_t aligned;    /* __attribute__((aligned(n))), 0: not given */
    uint32_t depth;      /* records within records, 1 for none; bounded */
    yki_pos pos;
    yki_field *fields;   /* chained, in order */
    uint32_t field_count;
    const yki_type *type; /* the plain type of this record */
    yki_record *next;     /* program->records: in order of completion, so that each comes
                             after those that it contains */
};

static inline bool yki_type_is_integer(const yki_type *t)
{
    return t->kind >= YKI_T_BOOL && t->kind <= YKI_T_ULONG;
}
static inline bool yki_type_is_float(const yki_type *t)
{
    return t->kind >= YKI_T_HALF && t->kind <= YKI_T_DOUBLE;
}
static inline bool yki_type_is_arith(const yki_type *t)
{
    return t->kind >= YKI_T_BOOL && t->kind <= YKI_T_DOUBLE;
}
static inline bool yki_type_is_signed(const yki_type *t)
{
    return t->kind == YKI_T_CHAR || t->kind == YKI_T_SHORT || t->kind == YKI_T_INT ||
           t->kind == YKI_T_LONG;
}
static inline bool yki_type_is_scalar(const yki_type *t)
{
    return yki_type_is_arith(t) || t->kind == YKI_T_POINTER;
}

/* ---- builtin functions ---- */

typedef enum yki_builtin_class {
    YKI_B_WORK_ITEM,  /* get_global_id ...; one uint argument, or none */
    YKI_B_MATH,       /* OpenCL 1.2 table 6.8 */
    YKI_B_INTEGER,    /* table 6.10 */
    YKI_B_COMMON,     /* table 6.12 */
    YKI_B_RELATIONAL, /* table 6.14 */
    YKI_B_CONVERT,    /* convert_T: target is expr->type; see expr->saturate, expr->round */
    YKI_B_AS,         /* as_T: the same bits as expr->type */
    YKI_B_ATOMIC,     /* the rest: unsupported so far, never in an accepted tree */
    YKI_B_BARRIER,
    YKI_B_ASYNC,
    YKI_B_IMAGE,
    YKI_B_VECTOR, /* dot, cross, length, vload, shuffle ... */
    YKI_B_PRINTF
} yki_builtin_class;

/* For YKI_B_WORK_ITEM. */
typedef enum yki_work_item {
    YKI_WI_NONE,
    YKI_WI_WORK_DIM,
    YKI_WI_GLOBAL_ID,
    YKI_WI_GLOBAL_SIZE,
    YKI_WI_GLOBAL_OFFSET,
    YKI_WI_LOCAL_ID,
    YKI_WI_LOCAL_SIZE,
    YKI_WI_GROUP_ID,
    YKI_WI_NUM_GROUPS
} yki_work_item;

/* One row of the builtins' table (builtin.h).  `name` is the OpenCL name without the
 * precision prefix: native_sin and half_sin are rows of their own whose `name` is "sin"
 * and whose `spelled` is what the source says.  Together with the type of the call (or
 * of its first argument) the name says what to emit. */
struct yki_builtin {
    const char *spelled;
    const char *name;
    yki_builtin_class cls;
    yki_work_item work_item;
    const char *signature; /* see builtin.h */
};

/* Rounding of convert_T; DEFAULT is what a C cast does (to zero for integers, to
 * nearest even for floats). */
typedef enum yki_round {
    YKI_ROUND_DEFAULT,
    YKI_ROUND_RTE,
    YKI_ROUND_RTZ,
    YKI_ROUND_RTP,
    YKI_ROUND_RTN
} yki_round;

/* ---- expressions ---- */

typedef enum yki_expr_kind {
    YKI_EX_POISON,  /* an error was reported; never in an accepted tree */
    YKI_EX_INT,     /* bits: the value, sign-extended to 64 bits where type is signed */
    YKI_EX_FLOAT,   /* real: the value; already rounded to float where type is float.  A
                       double literal converted to float has become one of type float */
    YKI_EX_VAR,     /* var */
    YKI_EX_UNARY,   /* op: PLUS NEG NOT COMPL; a.  Arithmetic operands are promoted */
    YKI_EX_INCDEC,  /* op: PRE_INC PRE_DEC POST_INC POST_DEC; a is an lvalue */
    YKI_EX_BINARY,  /* op: MUL .. LOGICAL_OR; a, b after the usual conversions.
                       Pointer +- integer: the pointer is a, whatever the source said.
                       LOGICAL_* and the type of comparisons: int; operands of LOGICAL_*
                       and NOT, as conditions, are any scalar and not converted */
    YKI_EX_ASSIGN,  /* op: NONE for =, else the operator of op=; a lvalue, b value.
                       `=`: b has a's type.  `op=`: a is read, converted to `compute`,
                       combined with b (already of that type; for shifts of its own
                       promoted type; for pointers an integer), and converted back */
    YKI_EX_COND,    /* a ? b : c; b and c have the type of the whole */
    YKI_EX_COMMA,   /* a, b */
    YKI_EX_INDEX,   /* a[b]: a pointer (an array has been decayed by a cast), b integer */
    YKI_EX_DEREF,   /* *a */
    YKI_EX_ADDR,    /* &a */
    YKI_EX_MEMBER,  /* a.field; p->field is the member of a DEREF */
    YKI_EX_CAST,    /* a to type; see yki_cast in `cast` */
    YKI_EX_CALL,    /* func or builtin (exactly one is not NULL), args[arg_count], each
                       already of the parameter's type */
    YKI_EX_INIT,    /* { ... } of an array, record or scalar: args[arg_count] has one slot
                       per element or field, in order, designators resolved; a NULL slot,
                       and those beyond arg_count, are zero.  Only as the initialiser
                       of a variable, inside another INIT, or under COMPOUND.  The slot of
                       a union is args[field->index] */
    YKI_EX_COMPOUND /* (type){ ... }: a is the INIT */
} yki_expr_kind;
/* sizeof is folded to an INT of type ulong.  Parentheses leave no node. */

typedef enum yki_op {
    YKI_OP_NONE,
    YKI_OP_PLUS, YKI_OP_NEG, YKI_OP_NOT, YKI_OP_COMPL,
    YKI_OP_PRE_INC, YKI_OP_PRE_DEC, YKI_OP_POST_INC, YKI_OP_POST_DEC,
    YKI_OP_MUL, YKI_OP_DIV, YKI_OP_MOD, YKI_OP_ADD, YKI_OP_SUB,
    YKI_OP_SHL, YKI_OP_SHR, /* the count is taken modulo the width, as OpenCL says */
    YKI_OP_LT, YKI_OP_GT, YKI_OP_LE, YKI_OP_GE, YKI_OP_EQ, YKI_OP_NE,
    YKI_OP_AND, YKI_OP_XOR, YKI_OP_OR,
    YKI_OP_LOGICAL_AND, YKI_OP_LOGICAL_OR,
    YKI_OP_COUNT
} yki_op;

/* "+", "&&", "++" ...; "" for NONE. */
const char *yki_op_text(yki_op op);

typedef enum yki_cast {
    YKI_CAST_NUMBER,   /* between arithmetic types; to bool: != 0 */
    YKI_CAST_DECAY,    /* array lvalue to pointer to its first element */
    YKI_CAST_POINTER,  /* between pointer types of one address space */
    YKI_CAST_QUALIFY,  /* pointer to the same type with more qualifiers */
    YKI_CAST_NULL,     /* integer constant 0 to pointer */
    YKI_CAST_PTR_INT,  /* pointer to integer */
    YKI_CAST_INT_PTR,  /* integer to pointer */
    YKI_CAST_BOOL_PTR, /* pointer to bool */
    YKI_CAST_VOID      /* value thrown away: (void)e */
} yki_cast;

/* One flat node for all kinds: a walker visits a, b, c and args where they are not NULL.
 * Fields that a kind does not mention are zero. */
struct yki_expr {
    yki_expr_kind kind;
    yki_op op;
    yki_cast cast;
    yki_round round;  /* CALL of YKI_B_CONVERT */
    bool saturate;    /* CALL of YKI_B_CONVERT */
    bool implicit;    /* CAST that the source does not spell */
    bool lvalue;      /* designates an object: VAR INDEX DEREF MEMBER COMPOUND */
    bool parens;      /* stood in parentheses */
    yki_pos pos;      /* the operator of binary ones, else the first token */
    yki_pos begin;    /* the first token of the whole expression */
    const yki_type *type; /* with qualifiers and space where lvalue; plain otherwise */
    yki_expr *a, *b, *c;
    yki_expr **args;
    uint32_t arg_count;
    const yki_type *compute; /* ASSIGN with an operator */
    yki_var *var;
    yki_func *func;
    const yki_builtin *builtin;
    const yki_field *field;
    uint64_t bits;
    double real;
    uint32_t depth; /* 1 + that of its deepest child; at most YKI_EXPR_DEPTH, so that walkers
                       may recurse */
    void *note; /* NULL; free for later passes */
};

enum { YKI_EXPR_DEPTH = 1000, YKI_NEST_DEPTH = 256 /* statements within statements */ };

/* ---- statements ---- */

typedef enum yki_stmt_kind {
    YKI_ST_EMPTY,
    YKI_ST_BLOCK,    /* first: chained */
    YKI_ST_DECL,     /* vars: chained by var->next; each with its init */
    YKI_ST_EXPR,     /* expr */
    YKI_ST_IF,       /* expr; body; other or NULL */
    YKI_ST_FOR,      /* init (DECL, EXPR or NULL); expr or NULL; step or NULL; body */
    YKI_ST_WHILE,    /* expr; body */
    YKI_ST_DO,       /* body; expr */
    YKI_ST_SWITCH,   /* expr (promoted integer); body is a BLOCK */
    YKI_ST_CASE,     /* a label, alone: what it labels follows it in the block, which is
                        directly the switch's; value, converted to the switch's type */
    YKI_ST_DEFAULT,  /* likewise */
    YKI_ST_BREAK,
    YKI_ST_CONTINUE,
    YKI_ST_RETURN    /* expr or NULL; already of the function's type */
} yki_stmt_kind;

struct yki_stmt {
    yki_stmt_kind kind;
    yki_pos pos;
    yki_pos end; /* BLOCK: the closing brace */
    yki_stmt *next;
    yki_stmt *first;
    yki_stmt *init, *body, *other;
    yki_expr *expr, *step;
    yki_var *vars;
    int64_t value;
    void *note; /* NULL; free for later passes */
};

/* ---- variables ---- */

/* How an argument is used as a whole. */
typedef enum yki_mode {
    YKI_MODE_NONE, /* no annotation: inference decides between in and inout */
    YKI_MODE_OUT,  /* YK_OUT */
    YKI_MODE_SUM,  /* YK_SUM(len), ...: mode_len */
    YKI_MODE_MIN,
    YKI_MODE_MAX
} yki_mode;

typedef enum yki_window_kind {
    YKI_WINDOW_NONE,  /* no annotation: to be inferred */
    YKI_WINDOW_OWN,   /* YK_OWN(w)                                  operand 0 */
    YKI_WINDOW_HALO,  /* YK_HALO(r)                                 operand 0 */
    YKI_WINDOW_ALL,   /* YK_ALL */
    YKI_WINDOW_SPAN,  /* YK_WINDOW(stride, lo, hi)                  operands 0..2 */
    YKI_WINDOW_BOX    /* YK_BOX(stride, lo, hi, count, pitch)       operands 0..4 */
} yki_window_kind;

/* What the source says about one pointer parameter of a kernel.  Operands are integer
 * expressions over the kernel's scalar integer parameters; they are evaluated in 64 bits
 * (every parameter and literal in them is converted to `long` before it is used), so
 * YK_LEN(w*h) does not overflow where `int w, h` would. */
typedef struct yki_annot {
    yki_mode mode;
    yki_pos mode_pos;
    yki_expr *mode_len;
    yki_window_kind window;
    yki_pos window_pos;
    uint32_t operand_count;
    yki_expr *operand[5];
    yki_expr *len; /* YK_LEN(expr), or NULL */
    yki_pos len_pos;
} yki_annot;

typedef enum yki_var_kind {
    YKI_VAR_LOCAL,  /* in a function body, also `for (int i ...`.  One whose type is in
                       constant space was declared `constant` in a kernel's body: it has a
                       constant initialiser, like those at program scope */
    YKI_VAR_PARAM,
    YKI_VAR_PROGRAM /* at program scope, in constant space */
} yki_var_kind;

struct yki_var {
    const char *name;
    yki_var_kind kind;
    uint32_t id;    /* unique within the unit: tells shadowed names apart */
    uint32_t index; /* of a parameter: its position, from 0 */
    yki_pos pos;
    const yki_type *type; /* space and qualifiers of the variable included.  A parameter
                             declared as array or `T a[]` has become a pointer */
    yki_func *func; /* it belongs to; NULL at program scope */
    yki_expr *init; /* of the variable's type, or INIT; NULL: none */
    bool reassigned;    /* written after its declaration (=, op=, ++, --) in any way that
                           names it, or through a subscript or member of it */
    bool address_taken; /* & applied to it or to a part of it, or (arrays) decayed other
                           than for being subscripted */
    bool used;          /* read or written anywhere */
    uint32_t reads, writes; /* mentions that read, that write (op= and ++ do both) */
    yki_annot annot;        /* of a kernel's parameter */
    yki_var *next; /* in its DECL, the parameter list, or program->vars */
    void *note;    /* NULL; free for later passes */
};

/* ---- functions ---- */

/* Contraction of a*b+c, as `#pragma OPENCL FP_CONTRACT` left it where the function was
 * defined, or as a pragma inside its body says for all of it. */
typedef enum yki_contract {
    YKI_CONTRACT_DEFAULT, /* OpenCL's default: on */
    YKI_CONTRACT_ON,
    YKI_CONTRACT_OFF
} yki_contract;

struct yki_func {
    const char *name;
    uint32_t id;         /* from 0, dense over all functions of the unit */
    yki_pos pos;         /* of the name, in the definition */
    yki_pos end;         /* the closing brace */
    const yki_type *result;
    yki_var *params;     /* chained; the definition's names */
    uint32_t param_count;
    yki_stmt *body;      /* a BLOCK; NULL only for one that is never called */
    bool is_kernel, is_inline, is_static;
    bool used;           /* called from somewhere */
    bool uses_fp64;      /* a double occurs in it or in what it calls */
    uint32_t work_items; /* bit 1 << yki_work_item for each such function called in it or
                            in what it calls */
    yki_contract contract;
    uint32_t reqd_group[3]; /* reqd_work_group_size; 0: not given */
    uint32_t hint_group[3]; /* work_group_size_hint; 0: not given */
    const yki_type *vec_hint; /* vec_type_hint, or NULL */
    uint32_t item_count;    /* YK_ITEMS(...): 0: not given, else 1 to 3 */
    yki_expr *items[3];     /* as the operands of yki_annot */
    yki_pos items_pos;
    yki_func **calls;       /* the functions that it calls directly, each once */
    uint32_t call_count;
    yki_func *next;         /* program->funcs: in order of their definitions */
    void *note;             /* NULL; free for later passes */
};

/* ---- the program ---- */

typedef struct yki_program {
    yki_record *records; /* emit these first, in order */
    yki_var *vars;       /* program-scope constants, in order; their initialisers refer
                            to nothing but literals and sizes of types */
    yki_func *funcs;     /* defined functions, helpers and kernels, in order; a helper may
                            be called before it comes, so prototypes are needed */
    uint32_t record_count, var_count, func_count, kernel_count;
} yki_program;

/* ---- helpers ---- */

/* The value of an integer constant expression, sign- or zero-extended to 64 bits as its
 * type says; false where `e` is not constant (or divides by zero).  Wraps as C does.
 * bool, enum constants, casts and ?: are understood. */
bool yki_fold_int(const yki_expr *e, int64_t *value);

#endif
