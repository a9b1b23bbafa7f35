/* A whole recorded join, release and package against an independent computation of the same bytes
 * (tests/vectors-src/handshake.py): formats, transcripts, key schedule, MACs, seals, signatures, network id.
 */
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/package.h"
#include "tests/handshake.h"
#include "tests/unit/rows_handshake.inc"

static void matches(const char *name, struct span s)
{
    char text[65];
    struct sha256 d = sha256(s);
    hex_text(SPAN(d.b), text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0) {
            T_ROW(rows[i].size == s.n && strcmp(rows[i].sha256, text) == 0, name);
            return;
        }
    T_ROW(false, name); /* no row of that name */
}

static void the_network_is_the_same(struct net *n)
{
    char text[CID_TEXT_MAX], hex[129];
    cid_text(&n->cid, text);
    T(strcmp(text, row_cid_text) == 0);
    hex_text(SPAN(n->cid.b), hex);
    T(strcmp(hex, row_cid) == 0);
    hex_text(SPAN(n->keys.pub.commit.b), hex);
    T(strcmp(hex, row_commit) == 0);
    matches("record", buf_span(&n->record));
}

static void a_join_is_the_same(struct net *n)
{
    static const char *const names[] = { "", "m1", "m2", "m3", "m4", "m5", "m6" };
    struct tape t;
    tape_start(&t, &n->cid);
    run_join(n, &t, NULL);
    for (int i = M1; i <= M6; i++)
        matches(names[i], buf_span(&t.m[i]));
    tape_drop(&t);
}

static void a_release_is_the_same(struct net *n)
{
    static const char *const names[] = { "", "w1", "w2", "w3" };
    struct tape_w t;
    tape_w_start(&t, n);
    run_release(n, &t, NULL);
    for (int i = W1; i <= W3; i++)
        matches(names[i], buf_span(&t.m[i]));
    tape_w_drop(&t);
}

static void a_package_is_the_same(struct net *n)
{
    struct sign_key admin;
    struct sign_pub pub;
    struct kem_key eph;
    SR_OWN(buf) b = { 0 };
    struct package p = { .cid = n->cid,
                         .tenant = "acme",
                         .path = "app/db",
                         .version = 1,
                         .kind = PACKAGE_VALUE,
                         .epoch = 1,
                         .created = 1700000000 };
    make_signer("admin", &admin, &pub);
    fill(&eph, sizeof eph, "package eph");
    const struct package_keys keys = { &n->keys.pub.network, &eph, &admin, &pub };
    T(package_make(&p, SPAN_STR("hunter2"), &keys, &b, NULL) == SR_OK);
    matches("package", buf_span(&b));
}

/* What is left of epoch 1 when its master is destroyed, and how it travels. */
static void masters_without_the_first_are_the_same(const struct net *n)
{
    struct master_bundle b;
    SR_OWN(secret) s = { 0 };
    net_without_first(n, &b);
    T(master_bundle_encode(&b, &s) == SR_OK);
    matches("masters", secret_span(&s));
}

int main(void)
{
    struct net n;
    if (secret_init() != SR_OK)
        return 1;
    net_make(&n, "master");
    the_network_is_the_same(&n);
    a_join_is_the_same(&n);
    a_release_is_the_same(&n);
    a_package_is_the_same(&n);
    masters_without_the_first_are_the_same(&n);
    net_drop(&n);
    return t_end();
}
