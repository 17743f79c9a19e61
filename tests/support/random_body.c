/* random_body: see random_body.h. */
#include "random_body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

unsigned rb_below(rb *b, unsigned n)
{
    b->seed ^= b->seed << 13;
    b->seed ^= b->seed >> 7;
    b->seed ^= b->seed << 17;
    return n ? (unsigned)((b->seed >> 11) % n) : 0;
}

static bool one_in(rb *b, unsigned n) { return rb_below(b, n) == 0; }

void rb_put(rb *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(b->out + b->n, b->room - b->n, format, args);
    va_end(args);
    if (n > 0) b->n += (size_t)n < b->room - b->n ? (size_t)n : b->room - b->n - 1;
}

void rb_line(rb *b) { rb_put(b, "\n%*s", (int)b->indent * 4, ""); }

unsigned rb_bits(rb_type t)
{
    static const unsigned bits[] = {20, 32, 40, 64, 20, 20};
    return bits[t];
}

const char *rb_name(rb_type t)
{
    static const char *const names[] = {"int", "uint", "long", "ulong", "float", "double"};
    return names[t];
}

static bool is_float(rb_type t) { return t >= RB_FLOAT; }
static bool wraps(rb_type t) { return t == RB_UINT || t == RB_ULONG; }

rb_var *rb_add(rb *b, rb_type t, unsigned bits, const char *text)
{
    if (b->vars == sizeof b->var / sizeof b->var[0]) abort();
    rb_var *v = &b->var[b->vars++];
    *v = (rb_var){.type = t, .bits = bits};
    (void)snprintf(v->text, sizeof v->text, "%s", text);
    return v;
}

/* ---- reading variables ---- */

static bool hidden(const rb *b, unsigned i)
{
    for (unsigned k = i + 1; k < b->vars; k++) {
        if (!strcmp(b->var[k].text, b->var[i].text)) return true;
    }
    return b->var[i].dead;
}

static rb_var *pick(rb *b, bool writable)
{
    for (unsigned tries = 0; b->vars && tries < 8; tries++) {
        unsigned i = rb_below(b, 2) ? b->vars - 1 - rb_below(b, b->vars < 6 ? b->vars : 6)
                                    : rb_below(b, b->vars);
        if ((!writable || b->var[i].writable) && !hidden(b, i)) return &b->var[i];
    }
    return NULL;
}

static void element(rb *b, const rb_var *v, unsigned depth)
{
    rb_put(b, "%s", v->text);
    if (!v->elements) return;
    rb_put(b, "[");
    if (one_in(b, 2)) {
        rb_put(b, "%u", rb_below(b, v->elements));
    } else {
        rb_expr(b, one_in(b, 3) ? RB_UINT : RB_INT, 20, depth);
        rb_put(b, " & %u", v->elements - 1);
    }
    rb_put(b, "]");
}

static void literal(rb *b, rb_type t, unsigned bits)
{
    unsigned most = bits > 10 ? 1000 : (1u << bits) - 1;
    if (!is_float(t)) {
        unsigned v = rb_below(b, most + 1);
        bool minus = !wraps(t) && one_in(b, 3);
        rb_put(b, minus ? "(-%u%s)" : "%u%s", v,
               t == RB_LONG ? "L" : t == RB_ULONG ? "UL" : t == RB_UINT ? "u" : "");
        return;
    }
    rb_put(b, one_in(b, 3) ? "(-%u.%u%s)" : "%u.%u%s", rb_below(b, most), rb_below(b, 9999),
           t == RB_FLOAT ? "f" : "");
}

