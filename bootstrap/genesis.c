#include "bootstrap/genesis.h"

#include "crypto/file.h"
#include "node/appraise.h"
#include "node/clock.h"
#include "proto/cid.h"
#include "proto/genesis_file.h"

#include <stdio.h>
#include <string.h>

/* What the operators prepared. */
struct inputs {
    struct genesis_file file;
    struct buf policy; /* canonical document */
    struct buf ak_cert;
};

static void inputs_drop(struct inputs *in)
{
    buf_drop(&in->policy);
    buf_drop(&in->ak_cert);
}

/* The first policy as it is hashed: operators may have written it by hand. */
static enum sr_err read_policy(const struct config *c, struct inputs *in, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_hold) p = { 0 };
    SR_TRY(file_read(c->genesis_policy, POLICY_MAX, &text, why));
    SR_TRY(json_canonical(buf_span(&text), &in->policy, why));
    SR_TRY(policy_parse(buf_span(&in->policy), &p.p, why));
    return policy_first_check(p.p, &in->file.params.first_policy, why);
}

static enum sr_err read_inputs(const struct node *n, struct inputs *in, struct sr_why *why)
{
    SR_OWN(buf) json = { 0 };
    const struct config *c = n->config;
    SR_TRY(file_read(c->genesis, GENESIS_FILE_MAX, &json, why));
    SR_TRY(genesis_file_read(buf_span(&json), &in->file, why));
    SR_TRY(read_policy(c, in, why));
    if (!tpm_actor_enrols(n->tpm))
        return SR_OK;
    return file_read(c->genesis_ak_cert, AK_CERT_MAX, &in->ak_cert, why);
}

/* Draws, commits, seals. Until here nothing is on disk; from here on a restart goes on with this master. */
static enum sr_err draw(struct node *n, const struct inputs *in, struct home *ret, struct sr_why *why)
{
    static const uint8_t empty_chain[2] = { 0, 0 };
    SR_OWN(buf) record = { 0 };
    SR_OWN(sign_key) member = { 0 };
    struct sign_pub member_pub;
    struct genesis g = { .params = in->file.params };
    struct keyring *k = NULL;
    SR_TRY(keyring_generate(g.params.salt, &k));
    g.first = *keyring_pubs(k, 1);
    enum sr_err e = genesis_encode(&g, &record, why);
    if (e != SR_OK) {
        keyring_free(k);
        return e;
    }
    sign_random(&member, &member_pub);
    struct home_parts parts = { buf_span(&record), SPAN(empty_chain), k, &member, &member_pub };
    return home_make(n->store, n->tpm, &parts, ret, why);
}

static enum sr_err same_params(const struct genesis_file *file, const struct home *home, struct sr_why *why)
{
    SR_OWN(buf) ours = { 0 };
    SR_OWN(buf) theirs = { 0 };
    SR_TRY(genesis_params_encode(&file->params, &ours, why));
    SR_TRY(genesis_params_encode(&home->genesis.params, &theirs, why));
    if (!span_eq(buf_span(&ours), buf_span(&theirs)))
        return sr_fail(why, SR_ESTALE, R_STATE_EXISTS, "state-dir holds the masters of another genesis");
    return SR_OK;
}

enum sr_err genesis_was_this(struct node *n, const struct home *home, struct sr_why *why)
{
    SR_OWN(buf) json = { 0 };
    struct genesis_file file;
    SR_TRY(file_read(n->config->genesis, GENESIS_FILE_MAX, &json, why));
    SR_TRY(genesis_file_read(buf_span(&json), &file, why));
    return same_params(&file, home, why);
}

/* A genesis that was cut short left a home; it counts only for the same parameters. */
static enum sr_err resume(const struct inputs *in, struct home *home, struct sr_why *why)
{
    SR_OWN(sign_key) member = { 0 };
    struct sign_pub member_pub;
    SR_TRY(same_params(&in->file, home, why));
    if (home->has_member)
        return SR_OK;
    sign_random(&member, &member_pub);
    return home_keep_member(home, &member, &member_pub, why);
}

/* Shares for the holders that the record names, if it names any. The evidence covers them, so they are made
 * before it and never again. */
static enum sr_err make_recovery(const struct home *h, struct buf *ret, struct sr_why *why)
{
    const struct recovery_of of = { &h->cid, &h->genesis.params.recovery };
    struct recovery_set set;
    if (!of.holders->n)
        return SR_OK;
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    SR_TRY(keyring_make_recovery(now.e->keyring, &of, &set, why));
    return recovery_encode(&set, ret);
}

static enum sr_err make_bundle(struct node *n, const struct inputs *in, const struct home *h, struct buf *ret,
                               struct sr_why *why)
{
    SR_OWN(buf) evidence = { 0 };
    SR_OWN(buf) recovery = { 0 };
    SR_OWN(tpm_slot) slot = { 0 };
    SR_TRY(make_recovery(h, &recovery, why));
    struct genesis_bundle b = { .record = buf_span(&h->record),
                                .opnonce = { in->file.opnonce, in->file.opnonce_n },
                                .created = clock_unix(),
                                .type = span_of(tpm_actor_type(n->tpm)),
                                .policy = buf_span(&in->policy),
                                .recovery = buf_span(&recovery) };
    struct sha512 rd = genesis_rd(&h->cid, &b);
    SR_TRY(tpm_slot_take(n->tpm, &slot, why));
    SR_TRY(tpm_actor_quote(&slot, &rd, buf_span(&in->ak_cert), &evidence, why));
    b.evidence = buf_span(&evidence);
    return genesis_bundle_encode(&b, ret, why);
}

