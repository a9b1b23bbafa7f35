#include "node/core.h"

#include "crypto/text.h"
#include "node/appraise.h"
#include "node/clock.h"
#include "node/cosigners.h"
#include "node/counter.h"
#include "node/destruction.h"
#include "node/freeze.h"
#include "node/lease.h"
#include "node/level.h"
#include "node/node.h"
#include "node/recoverable.h"
#include "node/recovery_key.h"
#include "node/restore.h"
#include "node/rotation.h"
#include "node/secrets.h"
#include "node/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SETTING_BUNDLE "genesis-bundle"

enum { ORIGIN_MAX = 160, STRICT_TRIES = 50 };

static void origin_of(const struct home *h, char ret[ORIGIN_MAX])
{
    char cid[65], id[33];
    hex_text(SPAN(h->cid.b), cid);
    hex_text(SPAN(h->id.b), id);
    snprintf(ret, ORIGIN_MAX, "sealring/%s/%s", cid, id);
}

/* nv-strict: whoever hears of a commit may rely on the TPM having counted it. */
static enum sr_err on_disk(void *ctx)
{
    struct core *c = ctx;
    enum sr_err e = SR_EBUSY;
    if (atomic_load(&c->closing)) /* the TPM is asked no more, and nobody relies on the stop leaf */
        return SR_OK;
    for (int i = 0; i < STRICT_TRIES && e == SR_EBUSY; i++) { /* the TPM has other callers too */
        if (i)
            nanosleep(&(struct timespec){ 0, 100 * 1000 * 1000 }, NULL);
        e = counter_cover(c->counter, NULL);
    }
    return e;
}

static enum sr_err open_journal(const struct node *n, struct core *c, struct sr_why *why)
{
    char origin[ORIGIN_MAX];
    origin_of(&c->home, origin);
    struct journal_options o = { .ks = c->home.ks,
                                 .origin = origin,
                                 .key = &c->home.member,
                                 .pub = &c->home.member_pub,
                                 .callers = (size_t)n->config->threads,
                                 .on_disk = c->counter && n->config->nv_strict ? on_disk : NULL,
                                 .on_disk_ctx = c };
    return journal_open(&o, &c->journal, why);
}

static struct policy_holder_options policy_options(const struct core *c)
{
    const struct genesis_params *g = &c->home.genesis.params;
    return (struct policy_holder_options){ .ks = c->home.ks,
                                           .journal = c->journal,
                                           .cid = c->home.cid,
                                           .first = g->first_policy,
                                           .operators = g->operators.key,
                                           .operators_n = g->operators.n,
                                           .operators_k = g->operators.k };
}

static enum sr_err open_counter(struct node *n, struct core *c, struct sr_why *why)
{
    struct counter_options o = { .ks = c->home.ks,
                                 .tpm = n->tpm,
                                 .home = &c->home,
                                 .begin = n->config->nv_counter != 0,
                                 .seconds = (unsigned)n->config->nv_seconds,
                                 .log = &n->log };
    if (!counter_range(n->config->nv_index, &o.first))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "nv-index is no range");
    return counter_open(&o, &c->counter, why);
}

/* Refused, it says what operators would have to accept. */
static enum sr_err judge(struct node *n, struct core *c, struct sr_why *why)
{
    struct loss_case at = { 0 };
    enum sr_err e = counter_judge(c->counter, why);
    if (e == SR_OK)
        return e;
    SR_TRY(restored_about(&c->home, &at, NULL));
    struct logline l = log_start(&n->log, LOG_ERROR, "log-ends");
    log_hex(&l, "member", SPAN(at.member.b));
    log_num(&l, "size", at.size);
    log_hex(&l, "root", SPAN(at.root.b));
    log_num(&l, "counter", counter_value(c->counter));
    log_end(&l);
    return e;
}

static enum sr_err open_policy(struct core *c, struct sr_why *why)
{
    const struct policy_holder_options o = policy_options(c);
    return policy_holder_open(&o, &c->policy, why);
}

/* Everything that makes a member, the policy it starts from too, in one transaction with the first leaf of
 * its log, which so says whose log it is. */
static enum sr_err be_born(struct core *c, const struct core_birth *birth, struct sr_why *why)
{
    SR_OWN(keystore_txn) txn = { 0 };
    const struct policy_holder_options o = policy_options(c);
    struct member_cert cert;
    bool is_new;
    SR_TRY(policy_holder_put(&o, birth->policy, &txn, why));
    SR_TRY(members_check(c->members, birth->cert, &cert, &is_new, why));
    if (memcmp(&cert.key, &c->home.member_pub, sizeof cert.key) != 0)
        return sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "the member certificate is not for our key");
    members_put(&txn, &cert, birth->cert);
    home_put(&txn, HOME_MEMBER_CERT, birth->cert);
    if (birth->bundle.n)
        home_put(&txn, SETTING_BUNDLE, birth->bundle);
    SR_TRY(journal_submit(c->journal, &(struct journal_entry){ &txn, birth->leaf }, NULL));
    members_learn(c->members, &cert);
    return SR_OK;
}