/* A variable as a value of type t below 2^bits. */
static void read_var(rb *b, rb_type t, unsigned bits, unsigned depth)
{
    const rb_var *v = pick(b, false);
    if (!v) {
        literal(b, t, bits);
        return;
    }
    bool cast = v->type != t;
    if (is_float(v->type) && !is_float(t)) {        /* below 2^20 by its nature */
        rb_put(b, "((%s)", rb_name(t));
        if (wraps(t)) rb_put(b, "(int)");
        element(b, v, depth);
        if (bits < 20) rb_put(b, " & %u)", (1u << bits) - 1);
        else rb_put(b, " + 1)"); /* (float)(int)f may be -0.0: gcc 12 takes it for trunc(f) */
        return;
    }
    if (is_float(t) && v->bits > bits) {
        rb_put(b, "(");
        if (cast) rb_put(b, "(%s)", rb_name(t));
        if (!is_float(v->type)) rb_put(b, "(");
        element(b, v, depth);
        if (is_float(v->type)) rb_put(b, " * %s)", t == RB_FLOAT ? "0.000001f" : "0.000001");
        else rb_put(b, " & %u))", (1u << (bits < 20 ? bits : 20)) - 1);
        return;
    }
    bool full = wraps(t) && bits == rb_bits(t);
    bool small = !full && (v->bits > bits || (wraps(t) && !wraps(v->type)));
    if (cast) rb_put(b, small ? "((%s)(" : "(%s)", rb_name(t));
    else if (small) rb_put(b, "(");
    element(b, v, depth);
    if (small) rb_put(b, cast ? " & %u))" : " & %u)", (1u << (bits < 20 ? bits : 20)) - 1);
}

/* ---- expressions ---- */

static void two(rb *b, const char *op, rb_type t, unsigned m, unsigned n, unsigned depth)
{
    rb_put(b, "(");
    rb_expr(b, t, m, depth);
    rb_put(b, " %s ", op);
    rb_expr(b, t, n, depth);
    rb_put(b, ")");
}

static void choice(rb *b, rb_type t, unsigned bits, unsigned depth)
{
    rb_put(b, "(");
    rb_condition(b, depth);
    rb_put(b, " ? ");
    rb_expr(b, t, bits, depth);
    rb_put(b, " : ");
    rb_expr(b, t, bits, depth);
    rb_put(b, ")");
}

static void call(rb *b, rb_type t, unsigned bits, unsigned depth, const char *name)
{
    rb_put(b, "%s(", name);
    rb_expr(b, t, bits, depth);
    rb_put(b, ", ");
    rb_expr(b, t, bits, depth);
    rb_put(b, ")");
}

static void helper(rb *b, rb_type t, unsigned depth)
{
    rb_put(b, "h%c%u(", t == RB_INT ? 'i' : 'f', b->number);
    rb_expr(b, RB_INT, 16, depth);
    rb_put(b, ", ");
    rb_expr(b, RB_FLOAT, 16, depth);
    rb_put(b, ")");
}

static void other_type(rb *b, rb_type t, unsigned bits, unsigned depth)
{
    rb_type from = (rb_type)rb_below(b, 6);
    if (is_float(from) && !is_float(t)) from = RB_INT;
    unsigned most = bits < 20 ? bits : 20;
    rb_put(b, "(%s)", rb_name(t));
    if (wraps(t) && bits < rb_bits(t)) from = RB_UINT;
    rb_expr(b, from, most, depth);
}

static void small_type(rb *b, rb_type t, unsigned bits, unsigned depth)
{
    static const char *const names[] = {"uchar", "ushort", "char", "short"};
    unsigned i = bits > 16 ? rb_below(b, 4) : rb_below(b, 2) * 2;
    if (wraps(t) && bits < rb_bits(t)) i = 0;
    rb_put(b, "(%s)(%s)", rb_name(t), names[i]);
    rb_expr(b, RB_INT, 20, depth);
}

