/* After a compromise (specs/epochs.md): a network of three, whose third member's owner has its disk and the
 * master, and goes on running it as it was. Expelled, rotated away from, its epoch withdrawn. */
#include "client/workload.h"
#include "node/joiner_parts.h"
#include "node/secrets.h"
#include "proto/release_hash.h"
#include "tests/attacks/governed.h"
#include "tests/rotation_ring.h"

enum { THIEF = 2 };

static const struct home *home_of(const struct rotation_ring *l, size_t i)
{
    return &l->m[i].r->core->home;
}

/* All that follows from the master that was stolen. */
static const struct epoch_keys *stolen(const struct rotation_ring *l)
{
    return keyring_keys(maker_keyring(home_of(l, THIEF)), 1);
}

/* ---- what operators, a tenant and its workload do ---- */

static void expel_the_third(struct rotation_ring *l)
{
    char hex[65], rows[160];
    hex_text(SPAN(home_of(l, THIEF)->member_pub.b), hex);
    snprintf(rows, sizeof rows, "[{\"key\":\"%s\",\"name\":\"three\"}]", hex);
    governed_by(l->m[0].r, "expelled", rows);
    governed_by(l->m[0].r, "epoch_quorum", "2");
}

static void rounds(struct rotation_ring *l)
{
    ring_round(l);
    ring_round(l);
}

/* The first version of demo:app/PATH, at the first member, to the newest network key. */
static void put(struct rotation_ring *l, const char *path, struct buf *ret)
{
    const struct running *op = ring_operator(l);
    const struct epochs *e = maker_epochs_of(home_of(l, 0));
    SR_OWN(policy_hold) now = policy_holder_get(l->m[0].r->core->policy);
    SR_OWN(kem_key) eph = { 0 };
    struct package p = { .cid = home_of(l, 0)->cid, .version = 1, .epoch = e->n, .created = 1 };
    struct package_keys keys = { &e->pub[e->n - 1].network, &eph, &op->admin, &op->admin_pub };
    struct package_stored done;
    struct sr_why why = { 0 };
    p.kind = PACKAGE_VALUE;
    strcpy(p.tenant, "demo");
    strcpy(p.path, path);
    random_fill(eph.b, sizeof eph.b);
    T_ROW(package_make(&p, span_of(path), &keys, ret, &why) == SR_OK &&
              secrets_take(l->m[0].r->core->secrets, now.p, buf_span(ret), FROM_TENANT, &done, &why) == SR_OK,
          why.text);
}

/* A workload that knows the network from member `knows` asks member `asks`. */
static enum sr_err fetch(struct rotation_ring *l, size_t knows, size_t asks, const struct want *want,
                         struct secret *ret, struct sr_why *why)
{
    SR_OWN(remote) from = { 0 };
    SR_OWN(remote) to = { 0 };
    SR_OWN(machine) machine = { 0 };
    SR_OWN(fetched) got = { 0 };
    static struct network network;
    char cid[CID_TEXT_MAX];
    struct want_list wants = { .n = 1, .want = { *want } };
    cid_text(&home_of(l, 0)->cid, cid);
    const struct remote_options known = { .node = l->m[knows].address, .cid = cid, .timeout_s = 10 };
    const struct remote_options asked = { .node = l->m[asks].address, .cid = cid, .timeout_s = 10 };
    SR_TRY(remote_open(&known, &from, why));
    SR_TRY(remote_open(&asked, &to, why));
    SR_TRY(machine_open(&(struct machine_options){ .platform = "insecure" }, &machine, why));
    SR_TRY(network_learn(&from, &network, why));
    SR_TRY(workload_fetch(&to, &machine, &network, &wants, &got, why));
    return secret_copy(ret, secret_span(&got.released.values.v[0].value));
}

static const struct want derived = { "demo", "app/disk", WANT_RAW, 1, 32 };

static bool has_secret(struct rotation_ring *l, size_t at, const char *path)
{
    struct want w = { .tenant = "demo", .kind = WANT_SECRET };
    SR_OWN(secret) got = { 0 };
    struct sr_why why = { 0 };
    strcpy(w.path, path);
    enum sr_err e = fetch(l, 0, at, &w, &got, &why);
    T_ROW(e == SR_OK, why.text);
    return e == SR_OK && span_eq(secret_span(&got), span_of(path));
}