static enum sr_err say_start(struct node *n, struct core *c)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    const struct keyring *k = now.e->keyring;
    SR_OWN(policy_hold) policy = policy_holder_get(c->policy);
    struct leaf l = { .type = LEAF_START,
                      .time = clock_unix(),
                      .policy_number = policy.p ? policy_number(policy.p) : 0,
                      .epoch = keyring_newest(k) };
    memcpy(l.boot, n->boot, sizeof l.boot);
    appraise_leaf(k, &n->self, &l);
    SR_TRY(leaf_encode(&l, &b));
    struct journal_receipt receipt;
    SR_TRY(journal_submit(c->journal, &(struct journal_entry){ NULL, buf_span(&b) }, &receipt));
    c->start = receipt.index;
    return SR_OK;
}

static enum sr_err open_parts(struct node *n, struct core *c, const struct core_birth *birth,
                              struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    bool is_new;
    SR_OWN(restored) word = { 0 };
    SR_TRY(collateral_holder_trust(n->collateral, &c->home.genesis.params, why));
    SR_TRY(open_counter(n, c, why));
    SR_TRY(restored_begin(n, &c->home, c->counter, &word, why));
    if (!word.there)
        SR_TRY(judge(n, c, why));
    SR_TRY(counter_start(c->counter, why));
    SR_TRY(open_journal(n, c, why));
    SR_TRY(members_open(&c->home, &c->members, why));
    SR_TRY(ak_holder_new(&c->ak));
    if (birth)
        SR_TRY(be_born(c, birth, why));
    SR_TRY(open_policy(c, why));
    SR_TRY(restored_end(n, c, &word, why));
    SR_TRY(home_get(&c->home, HOME_MEMBER_CERT, &cert, why));
    SR_TRY(members_check(c->members, buf_span(&cert), &c->cert, &is_new, why));
    enum sr_err e = home_get(&c->home, SETTING_BUNDLE, &c->bundle, why);
    if (e != SR_OK && e != SR_ENOENT)
        return e;
    SR_TRY(freeze_load(c, why));
    SR_TRY(lease_new(&c->lease));
    SR_TRY(secrets_open(n, c, &c->secrets, why));
    SR_TRY(witness_load(c, why));
    SR_TRY(cosigners_new(n, c, &c->cosigners));
    SR_TRY(rotation_open(n, c, &c->rotation, why));
    SR_TRY(recoverable_new(&c->recoverable));
    SR_TRY(destruction_new(&c->destruction));
    struct kem_pub key;
    (void)!recovery_key_get(n, c, &key, NULL); /* at its birth, as long as it can; else by a peer's word */
    return say_start(n, c);
}

enum sr_err core_open(struct node *n, struct home *take, const struct core_birth *birth, struct core **ret,
                      struct sr_why *why)
{
    struct core *c = calloc(1, sizeof *c);
    if (!c) {
        home_drop(take);
        return SR_ENOMEM;
    }
    c->home = SR_TAKE(*take);
    enum sr_err e = open_parts(n, c, birth, why);
    if (e == SR_OK)
        *ret = c;
    else
        core_close(c, NULL);
    return e;
}

static void say_stop(struct core *c, const uint8_t *boot)
{
    SR_OWN(buf) b = { 0 };
    struct leaf l = { .type = LEAF_STOP, .time = clock_unix() };
    memcpy(l.boot, boot, sizeof l.boot);
    if (leaf_encode(&l, &b) != SR_OK ||
        journal_submit(c->journal, &(struct journal_entry){ NULL, buf_span(&b) }, NULL) != SR_OK)
        return; /* a log without a stop leaf says that the process did not end on its own */
}

void core_close(struct core *c, const uint8_t *boot)
{
    if (!c)
        return;
    atomic_store(&c->closing, true);
    if (boot)
        say_stop(c, boot);
    cosigners_free(c->cosigners);
    recoverable_free(c->recoverable);
    destruction_free(c->destruction);
    rotation_close(c->rotation);
    lease_free(c->lease);
    secrets_close(c->secrets);
    ak_holder_free(c->ak);
    members_close(c->members);
    policy_holder_close(c->policy);
    journal_close(c->journal);
    counter_close(c->counter);
    buf_drop(&c->bundle);
    home_drop(&c->home);
    free(c);
}