static void whole_number(rb *b, rb_type t, unsigned bits, unsigned depth)
{
    bool full = wraps(t) && bits == rb_bits(t);
    switch (rb_below(b, 13)) {
    case 0:
    case 1: two(b, "+", t, full ? bits : bits - 1, full ? bits : bits - 1, depth); return;
    case 2:
        if (wraps(t) && !full) break;
        two(b, "-", t, full ? bits : bits - 1, full ? bits : bits - 1, depth);
        return;
    case 3: two(b, "*", t, full ? bits : bits / 2, full ? bits : bits / 2, depth); return;
    case 4:
        if (!wraps(t)) break;
        two(b, one_in(b, 2) ? "^" : "|", t, bits, bits, depth);
        return;
    case 5:
        rb_put(b, "(");
        rb_expr(b, t, rb_bits(t), depth);
        rb_put(b, " & %u)", (1u << rb_below(b, bits < 12 ? bits + 1 : 12)) - 1);
        return;
    case 6:
        if (bits < 10) break;
        rb_put(b, "(");
        rb_expr(b, t, bits, depth);
        rb_put(b, one_in(b, 2) ? " %% %u)" : " / %u)", 1 + rb_below(b, 1000));
        return;
    case 7:
        rb_put(b, "(");
        rb_expr(b, t, bits, depth);
        rb_put(b, " >> %u)", rb_below(b, 12));
        return;
    case 8: choice(b, t, bits, depth); return;
    case 9:
        if (bits < 8) break;
        small_type(b, t, bits, depth);
        return;
    case 10:
        if (bits < 1) break;
        rb_put(b, "(%s)", rb_name(t));
        rb_put(b, "(");
        rb_condition(b, depth);
        rb_put(b, ")");
        return;
    case 11:
        if (b->helpers && t == RB_INT && bits == 20) helper(b, t, depth);
        else call(b, t, bits, depth, one_in(b, 2) ? "min" : "max");
        return;
    default: other_type(b, t, bits, depth); return;
    }
    read_var(b, t, bits, depth);
}

static void real_number(rb *b, rb_type t, unsigned bits, unsigned depth)
{
    switch (rb_below(b, 11)) {
    case 0:
    case 1: two(b, one_in(b, 2) ? "+" : "-", t, bits - 1, bits - 1, depth); return;
    case 2:
    case 3: two(b, "*", t, bits / 2, bits / 2, depth); return;
    case 4:
        rb_put(b, "(");
        rb_expr(b, t, bits, depth);
        rb_put(b, t == RB_FLOAT ? " / (1.5f + fabs(" : " / (1.5 + fabs(");
        rb_expr(b, t, bits, depth);
        rb_put(b, ")))");
        return;
    case 5: choice(b, t, bits, depth); return;
    case 6:
        rb_put(b, "sqrt(fabs(");
        rb_expr(b, t, bits, depth);
        rb_put(b, "))");
        return;
    case 7:
        rb_put(b, "(-");
        rb_expr(b, t, bits, depth);
        rb_put(b, ")");
        return;
    case 8:
        if (b->helpers && t == RB_FLOAT && bits == 20) helper(b, t, depth);
        else call(b, t, bits, depth, one_in(b, 2) ? "min" : "max");
        return;
    default: other_type(b, t, bits, depth); return;
    }
}

void rb_expr(rb *b, rb_type t, unsigned bits, unsigned depth)
{
    if (depth == 0 || bits < 3 || b->n > b->room / 2 || one_in(b, 4)) {
        if (one_in(b, 4)) literal(b, t, bits);
        else read_var(b, t, bits, 0);
        return;
    }
    if (is_float(t)) real_number(b, t, bits, depth - 1);
    else whole_number(b, t, bits, depth - 1);
}

void rb_condition(rb *b, unsigned depth)
{
    static const char *const ops[] = {"<", "<=", ">", ">=", "==", "!="};
    unsigned next = depth ? depth - 1 : 0;
    if (depth && one_in(b, 5)) {
        rb_put(b, one_in(b, 3) ? "!(" : "(");
        rb_condition(b, next);
        rb_put(b, one_in(b, 2) ? " && " : " || ");
        rb_condition(b, next);
        rb_put(b, ")");
        return;
    }
    rb_type t = one_in(b, 3) ? (rb_type)rb_below(b, 6) : one_in(b, 2) ? RB_INT : RB_FLOAT;
    two(b, ops[rb_below(b, 6)], t, rb_bits(t), rb_bits(t), next);
}

/* ---- statements ---- */

static void statement(rb *b);

static void fresh_name(rb *b, char *name, size_t room)
{
    for (;;) {
        (void)snprintf(name, room, "v%u", rb_below(b, 14));
        bool taken = false;
        for (unsigned i = b->scope; i < b->vars; i++) taken |= !strcmp(b->var[i].text, name);
        if (!taken) return;
        if (b->vars - b->scope > 10) {
            (void)snprintf(name, room, "v%u", 14 + b->names++);
            return;
        }
    }
}

