/* What an attacker at either end of a release may try; each refusal by its reason. */
#include "tests/handshake.h"

struct half {
    struct net n;
    struct tape_w t;
    struct release_request q;
    struct buf arrived[4];
};
static void half_make(struct half *h)
{
    *h = (struct half){ 0 };
    net_make(&h->n, "master");
    tape_w_start(&h->t, &h->n);
    T(release_first_half(&h->n, &h->t, NULL, h->arrived, &h->q));
}
static void half_drop(struct half *h)
{
    for (int i = 0; i < 4; i++)
        buf_drop(&h->arrived[i]);
    tape_w_drop(&h->t);
    net_drop(&h->n);
}

static void an_honest_release_gives_each_value(void)
{
    struct net n;
    struct tape_w t;
    uint8_t want[32];
    net_make(&n, "master");
    tape_w_start(&t, &n);
    run_release(&n, &t, NULL);
    T(t.refused_at == DONE && t.got.values.n == 2);
    fill(want, sizeof want, "app/db");
    T(strcmp(t.got.values.v[0].want.path, "app/db") == 0 && t.got.values.v[0].version == 4);
    T(span_eq(secret_span(&t.got.values.v[0].value), SPAN(want)));
    T(t.got.leaf_index == 11);
    tape_w_drop(&t);
    net_drop(&n);
}

/* T17: another network, under its own id, under ours, and with a node that signs with its own key. */
static void another_network_releases_nothing(void)
{
    struct net real, rogue;
    struct tape_w t;
    net_make(&real, "master");
    net_make(&rogue, "other master");
    tape_w_start(&t, &real);
    run_release(&rogue, &t, NULL);
    T(t.refused_at == W1 && t.why.reason == R_WRONG_NETWORK);
    rogue.r.cid = real.cid;
    tape_w_drop(&t);
    tape_w_start(&t, &real);
    run_release(&rogue, &t, NULL);
    T(t.refused_at == W1 && t.why.reason == R_RELEASE_SIGNATURE);
    rogue.r.release_pub = real.keys.pub.release;
    tape_w_drop(&t);
    tape_w_start(&t, &real);
    run_release(&rogue, &t, NULL); /* it can't sign as it says, so it makes no W3 */
    T(t.refused_at == W2 && t.why.reason == R_INTERNAL);
    T(t.m[W3].n == 0);
    tape_w_drop(&t);
    net_drop(&real);
    net_drop(&rogue);
}

/* T16: the evidence is for these wants and no others. */
static void other_wants_need_other_evidence(void)
{
    struct half h;
    struct w2 m;
    struct release_request q;
    struct verified v;
    half_make(&h);
    T(w2_decode(buf_span(&h.t.m[W2]), &m, NULL) == SR_OK);
    for (int i = 0; i < 4; i++) {
        struct want_list l;
        SR_OWN(buf) want = { 0 };
        SR_OWN(buf) w2 = { 0 };
        make_wants(&l);
        if (i == 0)
            memcpy(l.want[0].path, "app/xx", 7); /* another key */
        else if (i == 1)
            l.n = 1; /* fewer */
        else if (i == 2)
            l.want[l.n++] = (struct want){ "acme", "app/more1", WANT_SECRET, 0, 0 }; /* more */
        else
            l.want[0].version = 3; /* another version */
        T(want_list_sort(&l, NULL) == SR_OK && want_list_encode(&l, &want, NULL) == SR_OK);
        m.want = buf_span(&want);
        T(w2_encode(&m, &w2) == SR_OK);
        T(release_open_request(&h.n.r, buf_span(&w2), &h.t.node_cb, NOW, &q, NULL) == SR_OK);
        T(attest_check(q.evidence, q.type, &q.rd, &v) == SR_EPROOF);
    }
    half_drop(&h);
}

static void put_entry(struct buf *b, const char *tenant, const char *path, const char *kind, uint32_t version,
                      uint16_t size)
{
    SR_OWN(buf) e = { 0 };
    wr_lp(&e, span_of(tenant));
    wr_lp(&e, span_of(path));
    wr_lp(&e, span_of(kind));
    wr_u32be(&e, version);
    wr_u16be(&e, size);
    wr_lp(b, buf_span(&e));
}

