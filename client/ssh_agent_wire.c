#include "client/ssh_agent_wire.h"

#include <string.h>

enum {
    FAILURE = 5,
    REQUEST_IDENTITIES = 11,
    IDENTITIES_ANSWER = 12,
    SIGN_REQUEST = 13,
    SIGN_RESPONSE = 14,
};

#define KIND SPAN_STR("ssh-ed25519")

void ssh_agent_ask_keys(struct buf *ret)
{
    wr_u32be(ret, 1);
    wr_u8(ret, REQUEST_IDENTITIES);
}

void ssh_agent_ask_signature(const struct sign_pub *key, struct span text, struct buf *ret)
{
    SR_OWN(buf) blob = { 0 };
    SR_OWN(buf) body = { 0 };
    ssh_key_blob(key, &blob);
    wr_u8(&body, SIGN_REQUEST);
    wr_lp(&body, buf_span(&blob));
    wr_lp(&body, text);
    wr_u32be(&body, 0); /* flags: they are for RSA */
    if (!buf_ok(&blob) || !buf_ok(&body))
        ret->bad = true;
    wr_lp(ret, buf_span(&body));
}

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_SSH_AGENT, "SSH agent: %s", what);
}

static enum sr_err type_is(struct reader *r, uint8_t want, struct sr_why *why)
{
    uint8_t type = rd_u8(r);
    if (type == FAILURE && rd_end(r))
        return sr_fail(why, SR_EDENIED, R_SSH_AGENT, "SSH agent: it refuses");
    return type == want ? SR_OK : bad(why, "an answer of another kind");
}

/* A blob that says it is of our kind must be one. */
static enum sr_err take_key(struct span blob, struct ssh_agent_keys *ret, struct sr_why *why)
{
    struct reader r = rd_init(blob);
    struct span kind = rd_lp(&r, SSH_AGENT_MESSAGE_MAX);
    if (r.bad)
        return bad(why, "a key that is cut short");
    if (!span_eq(kind, KIND))
        return SR_OK;
    if (ret->n == SSH_AGENT_KEYS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_SSH_AGENT, "SSH agent: more than %d keys", SSH_AGENT_KEYS_MAX);
    if (ssh_key_blob_read(blob, &ret->v[ret->n]) != SR_OK)
        return bad(why, "an Ed25519 key that is none");
    ret->n++;
    return SR_OK;
}

enum sr_err ssh_agent_keys_read(struct span answer, struct ssh_agent_keys *ret, struct sr_why *why)
{
    struct reader r = rd_init(answer);
    *ret = (struct ssh_agent_keys){ 0 };
    SR_TRY(type_is(&r, IDENTITIES_ANSWER, why));
    for (uint32_t left = rd_u32be(&r); left > 0 && !r.bad; left--) {
        struct span blob = rd_lp(&r, SSH_AGENT_MESSAGE_MAX);
        (void)rd_lp(&r, SSH_AGENT_MESSAGE_MAX); /* a comment */
        if (!r.bad)
            SR_TRY(take_key(blob, ret, why));
    }
    return rd_end(&r) ? SR_OK : bad(why, "a list of keys of another length");
}

enum sr_err ssh_agent_signature_read(struct span answer, struct sig *ret, struct sr_why *why)
{
    struct reader r = rd_init(answer);
    SR_TRY(type_is(&r, SIGN_RESPONSE, why));
    struct reader inner = rd_init(rd_lp(&r, SSH_AGENT_MESSAGE_MAX));
    struct span kind = rd_lp(&inner, KIND.n), sig = rd_lp(&inner, sizeof ret->b);
    if (!rd_end(&r) || !rd_end(&inner) || !span_eq(kind, KIND) || sig.n != sizeof ret->b)
        return bad(why, "not an Ed25519 signature");
    memcpy(ret->b, sig.p, sizeof ret->b);
    return SR_OK;
}
