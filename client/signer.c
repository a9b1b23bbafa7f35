#include "client/signer.h"

#include <stdlib.h>
#include <string.h>

void signer_drop(struct signer *s)
{
    sign_key_drop(&s->key);
    ssh_agent_drop(&s->agent);
}

static bool same(const struct sign_pub *a, const struct sign_pub *b)
{
    return span_eq(SPAN(a->b), SPAN(b->b));
}

/* What is wanted of an agent's key. */
struct wanted {
    const struct signer_options *o;
    struct sign_pub pub; /* the key itself */
    bool (*is)(const struct wanted *, const struct sign_pub *);
};

static bool is_operators(const struct wanted *w, const struct sign_pub *k)
{
    for (size_t i = 0; i < w->o->operators_n; i++)
        if (same(&w->o->operators[i], k))
            return true;
    return false;
}

static bool has_fingerprint(const struct wanted *w, const struct sign_pub *k)
{
    char text[SSH_KEY_FINGERPRINT];
    ssh_key_fingerprint(k, text);
    return strcmp(w->o->agent, text) == 0;
}

static bool is_key(const struct wanted *w, const struct sign_pub *k)
{
    return same(&w->pub, k);
}

static enum sr_err wanted_read(const struct signer_options *o, struct wanted *ret, struct sr_why *why)
{
    *ret = (struct wanted){ .o = o, .is = is_key };
    if (strcmp(o->agent, "operator") == 0)
        ret->is = is_operators;
    else if (strncmp(o->agent, "SHA256:", 7) == 0)
        ret->is = has_fingerprint;
    else
        SR_TRY(keyfile_read_pub(o->agent, &ret->pub, why));
    return SR_OK;
}

/* An agent may list a key twice; two keys that both fit are a question that we do not answer. */
static enum sr_err choose(const struct wanted *w, const struct ssh_agent_keys *keys, struct sign_pub *ret,
                          struct sr_why *why)
{
    const struct sign_pub *found = NULL;
    for (size_t i = 0; i < keys->n; i++) {
        const struct sign_pub *k = &keys->v[i];
        if (!w->is(w, k) || (found && same(found, k)))
            continue;
        if (found)
            return sr_fail(why, SR_EDENIED, R_SSH_AGENT,
                           "SSH agent: several of its keys are operators': name one");
        found = k;
    }
    if (!found)
        return sr_fail(why, SR_EDENIED, R_SSH_AGENT, "SSH agent: it has no such Ed25519 key");
    *ret = *found;
    return SR_OK;
}

static enum sr_err open_agent(const struct signer_options *o, struct signer *s, struct sr_why *why)
{
    struct wanted w;
    struct ssh_agent_keys keys;
    SR_TRY(wanted_read(o, &w, why));
    SR_TRY(ssh_agent_open(getenv("SSH_AUTH_SOCK"), o->timeout_ms, &s->agent, why));
    SR_TRY(ssh_agent_keys(&s->agent, &keys, why));
    return choose(&w, &keys, &s->pub, why);
}

enum sr_err signer_open(const struct signer_options *o, struct signer *ret, struct sr_why *why)
{
    SR_OWN(signer) s = { 0 };
    if (o->agent)
        SR_TRY(open_agent(o, &s, why));
    else
        SR_TRY(keyfile_read(o->key, &s.key, &s.pub, why));
    *ret = SR_TAKE(s);
    return SR_OK;
}

enum sr_err signer_sign(struct signer *s, struct span text, struct sig *ret, struct sr_why *why)
{
    if (s->agent.fd > 0)
        return ssh_agent_sign(&s->agent, &s->pub, text, ret, why);
    *ret = sign_raw(&s->key, text);
    return SR_OK;
}
