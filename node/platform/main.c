/* sealring-launch - measures a program into the TPM, then becomes it. */
#include "crypto/text.h"
#include "node/platform/launch.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: sealring-launch --tcti TCTI --event-log FILE [options] -- PROGRAM [ARGUMENTS]\n"
    "\n"
    "Extends PCR 14 with the SHA-256 of PROGRAM (once per start of the machine), writes the event log, and\n"
    "becomes PROGRAM: the very file that was measured. PROGRAM is a path; no PATH is searched, no script "
    "run.\n"
    "\n"
    "  --tcti TCTI          the TPM: unix:PATH, device:/dev/tpmrm0, swtpm:host=...,port=...\n"
    "  --event-log FILE     where the log of what was measured is kept\n"
    "  --config-digest HEX  measure this configuration too (sealring-node --print-config-digest)\n"
    "  --with FILE          measure this file too, after PROGRAM; may be repeated\n"
    "  --start HEX          PCR 14 as the firmware leaves it; zeros unless given\n"
    "  --help               print this\n"
    "\n"
    "Exit codes, when PROGRAM was not started: 64 wrong usage; 66 PROGRAM or a FILE can't be read;\n"
    "69 the TPM failed; 73 the event log can't be written; 65 the log does not fit the TPM (restart the\n"
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

enum { OPT_TCTI, OPT_LOG, OPT_CONFIG, OPT_WITH, OPT_START, OPT_HELP };
static const struct option options[] = {
    { "tcti", required_argument, NULL, OPT_TCTI },
    { "event-log", required_argument, NULL, OPT_LOG },
    { "config-digest", required_argument, NULL, OPT_CONFIG },
    { "with", required_argument, NULL, OPT_WITH },
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

int main(int argc, char **argv)
{
    extern char **environ;
    struct launch_options o = { 0 };
    struct sr_why why = { 0 };
    int fd = -1;
    int code = parse(argc, argv, &o);
    if (code >= 0)
        return code;
    setenv("TSS2_LOG", "all+none", 0); /* what fails is said below, once */
    enum sr_err e = secret_init();
    if (e == SR_OK)
        e = launch_measure(&o, &fd, &why);
    if (e != SR_OK) {
        fprintf(stderr, "sealring-launch: %s\n", *why.text ? why.text : sr_strerror(e));
        return exit_code(e, &why);
    }
    fexecve(fd, argv + optind, environ);
    fprintf(stderr, "sealring-launch: ");
    perror(o.program);
    return EXIT_NO_EXEC;
}
