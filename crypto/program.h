#pragma once
/* program.h - what a program of ours does first, before any library looks at its environment. For programs
 * alone: a library does not decide about the process it is loaded into. */
#include "crypto/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Call it while there is one thread. Takes out of the environment what program_env_steers() names, silences
 * the TPM stack (every failure is reported by us), starts OpenSSL without its configuration files, so that no
 * file that was not measured brings a provider or an engine in, and libsodium. SR_EBUG: one of them does not
 * start. */
enum sr_err program_start(void);

/* Whether a variable of that name makes a library that we stand on load code, read configuration or trust
 * anchors, take another way through the network, or write down secrets. n: the name's length. */
bool program_env_steers(const char *name, size_t n);
