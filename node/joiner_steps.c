#include "node/joiner_parts.h"

#include "node/clock.h"
#include "node/joiner_end.h"
#include "node/level.h"
#include "proto/cid.h"

#include <stdio.h>
#include <stdlib.h>

#define BYTES "application/octet-stream"

enum { PATH_ROOM = 96 };

void attempt_free(struct attempt *a)
{
    peer_link_drop(&a->peer);
    join_keys_drop(&a->keys);
    buf_drop(&a->cert);
    buf_drop(&a->m1);
    buf_drop(&a->m2);
    buf_drop(&a->m4);
    buf_drop(&a->m6);
    buf_drop(&a->bundle);
    buf_drop(&a->members_list);
    policy_signed_drop(&a->policy);
    master_bundle_drop(&a->masters);
    join_hold_drop(&a->hold);
    free(a);
}

static void draw_keys(struct join_keys *k)
{
    random_fill(k->nj, sizeof k->nj);
    random_fill(k->ekj.b, sizeof k->ekj.b);
    sign_random(&k->idj, &k->idj_pub);
    sign_random(&k->member, &k->member_pub);
}

enum sr_err attempt_new(struct node *n, const char *base, const char *address, struct attempt **ret,
                        struct sr_why *why)
{
    struct attempt *a = calloc(1, sizeof *a);
    if (!a)
        return SR_ENOMEM;
    a->n = n;
    a->at = "";
    a->members = MEMBERS_PATH;
    a->who = (struct joiner){ .type = span_of(tpm_actor_type(n->tpm)),
                              .address = span_of(address),
                              .rollback = level_attested(n->config, NULL, NULL),
                              .min_epoch = n->config->min_epoch,
                              .min_policy = n->config->min_policy };
    draw_keys(&a->keys);
    enum sr_err e = peer_open(n, base, NULL, &a->peer, why);
    if (e == SR_OK)
        *ret = a;
    else
        attempt_free(a);
    return e;
}

static enum sr_err post(struct attempt *a, const char *path, struct span body, struct sr_why *why)
{
    char full[PATH_ROOM];
    snprintf(full, sizeof full, "%s%s", path, a->at);
    return peer_post(&a->peer, full, BYTES, body, why);
}

static enum sr_err take_reply(struct attempt *a, struct buf *to)
{
    wr_span(to, buf_span(&a->peer.reply.body));
    return buf_ok(to) ? SR_OK : SR_ENOMEM;
}

static enum sr_err enrol(struct attempt *a, struct sr_why *why)
{
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) e2 = { 0 };
    SR_OWN(buf) e3 = { 0 };
    if (!tpm_actor_enrols(a->n->tpm))
        return SR_OK;
    SR_TRY(tpm_actor_enrol_request(a->n->tpm, &a->who.cid, &e1, why));
    SR_TRY(post(a, "/sealring/v1/enrol/challenge", buf_span(&e1), why));
    SR_TRY(take_reply(a, &e2));
    SR_TRY(tpm_actor_enrol_answer(a->n->tpm, buf_span(&e1), buf_span(&e2), &e3, why));
    SR_TRY(post(a, "/sealring/v1/enrol/certify", buf_span(&e3), why));
    return take_reply(a, &a->cert);
}

static enum sr_err binding_of(const struct attempt *a, struct binding *ret, struct sr_why *why)
{
    struct binding b = { 0 };
    enum sr_err e = http_client_binding(a->peer.http, b.exporter);
    b.bound = e == SR_OK;
    if (e == SR_ESTALE)
        return sr_fail(why, SR_EIO, R_CHANNEL_BINDING, "the connection was lost between M2 and M3");
    *ret = b;
    return SR_OK;
}

/* M1 to M4. */
static enum sr_err ask(struct attempt *a, struct sr_why *why)
{
    SR_OWN(buf) evidence = { 0 };
    SR_OWN(buf) m3 = { 0 };
    SR_OWN(tpm_slot) slot = { 0 };
    struct join_challenged challenged;
    struct join_offer offer;
    struct binding binding;
    SR_TRY(join_hello(&a->who, &a->keys, &a->m1));
    SR_TRY(post(a, "/sealring/v1/join/challenge", buf_span(&a->m1), why));
    SR_TRY(take_reply(a, &a->m2));
    SR_TRY(join_read_challenge(&a->who, buf_span(&a->m1), buf_span(&a->m2), &challenged, why));
    SR_TRY(binding_of(a, &binding, why));
    join_rd(&a->who, &challenged, &a->keys, &binding, &offer);
    SR_TRY(tpm_slot_take(a->n->tpm, &slot, why));
    SR_TRY(tpm_actor_quote(&slot, &offer.rd, buf_span(&a->cert), &evidence, why));
    SR_TRY(join_m3(&a->who, &offer, &a->keys, buf_span(&evidence), &m3, &a->wait));
    SR_TRY(post(a, "/sealring/v1/join/attest", buf_span(&m3), why));
    return take_reply(a, &a->m4);
}