static bool says(struct rotation_ring *l, size_t at, const char *text)
{
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    const struct asking a = { .method = GET, .path = "/sealring/v1/status" };
    T(running_ask(l->m[at].r, &a, &b, &why) == SR_OK);
    wr_u8(&b, '\0');
    return buf_ok(&b) && strstr((const char *)b.p, text) != NULL;
}

/* ---- what the thief does ---- */

/* Masters from the first member, under that key. epoch: "" or "?epoch=N". False: it got no M4. */
static bool pulls(struct rotation_ring *l, const char *epoch, const struct sign_key *k,
                  const struct sign_pub *pub, struct sr_why *why)
{
    struct attempt *a = NULL;
    *why = (struct sr_why){ 0 };
    T(attempt_new(&l->m[THIEF].r->node, l->m[0].address, "http://127.0.0.1:9", &a, why) == SR_OK);
    a->at = epoch;
    a->who.cid = home_of(l, 0)->cid;
    a->keys.member = *k;
    a->keys.member_pub = *pub;
    (void)!attempt_grant(a, why);
    bool got = a->m4.n > 0;
    attempt_free(a);
    return got;
}

static void the_third_pulls(struct rotation_ring *l, const char *epoch)
{
    struct sr_why why;
    T(!pulls(l, epoch, &home_of(l, THIEF)->member, &home_of(l, THIEF)->member_pub, &why));
    T_ROW(why.reason == R_EXPELLED, why.text);
}

static void lists_nothing(struct rotation_ring *l, const struct sign_key *k, const struct sign_pub *pub)
{
    SR_OWN(buf) list = { 0 };
    struct sr_why why = { 0 };
    for (size_t i = 0; i < THIEF; i++)
        T(running_list(l->m[i].r, k, pub, &list, &why) != SR_OK && why.reason == R_FORBIDDEN);
}

/* A member that never was, by the stolen member-CA. epoch: what the certificate says of itself. */
static enum sr_err invents(struct rotation_ring *l, uint64_t epoch, struct sign_key *k, struct member_cert *c,
                           struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) answer = { 0 };
    *c = (struct member_cert){ .cid = home_of(l, 0)->cid, .epoch = epoch, .issued_at = clock_unix() };
    *why = (struct sr_why){ 0 };
    sign_random(k, &c->key);
    strcpy(c->address, "http://127.0.0.1:9");
    T(member_cert_make(c, &stolen(l)->member_ca, &cert) == SR_OK);
    return running_post(l->m[0].r, "/sealring/v1/members", buf_span(&cert), &answer, why);
}

static void invented_members_are_refused(struct rotation_ring *l)
{
    for (uint64_t epoch = 1; epoch <= 2; epoch++) {
        SR_OWN(sign_key) k = { 0 };
        struct member_cert c;
        struct sr_why why;
        T(invents(l, epoch, &k, &c, &why) != SR_OK && why.reason == R_MEMBER_CERT);
        T(!members_knows(l->m[0].r->core->members, &c.key));
        lists_nothing(l, &k, &c.key);
    }
}

/* An AK certificate by the stolen AK-CA, as the first member looks at it. epoch: what it says of itself. */
static enum sr_reason ak_certificate(struct rotation_ring *l, uint64_t epoch)
{
    const struct epoch_pubs *newest = epochs_newest(maker_epochs_of(home_of(l, 0)));
    struct ak_cert c = { .kind = AK_CERT_NETWORK,
                         .network = home_of(l, 0)->cid,
                         .epoch = epoch,
                         .ak = SPAN_STR("a key in software"),
                         .not_before = clock_unix() - 1,
                         .not_after = clock_unix() + 3600 };
    const struct ak_trust trust = { .network = c.network, .epoch = newest->epoch, .akca = newest->akca };
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    T(ak_cert_sign(&c, &stolen(l)->akca, &stolen(l)->pub.akca, &b) == SR_OK &&
      ak_cert_read(buf_span(&b), &c, &why) == SR_OK);
    return ak_cert_verify(&c, &trust, (time_t)clock_unix(), &why) == SR_OK ? R_NONE : why.reason;
}

static bool opens(struct rotation_ring *l, const struct buf *package)
{
    SR_OWN(secret) value = { 0 };
    struct package p;
    struct sr_why why = { 0 };
    T(package_read(buf_span(package), &p, &why) == SR_OK);
    return package_open(&p, &stolen(l)->network, &value, &why) == SR_OK;
}