static void want_lists_have_one_spelling(void)
{
    static const struct {
        const char *label, *tenant, *path, *kind;
        uint32_t version;
        uint16_t size;
        bool ok;
    } rows[] = {
        { "secret, latest", "acme", "a/b", "secret", 0, 0, true },
        { "secret, one", "acme", "a/b", "secret", 7, 0, true },
        { "secret with a size", "acme", "a/b", "secret", 0, 16, false },
        { "raw", "acme", "a", "raw", 1, 16, true },
        { "raw, 64", "acme", "a", "raw", 1, 64, true },
        { "raw, short", "acme", "a", "raw", 1, 15, false },
        { "raw, long", "acme", "a", "raw", 1, 65, false },
        { "derived without a version", "acme", "a", "raw", 0, 32, false },
        { "key pair", "acme", "a", "ed25519", 1, 0, true },
        { "key pair with a size", "acme", "a", "ed25519", 1, 32, false },
        { "kind in capitals", "acme", "a", "Raw", 1, 32, false },
        { "no such kind", "acme", "a", "rsa", 1, 0, false },
        { "empty kind", "acme", "a", "", 1, 0, false },
        { "tenant in capitals", "Acme", "a", "secret", 0, 0, false },
        { "no tenant", "", "a", "secret", 0, 0, false },
        { "path in capitals", "acme", "A", "secret", 0, 0, false },
        { "no path", "acme", "", "secret", 0, 0, false },
        { "dots", "acme", "a/../b", "secret", 0, 0, false },
        { "two slashes", "acme", "a//b", "secret", 0, 0, false },
        { "slash first", "acme", "/a", "secret", 0, 0, false },
        { "slash last", "acme", "a/", "secret", 0, 0, false },
        { "space", "acme", "a b", "secret", 0, 0, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) b = { 0 };
        SR_OWN(buf) again = { 0 };
        struct want_list l;
        struct sr_why why = { 0 };
        wr_u16be(&b, 1);
        put_entry(&b, rows[i].tenant, rows[i].path, rows[i].kind, rows[i].version, rows[i].size);
        bool ok = want_list_decode(buf_span(&b), &l, &why) == SR_OK;
        T_ROW(ok == rows[i].ok, rows[i].label);
        T_ROW(ok || why.reason == R_WANT_LIST, rows[i].label);
        if (ok)
            T_ROW(want_list_encode(&l, &again, NULL) == SR_OK && span_eq(buf_span(&b), buf_span(&again)),
                  rows[i].label);
    }
}

static void want_lists_have_one_order(void)
{
    struct want_list l = { .n = 2 };
    struct sr_why why;
    SR_OWN(buf) b = { 0 };
    make_wants(&l);
    struct want first = l.want[0];
    l.want[0] = l.want[1];
    l.want[1] = first;
    T(want_list_encode(&l, &b, &why) == SR_EFORMAT && why.reason == R_WANT_LIST);
    T(want_list_sort(&l, NULL) == SR_OK && strcmp(l.want[0].path, "app/db") == 0);
    l.want[1] = l.want[0];
    T(want_list_sort(&l, &why) == SR_EFORMAT && why.reason == R_WANT_LIST); /* twice the same */
    l.n = 0;
    T(want_list_sort(&l, &why) == SR_EFORMAT);
    l.n = WANTS_MAX + 1;
    T(want_list_sort(&l, &why) == SR_EFORMAT);

    SR_OWN(buf) wrong = { 0 };
    wr_u16be(&wrong, 2);
    put_entry(&wrong, "acme", "b", "secret", 0, 0);
    put_entry(&wrong, "acme", "a", "secret", 0, 0);
    T(want_list_decode(buf_span(&wrong), &l, &why) == SR_EFORMAT && why.reason == R_WANT_LIST);
    struct want many = { "acme", "app", WANT_SECRET, 0, 0 };
    for (l.n = 0; l.n < WANTS_MAX; l.n++) {
        l.want[l.n] = many;
        l.want[l.n].version = (uint32_t)(WANTS_MAX - l.n);
    }
    SR_OWN(buf) full = { 0 };
    T(want_list_sort(&l, NULL) == SR_OK && want_list_encode(&l, &full, NULL) == SR_OK);
    T(full.n <= WANT_LIST_MAX && want_list_decode(buf_span(&full), &l, NULL) == SR_OK && l.n == WANTS_MAX);
}

/* Random lists: the comparison of structs is the order of their bytes. */
static void the_order_is_that_of_the_bytes(void)
{
    static const char *const paths[] = { "a", "b", "ab", "a/b", "zz", "a.b" };
    static const char *const tenants[] = { "a", "b", "ab" };
    struct want w[60];
    size_t n = 0, wrong = 0;
    for (size_t t = 0; t < 3; t++)
        for (size_t p = 0; p < 6; p++)
            for (unsigned k = 0; k < 3; k++) {
                w[n] = (struct want){ .kind = (enum want_kind)k, .version = 1 + k % 2 * 300 };
                strcpy(w[n].tenant, tenants[t]);
                strcpy(w[n].path, paths[p]);
                w[n].size = k == WANT_RAW ? (uint16_t)(16 + p) : 0;
                n++;
            }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            struct want_list l = { .n = 2, .want = { w[i], w[j] } };
            SR_OWN(buf) a = { 0 };
            SR_OWN(buf) b = { 0 };
            SR_OWN(buf) list = { 0 };
            T(want_encode(&w[i], &a, NULL) == SR_OK && want_encode(&w[j], &b, NULL) == SR_OK);
            bool fields = want_list_encode(&l, &list, NULL) == SR_OK;
            wrong += fields != (span_cmp(buf_span(&a), buf_span(&b)) < 0);
        }
    T(n == 54 && wrong == 0);
}

