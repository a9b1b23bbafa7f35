#pragma once
/* commands.h - the tables of commands, each ended by an empty row; client/main.c lists them all. */
#include "client/cli.h"

extern const struct command commands_keygen[];
