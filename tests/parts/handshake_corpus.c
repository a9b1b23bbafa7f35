/* handshake_corpus.c - writes the fuzz corpora of the handshake formats, and with no argument prints the
 * values that tests/vectors-src/handshake.py computes on its own. Not a test: run by hand when a format
 * changes. */
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/package.h"
#include "proto/signed.h"
#include "tests/rotation_maker.h"

static const char *dir;

static void put(const char *target, const char *name, struct span s)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", dir, target, name);
    FILE *f = fopen(path, "wb");
    T_ROW(f && fwrite(s.p, 1, s.n, f) == s.n, path);
    if (f)
        fclose(f);
}

/* The sample, and three bad ones made of it. */
static void put_all(const char *target, const char *name, struct span s)
{
    char text[64];
    SR_OWN(buf) b = { 0 };
    put(target, name, s);
    snprintf(text, sizeof text, "%s-short", name);
    put(target, text, (struct span){ s.p, s.n - 1 });
    wr_span(&b, s);
    wr_u8(&b, 0);
    snprintf(text, sizeof text, "%s-long", name);
    put(target, text, buf_span(&b));
    b.n--;
    b.p[b.n / 3] ^= 0xff;
    snprintf(text, sizeof text, "%s-bad", name);
    put(target, text, buf_span(&b));
}

/* The sample at a level that is none, and with a count where there is no counter. level: where it stands. */
static void put_levels(const char *name, struct span s, const struct rollback *level)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) nine = { 0 };
    char text[64];
    wr_span(&b, s);
    wr_rollback(&nine, level);
    uint8_t *at = memmem(b.p, b.n, nine.p, nine.n);
    T_ROW(at != NULL, name);
    *at = ROLLBACK_PEERS;
    snprintf(text, sizeof text, "%s-count", name);
    put("fuzz_join", text, buf_span(&b));
    *at = ROLLBACK_PEERS_TPM + 1;
    snprintf(text, sizeof text, "%s-level", name);
    put("fuzz_join", text, buf_span(&b));
}

static void put_join(struct net *n)
{
    struct tape t;
    tape_start(&t, &n->cid);
    run_join(n, &t, NULL);
    for (int i = M1; i <= M6; i++) {
        char name[8];
        snprintf(name, sizeof name, "m%d", i);
        put_all("fuzz_join", name, buf_span(&t.m[i]));
    }
    put_levels("m3", buf_span(&t.m[M3]), &t.j.rollback);
    put_levels("m4", buf_span(&t.m[M4]), &n->g.rollback);
    tape_drop(&t);
}

static void put_release(struct net *n)
{
    struct tape_w t;
    SR_OWN(buf) want = { 0 };
    SR_OWN(release_values) v = { 0 };
    SR_OWN(secret) plain = { 0 };
    tape_w_start(&t, n);
    run_release(n, &t, NULL);
    for (int i = W1; i <= W3; i++) {
        char name[8];
        snprintf(name, sizeof name, "w%d", i);
        put_all("fuzz_release", name, buf_span(&t.m[i]));
    }
    T(want_list_encode(&t.wants, &want, NULL) == SR_OK);
    put_all("fuzz_release", "want", buf_span(&want));
    struct want_list one = { .n = 1, .want[0] = { "acme", "app/db", WANT_SECRET, 0, 0 } };
    make_values(&one, &v);
    T(release_values_encode(&v, &plain, NULL) == SR_OK);
    put_all("fuzz_release", "values", secret_span(&plain));
    secret_drop(&plain);
    v.v[0].lease = 3600;
    T(release_values_encode(&v, &plain, NULL) == SR_OK);
    put_all("fuzz_release", "leases", secret_span(&plain));
    tape_w_drop(&t);
}