static void a_challenge_is_for_one_purpose(void)
{
    struct half h;
    struct tape t;
    struct join_attest a;
    struct buf arrived[7] = { 0 };
    struct release_request q;
    struct sr_why why;
    half_make(&h);
    /* a join's challenge, whatever it is dressed as, is not of the release's purpose */
    struct w1 w;
    SR_OWN(buf) w1 = { 0 };
    SR_OWN(buf) w2 = { 0 };
    struct w2 m;
    T(w1_decode(buf_span(&h.t.m[W1]), &w, NULL) == SR_OK &&
      w2_decode(buf_span(&h.t.m[W2]), &m, NULL) == SR_OK);
    T(nonce_mac(&h.n.nonce_key, SPAN_STR("join"), NULL, wire_body(buf_span(&h.t.m[W1]), 32), &w.mac) ==
      SR_OK);
    T(w1_encode(&w, &w1) == SR_OK);
    m.w1 = buf_span(&w1);
    T(w2_encode(&m, &w2) == SR_OK);
    T(release_open_request(&h.n.r, buf_span(&w2), &h.t.node_cb, NOW, &q, &why) == SR_EAUTH &&
      why.reason == R_NONCE_FORGED);
    /* and the other way round */
    tape_start(&t, &h.n.cid);
    T(join_first_half(&h.n, &t, NULL, &a, arrived));
    struct m3 m3;
    struct m2 m2 = a.challenge;
    SR_OWN(buf) two = { 0 };
    SR_OWN(buf) three = { 0 };
    T(m3_decode(buf_span(&t.m[M3]), &m3, NULL) == SR_OK);
    struct sha512 context = sha512(buf_span(&t.m[M1]));
    T(nonce_mac(&h.n.nonce_key, SPAN_STR("release"), &context, wire_body(buf_span(&t.m[M2]), 32), &m2.mac) ==
      SR_OK);
    T(m2_encode(&m2, &two) == SR_OK);
    m3.m2 = buf_span(&two);
    T(m3_encode(&m3, &three) == SR_OK);
    T(join_open_attest(&h.n.g, buf_span(&three), &t.granter_cb, NOW, &a, &why) == SR_EAUTH &&
      why.reason == R_NONCE_FORGED);
    /* nor is M2 a W1, or W1 an M2 */
    T(w1_decode(buf_span(&t.m[M2]), &w, &why) == SR_EFORMAT && why.reason == R_MALFORMED);
    T(m2_decode(buf_span(&h.t.m[W1]), &m2, &why) == SR_EFORMAT && why.reason == R_MALFORMED);
    for (int i = 0; i < 7; i++)
        buf_drop(&arrived[i]);
    tape_drop(&t);
    half_drop(&h);
}

static void a_challenge_dies_with_what_it_promised(void)
{
    struct half h;
    struct sr_why why;
    struct release_request q;
    half_make(&h);
    struct span w2 = buf_span(&h.t.m[W2]);
    const struct releaser r = h.n.r;
    struct key other = { { 1 } };
    struct releaser changed[7] = { r, r, r, r, r, r, r };
    changed[0].policy_number = 2;
    changed[1].policy_hash.b[31] ^= 1;
    changed[2].epoch = 2;
    changed[3].release_pub.b[0] ^= 1;
    changed[4].id.b[0] ^= 1;
    changed[5].ttl_ms = 1;
    changed[6].nonce_key = &other;
    for (size_t i = 0; i < 7; i++) {
        T(release_open_request(&changed[i], w2, &h.t.node_cb, NOW, &q, &why) != SR_OK);
        T(why.reason == (i == 6 ? R_NONCE_FORGED : R_STALE_CHALLENGE));
    }
    T(release_open_request(&r, w2, &h.t.node_cb, NOW + 30000, &q, &why) == SR_OK);
    T(release_open_request(&r, w2, &h.t.node_cb, NOW + 30001, &q, &why) == SR_EAUTH &&
      why.reason == R_NONCE_EXPIRED);
    T(serve(&h.n, &h.t, &h.q) == SR_OK);
    buf_drop(&h.t.m[W3]);
    T(serve(&h.n, &h.t, &h.q) == SR_EAUTH && h.t.why.reason == R_NONCE_USED);
    half_drop(&h);
}

