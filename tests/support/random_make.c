/* random_make: one random kernel: its arguments, guard, accesses and stores.  The body in
 * between is random_body's.  See random_kernels.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "random_body.h"
#include "random_kernels.h"

typedef struct element {
    const char *name;
    rb_type as;         /* what it is computed with */
    unsigned bits;      /* of what tests fill in */
} element;

static const element elements[] = {
    {"float", RB_FLOAT, 20}, {"int", RB_INT, 20},     {"double", RB_DOUBLE, 20},
    {"uchar", RB_INT, 8},    {"short", RB_INT, 16},   {"ushort", RB_INT, 16},
    {"uint", RB_UINT, 32},   {"long", RB_LONG, 64},   {"ulong", RB_ULONG, 64},
    {"float", RB_FLOAT, 20}, {"char", RB_INT, 8}};

typedef struct array {
    element elem;
    bool out, len, own, across;
    unsigned step;      /* elements of a work-item, one after the other */
    unsigned form;      /* of its index; 0: the usual one */
    unsigned args;      /* which argument it is */
} array;

typedef struct maker {
    rb b;
    unsigned dims, guard, margin;
    bool sign;          /* ids are signed, and sizes of the same type */
    const char *id_type, *size_type;
    array array[5];
    unsigned arrays;
    bool across;        /* some access is */
    char at[80];
} maker;

static unsigned below(maker *m, unsigned n) { return rb_below(&m->b, n); }
static bool one_in(maker *m, unsigned n) { return below(m, n) == 0; }

static const char *const sizes[] = {"w", "h", "d"}, *const ids[] = {"x", "y", "z"};

/* The index of a work-item's own element: plain, turned round, with a pitch of its own. */
static const char *own_index(const maker *m, const array *a)
{
    static const char *const index[][5] = {
        {NULL, "w - 1 - x", "(w - 1) - x", "x + 3", "5 + x"},
        {NULL, "y * w + (w - 1 - x)", "(h - 1 - y) * w + x", "y * (w + 3) + x + 1",
         "(y + 1) * (w + 1) + x"},
        {NULL, "(z * h + y) * w + (w - 1 - x)", "(z * h + (h - 1 - y)) * w + x",
         "(z * h + y) * (w + 2) + x", "(z * (h + 1) + y) * w + x"}};
    if (a->across) return "x * h + y";
    return a->form ? index[m->dims - 1][a->form] : m->at;
}

/* ---- arguments ---- */

static void choose(maker *m)
{
    static const char *const types[][2] = {{"int", "int"},   {"int", "int"},     {"int", "int"},
                                           {"long", "long"}, {"size_t", "ulong"}, {"uint", "uint"},
                                           {"size_t", "int"}};
    static const unsigned dims[] = {1, 1, 1, 2, 2, 2, 2, 3};
    unsigned t = below(m, 7);
    m->id_type = types[t][0];
    m->size_type = types[t][1];
    m->sign = t < 4;
    m->dims = dims[below(m, 8)];
    m->guard = below(m, 6);
    m->margin = one_in(m, 3) ? 1 + below(m, 2) : 0;
    if (m->guard == 5) m->margin = 0;
    static const char *const at[] = {"x", "y * w + x", "(z * h + y) * w + x"};
    (void)snprintf(m->at, sizeof m->at, "%s", at[m->dims - 1]);
    unsigned out = 1 + one_in(m, 3), in = 1 + below(m, 3);
    for (unsigned i = 0; i < in + out; i++) {
        array *a = &m->array[m->arrays++];
        a->elem = elements[below(m, sizeof elements / sizeof elements[0])];
        a->out = i >= in;
        a->len = one_in(m, 2);
        a->across = m->dims == 2 && one_in(m, 4);
        a->step = m->dims == 1 && one_in(m, 5) ? 2 + below(m, 2) : 1;
        a->form = a->step == 1 && one_in(m, 4) && m->guard != 5 ? 1 + below(m, 4) : 0;
        if (a->form) a->across = false;
        if (a->form > 2) a->len = false;
        a->args = m->dims + 2 + i;
    }
}

