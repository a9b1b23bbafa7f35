/* Attacks on releases: keys for the attacker, keys that were not asked for, keys from the attacker. */
#include "proto/release_hash.h"
#include "tests/attacks/lab.h"

struct lab_release {
    struct tape_w t;
    struct release_challenged c;
    struct release_offer offer;
    struct release_request *q; /* large */
};

static void lab_release_drop(struct lab_release *r)
{
    tape_w_drop(&r->t);
    release_offer_drop(&r->offer);
    free(r->q);
    *r = (struct lab_release){ 0 };
}

/* W1 of the node, W2 of the good workload. */
static void ask(struct lab *l, struct lab_release *r, const char *challenge)
{
    uint8_t rand[16];
    SR_OWN(buf) evidence = { 0 };
    fill(rand, sizeof rand, challenge);
    tape_w_start(&r->t, &l->net);
    r->q = calloc(1, sizeof *r->q);
    maker_need(r->q != NULL, "memory");
    T(release_challenge(&l->net.r, rand, NOW, &r->t.m[W1]) == SR_OK);
    T(release_read_challenge(&r->t.w, buf_span(&r->t.m[W1]), &r->c, NULL) == SR_OK);
    T(release_rd(&r->t.w, &r->c, &r->t.ekw, &r->t.wants, &r->t.workload_cb, &r->offer, NULL) == SR_OK);
    maker_evidence(&l->good, &r->offer.rd, &evidence);
    T(release_w2(&r->t.w, &r->offer, buf_span(&evidence), &r->t.m[W2], &r->t.wait) == SR_OK);
}

/* The node's side of a W2. */
static enum sr_err answer(struct lab *l, const struct releaser *by, struct span w2, uint64_t now,
                          struct lab_release *r, struct buf *ret, struct sr_why *why)
{
    struct verified v;
    struct nonce_spent spent;
    struct kem_key eph;
    SR_OWN(release_values) values = { 0 };
    struct appraiser appraiser = lab_appraiser(l);
    const struct release_promise promise = { 11, SPAN_STR("leaf"), SPAN_STR("checkpoint") };
    const struct release_keys keys = { &eph, &l->net.keys.release };
    fill(&eph, sizeof eph, "eph W");
    SR_TRY(release_open_request(by, w2, &r->t.node_cb, now, r->q, why));
    SR_TRY(lab_appraise(&appraiser, LAB_RELEASE, r->q->type, r->q->evidence, &r->q->rd, &v, why));
    SR_TRY(nonce_consume(l->net.used, &r->q->nonce, now, &spent, why));
    make_values(&r->q->wants, &values);
    return release_w3(by, r->q, &v, &spent, &values, &promise, &keys, ret, why);
}

static bool holds(const struct released *got, const char *path)
{
    uint8_t want[32];
    fill(want, sizeof want, path);
    for (size_t i = 0; i < got->values.n; i++)
        if (strcmp(got->values.v[i].want.path, path) == 0)
            return span_eq(secret_span(&got->values.v[i].value), SPAN(want));
    return false;
}

static bool honest_release(struct lab *l)
{
    SR_OWN(lab_release) r = { 0 };
    struct sr_why why = { 0 };
    ask(l, &r, "twin");
    T_ROW(answer(l, &l->net.r, buf_span(&r.t.m[W2]), NOW + 1, &r, &r.t.m[W3], &why) == SR_OK, why.text);
    T_ROW(release_open(&r.t.w, &r.t.wait, &r.t.ekw, &r.t.wants, buf_span(&r.t.m[W3]), &r.t.got, &why) ==
              SR_OK,
          why.text);
    return holds(&r.t.got, "app/db") && holds(&r.t.got, "app/disk");
}

/* W2 with the good workload's evidence around other contents. */
static void repack(struct lab_release *r, const struct kem_pub *ekw, struct span want, struct span w1,
                   struct buf *ret)
{
    struct w2 m;
    T(w2_decode(buf_span(&r->t.m[W2]), &m, NULL) == SR_OK);
    if (ekw)
        m.ekw = *ekw;
    if (want.n)
        m.want = want;
    if (w1.n)
        m.w1 = w1;
    T(w2_encode(&m, ret) == SR_OK);
}