static void a_node_releases_what_was_verified_and_asked(void)
{
    struct half h;
    struct verified v;
    struct nonce_spent spent;
    struct sr_why why;
    SR_OWN(buf) w3 = { 0 };
    SR_OWN(release_values) values = { 0 };
    struct kem_key eph;
    half_make(&h);
    fill(&eph, sizeof eph, "eph W");
    make_values(&h.q.wants, &values);
    const struct release_promise p = { 1, SPAN_STR("l"), SPAN_STR("c") };
    const struct release_keys keys = { &eph, &h.n.keys.release };
    T(attest_check(h.q.evidence, h.q.type, &h.q.rd, &v) == SR_OK);
    T(nonce_consume(h.n.used, &h.q.nonce, NOW, &spent, NULL) == SR_OK);

    struct verified other = v;
    other.rd.b[0] ^= 1;
    T(release_w3(&h.n.r, &h.q, &other, &spent, &values, &p, &keys, &w3, &why) == SR_EPROOF &&
      why.reason == R_EVIDENCE_SWAPPED);
    struct nonce_spent unspent = { 0 };
    T(release_w3(&h.n.r, &h.q, &v, &unspent, &values, &p, &keys, &w3, &why) == SR_EPROOF &&
      why.reason == R_EVIDENCE_SWAPPED);
    struct releaser moved = h.n.r;
    moved.policy_number = 2;
    T(release_w3(&moved, &h.q, &v, &spent, &values, &p, &keys, &w3, &why) == SR_ESTALE &&
      why.reason == R_STALE_CHALLENGE);
    values.n = 1; /* one too few */
    T(release_w3(&h.n.r, &h.q, &v, &spent, &values, &p, &keys, &w3, &why) == SR_EBUG &&
      why.reason == R_RELEASE_VALUES);
    values.n = 2;
    values.v[1].version = 9; /* asked for 1 */
    T(release_w3(&h.n.r, &h.q, &v, &spent, &values, &p, &keys, &w3, &why) == SR_EBUG &&
      why.reason == R_RELEASE_VALUES);
    values.v[1].version = 1;
    T(w3.n == 0);
    T(release_w3(&h.n.r, &h.q, &v, &spent, &values, &p, &keys, &w3, &why) == SR_OK);

    /* a W3 of one request is none of another */
    struct release_wait wait = h.t.wait;
    wait.th.b[0] ^= 1;
    T(release_open(&h.t.w, &wait, &h.t.ekw, &h.t.wants, buf_span(&w3), &h.t.got, &why) == SR_EPROOF &&
      why.reason == R_RELEASE_SIGNATURE);
    struct kem_key ekw;
    fill(&ekw, sizeof ekw, "another ekW");
    T(release_open(&h.t.w, &h.t.wait, &ekw, &h.t.wants, buf_span(&w3), &h.t.got, &why) == SR_EPROOF &&
      why.reason == R_SEAL_OPEN);
    struct want_list other_wants = h.t.wants;
    other_wants.n = 1;
    T(release_open(&h.t.w, &h.t.wait, &h.t.ekw, &other_wants, buf_span(&w3), &h.t.got, &why) == SR_EPROOF &&
      why.reason == R_RELEASE_VALUES);
    T(release_open(&h.t.w, &h.t.wait, &h.t.ekw, &h.t.wants, buf_span(&w3), &h.t.got, &why) == SR_OK);
    half_drop(&h);
}

static void a_workload_goes_by_what_it_knows(void)
{
    struct half h;
    struct release_challenged c;
    struct sr_why why;
    half_make(&h);
    struct workload w = h.t.w;
    w.min_policy = 2;
    T(release_read_challenge(&w, buf_span(&h.t.m[W1]), &c, &why) == SR_ESTALE && why.reason == R_POLICY_OLD);
    struct epoch_pubs two[2] = { h.n.keys.pub, h.n.keys.pub };
    two[1].epoch = 2;
    w = h.t.w;
    w.epochs = two;
    w.nepochs = 2; /* the node is an epoch behind: whoever learnt the old master could be it */
    T(release_read_challenge(&w, buf_span(&h.t.m[W1]), &c, &why) == SR_ESTALE && why.reason == R_EPOCH);
    w.nepochs = 0;
    T(release_read_challenge(&w, buf_span(&h.t.m[W1]), &c, &why) == SR_ESTALE && why.reason == R_EPOCH);
    half_drop(&h);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    an_honest_release_gives_each_value();
    another_network_releases_nothing();
    other_wants_need_other_evidence();
    want_lists_have_one_spelling();
    want_lists_have_one_order();
    the_order_is_that_of_the_bytes();
    a_challenge_is_for_one_purpose();
    a_challenge_dies_with_what_it_promised();
    a_node_releases_what_was_verified_and_asked();
    a_workload_goes_by_what_it_knows();
    return t_end();
}