static void length(maker *m, const array *a)
{
    rb *b = &m->b;
    if (!a->len) return;
    rb_put(b, " YK_LEN(");
    for (unsigned d = 0; d < m->dims; d++) rb_put(b, "%s%s", d ? " * " : "", sizes[d]);
    if (a->step > 1) rb_put(b, " * %u", a->step);
    rb_put(b, ")");
}

static void head(maker *m)
{
    rb *b = &m->b;
    rb_put(b, "\nkernel void k%u(", b->number);
    for (unsigned d = 0; d < m->dims; d++) rb_put(b, "%s %s, ", m->size_type, sizes[d]);
    rb_put(b, "int m, float f");
    for (unsigned i = 0; i < m->arrays; i++) {
        const array *a = &m->array[i];
        rb_put(b, ",\n    global %s%s *a%u", a->out ? "" : "const ", a->elem.name, i);
        length(m, a);
    }
    rb_put(b, ")\n{");
    b->indent = 1;
}

/* ---- the guard ---- */

static void outside(maker *m, unsigned d, bool margin)
{
    rb *b = &m->b;
    const char *x = ids[d], *w = sizes[d];
    if (margin && m->margin) {
        rb_put(b, "%s < %u || %s + %u >= %s", x, m->margin, x, m->margin, w);
        return;
    }
    switch (below(m, m->sign ? 5 : 3)) {
    case 0: rb_put(b, "%s >= %s", x, w); return;
    case 1: rb_put(b, "!(%s < %s)", x, w); return;
    case 2: rb_put(b, "%s <= %s", w, x); return;
    case 3: rb_put(b, "%s > %s - 1", x, w); return;
    default: rb_put(b, "%s + 1 > %s", x, w); return;
    }
}

static void guard(maker *m)
{
    rb *b = &m->b;
    for (unsigned d = 0; d < m->dims; d++) {
        rb_line(b);
        rb_put(b, "%s%s %s = get_global_id(%u);", one_in(m, 3) ? "const " : "", m->id_type,
               ids[d], d);
    }
    if (m->guard == 5) return;
    if (m->guard == 4) {
        rb_line(b);
        rb_put(b, "if (");
        for (unsigned d = 0; d < m->dims; d++) {
            rb_put(b, d ? " && " : "");
            if (m->margin) rb_put(b, "%s >= %u && ", ids[d], m->margin);
            if (m->margin) rb_put(b, "%s + %u < %s", ids[d], m->margin, sizes[d]);
            else rb_put(b, "%s < %s", ids[d], sizes[d]);
        }
        rb_put(b, ") {");
        b->indent++;
        return;
    }
    bool many = m->guard < 2;
    for (unsigned d = 0; d < m->dims; d++) {
        if (many || !d) {
            rb_line(b);
            rb_put(b, "if (");
        } else {
            rb_put(b, " || ");
        }
        outside(m, d, true);
        if (many || d + 1 == m->dims) rb_put(b, ") return;");
    }
}

/* ---- what is read ---- */

static rb_var *reads(maker *m, const array *a, const char *text)
{
    return rb_add(&m->b, a->elem.as, a->elem.bits, text);
}

/* x and so many more, kept from leaving 0 .. w - 1 in one of three ways. */
static void near(const maker *m, char *at, size_t room, const char *x, const char *w, int by,
                 unsigned how)
{
    unsigned n = (unsigned)(by < 0 ? -by : by);
    const char *zero = m->id_type;
    if (how == 4) {
        (void)snprintf(at, room, "clamp(%s %c %u, (%s)0, %s - 1)", x, by < 0 ? '-' : '+', n, zero,
                       w);
    } else if (by < 0 && how == 5) {
        (void)snprintf(at, room, "max(%s - %u, (%s)0)", x, n, zero);
    } else if (by < 0) {
        (void)snprintf(at, room, "(%s > %u ? %s - %u : 0)", x, n - 1, x, n);
    } else if (how == 5) {
        (void)snprintf(at, room, "min(%s + %u, %s - 1)", x, n, w);
    } else {
        (void)snprintf(at, room, "(%s < %s - %u ? %s + %u : %s - 1)", x, w, n, x, n, w);
    }
}