/* Opens the answer to `w2` as its maker would. */
static bool opens(struct lab_release *r, const struct kem_key *ekw, const struct want_list *wants,
                  struct span w2, const struct buf *w3, const char *path)
{
    struct release_wait wait = { release_th(w2, &r->t.workload_cb), r->q->challenge };
    return release_open(&r->t.w, &wait, ekw, wants, buf_span(w3), &r->t.got, NULL) == SR_OK &&
           holds(&r->t.got, path);
}

static bool workload_key_swap(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    SR_OWN(buf) w2 = { 0 };
    SR_OWN(buf) w3 = { 0 };
    struct kem_key mine;
    struct kem_pub pub;
    fill(&mine, sizeof mine, "the attacker's ekW");
    kem_pub_of(&mine, &pub);
    ask(l, &r, "c");
    repack(&r, &pub, (struct span){ 0 }, (struct span){ 0 }, &w2);
    return answer(l, &l->net.r, buf_span(&w2), NOW + 1, &r, &w3, why) == SR_OK &&
           opens(&r, &mine, &r.t.wants, buf_span(&w2), &w3, "app/db");
}

/* Attested is app/db; asked for is app/root. */
static bool wants_swap(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    SR_OWN(buf) w2 = { 0 };
    SR_OWN(buf) w3 = { 0 };
    SR_OWN(buf) want = { 0 };
    struct want_list other = { .n = 1, .want = { { "acme", "app/root", WANT_SECRET, 0, 0 } } };
    ask(l, &r, "c");
    T(want_list_encode(&other, &want, NULL) == SR_OK);
    repack(&r, NULL, buf_span(&want), (struct span){ 0 }, &w2);
    return answer(l, &l->net.r, buf_span(&w2), NOW + 1, &r, &w3, why) == SR_OK &&
           opens(&r, &r.t.ekw, &other, buf_span(&w2), &w3, "app/root");
}

/* The session key of a workload has leaked; its evidence of then is shown for a challenge of now. */
static bool recorded_request(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    SR_OWN(buf) w1 = { 0 };
    SR_OWN(buf) w2 = { 0 };
    SR_OWN(buf) w3 = { 0 };
    uint8_t rand[16];
    ask(l, &r, "then");
    T(answer(l, &l->net.r, buf_span(&r.t.m[W2]), NOW + 1, &r, &r.t.m[W3], NULL) == SR_OK);
    fill(rand, sizeof rand, "now");
    T(release_challenge(&l->net.r, rand, NOW + 20000, &w1) == SR_OK);
    repack(&r, NULL, (struct span){ 0 }, buf_span(&w1), &w2);
    return answer(l, &l->net.r, buf_span(&w2), NOW + 20001, &r, &w3, why) == SR_OK &&
           opens(&r, &r.t.ekw, &r.t.wants, buf_span(&w2), &w3, "app/db");
}

static bool repeated_request(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    SR_OWN(buf) w3 = { 0 };
    ask(l, &r, "c");
    T(answer(l, &l->net.r, buf_span(&r.t.m[W2]), NOW + 1, &r, &r.t.m[W3], NULL) == SR_OK);
    return answer(l, &l->net.r, buf_span(&r.t.m[W2]), NOW + 2, &r, &w3, why) == SR_OK &&
           opens(&r, &r.t.ekw, &r.t.wants, buf_span(&r.t.m[W2]), &w3, "app/db");
}

static bool stale_release(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    SR_OWN(buf) w3 = { 0 };
    struct releaser now = l->net.r;
    ask(l, &r, "c");
    now.policy_number++;
    now.policy_hash.b[0] ^= 1;
    return answer(l, &now, buf_span(&r.t.m[W2]), NOW + 1, &r, &w3, why) == SR_OK &&
           opens(&r, &r.t.ekw, &r.t.wants, buf_span(&r.t.m[W2]), &w3, "app/db");
}

