#pragma once
/* cli.h - what every `sealring` command shares: options read from a table that --help is printed from,
 * output as text or JSON, exit codes, and files that hold secrets. */
#include "crypto/secret.h"

/* Exit codes, the same for every command. */
enum cli_exit {
    EXIT_DONE = 0,     /* it was done, or what was asked about holds */
    EXIT_REFUSED = 1,  /* somebody said no, or something does not verify */
    EXIT_USAGE = 2,    /* wrong words on the command line, or an input that can't be read */
    EXIT_NO_PEER = 3,  /* no node answered, or it is busy: trying again may help */
    EXIT_INTERNAL = 4, /* this machine failed: disk, TPM, memory */
};

struct cli;

struct command {
    const char *name;     /* "fetch", or "policy sign" for one of a group; a table of commands ends in {0} */
    const char *synopsis; /* what follows the options on the usage line; NULL: nothing */
    const char *summary;  /* one line */
    const char *details;  /* for --help; NULL: the summary says it all */
    enum cli_exit (*run)(struct cli *);
};

enum option_kind {
    OPTION_END,
    OPTION_TEXT, /* const char *: borrowed from argv or the environment */
    OPTION_UINT, /* uint64_t */
    OPTION_FLAG, /* bool */
    OPTION_LIST, /* struct option_list: may be given several times */
};

enum { OPTION_LIST_MAX = 32, POSITIONAL_MAX = 64 };

struct option_list {
    const char *v[OPTION_LIST_MAX];
    size_t n;
};

/* One option of one command. The members are filled as they are read, so they are always locals of run(). */
struct option_row {
    const char *name; /* "node" for --node */
    enum option_kind kind;
    void *ret;
    const char *value; /* what the value is, for --help: "URL"; NULL for flags */
    const char *help;  /* one line */
    const char
        *env; /* environment variable that stands in when it is not given; NULL: none. Never a secret */
    bool required;
};

/* What is left on the command line once the options are read. */
struct cli_args {
    const char *v[POSITIONAL_MAX];
    size_t n;
};

/* Reads the command line against the table. true: go on. false: *ret says how to exit (--help was asked for
 * and is printed, or a usage error is). Between least and most positional arguments must be there.
 * --json and --help belong to every command and stand in no table. */
bool cli_read(struct cli *c, const struct option_row *rows, size_t least, size_t most, struct cli_args *args,
              enum cli_exit *ret);

bool cli_json(const struct cli *c); /* --json was given */

/* Prints why something failed, on stderr as text, or on stdout as {"error":{"reason","text"}} with --json;
 * the exit code that belongs to e. */
enum cli_exit cli_fail(const struct cli *c, enum sr_err e, const struct sr_why *why);
enum cli_exit cli_usage(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints buf and a line end on stdout. */
enum cli_exit cli_print(const struct cli *c, const struct buf *b);

/* One line of progress on stderr, only when that is a terminal and --json was not given. */
void cli_progress(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Whole files, at most max bytes; "-" is standard input. SR_ENOENT, SR_ETOOBIG, SR_EIO. */
enum sr_err cli_read_file(const char *path, size_t max, struct buf *ret, struct sr_why *why);
/* A secret file must be a regular file that nobody else can read, else SR_EDENIED; "-" is standard input. */
enum sr_err cli_read_secret(const char *path, size_t max, struct buf *ret, struct sr_why *why);
/* Writes a new file of that mode from its birth (0600 for secrets), never over an existing one; "-" is
 * standard output. It is on disk when the call returns. SR_ESTALE: there is one already. */
enum sr_err cli_write_file(const char *path, unsigned mode, struct span data, struct sr_why *why);

/* The program: finds the command in the NULL-ended list of tables and runs it. */
int cli_main(int argc, char *argv[], const struct command *const *groups);
