#include "bootstrap/recovery.h"

#include "bootstrap/recovery_files.h"
#include "crypto/file.h"
#include "crypto/text.h"
#include "node/appraise.h"
#include "node/clock.h"
#include "node/level.h"
#include "node/peer.h"
#include "proto/cid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 500 };

/* One ceremony. Large and secret: on the heap, wiped. */
struct ceremony {
    struct node *n;
    struct sha256 cid;
    struct recovery_ceremony value;
    struct buf bytes, ak_cert, evidence, request;
    struct recovery_file file;      /* borrows from bytes */
    struct genesis_checked genesis; /* the same */
    struct recovery_epochs epochs;
    struct claims first;
    struct policy_signed policy;
    struct recovery_files files;
    struct recovery_gather gather;
    struct master_bundle masters;
};

static void ceremony_free(struct ceremony *c)
{
    buf_drop(&c->bytes);
    buf_drop(&c->ak_cert);
    buf_drop(&c->evidence);
    buf_drop(&c->request);
    policy_signed_drop(&c->policy);
    recovery_gather_drop(&c->gather);
    master_bundle_drop(&c->masters);
    free(c);
}

/* ---- what is known before anybody is asked ---- */

static enum sr_err verify_genesis(struct ceremony *c, struct sr_why *why)
{
    SR_TRY(genesis_check(c->file.bundle, &c->cid, (struct span){ 0 }, &c->genesis, why));
    SR_TRY(collateral_holder_trust(c->n->collateral, &c->genesis.genesis.params, why));
    SR_OWN(collateral_hold) held = collateral_holder_get(c->n->collateral);
    SR_TRY(genesis_verify(&c->genesis, collateral_held(&held), &c->first, why));
    if (!c->genesis.recovery.n)
        return sr_fail(why, SR_EDENIED, R_RECOVERY_NONE, "this network has no recovery, for ever");
    return SR_OK;
}

static enum sr_err read_file(struct ceremony *c, struct sr_why *why)
{
    SR_TRY(file_read(c->n->config->recover, RECOVERY_FILE_MAX, &c->bytes, why));
    SR_TRY(recovery_file_decode(buf_span(&c->bytes), &c->file, why));
    SR_TRY(verify_genesis(c, why));
    return recovery_file_check(&c->file, &c->cid, &c->genesis.genesis, &c->epochs, why);
}

/* Nobody is asked for what could come back in part alone; but for what policy destroys. */
static enum sr_err all_are_there(const struct ceremony *c, struct sr_why *why)
{
    return recovery_file_whole(&c->file, &c->epochs, policy_destroy_before(c->policy.policy), why);
}

