/* Network ids, genesis parameters and records, epochs and their chain, master bundles, the genesis bundle. */
#include "crypto/mode.h"
#include "proto/cid.h"
#include "proto/claims.h"
#include "tests/handshake.h"

static void an_id_has_one_text(void)
{
    struct sha256 cid, back;
    char text[CID_TEXT_MAX];
    for (int i = 0; i < 200; i++) {
        random_fill(&cid, sizeof cid);
        cid_text(&cid, text);
        T(strlen(text) == 61 && strncmp(text, "sr1", 3) == 0);
        T(cid_parse(span_of(text), &back, NULL) == SR_OK && sha256_eq(&cid, &back));
    }
}

/* Every other character in every place, every two that change places, every length. */
static void a_mistyped_id_is_noticed(void)
{
    struct sha256 cid, back;
    struct sr_why why;
    char text[CID_TEXT_MAX], wrong[CID_TEXT_MAX + 2];
    size_t tried = 0, taken = 0;
    fill(&cid, sizeof cid, "a network");
    cid_text(&cid, text);
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < 256; c++) {
            if ((char)c == text[i])
                continue;
            memcpy(wrong, text, sizeof text);
            wrong[i] = (char)c;
            tried++;
            taken += cid_parse((struct span){ (uint8_t *)wrong, n }, &back, &why) == SR_OK ||
                     why.reason != R_CID_TEXT;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            if (text[i] == text[j])
                continue;
            memcpy(wrong, text, sizeof text);
            wrong[i] = text[j];
            wrong[j] = text[i];
            tried++;
            taken += cid_parse(span_of(wrong), &back, &why) == SR_OK;
        }
    for (size_t len = 0; len < n; len++)
        taken += cid_parse((struct span){ (uint8_t *)text, len }, &back, &why) == SR_OK;
    snprintf(wrong, sizeof wrong, "%sq", text);
    taken += cid_parse(span_of(wrong), &back, &why) == SR_OK;
    snprintf(wrong, sizeof wrong, "srx1%s", text + 3); /* the other mode */
    taken += cid_parse(span_of(wrong), &back, &why) == SR_OK;
    T(tried > 15000 && taken == 0);
}

static void two_holders(struct genesis_params *p)
{
    p->recovery = (struct holder_set){ .v = { { HOLDER_X25519, { 9 } }, { HOLDER_RSA_2048, { 0x80 } } },
                                       .n = 2,
                                       .t = 2 };
    p->recovery.v[1].key[255] = 1;
}

static void swap_holders(struct genesis_params *p)
{
    struct holder first = p->recovery.v[0];
    p->recovery.v[0] = p->recovery.v[1];
    p->recovery.v[1] = first;
}

static void parameters_have_rules(void)
{
    struct genesis_params p;
    struct sr_why why;
    for (int i = 0; i < 24; i++) {
        SR_OWN(buf) b = { 0 };
        enum sr_reason want = R_GENESIS_FORMAT;
        make_params(&p);
        switch (i) {
        case 0: p.operators.k = 0; break;
        case 1: p.operators.k = 2; break;
        case 2: p.operators.n = p.operators.k = 0; break;
        case 3: p.operators.key[1] = p.operators.key[0], p.operators.n = 2; break; /* twice */
        case 4: memset(&p.operators.key[1], 0, 32), p.operators.n = 2; break;      /* out of order */
        case 5: p.akcas.n = p.akcas.k = 0; break;
        case 6: p.witnesses.k = 1; break;
        case 7: two_holders(&p), p.recovery.n = p.recovery.t = 1; break; /* one alone would recover */
        case 8: p.recovery.t = 2; break;
        case 9: p.types[1] = p.types[0], p.ntypes = 2; break;
        case 10: p.types[0].type[0] = 'T'; break;
        case 11: p.types[0].n = 2; break; /* second root is zeros: out of order */
        case 12: p.ntypes = GENESIS_TYPES_MAX + 1; break;
        case 13: p.operators.n = GENESIS_KEYS_MAX + 1; break;
        case 14: p.types[0].n = GENESIS_ROOTS_MAX + 1; break;
        case 15: two_holders(&p), p.recovery.t = 1; break;
        case 16: two_holders(&p), p.recovery.t = 3; break;
        case 17: two_holders(&p), p.recovery.v[1] = p.recovery.v[0]; break; /* twice */
        case 18: two_holders(&p), swap_holders(&p); break;                  /* out of order */
        case 19: two_holders(&p), p.recovery.v[1].kind = HOLDER_KIND_END; break;
        case 20: two_holders(&p), p.recovery.v[0].kind = 0; break;
        case 21: two_holders(&p), p.recovery.v[1].key[0] &= 0x7f; break; /* a shorter modulus */
        case 22: two_holders(&p), want = R_NONE; break;
        default: want = R_NONE;
        }
        why.reason = R_NONE;
        enum sr_err e = genesis_params_encode(&p, &b, &why);
        T(why.reason == want && (e == SR_OK) == (want == R_NONE));
    }
}

