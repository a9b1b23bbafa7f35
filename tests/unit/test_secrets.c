/* Stored packages in a member's keystore: order, conflicts, quota, tombstones, and what members compare. */
#include "crypto/text.h"
#include "node/core.h"
#include "node/node.h"
#include "node/secrets.h"
#include "tests/epochs_maker.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

static struct sign_key admin;
static struct sign_pub admin_pub;

/* A member of a network that exists in memory alone. */
struct world {
    struct node node;
    struct core core;
    struct store *store;
    struct policy *policy;
};

static struct policy *tenant_policy(void)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) canonical = { 0 };
    struct policy *p = NULL;
    struct sr_why why = { 0 };
    wr_text(&text, "{\"version\":1,\"number\":1,\"previous\":\"");
    for (int i = 0; i < 64; i++)
        wr_u8(&text, '0');
    wr_text(&text,
            "\",\"min_epoch\":1,\"channel_binding\":\"optional\",\"join\":[],\"release\":[],\"tenants\":["
            "{\"name\":\"demo\",\"max_secrets\":2,\"max_bytes\":4000,\"admins\":[\"");
    wr_hex(&text, SPAN(admin_pub.b));
    wr_text(&text, "\"]}]}");
    T(json_canonical(buf_span(&text), &canonical, &why) == SR_OK);
    T(policy_parse(buf_span(&canonical), &p, &why) == SR_OK);
    return p;
}

static struct world *open_world(void)
{
    static const uint8_t salt[32] = { 3 };
    struct world *w = calloc(1, sizeof *w);
    struct sr_why why = { 0 };
    struct keystore_options o = { .cid = { { 5 } } };
    struct keystore_epoch older[EPOCHS_MAX];
    size_t n = 0;
    w->node.log = (struct logger){ LOG_ERROR, STDERR_FILENO };
    w->core.home.cid = o.cid;
    sign_random(&w->core.home.member, &w->core.home.member_pub);
    struct keyring *k = NULL;
    T(keyring_generate(salt, &k) == SR_OK);
    w->core.home.epochs = maker_epochs(k);
    T(store_open("memory:", &w->store, &why) == SR_OK);
    o.store = w->store;
    keyring_keystore(k, &o, older, &n);
    T(keystore_create(&o, &w->core.home.ks, &why) == SR_OK);
    struct journal_options j = { .ks = w->core.home.ks,
                                 .origin = "sealring/05/00",
                                 .key = &w->core.home.member,
                                 .pub = &w->core.home.member_pub };
    T(journal_open(&j, &w->core.journal, &why) == SR_OK);
    T(secrets_open(&w->node, &w->core, &w->core.secrets, &why) == SR_OK);
    w->policy = tenant_policy();
    return w;
}

static void close_world(struct world *w)
{
    secrets_close(w->core.secrets);
    journal_close(w->core.journal);
    home_drop(&w->core.home);
    store_close(w->store);
    policy_unref(w->policy);
    free(w);
}

static struct sha256 make(struct world *w, const char *path, uint32_t version, const struct sha256 *prev,
                          const char *value, struct buf *ret)
{
    SR_OWN(kem_key) eph = { 0 };
    struct package p = { .cid = w->core.home.cid, .version = version, .epoch = 1, .created = 1 };
    struct sr_why why = { 0 };
    random_fill(eph.b, sizeof eph.b);
    strcpy(p.tenant, "demo");
    strcpy(p.path, path);
    p.kind = value ? PACKAGE_VALUE : PACKAGE_TOMBSTONE;
    if (prev)
        p.prev = *prev;
    struct package_keys keys = { &maker_epochs_of(&w->core.home)->pub[0].network, &eph, &admin, &admin_pub };
    T(package_make(&p, span_of(value), &keys, ret, &why) == SR_OK);
    T(package_read(buf_span(ret), &p, &why) == SR_OK);
    return p.hash;
}

static enum sr_err take(struct world *w, const struct buf *b, enum package_source from,
                        struct package_stored *ret, enum sr_reason *reason)
{
    struct sr_why why = { 0 };
    enum sr_err e = secrets_take(w->core.secrets, w->policy, buf_span(b), from, ret, &why);
    *reason = why.reason;
    return e;
}

static bool holds(struct world *w, const char *path, uint32_t version, const char *value)
{
    SR_OWN(secret) got = { 0 };
    struct sr_why why = { 0 };
    uint32_t number = 0;
    return secrets_open_value(w->core.secrets, SPAN_STR("demo"), span_of(path), version, &got, &number,
                              &why) == SR_OK &&
           span_eq(secret_span(&got), span_of(value));
}

