#pragma once
/* sandbox.h - Landlock: which files the process may still change. System calls, the user and the rest are the
 * business of the systemd unit, where an administrator can see and change them. */
#include "crypto/bytes.h"
#include "crypto/err.h"

/* From here on, nothing may be written, made, removed or executed except below `dir` and `socket_dir` (may be
 * empty), and devices below /dev may be written to (the TPM). Binds the calling thread and those made later.
 * SR_OK also where the kernel has no Landlock: *ret_active says. */
enum sr_err sandbox_enter(const char *dir, const char *socket_dir, bool *ret_active, struct sr_why *why);