/* The same W3 under another key. Its signature is what it ends in. */
static void sign_again(const struct sign_key *k, const struct sha512 *th, struct buf *w3)
{
    SR_OWN(buf) text = { 0 };
    const struct span body = { w3->p, w3->n - sizeof(struct sig) };
    T(release_sig_text(th, body, &text) == SR_OK);
    const struct sig sig = sign_label(k, L_RELEASE_SIG, buf_span(&text));
    memcpy(w3->p + body.n, sig.b, sizeof sig.b);
}

/* W3 of a node that names the newest release key, and signs with the one before. */
static void signs_with_the_old_key(struct rotation_ring *l)
{
    static struct release_request q;
    const struct home *h = home_of(l, 0);
    const struct epochs *e = maker_epochs_of(h);
    const struct key nonce_key = { 0 };
    SR_OWN(policy_hold) now = policy_holder_get(l->m[0].r->core->policy);
    const struct releaser r = { .cid = h->cid,
                                .nonce_key = &nonce_key,
                                .id = home_of(l, THIEF)->member_pub,
                                .epoch = e->n,
                                .policy_number = policy_number(now.p),
                                .policy_hash = *policy_hash(now.p),
                                .release_pub = epochs_newest(e)->release,
                                .ttl_ms = 30000 };
    const struct workload w = {
        .cid = h->cid, .type = SPAN_STR("insecure"), .epochs = e->pub, .nepochs = e->n
    };
    const struct want_list wants = { .n = 1, .want = { derived } };
    const struct binding none = { 0 };
    struct kem_key ekw, eph;
    struct release_challenged c;
    struct release_wait wait;
    struct nonce_set *used = NULL;
    struct nonce_spent spent;
    struct verified v = { .type = "insecure" };
    SR_OWN(release_offer) offer = { 0 };
    SR_OWN(release_values) values = { 0 };
    SR_OWN(released) got = { 0 };
    SR_OWN(buf) w1 = { 0 };
    SR_OWN(buf) w2 = { 0 };
    SR_OWN(buf) w3 = { 0 };
    struct sr_why why = { 0 };
    random_fill(ekw.b, sizeof ekw.b);
    random_fill(eph.b, sizeof eph.b);
    T(nonce_set_new(4, nonce_key.b, &used) == SR_OK);
    T(release_challenge(&r, nonce_key.b, 1, &w1) == SR_OK);
    T_ROW(release_read_challenge(&w, buf_span(&w1), &c, &why) == SR_OK, why.text);
    T(release_rd(&w, &c, &ekw, &wants, &none, &offer, &why) == SR_OK);
    T(release_w2(&w, &offer, SPAN_STR("evidence"), &w2, &wait) == SR_OK);
    T_ROW(release_open_request(&r, buf_span(&w2), &none, 2, &q, &why) == SR_OK, why.text);
    v.rd = q.rd;
    T(nonce_consume(used, &q.nonce, 2, &spent, &why) == SR_OK);
    make_values(&wants, &values);
    const struct release_promise promise = { 1, SPAN_STR("leaf"), SPAN_STR("checkpoint") };
    const struct release_keys keys = { &eph, &keyring_active(maker_keyring(h))->release };
    T_ROW(release_w3(&r, &q, &v, &spent, &values, &promise, &keys, &w3, &why) == SR_OK, why.text);
    T_ROW(release_open(&w, &wait, &ekw, &wants, buf_span(&w3), &got, &why) == SR_OK, why.text);
    released_drop(&got);
    sign_again(&stolen(l)->release, &q.th, &w3);
    T(release_open(&w, &wait, &ekw, &wants, buf_span(&w3), &got, &why) == SR_EPROOF &&
      why.reason == R_RELEASE_SIGNATURE);
    nonce_set_free(used);
}

/* ---- the procedure ---- */

/* The honest two are at epoch 2, and the third got nothing while it was pending or after. */
static void rotate_without_the_third(struct rotation_ring *l)
{
    struct sr_why why = { 0 };
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    T(rotation_view(l->m[0].r->core->rotation).state == ROTATION_PENDING &&
      rotation_view(l->m[0].r->core->rotation).need == 2);
    the_third_pulls(l, "?epoch=2");
    rounds(l);
    T(rotator_epoch(&l->m[0]) == 2 && rotator_epoch(&l->m[1]) == 2 && rotator_epoch(&l->m[THIEF]) == 1);
    the_third_pulls(l, "");
}