static void put_genesis(struct net *n)
{
    char text[CID_TEXT_MAX];
    SR_OWN(buf) params = { 0 };
    SR_OWN(buf) bundle = { 0 };
    SR_OWN(buf) link = { 0 };
    SR_OWN(buf) chain = { 0 };
    SR_OWN(secret) masters = { 0 };
    struct master_bundle rest;
    struct approval a = { 0 };
    const struct genesis_bundle b = { .record = buf_span(&n->record),
                                      .opnonce = SPAN_STR("beacon"),
                                      .created = 1700000000,
                                      .type = SPAN_STR("tpm"),
                                      .evidence = SPAN_STR("evidence"),
                                      .policy = SPAN_STR("{}") };
    struct epoch_pubs two = n->keys.pub;
    two.epoch = 2;
    T(genesis_params_encode(&n->genesis.params, &params, NULL) == SR_OK);
    T(genesis_bundle_encode(&b, &bundle, NULL) == SR_OK);
    T(master_bundle_encode(&n->bundle, &masters) == SR_OK);
    T(epoch_link_make(&n->cid, &two, &n->keys.release, &a, 1, &link) == SR_OK);
    T(epoch_chain_add((struct span){ 0 }, buf_span(&link), &chain, NULL) == SR_OK);
    cid_text(&n->cid, text);
    put_all("fuzz_genesis", "params", buf_span(&params));
    put_all("fuzz_genesis", "record", buf_span(&n->record));
    put_all("fuzz_genesis", "bundle", buf_span(&bundle));
    put_all("fuzz_genesis", "chain", buf_span(&chain));
    put_all("fuzz_genesis", "masters", secret_span(&masters));
    secret_drop(&masters);
    net_without_first(n, &rest);
    T(master_bundle_encode(&rest, &masters) == SR_OK);
    put_all("fuzz_genesis", "masters-lasting", secret_span(&masters));
    put_all("fuzz_genesis", "cid", span_of(text));
}

static void make_package(const struct net *n, enum package_kind kind, struct buf *ret)
{
    struct sign_key admin;
    struct sign_pub pub;
    struct kem_key eph;
    struct package p = { .cid = n->cid,
                         .tenant = "acme",
                         .path = "app/db",
                         .version = 1,
                         .kind = kind,
                         .epoch = 1,
                         .created = 1700000000 };
    make_signer("admin", &admin, &pub);
    fill(&eph, sizeof eph, "package eph");
    const struct package_keys keys = { &n->keys.pub.network, &eph, &admin, &pub };
    T(package_make(&p, kind == PACKAGE_VALUE ? SPAN_STR("hunter2") : (struct span){ 0 }, &keys, ret, NULL) ==
      SR_OK);
}

static void put_rest(struct net *n)
{
    static const struct key seed = { { 1 } };
    struct sign_key k;
    struct sign_pub pub;
    uint8_t id[16] = { 0 };
    SR_OWN(buf) value = { 0 };
    SR_OWN(buf) gone = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) header = { 0 };
    make_package(n, PACKAGE_VALUE, &value);
    make_package(n, PACKAGE_TOMBSTONE, &gone);
    put_all("fuzz_package", "value", buf_span(&value));
    put_all("fuzz_package", "tombstone", buf_span(&gone));
    struct member_cert c = { .epoch = 1, .address = "https://a.example:7443" };
    sign_from_seed(&seed, &k, &pub);
    c.key = pub;
    T(member_cert_make(&c, &k, &cert) == SR_OK);
    put_all("fuzz_member", "cert", buf_span(&cert));
    const struct signed_request q = { n->cid, SPAN_STR("GET"), SPAN_STR("/"), sha256((struct span){ 0 }) };
    T(signed_build(&q, &k, &pub, 1700000000, id, &header) == SR_OK);
    put_all("fuzz_signed", "header", buf_span(&header));
}

static void show(const char *name, struct span s)
{
    SR_OWN(buf) b = { 0 };
    wr_hex(&b, s);
    printf("%s %.*s\n", name, (int)b.n, (const char *)b.p);
}

