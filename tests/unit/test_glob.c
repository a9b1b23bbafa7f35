#include "proto/glob.h"
#include "tests/t.h"

#define S(lit) SPAN_STR(lit)

static const struct name_row {
    const char *label;
    struct span name;
    bool path, pattern;
} names[] = {
    { "one segment", S("app"), true, true },
    { "every character", S("abcdefghijklmnopqrstuvwxyz0123456789._-"), true, true },
    { "many segments", S("a/b/c/d/e/f"), true, true },
    { "dots within", S("a.b/..c/d..e/..."), true, true },
    { "empty", S(""), false, false },
    { "nothing at all", { NULL, 0 }, false, false },
    { "slash alone", S("/"), false, false },
    { "slash first", S("/a"), false, false },
    { "slash last", S("a/"), false, false },
    { "empty segment", S("a//b"), false, false },
    { "dot", S("."), false, false },
    { "dot segment", S("a/./b"), false, false },
    { "dot-dot", S(".."), false, false },
    { "dot-dot segment", S("a/../b"), false, false },
    { "dot-dot last", S("a/.."), false, false },
    { "capital", S("App"), false, false },
    { "space", S("a b"), false, false },
    { "percent", S("a%2fb"), false, false },
    { "backslash", S("a\\b"), false, false },
    { "semicolon", S("a;b"), false, false },
    { "NUL", S("a\0b"), false, false },
    { "newline", S("a\n"), false, false },
    { "wide letter", S("\xc3\xa9"), false, false },
    { "wide slash",
      S("a\xe2\x88\x95"
        "b"),
      false, false },
    { "question mark", S("a?"), false, false },
    { "brackets", S("[a-z]"), false, false },
    { "braces", S("{a,b}"), false, false },
    { "tilde", S("~a"), false, false },
    { "star", S("*"), false, true },
    { "stars within a segment", S("a*b*c"), false, true },
    { "star and dots", S(".*"), false, true },
    { "two stars alone", S("**"), false, true },
    { "two stars last", S("a/**"), false, true },
    { "two stars first", S("**/a"), false, false },
    { "two stars in the middle", S("a/**/b"), false, false },
    { "two stars twice", S("**/**"), false, false },
    { "two stars and a letter", S("**a"), false, false },
    { "a letter and two stars", S("a**"), false, false },
    { "three stars", S("***"), false, false },
};

static const struct match_row {
    const char *pattern, *path;
    bool want;
} matches[] = {
    { "app", "app", true },
    { "app", "app1", false },
    { "app", "ap", false },
    { "app", "app/db", false },
    { "app/db", "app/db", true },
    { "app/db", "app", false },
    { "*", "app", true },
    { "*", "app/db", false },
    { "app/*", "app/db", true },
    { "app/*", "app", false },
    { "app/*", "app/db/x", false },
    { "app/*", "apps/db", false },
    { "*/db", "app/db", true },
    { "*/db", "db", false },
    { "app*", "app", true },
    { "app*", "apple", true },
    { "app*", "app/x", false },
    { "*app", "myapp", true },
    { "*app", "myapps", false },
    { "a*c", "ac", true },
    { "a*c", "abbbc", true },
    { "a*c", "abcb", false },
    { "a*b*c", "aXbYc", false }, /* capitals are no names */
    { "a*b*c", "a1b2c", true },
    { "a*b*c", "a1c2b", false },
    { "*a*a*", "aa", true },
    { "*a*a*", "a", false },
    { "a.b", "a.b", true },
    { "a.b", "axb", false }, /* a dot is a dot */
    { "a-z", "m", false },
    { "**", "app", true },
    { "**", "app/db/x/y", true },
    { "app/**", "app/db", true },
    { "app/**", "app/db/x/y", true },
    { "app/**", "app", false },
    { "app/**", "apps/db", false },
    { "a*/**", "app/db", true },
    { "a*/**", "b/app/db", false },
    { "app/*/x", "app/db/x", true },
    { "app/*/x", "app/x", false },
    { "**", "a/../b", false },
    { "**", "", false },
    { "**/a", "b/a", false },
    { "", "", false },
};

static void names_have_one_spelling(void)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        T_ROW(glob_path_ok(names[i].name) == names[i].path, names[i].label);
        T_ROW(glob_ok(names[i].name) == names[i].pattern, names[i].label);
        T_ROW(glob_match(names[i].name, names[i].name) == names[i].path, names[i].label);
        T_ROW(glob_match(S("**"), names[i].name) == names[i].path, names[i].label);
    }
}

static void patterns_match_as_the_rows_say(void)
{
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
        char label[64];
        snprintf(label, sizeof label, "%s %s", matches[i].pattern, matches[i].path);
        T_ROW(glob_match(span_of(matches[i].pattern), span_of(matches[i].path)) == matches[i].want, label);
    }
}

static void only_name_characters_are_names(void)
{
    for (int c = 0; c < 256; c++) {
        const uint8_t one = (uint8_t)c;
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        T(glob_path_ok((struct span){ &one, 1 }) == word);
        T(glob_ok((struct span){ &one, 1 }) == (word || c == '*'));
        T(glob_tenant_ok((struct span){ &one, 1 }) == (word && c != '_' && c != '-'));
    }
}

static void lengths_stop_at_their_limits(void)
{
    uint8_t a[GLOB_PATH_MAX + 1];
    memset(a, 'a', sizeof a);
    T(glob_path_ok((struct span){ a, GLOB_PATH_MAX }) && !glob_path_ok((struct span){ a, sizeof a }));
    T(glob_ok((struct span){ a, GLOB_PATH_MAX }) && !glob_ok((struct span){ a, sizeof a }));
    T(glob_tenant_ok((struct span){ a, GLOB_TENANT_MAX }));
    T(!glob_tenant_ok((struct span){ a, GLOB_TENANT_MAX + 1 }));
}

static void tenants_are_one_plain_word(void)
{
    static const char *const good[] = { "a", "acme", "a-b", "0", "team-2" };
    static const char *const bad[] = { "", "-a", "a-", "a.b", "a_b", "a/b", "Acme", "a b", "*", ".." };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        T_ROW(glob_tenant_ok(span_of(good[i])), good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_ROW(!glob_tenant_ok(span_of(bad[i])), bad[i]);
}

int main(void)
{
    names_have_one_spelling();
    patterns_match_as_the_rows_say();
    only_name_characters_are_names();
    lengths_stop_at_their_limits();
    tenants_are_one_plain_word();
    return t_end();
}
