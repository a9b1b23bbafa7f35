#pragma once
/* commands.h - the tables of commands, each ended by an empty row; client/main.c lists them all. */
#include "client/cli.h"

extern const struct command commands_keygen[];
extern const struct command commands_policy[];
extern const struct command commands_proposal[];
extern const struct command commands_effect[];
extern const struct command commands_policy_next[];
extern const struct command commands_fetch[];
extern const struct command commands_log[];
extern const struct command commands_audit[];
extern const struct command commands_upgrade[];
extern const struct command commands_secrets[];
extern const struct command commands_derive[];
extern const struct command commands_measure[];
extern const struct command commands_evidence[];
extern const struct command commands_collateral[];
extern const struct command commands_explain[];
extern const struct command commands_status[];
extern const struct command commands_genesis[];
extern const struct command commands_epoch[];
extern const struct command commands_enroll[];
extern const struct command commands_recovery[];
extern const struct command commands_recovery_open[];
extern const struct command commands_backup[];
extern const struct command commands_restore[];