static void a_full_record_reads_back(void)
{
    static struct genesis_params p, back;
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) again = { 0 };
    make_params(&p);
    p.operators.n = p.akcas.n = p.witnesses.n = p.recovery.n = GENESIS_KEYS_MAX;
    p.operators.k = 3;
    p.akcas.k = p.witnesses.k = 2;
    p.recovery.t = GENESIS_KEYS_MAX;
    for (uint8_t i = 0; i < GENESIS_KEYS_MAX; i++) {
        memset(&p.operators.key[i], i, 32);
        memset(&p.akcas.key[i], i, 32);
        memset(&p.witnesses.key[i], i, 32);
        p.recovery.v[i].kind = HOLDER_RSA_4096;
        memset(p.recovery.v[i].key, 0x81 + i, sizeof p.recovery.v[i].key);
        p.recovery.v[i].key[HOLDER_KEY_MAX - 1] = 1;
    }
    p.ntypes = GENESIS_TYPES_MAX;
    for (int i = 0; i < GENESIS_TYPES_MAX; i++) {
        snprintf(p.types[i].type, sizeof p.types[i].type, "type-%d", i % 10);
        p.types[i].n = GENESIS_ROOTS_MAX;
        for (uint8_t j = 0; j < GENESIS_ROOTS_MAX; j++)
            memset(&p.types[i].root[j], j, 32);
    }
    T(genesis_params_encode(&p, &b, NULL) == SR_OK && b.n < GENESIS_PARAMS_MAX);
    T(genesis_params_decode(buf_span(&b), &back, NULL) == SR_OK);
    T(genesis_params_encode(&back, &again, NULL) == SR_OK && span_eq(buf_span(&b), buf_span(&again)));
}

/* The id is over the mode and every bit of the record. */
static void every_bit_of_a_record_is_in_the_id(void)
{
    struct net n;
    struct genesis g;
    struct sr_why why;
    size_t taken = 0;
    net_make(&n, "master");
    T(genesis_pinned(buf_span(&n.record), &n.cid, &g, &why) == SR_OK);
    T(span_eq(SPAN(g.first.release.b), SPAN(n.keys.pub.release.b)));
    for (size_t bit = 0; bit < n.record.n * 8; bit++) {
        SR_OWN(buf) b = { 0 };
        SR_OWN(buf) again = { 0 };
        wr_span(&b, buf_span(&n.record));
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += genesis_pinned(buf_span(&b), &n.cid, &g, &why) == SR_OK || why.reason != R_GENESIS_MISMATCH;
        if (genesis_decode(buf_span(&b), &g, NULL) == SR_OK) /* canonical: what is read is what is written */
            taken += genesis_encode(&g, &again, NULL) != SR_OK || !span_eq(buf_span(&b), buf_span(&again));
    }
    for (size_t len = 0; len < n.record.n; len++)
        taken += genesis_decode((struct span){ n.record.p, len }, &g, NULL) == SR_OK;
    T(taken == 0);
    T(genesis_roots(&g, SPAN_STR("tdx")) == NULL);
    T(genesis_roots(&n.genesis, SPAN_STR("tpm"))->n == 1);
    net_drop(&n);
}

