/* compiler: characters to tokens: numbers, characters, comments, line splices, positions. */
#include "compile.h"
#include "compiler/front_int.h"

static yki_unit *unit;

static int open_unit(void **state)
{
    (void)state;
    return yki_unit_open(&unit) == YK_OK ? 0 : -1;
}

static int close_unit(void **state)
{
    (void)state;
    yki_unit_close(&unit);
    return 0;
}

static yki_token *lex(const char *text)
{
    yki_file *f = NULL;
    assert_int_equal(yki_source_add(&unit->sources, "l.cl", text, strlen(text), &f), YK_OK);
    return yki_lex(unit, f, false);
}

/* The tokens' texts, separated by bars; kinds of bad ones as '!'. */
static void expect_tokens(const char *text, const char *want)
{
    yki_text got = {0};
    for (const yki_token *t = lex(text); t->kind != YKI_TK_FILE_END; t = t->next) {
        if (got.len) yki_text_add(&got, "|");
        if (t->kind == YKI_TK_BAD) yki_text_add(&got, "!");
        yki_text_add_n(&got, t->text, t->len);
    }
    assert_string_equal(yki_text_get(&got), want);
    yki_text_free(&got);
}

static void tokens(void **state)
{
    (void)state;
    expect_tokens("", "");
    expect_tokens("a+++b", "a|++|+|b");
    expect_tokens("a<<=b>>=c...d", "a|<<=|b|>>=|c|...|d");
    expect_tokens("x->y ## #z", "x|->|y|##|#|z");
    expect_tokens("1.5e+3f.x .5 0x1p-3 1..2", "1.5e+3f.x|.5|0x1p-3|1..2");
    expect_tokens("a/*b*/c//d\ne/ /f", "a|c|e|/|/|f");
    expect_tokens("ab\\\ncd \\\r\n + \\\n=", "abcd|+|=");
    expect_tokens("+\\\n= <\\\n<\\\n=", "+=|<<=");
    expect_tokens("/\\\n* x *\\\n/ y", "y");
    expect_tokens("'\\'' \"a\\\"b\"", "'\\''|\"a\\\"b\"");
    expect_tokens("\xEF\xBB\xBFint", "int");
    expect_tokens("a @ b", "a|!a stray character|b");
    expect_tokens("caf\xC3\xA9", "caf|!a character outside ASCII");
    expect_tokens("'x", "!a character constant without its closing quote");
    expect_tokens("a /* b", "a|!a comment without its end");
    expect_tokens("\\", "!a stray character");
}

static void nul_bytes(void **state)
{
    (void)state;
    yki_file *f = NULL;
    assert_int_equal(yki_source_add(&unit->sources, "n.cl", "a\0b", 3, &f), YK_OK);
    yki_token *t = yki_lex(unit, f, false);
    assert_int_equal(t->kind, YKI_TK_NAME);
    assert_int_equal(t->next->kind, YKI_TK_BAD);
    assert_int_equal(t->next->next->kind, YKI_TK_NAME);
}

static void expect_number(const char *text, yki_type_kind kind, uint64_t bits, double real)
{
    yki_token t = {.text = text, .len = (uint32_t)strlen(text)};
    yki_literal l = yki_literal_number(unit, &t);
    if (l.kind != kind || l.bits != bits || memcmp(&l.real, &real, sizeof real) != 0)
        fail_msg("%s: kind %d bits %llu real %a", text, (int)l.kind, (unsigned long long)l.bits,
                 l.real);
}

static void numbers(void **state)
{
    (void)state;
    expect_number("0", YKI_T_INT, 0, 0);
    expect_number("017", YKI_T_INT, 15, 0);
    expect_number("0b101", YKI_T_INT, 5, 0);
    expect_number("2147483647", YKI_T_INT, 2147483647, 0);
    expect_number("2147483648", YKI_T_LONG, 2147483648, 0);
    expect_number("0x80000000", YKI_T_UINT, 2147483648, 0);
    expect_number("0xffffffffffffffff", YKI_T_ULONG, UINT64_MAX, 0);
    expect_number("0x7fffffffffffffff", YKI_T_LONG, INT64_MAX, 0);
    expect_number("5u", YKI_T_UINT, 5, 0);
    expect_number("4294967296U", YKI_T_ULONG, 4294967296, 0);
    expect_number("5L", YKI_T_LONG, 5, 0);
    expect_number("5uL", YKI_T_ULONG, 5, 0);
    expect_number("5lu", YKI_T_ULONG, 5, 0);
    expect_number("5ll", YKI_T_ERROR, 0, 0);
    expect_number("089", YKI_T_ERROR, 0, 0);
    expect_number("18446744073709551616", YKI_T_ERROR, 0, 0);
    expect_number("1f", YKI_T_ERROR, 0, 0);
    expect_number("1.f", YKI_T_FLOAT, 0, 1.0);
    expect_number("0.1f", YKI_T_FLOAT, 0, (double)0.1f);
    expect_number("0.1", YKI_T_DOUBLE, 0, 0.1);
    expect_number("1e3", YKI_T_DOUBLE, 0, 1000);
    expect_number("0x1.8p1f", YKI_T_FLOAT, 0, 3.0);
    expect_number("0xep1", YKI_T_DOUBLE, 0, 28.0);
    expect_number("0x1.8", YKI_T_ERROR, 0, 0);
    expect_number("1.5h", YKI_T_HALF, 0, 1.5);
    expect_number("1.5x", YKI_T_ERROR, 0, 0);
    /* rounded once, to float: through double first it would be 0x1.000002p0 */
    expect_number("0x1.00000100000000001p0f", YKI_T_FLOAT, 0, 0x1.000002p0);
    expect_number("0x1.000001p0f", YKI_T_FLOAT, 0, 0x1p0);
}

static void characters(void **state)
{
    static const struct {
        const char *text;
        int value; /* -1000: a problem */
    } cases[] = {{"'a'", 97}, {"'\\n'", 10}, {"'\\0'", 0}, {"'\\101'", 65}, {"'\\x41'", 65},
                 {"'\\xff'", -1}, {"'\\''", 39}, {"''", -1000}, {"'ab'", -1000}, {"'\\q'", -1000},
                 {"'\\x'", -1000}, {"'\\777'", -1000}};
    (void)state;
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        yki_token t = {.text = cases[i].text, .len = (uint32_t)strlen(cases[i].text)};
        yki_literal l = yki_literal_char(&t);
        if (cases[i].value == -1000) assert_non_null(l.problem);
        else assert_int_equal((int64_t)l.bits, cases[i].value);
    }
}

static void places(void **state)
{
    (void)state;
    uint32_t line, column;
    const char *file;
    yki_token *t = lex("a\n\tb\r\n  /* \xC3\xA9 */ c");
    yki_unit_where(unit, t->pos, &file, &line, &column);
    assert_string_equal(file, "l.cl");
    assert_true(line == 1 && column == 1);
    yki_unit_where(unit, t->next->pos, NULL, &line, &column);
    assert_true(line == 2 && column == 2);
    yki_unit_where(unit, t->next->next->pos, NULL, &line, &column);
    assert_true(line == 3 && column == 11);
    yki_unit_where(unit, (yki_pos){0}, &file, &line, &column);
    assert_string_equal(file, "<built-in>");
    assert_true(line == 0 && column == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens), cmocka_unit_test(nul_bytes), cmocka_unit_test(numbers),
        cmocka_unit_test(characters), cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, open_unit, close_unit);
}