static enum sr_err read_inputs(struct ceremony *c, struct sr_why *why)
{
    SR_OWN(buf) policy = { 0 };
    const struct config *o = c->n->config;
    SR_TRY(cid_parse(span_of(o->cid), &c->cid, why));
    if (hex_read(span_of(o->recover_ceremony), c->value.b, sizeof c->value.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "recover-ceremony is not 64 hex digits");
    SR_TRY(read_file(c, why));
    SR_TRY(file_read(o->recover_policy, POLICY_MAX, &policy, why));
    SR_TRY(recovery_request_policy(buf_span(&policy), &c->genesis.genesis, &c->cid, &c->policy, why));
    SR_TRY(all_are_there(c, why));
    return tpm_actor_enrols(c->n->tpm) ? file_read(o->recover_ak_cert, AK_CERT_MAX, &c->ak_cert, why) : SR_OK;
}

/* A network that lives has no need of this, and would have two first members. */
static void warn_if_alive(struct node *n)
{
    for (size_t i = 0; i < n->config->join.n; i++) {
        SR_OWN(peer_link) peer = { 0 };
        struct sr_why why = { 0 };
        const char *base = n->config->join.v[i];
        if (peer_open(n, base, NULL, &peer, &why) != SR_OK || peer_get(&peer, "/healthz", &why) != SR_OK)
            continue;
        struct logline l = log_start(&n->log, LOG_WARN, "recovery-while-member-answers");
        log_text(&l, "through", base);
        log_end(&l);
    }
}

/* ---- asking ---- */

/* As every holder will: a request that nobody would follow must not leave. */
static enum sr_err judge_own(const struct ceremony *c, const struct recovery_request *q, struct sr_why *why)
{
    struct claims claims = { 0 };
    SR_OWN(collateral_hold) held = collateral_holder_get(c->n->collateral);
    const struct recovery_judge by = { .genesis = &c->genesis.genesis,
                                       .cid = &c->cid,
                                       .ceremony = &c->value,
                                       .policy = c->policy.policy,
                                       .epochs = &c->epochs,
                                       .first = &c->first,
                                       .collateral = collateral_held(&held),
                                       .now = (time_t)clock_unix() };
    return recovery_request_judge(&by, q, &claims, why);
}

static enum sr_err make_request(struct ceremony *c, struct recovery_request *q, struct sr_why *why)
{
    SR_OWN(tpm_slot) slot = { 0 };
    *q = (struct recovery_request){ .cid = c->cid,
                                    .ceremony = c->value,
                                    .created = clock_unix(),
                                    .policy_number = policy_number(c->policy.policy),
                                    .policy_hash = *policy_hash(c->policy.policy),
                                    .epoch = c->epochs.n,
                                    .chain = c->epochs.chain,
                                    .rollback = level_attested(c->n->config, NULL, c->policy.policy),
                                    .type = span_of(tpm_actor_type(c->n->tpm)) };
    random_fill(c->gather.key.b, sizeof c->gather.key.b);
    kem_pub_of(&c->gather.key, &q->session);
    struct sha512 rd = recovery_request_rd(q);
    SR_TRY(tpm_slot_take(c->n->tpm, &slot, why));
    SR_TRY(tpm_actor_quote(&slot, &rd, buf_span(&c->ak_cert), &c->evidence, why));
    q->evidence = buf_span(&c->evidence);
    SR_TRY(judge_own(c, q, why));
    return recovery_request_encode(q, &c->request);
}

static enum sr_err ask(struct ceremony *c, struct sr_why *why)
{
    char path[CONFIG_TEXT + 32];
    struct recovery_request q;
    SR_TRY(make_request(c, &q, why));
    c->gather.set = &c->genesis.recovery;
    c->gather.of = (struct recovery_of){ &c->cid, &c->genesis.genesis.params.recovery };
    c->gather.session = recovery_transfer_session(&q, buf_span(&c->request));
    snprintf(path, sizeof path, "%s/recovery.request", c->n->config->state_dir);
    SR_TRY(file_write(path, 0644, buf_span(&c->request), why));
    struct logline l = log_start(&c->n->log, LOG_INFO, "recovery-request");
    log_text(&l, "file", path);
    log_hex(&l, "request", SPAN(c->gather.session.request.b));
    log_num(&l, "epoch", c->epochs.n);
    log_num(&l, "shares_needed", c->gather.set->t);
    log_num(&l, "holders", c->gather.set->n);
    log_end(&l);
    return SR_OK;
}

static enum sr_err collect(struct ceremony *c, struct sr_why *why)
{
    for (;;) {
        SR_TRY(recovery_files_look(&c->files, c->n->config->recover_shares, &c->gather, &c->n->log, why));
        if (c->gather.n >= c->gather.set->t)
            return SR_OK;
        if (node_sleep(c->n, LOOK_MS))
            return sr_fail(why, SR_EBUSY, R_RECOVERY_SHARES, "stopped with %zu of %zu shares", c->gather.n,
                           c->gather.set->t);
    }
}

/* ---- becoming the first member again ---- */

static enum sr_err combine(struct ceremony *c, struct sr_why *why)
{
    const struct recovery_source from = { c->genesis.genesis.params.salt, &c->epochs, &c->file };
    SR_OWN(master_bundle) all = { 0 };
    SR_OWN(lasting_keys) lasting = { 0 };
    SR_TRY(recovery_gather_masters(&c->gather, &from, &all, why));
    SR_TRY(lasting_keys_derive(&all.epoch[0].master, from.salt, &lasting));
    master_bundle_without(&all, policy_destroy_before(c->policy.policy), &lasting, &c->masters);
    return SR_OK;
}

/* have: empty, or what a ceremony left that was cut short; its member key stays. */
static enum sr_err keep(struct ceremony *c, struct home *have, struct sr_why *why)
{
    SR_OWN(sign_key) member = { 0 };
    struct sign_pub member_pub;
    sign_random(&member, &member_pub);
    if (have->has_member) {
        member = have->member;
        member_pub = have->member_pub;
    }
    home_drop(have);
    struct home_parts parts = { .record = c->genesis.bundle.record,
                                .chain = c->file.chain,
                                .member = &member,
                                .member_pub = &member_pub };
    SR_TRY(keyring_install(&c->masters, c->genesis.genesis.params.salt, &parts.keyring));
    return home_make(c->n->store, c->n->tpm, &parts, have, why);
}

static enum sr_err make_leaf(const struct ceremony *c, const struct home *h, struct buf *ret)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    struct leaf l = { .type = LEAF_RECOVERY,
                      .time = clock_unix(),
                      .cid = c->cid,
                      .policy_hash = *policy_hash(c->policy.policy),
                      .policy_number = policy_number(c->policy.policy),
                      .commit = epochs_newest(now.e)->commit,
                      .epoch = now.e->n,
                      .transcript = recovery_gather_transcript(&c->gather) };
    memcpy(l.member_key.b, h->member_pub.b, sizeof l.member_key.b);
    for (size_t i = 0; i < c->gather.n; i++) { /* who: the record names them in the clear */
        struct sha256 pin = holder_pin(&c->gather.of.holders->v[c->gather.share[i].x - 1]);
        SR_TRY(leaf_add_key(&l, &pin));
    }
    appraise_leaf(now.e->keyring, &c->n->self, &l);
    return leaf_encode(&l, ret);
}