/* The neighbour of a work-item in dimension d, by so many. */
static void neighbour(maker *m, unsigned i, unsigned d, int by)
{
    static const char *const far[] = {"", " * w", " * w * h"};
    char text[300], index[160];
    const char *x = ids[d], *w = sizes[d];
    char sign = by < 0 ? '-' : '+';
    unsigned n = (unsigned)(by < 0 ? -by : by);
    (void)snprintf(index, sizeof index, "%s %c %u%s", m->at, sign, n, far[d]);
    unsigned how = below(m, m->sign ? 7 : 4);
    if (m->margin >= n && how < 2) {
        (void)snprintf(text, sizeof text, "a%u[%s]", i, index);
    } else if (how < 4) {
        char there[60];
        if (by < 0) (void)snprintf(there, sizeof there, "%s >= %u", x, n);
        else (void)snprintf(there, sizeof there, "%s + %u < %s", x, n, w);
        (void)snprintf(text, sizeof text, "(%s ? a%u[%s] : 0)", there, i, index);
    } else {
        char at[60];
        near(m, at, sizeof at, x, w, by, how);
        const char *const c[] = {d == 0 ? at : "x", d == 1 ? at : "y", d == 2 ? at : "z"};
        if (m->dims == 1) (void)snprintf(text, sizeof text, "a%u[%s]", i, at);
        else if (m->dims == 2) (void)snprintf(text, sizeof text, "a%u[%s * w + %s]", i, c[1], c[0]);
        else {
            (void)snprintf(text, sizeof text, "a%u[(%s * h + %s) * w + %s]", i, c[2], c[1],
                           c[0]);
        }
    }
    reads(m, &m->array[i], text);
}

static void accesses(maker *m, unsigned i)
{
    array *a = &m->array[i];
    char text[160];
    if (a->step > 1) {
        for (unsigned c = 0; c < a->step; c++) {
            (void)snprintf(text, sizeof text, "a%u[%u * x + %u]", i, a->step, c);
            if (!one_in(m, 3)) reads(m, a, text);
        }
        return;
    }
    bool own = !one_in(m, 4), pointer = !a->across && !a->form && m->dims == 2 && one_in(m, 3);
    if (pointer) {
        rb_line(&m->b);
        rb_put(&m->b, "global %s%s *p%u = a%u + y * w;", a->out ? "" : "const ", a->elem.name, i,
               i);
        (void)snprintf(text, sizeof text, "p%u[x]", i);
        reads(m, a, text);
    } else if (own || a->across || a->form) {
        (void)snprintf(text, sizeof text, "a%u[%s]", i, own_index(m, a));
        reads(m, a, text);
    }
    a->own = !a->out;
    if (a->out || a->across || a->form) return;
    for (unsigned n = below(m, 4); n; n--) {
        a->own = false;
        int by = 1 + (int)below(m, 3);
        neighbour(m, i, below(m, m->dims), one_in(m, 2) ? by : -by);
    }
}

/* ---- what is written ---- */

static void value(maker *m, const array *a, unsigned depth)
{
    rb_put(&m->b, " = (%s)(", a->elem.name);
    rb_expr(&m->b, a->elem.as, rb_bits(a->elem.as), depth);
    rb_put(&m->b, ");");
}

static void store(maker *m, unsigned i)
{
    rb *b = &m->b;
    const array *a = &m->array[i];
    for (unsigned c = 0; c < a->step; c++) {
        if (a->step > 1 && one_in(m, 4)) continue;
        rb_line(b);
        if (one_in(m, 5)) {
            rb_put(b, "if (");
            rb_condition(b, 2);
            rb_put(b, ") ");
        }
        rb_put(b, "a%u[", i);
        if (a->step > 1) rb_put(b, c ? "%u * x + %u]" : "%u * x]", a->step, c);
        else rb_put(b, "%s]", own_index(m, a));
        value(m, a, 3);
    }
}

/* ---- loops that people write ---- */

__attribute__((format(printf, 2, 3))) static void add(maker *m, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rb_line(&m->b);
    rb_put(&m->b, "%s", text);
}