struct granter core_granter(const struct node *n, const struct core *c, const struct core_look *at)
{
    const struct policy *p = at->policy;
    return (struct granter){ .cid = c->home.cid,
                             .nonce_key = &n->nonce_key,
                             .id = n->id_pub,
                             .epoch_lo = keyring_oldest_from(at->epochs->keyring, policy_destroy_before(p)),
                             .epoch_hi = keyring_newest(at->epochs->keyring),
                             .policy_number = policy_number(p),
                             .policy_hash = *policy_hash(p),
                             .ttl_ms = (uint32_t)n->config->challenge_ms,
                             .rollback = level_attested(n->config, c, p),
                             .binding_required = policy_channel_binding(p) == POLICY_BINDING_REQUIRED };
}

struct releaser core_releaser(const struct node *n, const struct core *c, const struct core_look *at)
{
    const struct policy *p = at->policy;
    uint64_t epoch = keyring_newest(at->epochs->keyring);
    return (struct releaser){ .cid = c->home.cid,
                              .nonce_key = &n->nonce_key,
                              .id = n->id_pub,
                              .epoch = epoch,
                              .policy_number = policy_number(p),
                              .policy_hash = *policy_hash(p),
                              .release_pub = keyring_pubs(at->epochs->keyring, epoch)->release,
                              .ttl_ms = (uint32_t)n->config->challenge_ms,
                              .binding_required = policy_channel_binding(p) == POLICY_BINDING_REQUIRED };
}

struct enroller core_enroller(const struct node *n, const struct core *c, const struct policy *p)
{
    const struct type_roots *roots = genesis_roots(&c->home.genesis, SPAN_STR("tpm"));
    return (struct enroller){ .network = c->home.cid,
                              .key = &n->enrol_key,
                              .roots = roots ? roots->root : NULL,
                              .nroots = roots ? roots->n : 0,
                              .now = (time_t)clock_unix(),
                              .lifetime = policy_ak_cert_max_age(p) };
}

/* The first member has nobody else to ask, and no member needs to: who holds the masters could write the
 * certificate anyway. What this shows is that our TPM still answers for the key. */
static enum sr_err enrol_self(struct node *n, struct core *c, const struct core_look *at, struct sr_why *why)
{
    const struct keyring *k = at->epochs->keyring;
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) e2 = { 0 };
    SR_OWN(buf) e3 = { 0 };
    SR_OWN(buf) e4 = { 0 };
    struct enroller by = core_enroller(n, c, at->policy);
    struct enrol_rand rand;
    struct ak_cert cert;
    random_fill(rand.b, sizeof rand.b);
    SR_TRY(tpm_actor_enrol_request(n->tpm, &c->home.cid, &e1, why));
    SR_TRY(enrol_challenge(&by, &rand, buf_span(&e1), &e2, why));
    SR_TRY(tpm_actor_enrol_answer(n->tpm, buf_span(&e1), buf_span(&e2), &e3, why));
    SR_TRY(keyring_certify_ak(k, &by, buf_span(&e3), &e4, &cert, why));
    SR_TRY(core_log_enrolment(c, k, &cert));
    return ak_holder_set(c->ak, buf_span(&e4), why);
}

enum sr_err core_log_enrolment(struct core *c, const struct keyring *k, const struct ak_cert *cert)
{
    SR_OWN(buf) b = { 0 };
    struct sha256 ak = sha256(cert->ak);
    struct leaf l = { .type = LEAF_ENROLMENT,
                      .time = clock_unix(),
                      .ak = keyring_leaf_id(k, LEAF_ID_AK, SPAN(ak.b)),
                      .hardware = keyring_leaf_id(k, LEAF_ID_HARDWARE, SPAN(cert->ek.b)),
                      .root = cert->root,
                      .epoch = cert->epoch,
                      .not_after = cert->not_after };
    SR_TRY(leaf_encode(&l, &b));
    return journal_submit(c->journal, &(struct journal_entry){ NULL, buf_span(&b) }, NULL);
}

enum sr_err core_ak_cert(struct node *n, struct core *c, const struct core_look *at, struct buf *ret,
                         struct sr_why *why)
{
    if (!tpm_actor_enrols(n->tpm))
        return SR_OK;
    const struct ak_want want = { keyring_newest(at->epochs->keyring), policy_ak_cert_max_age(at->policy) };
    enum sr_err e = ak_holder_get(c->ak, clock_unix(), &want, ret);
    if (e != SR_ENOENT)
        return e;
    SR_TRY(enrol_self(n, c, at, why));
    return ak_holder_get(c->ak, clock_unix(), &want, ret);
}