static enum sr_err make_cert(const struct home *h, const char *address, struct buf *ret)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    struct member_cert c = {
        .cid = h->cid, .key = h->member_pub, .issued_at = clock_unix(), .granter = h->id
    };
    snprintf(c.address, sizeof c.address, "%s", address);
    return keyring_certify_member(now.e->keyring, &c, ret);
}

static enum sr_err be_member(struct ceremony *c, const char *address, struct home *home, struct core **ret,
                             struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) leaf = { 0 };
    SR_OWN(buf) policy = { 0 };
    SR_TRY(make_cert(home, address, &cert));
    SR_TRY(make_leaf(c, home, &leaf));
    policy_signed_write(&c->policy, &policy);
    if (!buf_ok(&policy))
        return SR_ENOMEM;
    struct core_birth birth = { buf_span(&cert), buf_span(&policy), buf_span(&leaf), c->file.bundle };
    return core_open(c->n, home, &birth, ret, why);
}

static enum sr_err run(struct ceremony *c, const char *address, struct home *home, struct core **ret,
                       struct sr_why *why)
{
    SR_TRY(read_inputs(c, why));
    warn_if_alive(c->n);
    SR_TRY(ask(c, why));
    SR_TRY(collect(c, why));
    SR_TRY(combine(c, why));
    SR_TRY(keep(c, home, why));
    node_set_state(c->n, NODE_PROVISIONAL);
    SR_TRY(be_member(c, address, home, ret, why));
    struct logline l = log_start(&c->n->log, LOG_INFO, "recovered");
    log_num(&l, "epoch", c->epochs.n);
    log_num(&l, "shares", c->gather.n);
    log_end(&l);
    return SR_OK;
}

enum sr_err recovery_run(struct node *n, const char *address, struct home *home, struct core **ret,
                         struct sr_why *why)
{
    struct ceremony *c = calloc(1, sizeof *c);
    if (!c)
        return SR_ENOMEM;
    c->n = n;
    enum sr_err e = run(c, address, home, ret, why);
    ceremony_free(c);
    return e;
}

enum sr_err recovery_was_this(struct node *n, const struct home *home, struct sr_why *why)
{
    struct sha256 cid;
    SR_TRY(cid_parse(span_of(n->config->cid), &cid, why));
    if (!sha256_eq(&cid, &home->cid))
        return sr_fail(why, SR_ESTALE, R_STATE_EXISTS, "state-dir holds the masters of another network");
    return SR_OK;
}