/* A muster as fuzz_rotation checks it: its first master and its cid are those of that file. */
static void put_muster(void)
{
    static const struct key master = { { 1 } }, next = { { 2 } };
    static const uint8_t salt[32];
    static const struct sha256 cid;
    SR_OWN(epoch_keys) a = { 0 };
    SR_OWN(epoch_keys) b = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) link = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(muster) m = { 0 };
    struct sign_key member;
    struct member_cert c = { .epoch = 2, .issued_at = 7 };
    T(epoch_keys_derive(&master, 1, salt, &a) == SR_OK && epoch_keys_derive(&next, 2, salt, &b) == SR_OK);
    T(epoch_link_text(&cid, &b.pub, &text) == SR_OK);
    struct approval ok = { a.pub.release, sign_label(&a.release, L_EPOCH_APPROVAL, buf_span(&text)) };
    const struct approvers approvers = { &a.pub.release, 1, 1 };
    const struct muster_of of = { &cid, &a.pub, &approvers, NULL };
    T(epoch_link_make(&cid, &b.pub, &a.release, &ok, 1, &link) == SR_OK);
    make_signer("member", &member, &c.key);
    snprintf(c.address, sizeof c.address, "https://a.example:7443");
    T(member_cert_make(&c, &b.member_ca, &cert) == SR_OK);
    T(muster_begin(&of, buf_span(&link), (struct span){ 0 }, &m, NULL) == SR_OK);
    T(muster_say(&m, buf_span(&cert), &member, &c.key, NULL) == SR_OK && muster_encode(&m, &bytes) == SR_OK);
    put_all("fuzz_rotation", "muster", buf_span(&bytes));
}

static void put_rotation(void)
{
    static struct rotation_maker m;
    SR_OWN(buf) next = { 0 };
    rotation_make(&m);
    put_all("fuzz_rotation", "draw", buf_span(&m.draw));
    put_all("fuzz_rotation", "file", buf_span(&m.file));
    wr_u8(&next, 1);
    wr_lp(&next, SPAN_STR("blob"));
    wr_lp(&next, SPAN_STR("bundle"));
    wr_lp(&next, buf_span(&m.draw));
    wr_lp(&next, buf_span(&m.link));
    wr_lp(&next, (struct span){ 0 });
    wr_lp(&next, buf_span(&m.cert[0]));
    put_all("fuzz_rotation", "next", buf_span(&next));
    rotation_maker_drop(&m);
    put_muster();
}

static void show_all(struct net *n)
{
    struct tape t;
    struct tape_w w;
    char text[CID_TEXT_MAX];
    SR_OWN(buf) package = { 0 };
    tape_start(&t, &n->cid);
    run_join(n, &t, NULL);
    tape_w_start(&w, n);
    run_release(n, &w, NULL);
    cid_text(&n->cid, text);
    make_package(n, PACKAGE_VALUE, &package);
    printf("cid_text %s\n", text);
    show("record", buf_span(&n->record));
    for (int i = M1; i <= M6; i++) {
        char name[8];
        snprintf(name, sizeof name, "m%d", i);
        show(name, buf_span(&t.m[i]));
    }
    for (int i = W1; i <= W3; i++) {
        char name[8];
        snprintf(name, sizeof name, "w%d", i);
        show(name, buf_span(&w.m[i]));
    }
    show("package", buf_span(&package));
    tape_drop(&t);
    tape_w_drop(&w);
}

int main(int argc, char *argv[])
{
    struct net n;
    if (secret_init() != SR_OK)
        return 1;
    net_make(&n, "master");
    if (argc == 2) {
        dir = argv[1];
        put_join(&n);
        put_release(&n);
        put_genesis(&n);
        put_rest(&n);
        put_rotation();
    } else {
        show_all(&n);
    }
    net_drop(&n);
    return t_failed != 0;
}
