#pragma once
/* ssh_agent_wire.h - what goes to an SSH agent and comes from it (RFC 9987), as far as signing needs it: the
 * list of its keys and a signature. Pure. An agent is another program, perhaps of another machine: nothing it
 * says is believed. */
#include "client/ssh_key.h"

enum {
    SSH_AGENT_MESSAGE_MAX = 256 << 10, /* bytes of a message without its length */
    SSH_AGENT_KEYS_MAX = 256,          /* Ed25519 keys in an agent */
};

struct ssh_agent_keys {
    struct sign_pub v[SSH_AGENT_KEYS_MAX];
    size_t n;
};

/* Requests, whole: u32 length, u8 type, contents. */
void ssh_agent_ask_keys(struct buf *ret);
void ssh_agent_ask_signature(const struct sign_pub *key, struct span text, struct buf *ret);

/* Answers, without their length. SR_EFORMAT: not such an answer to its last byte. SR_EDENIED: the agent says
 * no, or none of the kind. SR_ETOOBIG: more keys than that. All R_SSH_AGENT. Keys of other kinds are passed
 * over. */
enum sr_err ssh_agent_keys_read(struct span answer, struct ssh_agent_keys *ret, struct sr_why *why);
enum sr_err ssh_agent_signature_read(struct span answer, struct sig *ret, struct sr_why *why);
