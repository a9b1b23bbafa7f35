#include "client/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cli {
    const struct command *command;
    int argc; /* what follows the command's words */
    char **argv;
    bool json;
};

bool cli_json(const struct cli *c)
{
    return c->json;
}

static const char *program(void)
{
    return program_invocation_short_name;
}

static void help_row(const struct option_row *row)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
    printf("  %-28s %s%s", left, row->help, row->required ? " (required)" : "");
    if (row->env)
        printf(" [$%s]", row->env);
    printf("\n");
}

static void help(const struct cli *c, const struct option_row *rows)
{
    const struct command *k = c->command;
    printf("usage: %s %s [options]%s%s\n\n%s\n\noptions:\n", program(), k->name, k->synopsis ? " " : "",
           k->synopsis ? k->synopsis : "", k->details ? k->details : k->summary);
    for (; rows->kind != OPTION_END; rows++)
        help_row(rows);
    printf("  %-28s %s\n  %-28s %s\n", "--json", "answer in JSON", "--help", "this text");
    printf("\nexit status: 0 done, 1 refused or does not verify, 2 usage or unreadable input, 3 no node "
           "answered,"
           " 4 failure here\n");
}

enum cli_exit cli_usage(const struct cli *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s %s: ", program(), c->command->name);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, " (see %s %s --help)\n", program(), c->command->name);
    va_end(ap);
    return EXIT_USAGE;
}

static bool take_uint(const char *text, uint64_t *ret)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 18)
        return false;
    *ret = strtoull(text, &end, 10);
    return *end == 0;
}

static bool take_list(const char *text, struct option_list *list)
{
    if (list->n == OPTION_LIST_MAX)
        return false;
    list->v[list->n++] = text;
    return true;
}

static bool take(const struct option_row *row, const char *text)
{
    switch (row->kind) {
    case OPTION_TEXT: *(const char **)row->ret = text; return true;
    case OPTION_UINT: return take_uint(text, row->ret);
    case OPTION_FLAG: *(bool *)row->ret = true; return true;
    case OPTION_LIST: return take_list(text, row->ret);
    case OPTION_END: break;
    }
    return false;
}

static const struct option_row *find(const struct option_row *rows, const char *name, size_t n)
{
    for (; rows->kind != OPTION_END; rows++)
        if (strlen(rows->name) == n && memcmp(rows->name, name, n) == 0)
            return rows;
    return NULL;
}

/* The option at argv[*i], as "--name value", "--name=value" or "--flag". */
static bool read_option(struct cli *c, const struct option_row *rows, int *i, uint64_t *seen)
{
    const char *name = c->argv[*i] + 2, *eq = strchr(name, '=');
    size_t n = eq ? (size_t)(eq - name) : strlen(name);
    const struct option_row *row = find(rows, name, n);
    if (!row)
        return cli_usage(c, "there is no option --%.*s", (int)n, name), false;
    uint64_t bit = UINT64_C(1) << (row - rows);
    if (row->kind != OPTION_LIST && (*seen & bit))
        return cli_usage(c, "--%s is given twice", row->name), false;
    *seen |= bit;
    if (row->kind == OPTION_FLAG)
        return eq ? (cli_usage(c, "--%s takes no value", row->name), false) : take(row, NULL);
    const char *value = eq ? eq + 1 : *i + 1 < c->argc ? c->argv[++*i] : NULL;
    if (!value || !take(row, value))
        return cli_usage(c, "--%s wants %s", row->name, row->value), false;
    return true;
}

static bool fill_missing(struct cli *c, const struct option_row *rows, uint64_t seen)
{
    for (const struct option_row *row = rows; row->kind != OPTION_END; row++) {
        const char *env = row->env ? getenv(row->env) : NULL;
        if (seen >> (row - rows) & 1)
            continue;
        if (env && *env && !take(row, env))
            return cli_usage(c, "$%s: not a good value", row->env), false;
        if (row->required && !(env && *env))
            return cli_usage(c, "--%s is missing", row->name), false;
    }
    return true;
}

enum word { WORD_OPTION, WORD_ARGUMENT, WORD_JSON, WORD_HELP, WORD_END };

static enum word kind_of(const char *word, bool options)
{
    if (!options || strncmp(word, "--", 2) != 0)
        return WORD_ARGUMENT;
    if (word[2] == 0)
        return WORD_END;
    if (strcmp(word, "--json") == 0)
        return WORD_JSON;
    return strcmp(word, "--help") == 0 ? WORD_HELP : WORD_OPTION;
}