/* Is the granter what this network's policy takes for a member? Then, and only then, its masters are opened.
 */
static enum sr_err judge(struct attempt *a, struct sr_why *why)
{
    SR_TRY(join_read_grant(&a->who, &a->wait, buf_span(&a->m4), &a->granted, why));
    const struct genesis_params *g = &a->granted.genesis.params;
    struct policy_holder_options rules = { .cid = a->who.cid,
                                           .first = g->first_policy,
                                           .operators = g->operators.key,
                                           .operators_n = g->operators.n,
                                           .operators_k = g->operators.k };
    SR_TRY(policy_signed_parse(a->granted.m4.policy, &a->policy, why));
    SR_TRY(policy_holder_check(&rules, &a->policy, why));
    if (a->granted.nepochs < policy_min_epoch(a->policy.policy))
        return sr_fail(why, SR_EPROOF, R_EPOCH, "the granter's masters are of an epoch that policy retired");
    SR_TRY(collateral_holder_trust(a->n->collateral, g, why));
    SR_OWN(collateral_hold) held = collateral_holder_get(a->n->collateral);
    struct appraiser by = { .cid = a->who.cid,
                            .genesis = &a->granted.genesis,
                            .newest = &a->granted.epochs[a->granted.nepochs - 1],
                            .policy = a->policy.policy,
                            .collateral = collateral_held(&held),
                            .now = (time_t)clock_unix() };
    enum sr_err e =
        appraise(&by, a->granted.m4.type, a->granted.m4.evidence, &a->granted.rd, &a->granter, why);
    if (e != SR_OK)
        collateral_actor_miss(a->n->fetcher, &held, a->granted.m4.type, a->granted.m4.evidence);
    SR_TRY(e);
    rollback_claims(&a->granted.m4.rollback, &a->granter.claims);
    SR_TRY(policy_join(a->policy.policy, &a->granter.claims, &a->n->self, NULL, why));
    if (a->wait.challenge.epoch_lo <
        policy_destroy_before(a->policy.policy)) /* join_open_grant() holds M4 to it */
        return sr_fail(why, SR_EPROOF, R_EPOCH_DESTROYED, "the granter has masters that policy destroys");
    const struct policy *policy = a->policy.policy;
    struct join_policy p = { policy_number(policy), *policy_hash(policy), policy_destroy_before(policy) };
    return join_open_grant(&a->wait, &a->granted, &a->keys, &a->granter.verified, &p, &a->masters, &a->hold,
                           why);
}

enum sr_err attempt_grant(struct attempt *a, struct sr_why *why)
{
    SR_TRY(enrol(a, why));
    SR_TRY(ask(a, why));
    return judge(a, why);
}

static enum sr_err confirm(struct attempt *a, struct sr_why *why)
{
    SR_OWN(buf) m5 = { 0 };
    enum sr_err e = SR_EIO;
    SR_TRY(join_m5(&a->hold, &m5));
    for (int i = 0; i < 5 && (e == SR_EIO || e == SR_EBUSY); i++) /* the same M5 gives the same M6 */
        if (i == 0 || !node_sleep(a->n, 500))
            e = post(a, "/sealring/v1/join/confirm", buf_span(&m5), why);
    return e;
}

enum sr_err attempt_confirm(struct attempt *a, struct join_member *ret, struct sr_why *why)
{
    SR_TRY(confirm(a, why));
    SR_TRY(take_reply(a, &a->m6));
    SR_TRY(join_read_m6(&a->who, &a->hold, &a->keys, buf_span(&a->m6), ret, why));
    SR_TRY(joiner_check_leaf(&a->peer, a->members, &a->hold, ret, why));
    return take_reply(a, &a->members_list); /* that the granter's key was looked up in */
}