static void keys_and_commitments_differ_by_epoch_salt_and_purpose(void)
{
    struct key master;
    struct epoch_keys a, b, c;
    uint8_t salt[32] = { 0 }, other[32] = { 1 };
    fill(&master, sizeof master, "master");
    T(epoch_keys_derive(&master, 1, salt, &a) == SR_OK && epoch_keys_derive(&master, 2, salt, &b) == SR_OK &&
      epoch_keys_derive(&master, 1, other, &c) == SR_OK);
    T(!span_eq(key_span(&a.kek), key_span(&b.kek)) && !span_eq(key_span(&a.kek), key_span(&c.kek)));
    T(!span_eq(SPAN(a.pub.commit.b), SPAN(b.pub.commit.b)) &&
      !span_eq(SPAN(a.pub.commit.b), SPAN(c.pub.commit.b)));
    SR_OWN(lasting_keys) last = { 0 };
    T(lasting_keys_derive(&master, salt, &last) == SR_OK);
    T(!span_eq(key_span(&a.kek), key_span(&last.index)) &&
      !span_eq(key_span(&last.index), key_span(&last.log_salt)) &&
      !span_eq(key_span(&last.log_salt), key_span(&last.kbs_writer)));
    T(!span_eq(SPAN(a.pub.release.b), SPAN(a.pub.akca.b)) &&
      !span_eq(SPAN(a.pub.akca.b), SPAN(a.pub.member_ca.b)));
    epoch_keys_drop(&a);
    T(sodium_is_zero((const uint8_t *)&a, sizeof a));
}

static void sign_link(const struct net *n, const struct epoch_pubs *next, const char *operator_name,
                      const struct sign_key *old, struct buf *ret)
{
    struct approval a;
    struct sign_key k;
    SR_OWN(buf) text = { 0 };
    T(epoch_link_text(&n->cid, next, &text) == SR_OK);
    make_signer(operator_name, &k, &a.key);
    a.sig = sign_label(&k, L_EPOCH_APPROVAL, buf_span(&text));
    T(epoch_link_make(&n->cid, next, old, &a, 1, ret) == SR_OK);
}

static enum sr_err check(const struct net *n, struct span chain, size_t *ret_n)
{
    struct epoch_pubs epochs[EPOCHS_MAX];
    struct approvers who = genesis_approvers(&n->genesis);
    struct sr_why why = { 0 };
    enum sr_err e = epoch_chain_check(chain, &n->cid, &n->genesis.first, &who, epochs, ret_n, &why);
    T(e == SR_OK || why.reason == R_EPOCH_CHAIN);
    return e;
}

