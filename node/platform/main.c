/* sealring-launch - measures a program into the TPM, then becomes it. */
#include "crypto/program.h"
#include "crypto/text.h"
#include "node/platform/launch.h"
#include "node/platform/launch_exec.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: sealring-launch --tcti TCTI --event-log FILE [options] -- PROGRAM [ARGUMENTS]\n"
    "\n"
    "Extends PCR 14 with the SHA-256 of PROGRAM (once per start of the machine), writes the event log, and\n"
    "becomes PROGRAM: the very bytes that were measured. PROGRAM is a path; no PATH is searched, no script "
    "run.\n"
    "It inherits no variable but those of the service manager, LANG, TZ, TERM, SEALRING_* and those of "
    "--env,\n"
    "and no descriptor but 0 to 2 and the service manager's sockets.\n"
    "\n"
    "  --tcti TCTI          the TPM: unix:PATH, device:/dev/tpmrm0, swtpm:host=...,port=...\n"
    "  --event-log FILE     where the log of what was measured is kept\n"
    "  --config-digest HEX  measure this configuration too (sealring-node --print-config-digest)\n"
    "  --with FILE          measure this file too, after PROGRAM; may be repeated\n"
    "  --env NAME           pass this variable on, if it is set; may be repeated\n"
    "  --in-place           execute the file itself, not the copy of it that was measured: for kernels that\n"
    "                       appraise files (IMA). The file must then not change between the two\n"
    "  --start HEX          PCR 14 as the firmware leaves it; zeros unless given\n"
    "  --help               print this\n"
    "\n"
    "Exit codes, when PROGRAM was not started: 64 wrong usage; 66 PROGRAM or a FILE can't be read\n"
    "or PROGRAM is no ELF executable; 69 the TPM failed; 73 the event log can't be written; 65 the log does "
    "not fit the TPM (restart the\n"
    "machine); 71 anything else; 126 PROGRAM was measured but can't be executed.\n";

enum {
    EXIT_USAGE = 64,
    EXIT_LOG = 65,
    EXIT_NO_FILE = 66,
    EXIT_TPM = 69,
    EXIT_OTHER = 71,
    EXIT_WRITE = 73,
    EXIT_NO_EXEC = 126
};

static int exit_code(enum sr_err e, const struct sr_why *why)
{
    if (why->reason == R_TPM)
        return EXIT_TPM;
    if (why->reason == R_EVENT_LOG || why->reason == R_TOO_LARGE)
        return EXIT_LOG;
    if (e == SR_ENOENT)
        return EXIT_NO_FILE;
    return why->reason == R_CONFIG ? EXIT_WRITE : EXIT_OTHER;
}

static int usage(const char *what)
{
    fprintf(stderr, "sealring-launch: %s\n", what);
    return EXIT_USAGE;
}

static bool digest(const char *text, struct sha256 *ret)
{
    return hex_read(span_of(text), ret->b, sizeof ret->b) == SR_OK;
}

enum { OPT_TCTI, OPT_LOG, OPT_CONFIG, OPT_WITH, OPT_ENV, OPT_PLACE, OPT_START, OPT_HELP };
static const struct option options[] = {
    { "tcti", required_argument, NULL, OPT_TCTI },
    { "event-log", required_argument, NULL, OPT_LOG },
    { "config-digest", required_argument, NULL, OPT_CONFIG },
    { "with", required_argument, NULL, OPT_WITH },
    { "env", required_argument, NULL, OPT_ENV },
    { "in-place", no_argument, NULL, OPT_PLACE },
    { "start", required_argument, NULL, OPT_START },
    { "help", no_argument, NULL, OPT_HELP },
    { 0 },
};

/* One option into o. NULL: good; else what is wrong with it. */
static const char *take_option(int c, struct launch_options *o)
{
    switch (c) {
    case OPT_TCTI: o->tcti = optarg; return NULL;
    case OPT_LOG: o->event_log = optarg; return NULL;
    case OPT_CONFIG:
        o->has_config = true;
        return digest(optarg, &o->config) ? NULL : "--config-digest wants 64 lower-case hex digits";
    case OPT_START: return digest(optarg, &o->start) ? NULL : "--start wants 64 lower-case hex digits";
    case OPT_WITH:
        if (o->nwith == LAUNCH_WITH_MAX)
            return "too many --with";
        o->with[o->nwith++] = optarg;
        return NULL;
    case OPT_ENV:
        if (o->nmore == LAUNCH_MORE_MAX)
            return "too many --env";
        o->more[o->nmore++] = optarg;
        return NULL;
    case OPT_PLACE: o->where = LAUNCH_IN_PLACE; return NULL;
    }
    return "unknown option, or one without its value; see --help";
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct launch_options *o)
{
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (c == OPT_HELP) {
            fputs(help, stdout);
            return 0;
        }
        const char *wrong = take_option(c, o);
        if (wrong)
            return usage(wrong);
    }
    if (!o->tcti || !o->event_log || optind >= argc)
        return usage("--tcti, --event-log and a program are needed; see --help");
    o->program = argv[optind];
    return -1;
}

/* Before anything else: a linker that was told what to load has loaded it already. This stops accidents, not
 * somebody who means it; only the boot chain does. */
static int check_own_start(void)
{
    const char *name = launch_env_lost(environ);
    if (!name)
        return -1;
    fprintf(stderr, "sealring-launch: not with %.*s in the environment\n", (int)strcspn(name, "="), name);
    return EXIT_USAGE;
}

static int fail(enum sr_err e, const struct sr_why *why)
{
    fprintf(stderr, "sealring-launch: %s\n", *why->text ? why->text : sr_strerror(e));
    return exit_code(e, why);
}

int main(int argc, char **argv)
{
    struct launch_options o = { 0 };
    struct launch_env env;
    struct sr_why why = { 0 };
    int fd = -1;
    if (launch_exec_stdio() != SR_OK)
        return EXIT_OTHER;
    int code = check_own_start();
    if (code < 0)
        code = parse(argc, argv, &o);
    if (code >= 0)
        return code;
    enum sr_err e = launch_env(environ, o.more, o.nmore, getpid(), &env, &why);
    if (e != SR_OK)
        return usage(why.text);
    e = program_start();
    if (e == SR_OK)
        e = launch_measure(&o, &fd, &why);
    if (e != SR_OK)
        return fail(e, &why);
    (void)fail(launch_exec(fd, argv + optind, &env, &why), &why);
    return EXIT_NO_EXEC;
}