/* We check our own evidence as everybody else will: a bundle that nobody can verify must not leave. */
static enum sr_err check_bundle(struct node *n, const struct home *h, struct span bundle, struct sr_why *why)
{
    struct genesis_checked c;
    struct claims claims = { 0 };
    SR_TRY(genesis_check(bundle, &h->cid, (struct span){ 0 }, &c, why));
    SR_TRY(collateral_holder_trust(n->collateral, &c.genesis.params, why));
    SR_OWN(collateral_hold) held = collateral_holder_get(n->collateral);
    return genesis_verify(&c, collateral_held(&held), &claims, why);
}

/* What our own evidence needs and is not held is fetched, where there is a source; strangers do not wait. */
static enum sr_err check_patiently(struct node *n, const struct home *h, struct span bundle,
                                   struct sr_why *why)
{
    enum { TRIES = 60, PAUSE_MS = 1000 };
    enum sr_err e = check_bundle(n, h, bundle, why);
    for (int i = 0; i < TRIES && e == SR_EPROOF && n->fetcher && why->reason == R_COLLATERAL_MISSING; i++) {
        struct genesis_bundle b;
        SR_OWN(collateral_hold) held = collateral_holder_get(n->collateral);
        SR_TRY(genesis_bundle_decode(bundle, &b, why));
        collateral_actor_miss(n->fetcher, &held, b.type, b.evidence);
        if (node_sleep(n, PAUSE_MS))
            return e;
        e = check_bundle(n, h, bundle, why);
    }
    return e;
}

static enum sr_err write_bundle(const struct node *n, struct span bundle, struct sr_why *why)
{
    char path[CONFIG_TEXT + 32];
    const struct config *c = n->config;
    if (c->genesis_bundle[0])
        return file_write(c->genesis_bundle, 0644, bundle, why);
    snprintf(path, sizeof path, "%s/genesis.bundle", c->state_dir);
    return file_write(path, 0644, bundle, why);
}

static enum sr_err first_cert(const struct home *h, const char *address, struct buf *ret)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    struct member_cert c = {
        .cid = h->cid, .key = h->member_pub, .issued_at = clock_unix(), .granter = h->id
    };
    snprintf(c.address, sizeof c.address, "%s", address);
    return keyring_certify_member(now.e->keyring, &c, ret);
}

static enum sr_err first_leaf(const struct node *n, const struct home *h, struct buf *ret)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    struct leaf l = { .type = LEAF_GENESIS,
                      .time = clock_unix(),
                      .cid = h->cid,
                      .policy_hash = h->genesis.params.first_policy,
                      .policy_number = 1,
                      .commit = now.e->pub[0].commit,
                      .epoch = 1 };
    memcpy(l.member_key.b, h->member_pub.b, sizeof l.member_key.b);
    appraise_leaf(now.e->keyring, &n->self, &l);
    return leaf_encode(&l, ret);
}

/* The signed form of a policy that needs no signature. */
static enum sr_err signed_policy(const struct inputs *in, struct buf *ret, struct sr_why *why)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_TRY(policy_parse(buf_span(&in->policy), &s.policy, why));
    policy_signed_write(&s, ret);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err be_first(struct node *n, const struct inputs *in, const char *address, struct home *home,
                            struct core **ret, struct sr_why *why)
{
    SR_OWN(buf) bundle = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) leaf = { 0 };
    SR_OWN(buf) policy = { 0 };
    SR_TRY(make_bundle(n, in, home, &bundle, why));
    SR_TRY(check_patiently(n, home, buf_span(&bundle), why));
    SR_TRY(write_bundle(n, buf_span(&bundle), why));
    SR_TRY(first_cert(home, address, &cert));
    SR_TRY(first_leaf(n, home, &leaf));
    SR_TRY(signed_policy(in, &policy, why));
    struct core_birth birth = { buf_span(&cert), buf_span(&policy), buf_span(&leaf), buf_span(&bundle) };
    return core_open(n, home, &birth, ret, why);
}

static void say(const struct node *n, const char *msg, const struct sha256 *cid)
{
    char text[CID_TEXT_MAX];
    cid_text(cid, text);
    struct logline l = log_start(&n->log, LOG_INFO, msg);
    log_text(&l, "cid", text);
    log_end(&l);
}

enum sr_err genesis_run(struct node *n, const char *address, struct home *home, struct core **ret,
                        struct sr_why *why)
{
    SR_OWN(inputs) in = { 0 };
    if (!tpm_actor_seals(n->tpm)) /* the first member has nobody to get the masters back from */
        return sr_fail(
            why, SR_EDENIED, R_CONFIG,
            "this machine seals nothing: its restart would lose the network. Set seal, or start elsewhere");
    SR_TRY(read_inputs(n, &in, why));
    if (home->epochs)
        SR_TRY(resume(&in, home, why));
    else
        SR_TRY(draw(n, &in, home, why));
    struct sha256 cid = home->cid;
    node_set_state(n, NODE_PROVISIONAL);
    SR_TRY(be_first(n, &in, address, home, ret, why));
    say(n, "genesis", &cid);
    return SR_OK;
}