static void versions_follow_one_another_and_each_can_be_had(void)
{
    struct world *w = open_world();
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    SR_OWN(buf) four = { 0 };
    SR_OWN(buf) end = { 0 };
    struct package_stored done;
    enum sr_reason reason;
    struct sha256 h1 = make(w, "a/b", 1, NULL, "first", &one);
    struct sha256 h2 = make(w, "a/b", 2, &h1, "second", &two);
    make(w, "a/b", 4, &h2, "fourth", &four);
    make(w, "a/b", 3, &h2, NULL, &end);
    T(take(w, &two, FROM_TENANT, &done, &reason) == SR_ESTALE && reason == R_PACKAGE_VERSION);
    T(take(w, &one, FROM_TENANT, &done, &reason) == SR_OK && done.verdict == PACKAGE_NEXT);
    T(take(w, &one, FROM_TENANT, &done, &reason) == SR_OK && done.verdict == PACKAGE_SAME);
    T(take(w, &two, FROM_TENANT, &done, &reason) == SR_OK && done.verdict == PACKAGE_NEXT);
    T(take(w, &one, FROM_TENANT, &done, &reason) == SR_ESTALE && reason == R_PACKAGE_VERSION);
    T(take(w, &four, FROM_TENANT, &done, &reason) == SR_ESTALE && reason == R_PACKAGE_VERSION);
    T(holds(w, "a/b", 0, "second") && holds(w, "a/b", 1, "first") && !holds(w, "a/b", 3, "second"));
    T(journal_size(w->core.journal) == 2);
    T(take(w, &end, FROM_TENANT, &done, &reason) == SR_OK && done.verdict == PACKAGE_NEXT);
    T(!holds(w, "a/b", 0, "second") && !holds(w, "a/b", 1, "first") && !holds(w, "a/b", 2, "second"));
    close_world(w);
}

static void of_two_with_one_version_the_lower_hash_stays_whatever_comes_first(void)
{
    struct world *w = open_world();
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    struct package_stored done;
    enum sr_reason reason;
    struct sha256 ha = make(w, "a", 1, NULL, "one", &a), hb = make(w, "a", 1, NULL, "two", &b);
    bool a_low = memcmp(&ha, &hb, sizeof ha) < 0;
    const struct buf *low = a_low ? &a : &b, *high = a_low ? &b : &a;
    T(take(w, high, FROM_MEMBER, &done, &reason) == SR_OK && done.verdict == PACKAGE_NEXT);
    T(take(w, low, FROM_MEMBER, &done, &reason) == SR_OK && done.verdict == PACKAGE_REPLACES);
    T(take(w, high, FROM_MEMBER, &done, &reason) == SR_OK && done.verdict == PACKAGE_LOSES);
    T(holds(w, "a", 1, a_low ? "one" : "two") && holds(w, "a", 0, a_low ? "one" : "two"));
    T(metrics_get(&w->node.metrics, M_CONFLICTS) == 2);
    close_world(w);
}

static void the_quota_is_for_tenants_puts(void)
{
    struct world *w = open_world();
    struct package_stored done;
    enum sr_reason reason;
    for (int i = 0; i < 3; i++) {
        SR_OWN(buf) b = { 0 };
        const char path[] = { (char)('a' + i), '\0' };
        make(w, path, 1, NULL, "x", &b);
        enum sr_err e = take(w, &b, FROM_TENANT, &done, &reason);
        T(i < 2 ? e == SR_OK : e == SR_ETOOBIG && reason == R_TOO_LARGE);
        if (i == 2)
            T(take(w, &b, FROM_MEMBER, &done, &reason) == SR_OK);
    }
    close_world(w);
}

static void members_compare_the_newest_of_each_path(void)
{
    struct world *w = open_world();
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    SR_OWN(buf) digest = { 0 };
    SR_OWN(buf) back = { 0 };
    struct package_stored done;
    enum sr_reason reason;
    struct sr_why why = { 0 };
    struct sha256 h1 = make(w, "a", 1, NULL, "x", &one), h2 = make(w, "a", 2, &h1, "y", &two);
    T(take(w, &one, FROM_TENANT, &done, &reason) == SR_OK &&
      take(w, &two, FROM_TENANT, &done, &reason) == SR_OK);
    T(secrets_digest(w->core.secrets, &digest, &why) == SR_OK && digest.n == 4 + 32);
    T(memcmp(digest.p + 4, &h2, 32) == 0);
    T(secrets_by_hash(w->core.secrets, &h1, &back, &why) == SR_OK &&
      span_eq(buf_span(&back), buf_span(&one)));
    h1.b[0] ^= 1;
    T(secrets_by_hash(w->core.secrets, &h1, &back, &why) == SR_ENOENT);
    close_world(w);
}

int main(void)
{
    T(secret_init() == SR_OK);
    sign_random(&admin, &admin_pub);
    versions_follow_one_another_and_each_can_be_had();
    of_two_with_one_version_the_lower_hash_stays_whatever_comes_first();
    the_quota_is_for_tenants_puts();
    members_compare_the_newest_of_each_path();
    return t_end();
}