static void the_third_gets_nothing(struct rotation_ring *l)
{
    SR_OWN(secret) got = { 0 };
    struct sr_why why = { 0 };
    lists_nothing(l, &home_of(l, THIEF)->member, &home_of(l, THIEF)->member_pub);
    invented_members_are_refused(l);
    T(ak_certificate(l, 1) == R_AK_CERT_EPOCH && ak_certificate(l, 2) == R_AK_CERT);
    rotator_reachable(&l->m[THIEF]);
    T(fetch(l, 0, THIEF, &derived, &got, &why) != SR_OK && why.reason == R_EPOCH);
    T(fetch(l, THIEF, THIEF, &derived, &got, &why) == SR_OK); /* who learnt no chain, from nobody else */
    rotator_silent(&l->m[THIEF]);
    signs_with_the_old_key(l);
}

static void the_network_goes_on(struct rotation_ring *l, const struct secret *before)
{
    for (size_t i = 0; i < THIEF; i++) {
        SR_OWN(secret) now = { 0 };
        struct sr_why why = { 0 };
        T(has_secret(l, i, "app/before"));
        T_ROW(fetch(l, 0, i, &derived, &now, &why) == SR_OK, why.text);
        T(span_eq(secret_span(before), secret_span(&now)));
    }
    T(rotator_epoch(ring_join(l)) == 2);
    T(has_secret(l, 1, "app/after"));
}

static void expelled_rotated_withdrawn(void)
{
    struct rotation_ring *l = ring_open(3);
    SR_OWN(secret) before = { 0 };
    SR_OWN(buf) old = { 0 };
    SR_OWN(buf) new = { 0 };
    struct sr_why why = { 0 };
    put(l, "app/before", &old);
    rounds(l);
    T_ROW(fetch(l, 0, THIEF, &derived, &before, &why) == SR_OK, why.text);
    rotator_silent(&l->m[THIEF]); /* its owner lets it hear of nothing */
    expel_the_third(l);
    rounds(l);
    rotate_without_the_third(l);
    T(says(l, 0, "{\"epoch\":1,\"state\":\"retiring\"},{\"epoch\":2,\"state\":\"active\"}"));
    governed_by(l->m[0].r, "min_epoch", "2");
    rounds(l);
    for (size_t i = 0; i < THIEF; i++)
        T(says(l, i, "{\"epoch\":1,\"state\":\"withdrawn\"},{\"epoch\":2,\"state\":\"active\"}"));
    put(l, "app/after", &new);
    rounds(l);
    T(opens(l, &old) && !opens(l, &new));
    the_third_gets_nothing(l);
    the_network_goes_on(l, &before);
    ring_close(l);
}

/* The other order: nobody serves from the moment of the policy until the switch, and what the thief invents
 * meanwhile is no member that may pull. */
static void withdrawn_first(void)
{
    struct rotation_ring *l = ring_open(3);
    SR_OWN(secret) got = { 0 };
    SR_OWN(sign_key) k = { 0 };
    struct member_cert c;
    struct sr_why why = { 0 };
    rotator_silent(&l->m[THIEF]);
    expel_the_third(l);
    governed_by(l->m[0].r, "min_epoch", "2");
    rounds(l);
    T(says(l, 1, "{\"epoch\":1,\"state\":\"withdrawn\"}]"));
    for (size_t i = 0; i < THIEF; i++)
        T(fetch(l, 0, i, &derived, &got, &why) != SR_OK && why.reason == R_EPOCH);
    T(invents(l, 1, &k, &c, &why) != SR_OK && why.reason == R_MEMBER_CERT);
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    T(!pulls(l, "?epoch=2", &k, &c.key, &why) && why.reason == R_FORBIDDEN);
    the_third_pulls(l, "?epoch=2");
    rounds(l);
    for (size_t i = 0; i < THIEF; i++) {
        T(rotator_epoch(&l->m[i]) == 2);
        T_ROW(fetch(l, 0, i, &derived, &got, &why) == SR_OK, why.text);
        secret_drop(&got);
    }
    ring_close(l);
}

int main(void)
{
    T(secret_init() == SR_OK);
    expelled_rotated_withdrawn();
    withdrawn_first();
    return t_end();
}