/* A sum over rows and columns of two matrices, the sizes as they must be. */
static void product(maker *m, unsigned u, unsigned v)
{
    add(m, "float s = 0.0f;");
    add(m, "for (int j = 0; j < m; j++)");
    add(m, "    s = s * 0.5f + (float)(a%u[y * m + j] & 255) * (float)(a%u[j * w + x] & 255);", u,
        v);
    rb_add(&m->b, RB_FLOAT, 20, "s");
}

static void window_sum(maker *m, unsigned u)
{
    bool y = m->dims == 2 && one_in(m, 2);
    const char *x = y ? "y" : "x", *w = y ? "h" : "w";
    add(m, "float s = 0.0f;");
    add(m, "for (int j = -%s; j <= %s; j++)", one_in(m, 2) ? "m" : "2", one_in(m, 2) ? "m" : "1");
    const char *far = y ? " * w" : "";
    switch (below(m, 3)) {
    case 0:
        add(m, "    if (%s + j >= 0 && %s + j < %s)", x, x, w);
        add(m, "        s = s * 0.5f + (float)(a%u[%s + j%s] & 4095);", u, m->at, far);
        break;
    case 1:
        add(m, "    s = s * 0.5f + (float)((%s + j >= 0 && %s > %s + j", x, w, x);
        add(m, "                            ? a%u[%s + j%s] : 1) & 4095);", u, m->at, far);
        break;
    default: {
        char at[60];
        (void)snprintf(at, sizeof at, "clamp(%s + j, 0, %s - 1)", x, w);
        if (m->dims == 1) add(m, "    s = s * 0.5f + (float)(a%u[%s] & 4095);", u, at);
        else if (y) add(m, "    s = s * 0.5f + (float)(a%u[%s * w + x] & 4095);", u, at);
        else add(m, "    s = s * 0.5f + (float)(a%u[y * w + %s] & 4095);", u, at);
    }
    }
    rb_add(&m->b, RB_FLOAT, 20, "s");
}

/* ---- helpers ---- */

static void helper(maker *m, bool real)
{
    rb *b = &m->b;
    unsigned vars = b->vars;
    rb_put(b, "\n%s h%c%u(int i, float g)\n{", real ? "float" : "int", real ? 'f' : 'i', b->number);
    b->vars = b->scope = 0;
    b->indent = 1;
    rb_add(b, RB_INT, 20, "i")->writable = true;
    rb_add(b, RB_FLOAT, 20, "g")->writable = true;
    rb_line(b);
    rb_put(b, "int m = i & 3;");
    b->scope = b->vars;
    rb_statements(b, below(m, 4));
    if (one_in(m, 3)) {
        add(m, "if (");
        rb_condition(b, 2);
        rb_put(b, ") return ");
        rb_expr(b, real ? RB_FLOAT : RB_INT, 20, 2);
        rb_put(b, ";");
    }
    add(m, "return ");
    rb_expr(b, real ? RB_FLOAT : RB_INT, 20, 2);
    rb_put(b, ";\n}\n");
    b->vars = vars;
    b->scope = b->cost = 0;
    b->loops = b->names = 0;
}

/* ---- together ---- */

static const char *c_type(const char *type)
{
    if (!strcmp(type, "ulong")) return "uint64_t";
    if (!strcmp(type, "uint")) return "uint32_t";
    return !strcmp(type, "long") ? "int64_t" : "int32_t";
}

/* Arguments that may be one array: what each work-item reads is its own element. */
static void same_arrays(const maker *m, rb *c, unsigned i)
{
    for (unsigned j = 0; j < i; j++) {
        const array *in = &m->array[j], *out = &m->array[i];
        if (!out->out || !in->own || strcmp(in->elem.name, out->elem.name) != 0) continue;
        if (in->across != out->across || in->form != out->form) continue;
        if (in->step > 1 || out->step > 1) continue;
        rb_put(c, "    kr_same[%u] = kr_below(2) ? %u : 0;\n", in->args, out->args + 1);
    }
}