static void declare(rb *b)
{
    char name[32];
    rb_type t = one_in(b, 2) ? RB_INT : one_in(b, 2) ? RB_FLOAT : (rb_type)rb_below(b, 6);
    if (b->vars > 80) return;
    fresh_name(b, name, sizeof name);
    bool fixed = one_in(b, 3);
    rb_line(b);
    rb_put(b, "%s%s %s = ", fixed && one_in(b, 2) ? "const " : "", rb_name(t), name);
    unsigned at = b->vars;
    rb_add(b, t, rb_bits(t), name)->dead = true;
    rb_expr(b, t, rb_bits(t), 2);
    rb_put(b, ";");
    b->var[at].dead = false;
    b->var[at].writable = !fixed;
}

static void declare_array(rb *b)
{
    char name[32];
    rb_type t = one_in(b, 2) ? RB_FLOAT : (rb_type)rb_below(b, 6);
    if (b->vars > 80) return;
    fresh_name(b, name, sizeof name);
    unsigned count = 2u << rb_below(b, 3), at = b->vars;
    rb_line(b);
    rb_put(b, "%s %s[%u]", rb_name(t), name, count);
    rb_add(b, t, rb_bits(t), name)->dead = true;
    if (one_in(b, 2)) {
        rb_put(b, " = {");
        unsigned some = 1 + rb_below(b, count);
        for (unsigned i = 0; i < some; i++) {
            if (i) rb_put(b, ", ");
            rb_expr(b, t, rb_bits(t), 1);
        }
        rb_put(b, "};");
    } else {
        rb_put(b, ";");
        rb_line(b);
        rb_put(b, "for (int q = 0; q < %u; q++) %s[q] = ", count, name);
        rb_expr(b, t, rb_bits(t), 1);
        rb_put(b, ";");
    }
    b->var[at].elements = count;
    b->var[at].writable = true;
    b->var[at].dead = false;
}

static void assign(rb *b)
{
    const rb_var *found = pick(b, true);
    if (!found) {
        declare(b);
        return;
    }
    const rb_var v = *found;
    rb_line(b);
    element(b, &v, 1);
    if (is_float(v.type) && one_in(b, 2)) { /* halves what was there: stays below 2^20 */
        if (v.elements || one_in(b, 2)) {
            rb_put(b, " *= %s;", v.type == RB_FLOAT ? "0.75f" : "0.75");
            return;
        }
        rb_put(b, " = %s * %s + ", v.text, v.type == RB_FLOAT ? "0.5f" : "0.5");
        rb_expr(b, v.type, v.bits - 2, 2);
        rb_put(b, ";");
        return;
    }
    if (wraps(v.type) && v.bits == rb_bits(v.type) && one_in(b, 2)) {
        static const char *const ops[] = {"+=", "-=", "^=", "*=", "|="};
        rb_put(b, " %s ", ops[rb_below(b, 5)]);
    } else {
        rb_put(b, " = ");
    }
    rb_expr(b, v.type, v.bits, 3);
    rb_put(b, ";");
}

static void block(rb *b, unsigned count)
{
    unsigned vars = b->vars, scope = b->scope;
    b->scope = vars;
    b->indent++;
    rb_statements(b, count);
    b->indent--;
    b->vars = vars;
    b->scope = scope;
    rb_line(b);
    rb_put(b, "}");
}

static void branch(rb *b)
{
    rb_line(b);
    rb_put(b, "if (");
    rb_condition(b, 2);
    rb_put(b, ") {");
    block(b, 1 + rb_below(b, 3));
    if (one_in(b, 2)) return;
    rb_put(b, " else {");
    block(b, 1 + rb_below(b, 3));
}

static void jump(rb *b)
{
    static const char *const words[] = {"break", "continue", "continue"};
    rb_line(b);
    rb_put(b, "if (");
    rb_condition(b, 2);
    rb_put(b, ") ");
    if (b->loops && !(b->returns && one_in(b, 3))) rb_put(b, "%s;", words[rb_below(b, 3)]);
    else if (b->returns) rb_put(b, "return;");
    else rb_put(b, ";");
}

