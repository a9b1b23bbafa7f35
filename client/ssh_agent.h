#pragma once
/* ssh_agent.h - a signature by a key that an SSH agent keeps: on a token, on another machine, behind a
 * question to its owner. Every call has a deadline, and a signature counts only once it is verified here. */
#include "client/ssh_agent_wire.h"

struct ssh_agent {
    int fd;
    unsigned timeout_ms; /* for each call */
};
void ssh_agent_drop(struct ssh_agent *a);

/* path: the Unix socket, of SSH_AUTH_SOCK; NULL or empty: there is no agent. SR_EIO with R_NO_ANSWER: nobody
 * there. */
enum sr_err ssh_agent_open(const char *path, unsigned timeout_ms, struct ssh_agent *ret, struct sr_why *why);

/* Answers as in ssh_agent_wire.h. SR_EIO with R_NO_ANSWER: none by the deadline, or the connection was
 * closed. */
enum sr_err ssh_agent_keys(struct ssh_agent *a, struct ssh_agent_keys *ret, struct sr_why *why);
/* Ed25519 over the text as it stands: an agent adds nothing. SR_EPROOF, R_SSH_AGENT: what came is not that
 * key's. */
enum sr_err ssh_agent_sign(struct ssh_agent *a, const struct sign_pub *key, struct span text, struct sig *ret,
                           struct sr_why *why);