static void in_c(const maker *m, rk_kernel *k)
{
    rb c = {.out = k->c, .room = sizeof k->c};
    unsigned n = m->b.number;
    rb_put(&c, "ITEM(k%u", n);
    for (unsigned d = 0; d < m->dims; d++) rb_put(&c, ", a->%s", sizes[d]);
    rb_put(&c, ", a->m, a->f");
    for (unsigned i = 0; i < m->arrays; i++) rb_put(&c, ", (void *)(uintptr_t)a->a%u", i);
    rb_put(&c, ")\nstatic void run_k%u(void)\n{\n", n);
    rb_put(&c, "    run_sizes s = random_sizes(%u, %d);\n", m->dims, m->guard != 5);
    rb_put(&c, "    struct k%u_args a = {.m = s.m, .f = s.f", n);
    for (unsigned d = 0; d < m->dims; d++)
        rb_put(&c, ", .%s = (%s)s.n[%u]", sizes[d], c_type(m->size_type), d);
    rb_put(&c, "};\n");
    for (unsigned i = 0; i < m->arrays; i++) same_arrays(m, &c, i);
    rb_put(&c, "    kr_run(&case_k%u, s.range, &a);\n", n);
    rb_put(&c, "    memset(kr_same, 0, sizeof kr_same);\n}\n\n");
}

/* What every body may read: the scalars and ids. */
static bool scalars(maker *m)
{
    static const char *const as_int[] = {"(int)x", "(int)y", "(int)z"};
    bool plain = !strcmp(m->id_type, "int");
    rb_add(&m->b, RB_INT, 4, "m");
    rb_add(&m->b, RB_FLOAT, 2, "f");
    for (unsigned d = 0; d < m->dims; d++) rb_add(&m->b, RB_INT, 12, plain ? ids[d] : as_int[d]);
    if (!strcmp(m->size_type, "int")) rb_add(&m->b, RB_INT, 12, "w");
    return plain;
}

static bool usual(const array *a) { return !a->out && !a->across && !a->form && a->step == 1; }

static void body(maker *m)
{
    rb *b = &m->b;
    unsigned form = below(m, 8);
    bool ints = scalars(m) && usual(&m->array[0]) && m->dims < 3;
    if (form == 0 && ints) {
        m->array[0].elem = elements[1];
        m->array[0].own = false;
        window_sum(m, 0);
    } else if (form == 1 && ints && m->dims == 2 && usual(&m->array[1])) {
        m->array[0].elem = m->array[1].elem = elements[1];
        m->array[0].own = m->array[1].own = false;
        m->array[0].len = m->array[1].len = false;
        product(m, 0, 1);
    } else {
        accesses(m, 0);
        form = 7;
    }
    for (unsigned i = form == 1 ? 2 : 1; i < m->arrays; i++) {
        if (m->array[i].out && one_in(m, 2)) continue;
        accesses(m, i);
    }
    b->scope = b->vars;
    b->returns = one_in(m, 8);
    rb_statements(b, one_in(m, 4) ? 0 : 1 + below(m, form < 2 ? 3 : 6));
    for (unsigned i = 0; i < m->arrays; i++) {
        if (m->array[i].out) store(m, i);
    }
}

void rk_make(rk_kernel *k, uint64_t seed, unsigned number)
{
    static maker zero;
    maker m = zero;
    /* the body is made first, as it settles the arguments' types */
    static char text[RK_TEXT];
    m.b = (rb){.seed = (seed + 1) * 0x9e3779b97f4a7c15u, .out = k->text, .room = RK_TEXT,
               .number = number};
    rb_below(&m.b, 1);
    rb_below(&m.b, 1);
    choose(&m);
    m.b.id = "i";
    if (one_in(&m, 2)) {
        helper(&m, false);
        helper(&m, true);
        m.b.helpers = true;
    }
    m.b.id = strcmp(m.id_type, "int") ? "(int)x" : "x";
    char *out = m.b.out + m.b.n;
    size_t room = m.b.room - m.b.n;
    m.b.out = text;
    m.b.room = sizeof text;
    m.b.n = 0;
    m.b.indent = 1;
    guard(&m);
    body(&m);
    if (m.b.indent > 1) rb_put(&m.b, "\n    }");
    rb_put(&m.b, "\n}\n");
    m.b.out = out;
    m.b.room = room;
    m.b.n = 0;
    head(&m);
    rb_put(&m.b, "%s", text);
    in_c(&m, k);
}