/* How often a loop turns: the same for all, or as the data has it. */
static void turns(rb *b)
{
    switch (rb_below(b, 6)) {
    case 0: rb_put(b, "m"); return;
    case 1: rb_put(b, "%u", 1 + rb_below(b, 6)); return;
    case 2: rb_put(b, "(%s & %u)", b->id, 1 + rb_below(b, 7)); return;
    case 3: rb_put(b, "min(%s, m)", b->id); return;
    case 4: rb_put(b, "(%s < m ? %s : m)", b->id, b->id); return;
    default:
        rb_put(b, "(");
        rb_expr(b, RB_INT, 20, 2);
        rb_put(b, " & %u)", 1 + rb_below(b, 7));
    }
}

static void counted(rb *b, const char *name)
{
    static const char *const before[] = {"", "++", "", ""};
    static const char *const after[] = {"++", "", " += 2", " += 1"};
    unsigned i = rb_below(b, 4);
    if (one_in(b, 4)) { /* down */
        rb_put(b, "for (int %s = ", name);
        turns(b);
        rb_put(b, one_in(b, 2) ? "; %s > 0; %s--) {" : "; %s >= 0; %s -= 2) {", name, name);
        return;
    }
    rb_put(b, one_in(b, 3) ? "for (int %s = 1; %s <= " : "for (int %s = 0; %s < ", name, name);
    turns(b);
    rb_put(b, "; %s%s%s) {", before[i], name, after[i]);
}

static void loop(rb *b)
{
    char name[32];
    unsigned vars = b->vars, scope = b->scope, kind = rb_below(b, 6);
    if (b->loops >= 3 || b->vars > 70) return;
    (void)snprintf(name, sizeof name, "c%u", b->names++);
    rb_line(b);
    if (kind > 2) {
        rb_put(b, "int %s = ", name);
        turns(b);
        rb_put(b, ";");
        rb_line(b);
    }
    const char *end = NULL;
    if (kind <= 2) counted(b, name);
    else if (kind == 3) rb_put(b, "while (%s-- > 0) {", name);
    else if (kind == 4) {
        rb_put(b, "for (;;) {");
        b->indent++;
        rb_line(b);
        rb_put(b, "if (%s <= 0) break;", name);
        rb_line(b);
        rb_put(b, "%s--;", name);
        b->indent--;
    } else {
        rb_put(b, "do {");
        b->indent++;
        rb_line(b);
        rb_put(b, "%s -= %u;", name, 1 + rb_below(b, 2));
        b->indent--;
        end = name;
    }
    rb_add(b, RB_INT, 4, name);
    b->scope = b->vars;
    b->loops++;
    block(b, 1 + rb_below(b, 4));
    b->loops--;
    if (end) rb_put(b, " while (%s > 0);", end);
    b->vars = vars;
    b->scope = scope;
}

static void cases(rb *b)
{
    unsigned loops = b->loops;
    bool returns = b->returns;
    rb_line(b);
    rb_put(b, "switch (");
    rb_expr(b, RB_INT, 20, 2);
    rb_put(b, " & 3) {");
    b->loops = 3; /* no loop and no jump of one inside */
    b->returns = false;
    for (unsigned i = 0; i < 3; i++) {
        rb_line(b);
        rb_put(b, i == 2 ? "default: {" : "case %u: {", i);
        unsigned vars = b->vars, scope = b->scope;
        b->scope = vars;
        b->indent++;
        assign(b);
        assign(b);
        b->indent--;
        b->vars = vars;
        b->scope = scope;
        rb_line(b);
        rb_put(b, one_in(b, 3) ? "}" : "} break;");
    }
    rb_line(b);
    rb_put(b, "}");
    b->loops = loops;
    b->returns = returns;
}

static void statement(rb *b)
{
    unsigned kind = rb_below(b, 20);
    if (b->n > b->room / 4 || ++b->cost > 60) kind = 0;
    b->depth++;
    if (b->depth > 5 && kind >= 10) kind = 4;
    if (kind < 4) declare(b);
    else if (kind < 9) assign(b);
    else if (kind == 9) declare_array(b);
    else if (kind < 13) branch(b);
    else if (kind < 17) loop(b);
    else if (kind == 17 && b->depth < 4) cases(b);
    else jump(b);
    b->depth--;
}

void rb_statements(rb *b, unsigned count)
{
    while (count--) statement(b);
}