static void an_epoch_needs_the_one_before_and_the_operators(void)
{
    struct net n;
    struct epoch_keys two, three;
    struct key m2, m3;
    size_t count = 0, taken = 0;
    SR_OWN(buf) link2 = { 0 };
    SR_OWN(buf) link3 = { 0 };
    SR_OWN(buf) chain2 = { 0 };
    SR_OWN(buf) chain = { 0 };
    net_make(&n, "master");
    fill(&m2, sizeof m2, "master 2");
    fill(&m3, sizeof m3, "master 3");
    T(epoch_keys_derive(&m2, 2, n.genesis.params.salt, &two) == SR_OK);
    T(epoch_keys_derive(&m3, 3, n.genesis.params.salt, &three) == SR_OK);
    sign_link(&n, &two.pub, "operator", &n.keys.release, &link2);
    sign_link(&n, &three.pub, "operator", &two.release, &link3);
    T(check(&n, SPAN_STR("\0\0"), &count) == SR_OK && count == 1);
    T(epoch_chain_add((struct span){ 0 }, buf_span(&link2), &chain2, NULL) == SR_OK);
    T(epoch_chain_add(buf_span(&chain2), buf_span(&link3), &chain, NULL) == SR_OK);
    T(check(&n, buf_span(&chain), &count) == SR_OK && count == 3);

    for (size_t bit = 0; bit < chain.n * 8; bit++) {
        chain.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += check(&n, buf_span(&chain), &count) == SR_OK;
        chain.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < chain.n; len++)
        taken += check(&n, (struct span){ chain.p, len }, &count) == SR_OK;
    T(taken == 0);

    SR_OWN(buf) bad = { 0 };
    SR_OWN(buf) bad_chain = { 0 };
    sign_link(&n, &two.pub, "not an operator", &n.keys.release, &bad); /* who learnt an old master */
    T(epoch_chain_add((struct span){ 0 }, buf_span(&bad), &bad_chain, NULL) == SR_OK);
    T(check(&n, buf_span(&bad_chain), &count) == SR_EPROOF);
    buf_drop(&bad);
    buf_drop(&bad_chain);
    sign_link(&n, &two.pub, "operator", &two.release, &bad); /* operators alone */
    T(epoch_chain_add((struct span){ 0 }, buf_span(&bad), &bad_chain, NULL) == SR_OK);
    T(check(&n, buf_span(&bad_chain), &count) == SR_EPROOF);
    buf_drop(&bad_chain);
    T(epoch_chain_add((struct span){ 0 }, buf_span(&link3), &bad_chain, NULL) == SR_OK); /* a gap */
    T(check(&n, buf_span(&bad_chain), &count) == SR_EPROOF);
    net_drop(&n);
}

/* Epochs in a row from `first` on: three of them. */
static void bundle_from(uint64_t first, struct master_bundle *ret)
{
    *ret = (struct master_bundle){ .n = 3 };
    for (size_t i = 0; i < 3; i++) {
        ret->epoch[i] = (struct epoch_master){ first + i, i == 2 ? EPOCH_ACTIVE : EPOCH_RETIRING, { { 0 } } };
        fill(&ret->epoch[i].master, 32, i ? "x" : "y");
    }
    if (first > 1)
        fill(&ret->lasting, sizeof ret->lasting, "lasting");
}

