#pragma once
/* signer.h - how an operator signs: with a key file, or with a key that an SSH agent keeps. */
#include "client/keyfile.h"
#include "client/ssh_agent.h"

struct signer {
    struct sign_key key; /* of a file */
    struct sign_pub pub;
    struct ssh_agent agent; /* open: the agent signs */
};
void signer_drop(struct signer *s);

struct signer_options {
    const char *key;   /* a file; or NULL, and then */
    const char *agent; /* which of the agent's keys: SHA256:fingerprint, a public key as keyfile_read_pub()
                        * takes it, or "operator": the one among them that is an operator's */
    const struct sign_pub *operators;
    size_t operators_n;
    unsigned timeout_ms; /* for each answer of the agent, which may ask its owner first */
};

/* SR_EDENIED, R_SSH_AGENT: the agent has no such key, or more than one that "operator" could mean. */
enum sr_err signer_open(const struct signer_options *o, struct signer *ret, struct sr_why *why);
/* Over the text as it stands, label and all. An agent's is verified before it is returned. */
enum sr_err signer_sign(struct signer *s, struct span text, struct sig *ret, struct sr_why *why);
