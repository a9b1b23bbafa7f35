#pragma once
/* member.h - a member of the laboratory's network with what it keeps: keystore, log, policies and packages,
 * by the node's own code over a store in memory. Operators: three, of whom two must sign. */
#include "crypto/text.h"
#include "node/core.h"
#include "node/node.h"
#include "node/secrets.h"
#include "tests/attacks/lab.h"
#include "tests/epochs_maker.h"

#include <stdlib.h>
#include <unistd.h>

enum { OPERATORS = 3, NEEDED = 2, REMEMBERED = 8 /* ids of requests, challenges: as many of each */ };

struct member {
    struct node node;
    struct core core;
    struct store *store;
    struct sign_key operator[OPERATORS], admin, stranger;
    struct sign_pub operator_pub[OPERATORS], admin_pub, stranger_pub;
    struct buf first; /* signed text of policy number 1 */
};

/* A document: who may join is said by the digest of their code; the tenants acme and mine have an
 * administrator each, `mine` the stranger, who is the attacker in what follows. */
static inline void member_document(const struct member *m, uint64_t number, const struct sha256 *previous,
                                   const char *code, struct buf *ret)
{
    SR_OWN(buf) text = { 0 };
    wr_fmt(&text, "{\"version\":1,\"number\":%llu,\"previous\":\"", (unsigned long long)number);
    wr_hex(&text, SPAN(previous->b));
    wr_fmt(
        &text,
        "\",\"min_epoch\":1,\"channel_binding\":\"optional\",\"join\":[{\"name\":\"members\",\"type\":"
        "\"tpm\","
        "\"where\":[{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"%s\"}]}],\"release\":[{\"name\":\"guests\","
        "\"type\":\"sample\",\"tenant\":\"acme\",\"keys\":[\"key/*\"],\"usages\":[\"secret\"],\"where\":"
        "[{\"claim\":\"svn\",\"op\":\"eq\",\"value\":\"1\"}]}],\"tenants\":["
        "{\"name\":\"acme\",\"max_secrets\":9,\"max_bytes\":9999,\"admins\":[\"",
        code);
    wr_hex(&text, SPAN(m->admin_pub.b));
    wr_text(&text, "\"]},{\"name\":\"mine\",\"max_secrets\":9,\"max_bytes\":9999,\"admins\":[\"");
    wr_hex(&text, SPAN(m->stranger_pub.b));
    wr_text(&text, "\"]}]}");
    maker_need(json_canonical(buf_span(&text), ret, NULL) == SR_OK, "policy");
}

static inline void member_keys(struct member *m)
{
    for (int i = 0; i < OPERATORS; i++)
        sign_random(&m->operator[i], &m->operator_pub[i]);
    sign_random(&m->admin, &m->admin_pub);
    sign_random(&m->stranger, &m->stranger_pub);
}

static inline struct policy_holder_options member_policies(const struct member *m, const struct sha256 *first)
{
    return (struct policy_holder_options){ .ks = m->core.home.ks,
                                           .journal = m->core.journal,
                                           .cid = m->core.home.cid,
                                           .first = *first,
                                           .operators = m->operator_pub,
                                           .operators_n = OPERATORS,
                                           .operators_k = NEEDED };
}

/* Policy number 1, as genesis pins it: good code alone may join. */
static inline void member_first(struct member *m)
{
    SR_OWN(buf) document = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    struct sha256 none = { 0 };
    member_document(m, 1, &none, GOOD_CODE, &document);
    maker_need(policy_parse(buf_span(&document), &s.policy, NULL) == SR_OK, "first policy");
    policy_signed_write(&s, &m->first);
    struct policy_holder_options o = member_policies(m, policy_hash(s.policy));
    maker_need(policy_holder_open(&o, &m->core.policy, NULL) == SR_OK &&
                   policy_holder_apply(m->core.policy, buf_span(&m->first), NULL) == SR_OK,
               "policies");
}

/* What routes stand on besides the core. */
static inline void member_serves(struct member *m)
{
    static const uint8_t seed[16] = { 7 };
    static const struct config plain;
    struct node *n = &m->node;
    n->config = &plain;
    n->log = (struct logger){ LOG_ERROR, STDERR_FILENO };
    maker_need(nonce_set_new(REMEMBERED, seed, &n->nonces) == SR_OK &&
                   nonce_set_new(REMEMBERED, seed, &n->requests) == SR_OK &&
                   nonce_set_new(REMEMBERED, seed, &n->member_requests) == SR_OK &&
                   nonce_set_new(REMEMBERED, seed, &n->refused) == SR_OK &&
                   nonce_set_new(REMEMBERED, seed, &n->enrolled) == SR_OK,
               "memory of nonces");
    const struct collateral_holder_options none = { .dir = "", .log = &n->log };
    maker_need(collateral_holder_new(&none, &n->collateral) == SR_OK, "collateral");
    random_fill(n->nonce_key.b, sizeof n->nonce_key.b);
    random_fill(n->enrol_key.b, sizeof n->enrol_key.b);
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->wake, NULL);
    atomic_store(&n->core, &m->core);
    node_set_state(n, NODE_MEMBER);
}

static inline struct member *member_open(const struct lab *l)
{
    struct member *m = calloc(1, sizeof *m);
    struct keystore_options o = { .cid = l->net.cid };
    struct keystore_epoch older[EPOCHS_MAX];
    size_t n = 0;
    maker_need(m != NULL, "memory");
    m->core.home.cid = o.cid;
    member_keys(m);
    sign_random(&m->core.home.member, &m->core.home.member_pub);
    struct keyring *k = NULL;
    maker_need(keyring_generate(l->net.genesis.params.salt, &k) == SR_OK &&
                   store_open("memory:", &m->store, NULL) == SR_OK,
               "keyring and store");
    m->core.home.epochs = maker_epochs(k);
    o.store = m->store;
    keyring_keystore(k, &o, older, &n);
    struct journal_options j = { .origin = "sealring/lab",
                                 .key = &m->core.home.member,
                                 .pub = &m->core.home.member_pub };
    maker_need(keystore_create(&o, &m->core.home.ks, NULL) == SR_OK, "keystore");
    j.ks = m->core.home.ks;
    maker_need(journal_open(&j, &m->core.journal, NULL) == SR_OK &&
                   members_open(&m->core.home, &m->core.members, NULL) == SR_OK &&
                   secrets_open(&m->node, &m->core, &m->core.secrets, NULL) == SR_OK,
               "log, members and packages");
    member_first(m);
    member_serves(m);
    return m;
}

static inline void member_close(struct member *m)
{
    policy_holder_close(m->core.policy);
    secrets_close(m->core.secrets);
    members_close(m->core.members);
    journal_close(m->core.journal);
    home_drop(&m->core.home);
    store_close(m->store);
    buf_drop(&m->first);
    collateral_holder_free(m->node.collateral);
    nonce_set_free(m->node.nonces);
    nonce_set_free(m->node.requests);
    nonce_set_free(m->node.member_requests);
    nonce_set_free(m->node.refused);
    nonce_set_free(m->node.enrolled);
    pthread_cond_destroy(&m->node.wake);
    pthread_mutex_destroy(&m->node.lock);
    free(m);
}