/* How many of all shorter texts, and of all with one bit turned that do not say what they say, are taken. */
static size_t taken_otherwise(const struct secret *s)
{
    struct master_bundle back;
    size_t other = master_bundle_decode((struct span){ s->p, 0 }, &back, NULL) == SR_OK;
    for (size_t len = 1; len < s->n; len++)
        other += master_bundle_decode((struct span){ s->p, len }, &back, NULL) == SR_OK;
    for (size_t bit = 0; bit < s->n * 8; bit++) {
        SR_OWN(secret) again = { 0 };
        s->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (master_bundle_decode(secret_span(s), &back, NULL) == SR_OK)
            other +=
                master_bundle_encode(&back, &again) != SR_OK || !span_eq(secret_span(&again), secret_span(s));
        s->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    return other;
}

static void a_bundle_of_masters_has_one_form(void)
{
    struct master_bundle b, back;
    static const struct {
        uint64_t first;
        size_t size;
        uint8_t version;
    } rows[] = { { 1, 35 + 3 * 41, 1 }, { 2, 35 + 96 + 3 * 41, 3 }, { 7, 35 + 96 + 3 * 41, 3 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(secret) s = { 0 };
        bundle_from(rows[i].first, &b);
        T(master_bundle_encode(&b, &s) == SR_OK && s.n == rows[i].size && s.p[0] == rows[i].version);
        T(master_bundle_decode(secret_span(&s), &back, NULL) == SR_OK && memcmp(&b, &back, sizeof b) == 0);
        T(taken_otherwise(&s) == 0);
        for (uint8_t version = 0; version < 5; version++) { /* each set of epochs has its version */
            s.p[0] = version;
            T((master_bundle_decode(secret_span(&s), &back, NULL) == SR_OK) == (version == rows[i].version));
        }
    }
}

static void bundles_that_can_not_be(void)
{
    struct master_bundle b;
    SR_OWN(secret) again = { 0 };
    size_t other = 0;
    bundle_from(2, &b);
    b.epoch[0].state = EPOCH_ACTIVE;
    other += master_bundle_encode(&b, &again) == SR_OK;
    b.epoch[0].state = EPOCH_RETIRING;
    b.epoch[2].state = EPOCH_RETIRING;
    other += master_bundle_encode(&b, &again) == SR_OK;
    b.epoch[2].state = EPOCH_ACTIVE;
    b.epoch[1].epoch = 9;
    other += master_bundle_encode(&b, &again) == SR_OK;
    b.n = 0;
    other += master_bundle_encode(&b, &again) == SR_OK;
    T(other == 0);
}

/* What is left is what there was, less what is destroyed; of the first epoch, three keys. */
static void a_bundle_without_some_epochs(void)
{
    static const uint8_t salt[32] = { 3 };
    static const struct {
        uint64_t before;
        size_t n;
        uint64_t first;
    } rows[] = { { 0, 3, 1 }, { 1, 3, 1 }, { 2, 2, 2 }, { 3, 1, 3 }, { 4, 1, 3 }, { UINT64_MAX, 1, 3 } };
    struct master_bundle b, left, again;
    struct lasting_keys want;
    bundle_from(1, &b);
    T(lasting_keys_derive(&b.epoch[0].master, salt, &want) == SR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        master_bundle_without(&b, rows[i].before, &want, &left);
        T(left.n == rows[i].n && left.epoch[0].epoch == rows[i].first);
        T(memcmp(&left.epoch[left.n - 1], &b.epoch[2], sizeof b.epoch[2]) == 0);
        T(left.n == 3 ? sodium_is_zero((const uint8_t *)&left.lasting, sizeof left.lasting)
                      : memcmp(&left.lasting, &want, sizeof want) == 0);
        master_bundle_without(&left, 3, &want, &again);
        T(again.n == 1 && memcmp(&again.lasting, &want, sizeof want) == 0);
    }
}

static void a_genesis_bundle_is_checked_offline(void)
{
    struct net n;
    struct genesis g;
    struct genesis_checked c;
    struct sr_why why;
    struct verified v;
    SR_OWN(buf) record = { 0 };
    SR_OWN(buf) evidence = { 0 };
    SR_OWN(buf) bundle = { 0 };
    size_t taken = 0;
    net_make(&n, "master");
    g = n.genesis;
    struct hash256 h = hash256_start(L_POLICY);
    hash256_lp(&h, SPAN_STR("{}"));
    g.params.first_policy = hash256_end(&h);
    T(genesis_encode(&g, &record, NULL) == SR_OK);
    struct sha256 cid = genesis_cid(buf_span(&record));
    struct genesis_bundle b = { .record = buf_span(&record),
                                .opnonce = SPAN_STR("beacon"),
                                .created = 1700000000,
                                .type = SPAN_STR("tpm"),
                                .policy = SPAN_STR("{}") };
    struct sha512 rd = genesis_rd(&cid, &b);
    attest("good machine", "tpm", &rd, &evidence);
    b.evidence = buf_span(&evidence);
    T(genesis_bundle_encode(&b, &bundle, NULL) == SR_OK);
    struct span s = buf_span(&bundle);
    T(genesis_check(s, &cid, SPAN_STR("beacon"), &c, &why) == SR_OK);
    T(attest_check(c.bundle.evidence, c.bundle.type, &c.rd, &v) == SR_OK);
    T(genesis_check(s, &cid, (struct span){ 0 }, &c, &why) == SR_OK);
    T(genesis_check(s, &cid, SPAN_STR("beacom"), &c, &why) == SR_EPROOF && why.reason == R_GENESIS_MISMATCH);
    T(genesis_check(s, &n.cid, SPAN_STR("beacon"), &c, &why) == SR_EPROOF &&
      why.reason == R_GENESIS_MISMATCH);
    for (size_t bit = 0; bit < bundle.n * 8; bit++) {
        bundle.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += genesis_check(s, &cid, (struct span){ 0 }, &c, &why) == SR_OK &&
                 attest_check(c.bundle.evidence, c.bundle.type, &c.rd, &v) == SR_OK;
        bundle.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < bundle.n; len++)
        taken += genesis_check((struct span){ bundle.p, len }, &cid, (struct span){ 0 }, &c, &why) == SR_OK;
    T(taken == 0);
    net_drop(&n);
}

/* Evidence leads to a root of the record's, or to none where the record names none. */
static void hardware_leads_to_a_root_of_the_record(void)
{
    struct sha256 named = { { 7 } }, other = { { 8 } };
    struct genesis with = { .params.ntypes = 1 }, without = { 0 };
    struct claims good = { 0 }, bad = { 0 }, none = { 0 };
    struct sr_why why = { 0 };
    with.params.types[0] = (struct type_roots){ .type = "tpm", .n = 1, .root = { named } };
    claims_put_hex(&good, "root", SPAN(named.b));
    claims_put_hex(&bad, "root", SPAN(other.b));
    const struct span tpm = SPAN_STR("tpm"), snp = SPAN_STR("snp");
    claims_put_text(&good, "type", tpm);
    claims_put_text(&none, "type", tpm);
    T(genesis_root_check(&with, tpm, &good, &why) == SR_OK);
    T(genesis_root_check(&with, tpm, &bad, &why) == SR_EPROOF && why.reason == R_EK_CHAIN);
    T(genesis_root_check(&with, tpm, &none, &why) == SR_EPROOF);
    T(genesis_root_check(&with, snp, &good, &why) == SR_EPROOF);
    T(genesis_root_check(&without, tpm, &good, &why) == SR_EPROOF);
    T(genesis_root_check(&without, tpm, &none, &why) == SR_OK);
}

/* And it is at least the baseline: a guest that can be debugged has no key to itself. */
static void genesis_evidence_is_at_least_the_baseline(void)
{
    struct sha256 named = { { 7 } };
    struct genesis with = { .params.ntypes = 1 };
    struct claims good = { 0 }, debug = { 0 };
    struct sr_why why = { 0 };
    const struct span snp = SPAN_STR("snp");
    with.params.types[0] = (struct type_roots){ .type = "snp", .n = 1, .root = { named } };
    claims_put_text(&good, "type", snp);
    claims_put_hex(&good, "root", SPAN(named.b));
    claims_put_bool(&good, "migrate_ma", false);
    debug = good;
    claims_put_bool(&good, "debug", false);
    claims_put_bool(&debug, "debug", true);
    T(genesis_root_check(&with, snp, &good, &why) == SR_OK);
    T(genesis_root_check(&with, snp, &debug, &why) == SR_EPROOF && why.reason == R_DEBUG);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    an_id_has_one_text();
    a_mistyped_id_is_noticed();
    parameters_have_rules();
    a_full_record_reads_back();
    every_bit_of_a_record_is_in_the_id();
    keys_and_commitments_differ_by_epoch_salt_and_purpose();
    an_epoch_needs_the_one_before_and_the_operators();
    a_bundle_of_masters_has_one_form();
    bundles_that_can_not_be();
    a_bundle_without_some_epochs();
    a_genesis_bundle_is_checked_offline();
    hardware_leads_to_a_root_of_the_record();
    genesis_evidence_is_at_least_the_baseline();
    return t_end();
}
