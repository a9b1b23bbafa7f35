#include "client/cli.h"
#include "client/commands.h"
#include "crypto/program.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* What is fetched passes through this process: no core file, no tracer, no file that others read. */
static bool harden(void)
{
    umask(022); /* modes are given with each file; nobody writes ours */
    signal(SIGPIPE, SIG_IGN);
    return prctl(PR_SET_DUMPABLE, 0) == 0 && setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }) == 0 &&
           program_start() == SR_OK;
}

int main(int argc, char *argv[])
{
    static const struct command *const groups[] = {
        commands_keygen,   commands_measure,    commands_genesis,       commands_epoch,
        commands_enroll,   commands_recovery,   commands_recovery_open, commands_policy,
        commands_proposal, commands_effect,     commands_policy_next,   commands_explain,
        commands_fetch,    commands_secrets,    commands_derive,        commands_status,
        commands_evidence, commands_collateral, commands_log,           commands_audit,
        commands_upgrade,  commands_backup,     commands_restore,       NULL,
    };
    return harden() ? cli_main(argc, argv, groups) : EXIT_INTERNAL;
}