static bool read_words(struct cli *c, const struct option_row *rows, size_t most, struct cli_args *args,
                       uint64_t *seen, enum cli_exit *ret)
{
    bool options = true;
    for (int i = 0; i < c->argc; i++) {
        switch (kind_of(c->argv[i], options)) {
        case WORD_END: options = false; break;
        case WORD_JSON: c->json = true; break;
        case WORD_HELP: help(c, rows); return *ret = EXIT_DONE, false;
        case WORD_OPTION:
            if (!read_option(c, rows, &i, seen))
                return false;
            break;
        case WORD_ARGUMENT:
            if (args->n == most || args->n == POSITIONAL_MAX)
                return cli_usage(c, "one argument too many"), false;
            args->v[args->n++] = c->argv[i];
            break;
        }
    }
    return true;
}

bool cli_read(struct cli *c, const struct option_row *rows, size_t least, size_t most, struct cli_args *args,
              enum cli_exit *ret)
{
    uint64_t seen = 0;
    *ret = EXIT_USAGE;
    if (!read_words(c, rows, most, args, &seen, ret))
        return false;
    if (args->n < least)
        return cli_usage(c, "missing: %s", c->command->synopsis ? c->command->synopsis : "an argument"),
               false;
    return fill_missing(c, rows, seen);
}

static enum cli_exit exit_of(enum sr_err e, enum sr_reason reason)
{
    switch (e) {
    case SR_OK: return EXIT_DONE;
    case SR_EAUTH:
    case SR_EDENIED:
    case SR_EPROOF:
    case SR_ENOENT:
    case SR_ESTALE: return EXIT_REFUSED;
    case SR_EFORMAT:
    case SR_ETOOBIG: return EXIT_USAGE;
    case SR_EBUSY:
    case SR_EUNKNOWN: return EXIT_NO_PEER;
    case SR_EIO: return reason == R_NO_ANSWER ? EXIT_NO_PEER : EXIT_INTERNAL;
    case SR_ENOMEM:
    case SR_EBUG: break;
    }
    return EXIT_INTERNAL;
}

/* The text is ours, but it may quote a path: the JSON stays well formed whatever it holds. */
static void print_json_error(const char *reason, const char *text)
{
    printf("{\"error\":{\"reason\":\"%s\",\"text\":\"", reason);
    for (const char *p = text; *p; p++)
        putchar(*p == '"' || *p == '\\' || (unsigned char)*p < ' ' || (unsigned char)*p > '~' ? '?' : *p);
    printf("\"}}\n");
}

enum cli_exit cli_fail(const struct cli *c, enum sr_err e, const struct sr_why *why)
{
    const char *text = why && why->text[0] ? why->text : sr_strerror(e);
    enum sr_reason reason = why ? why->reason : R_NONE;
    if (c->json)
        print_json_error(sr_reason_text(reason), text);
    else
        fprintf(stderr, "%s %s: %s (%s)\n", program(), c->command->name, text, sr_reason_text(reason));
    return exit_of(e, reason);
}

enum cli_exit cli_print(const struct cli *c, const struct buf *b)
{
    struct span s = buf_span(b);
    if (!buf_ok(b) || fwrite(s.p, 1, s.n, stdout) != s.n || putchar('\n') == EOF || fflush(stdout) != 0)
        return cli_fail(c, SR_EBUG, NULL);
    return EXIT_DONE;
}

void cli_progress(const struct cli *c, const char *fmt, ...)
{
    if (c->json || !isatty(STDERR_FILENO))
        return;
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

static void list_commands(const struct command *const *groups, FILE *out)
{
    fprintf(out, "usage: %s COMMAND [options]\n\ncommands:\n", program());
    for (; *groups; groups++)
        for (const struct command *k = *groups; k->name; k++)
            fprintf(out, "  %-18s %s\n", k->name, k->summary);
    fprintf(out, "\n%s COMMAND --help says more.\n", program());
}

/* How many words of argv the command's name takes up; 0 when it is another command. */
static int matches(const struct command *k, int argc, char *argv[])
{
    const char *space = strchr(k->name, ' ');
    size_t first = space ? (size_t)(space - k->name) : strlen(k->name);
    if (argc < 1 || strlen(argv[0]) != first || memcmp(argv[0], k->name, first) != 0)
        return 0;
    if (!space)
        return 1;
    return argc >= 2 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static const struct command *command_find(const struct command *const *groups, int argc, char *argv[],
                                          int *words)
{
    for (; *groups; groups++)
        for (const struct command *k = *groups; k->name; k++)
            if ((*words = matches(k, argc, argv)) > 0)
                return k;
    return NULL;
}

int cli_main(int argc, char *argv[], const struct command *const *groups)
{
    int words = 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        list_commands(groups, stdout);
        return EXIT_DONE;
    }
    const struct command *k = command_find(groups, argc - 1, argv + 1, &words);
    if (!k) {
        list_commands(groups, stderr);
        return EXIT_USAGE;
    }
    struct cli c = { .command = k, .argc = argc - 1 - words, .argv = argv + 1 + words };
    return (int)k->run(&c);
}