/* W2 opened and verified under one policy, answered under the next. */
static bool release_between(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    SR_OWN(release_values) values = { 0 };
    struct appraiser appraiser = lab_appraiser(l);
    struct verified v;
    struct nonce_spent spent;
    struct kem_key eph;
    struct releaser now = l->net.r;
    const struct release_promise promise = { 11, SPAN_STR("leaf"), SPAN_STR("checkpoint") };
    const struct release_keys keys = { &eph, &l->net.keys.release };
    fill(&eph, sizeof eph, "eph W");
    ask(l, &r, "c");
    T(release_open_request(&l->net.r, buf_span(&r.t.m[W2]), &r.t.node_cb, NOW + 1, r.q, NULL) == SR_OK);
    T(lab_appraise(&appraiser, LAB_RELEASE, r.q->type, r.q->evidence, &r.q->rd, &v, NULL) == SR_OK);
    T(nonce_consume(l->net.used, &r.q->nonce, NOW + 1, &spent, NULL) == SR_OK);
    make_values(&r.q->wants, &values);
    now.policy_number++;
    now.policy_hash.b[0] ^= 1;
    return release_w3(&now, r.q, &v, &spent, &values, &promise, &keys, &r.t.m[W3], why) == SR_OK &&
           opens(&r, &r.t.ekw, &r.t.wants, buf_span(&r.t.m[W2]), &r.t.m[W3], "app/db");
}

/* Two requests at a time; the good workload's verdict is taken for the attacker's key. */
static bool release_verdict(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) good = { 0 };
    SR_OWN(lab_release) bad = { 0 };
    SR_OWN(release_values) values = { 0 };
    SR_OWN(buf) w2 = { 0 };
    struct appraiser appraiser = lab_appraiser(l);
    struct verified v;
    struct nonce_spent spent;
    struct kem_key eph, mine;
    struct kem_pub pub;
    const struct release_promise promise = { 11, SPAN_STR("leaf"), SPAN_STR("checkpoint") };
    const struct release_keys keys = { &eph, &l->net.keys.release };
    fill(&eph, sizeof eph, "eph W");
    fill(&mine, sizeof mine, "the attacker's ekW");
    kem_pub_of(&mine, &pub);
    ask(l, &good, "good");
    ask(l, &bad, "bad");
    repack(&bad, &pub, (struct span){ 0 }, (struct span){ 0 }, &w2);
    T(release_open_request(&l->net.r, buf_span(&good.t.m[W2]), &good.t.node_cb, NOW + 1, good.q, NULL) ==
      SR_OK);
    T(release_open_request(&l->net.r, buf_span(&w2), &bad.t.node_cb, NOW + 1, bad.q, NULL) == SR_OK);
    T(lab_appraise(&appraiser, LAB_RELEASE, good.q->type, good.q->evidence, &good.q->rd, &v, NULL) == SR_OK);
    T(nonce_consume(l->net.used, &bad.q->nonce, NOW + 1, &spent, NULL) == SR_OK);
    make_values(&bad.q->wants, &values);
    return release_w3(&l->net.r, bad.q, &v, &spent, &values, &promise, &keys, &bad.t.m[W3], why) == SR_OK &&
           opens(&bad, &mine, &bad.t.wants, buf_span(&w2), &bad.t.m[W3], "app/db");
}

/* Somebody in between answers with values of its own, in a cipher text of its own. */
static bool own_values(struct lab *l, struct lab_release *r, bool keep_signature, struct sr_why *why)
{
    SR_OWN(release_values) values = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_OWN(buf) ct = { 0 };
    SR_OWN(buf) w3 = { 0 };
    struct kem_key eph;
    struct kem_pub ekw;
    struct w3 m;
    uint8_t evil[32];
    ask(l, r, "c");
    T(answer(l, &l->net.r, buf_span(&r->t.m[W2]), NOW + 1, r, &r->t.m[W3], NULL) == SR_OK);
    T(w3_decode(buf_span(&r->t.m[W3]), &m, NULL) == SR_OK);
    make_values(&r->t.wants, &values);
    fill(evil, sizeof evil, "the attacker's key");
    for (size_t i = 0; i < values.n; i++)
        memcpy(values.v[i].value.p, evil, sizeof evil);
    fill(&eph, sizeof eph, "evil eph");
    kem_pub_of(&r->t.ekw, &ekw);
    T(release_values_encode(&values, &plain, NULL) == SR_OK);
    T(release_seal_info(&r->t.wait.th, &info) == SR_OK);
    T(release_seal_aad(&r->t.wait.challenge, m.leaf_index, &aad) == SR_OK);
    T(hpke_setup_send(&ekw, buf_span(&info), NULL, &eph, &m.enc, &ctx) == SR_OK);
    T(hpke_seal(&ctx, buf_span(&aad), secret_span(&plain), &ct) == SR_OK);
    m.ct = buf_span(&ct);
    if (!keep_signature)
        fill(&m.sig, sizeof m.sig, "no signature");
    T(w3_encode(&m, &w3) == SR_OK);
    return release_open(&r->t.w, &r->t.wait, &r->t.ekw, &r->t.wants, buf_span(&w3), &r->t.got, why) ==
               SR_OK &&
           span_eq(secret_span(&r->t.got.values.v[0].value), SPAN(evil));
}
static bool fake_kms(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    return own_values(l, &r, false, why);
}
static bool values_swap(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    return own_values(l, &r, true, why);
}

/* A workload that uses one session key twice is handed its first answer again, and lives on with the password
 * that was changed in between. */
static bool first_answer(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    SR_OWN(lab_release) later = { 0 };
    ask(l, &r, "first");
    T(answer(l, &l->net.r, buf_span(&r.t.m[W2]), NOW + 1, &r, &r.t.m[W3], NULL) == SR_OK);
    ask(l, &later, "second");
    return release_open(&later.t.w, &later.t.wait, &later.t.ekw, &later.t.wants, buf_span(&r.t.m[W3]),
                        &later.t.got, why) == SR_OK &&
           holds(&later.t.got, "app/db");
}

/* Who learnt epoch 1's master, and knows that the tenant uses version 2 since, answers with a key of its own.
 */
static bool version_of_the_past(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_release) r = { 0 };
    SR_OWN(buf) w3 = { 0 };
    SR_OWN(buf) evidence = { 0 };
    ask(l, &r, "past");
    release_offer_drop(&r.offer);
    r.t.wants = (struct want_list){ .n = 1, .want = { { "acme", "app/disk", WANT_RAW, 2, 32 } } };
    if (release_rd(&r.t.w, &r.c, &r.t.ekw, &r.t.wants, &r.t.workload_cb, &r.offer, why) != SR_OK)
        return false;
    maker_evidence(&l->good, &r.offer.rd, &evidence);
    buf_drop(&r.t.m[W2]);
    T(release_w2(&r.t.w, &r.offer, buf_span(&evidence), &r.t.m[W2], &r.t.wait) == SR_OK);
    T(answer(l, &l->net.r, buf_span(&r.t.m[W2]), NOW + 1, &r, &w3, why) == SR_OK);
    return opens(&r, &r.t.ekw, &r.t.wants, buf_span(&r.t.m[W2]), &w3, "app/disk");
}

static const struct attack rows[] = {
    { "version_of_the_past", honest_release, version_of_the_past, R_KEY_VERSION },
    { "workload_key_swap", honest_release, workload_key_swap, R_REPORT_DATA },
    { "wants_swap", honest_release, wants_swap, R_REPORT_DATA },
    { "recorded_request", honest_release, recorded_request, R_REPORT_DATA },
    { "repeated_request", honest_release, repeated_request, R_NONCE_USED },
    { "stale_release", honest_release, stale_release, R_STALE_CHALLENGE },
    { "release_between", honest_release, release_between, R_STALE_CHALLENGE },
    { "release_verdict", honest_release, release_verdict, R_EVIDENCE_SWAPPED },
    { "fake_kms", honest_release, fake_kms, R_RELEASE_SIGNATURE },
    { "values_swap", honest_release, values_swap, R_RELEASE_SIGNATURE },
    { "first_answer", honest_release, first_answer, R_RELEASE_SIGNATURE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
