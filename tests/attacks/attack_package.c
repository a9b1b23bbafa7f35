/* Attacks on what tenants store: the attacker is another tenant's administrator, or a member's host, or both,
 * and wants to read acme's secret, or workloads to get another value than acme's newest. And on signed
 * requests, which is how administrators reach their tenant: one was overheard. */
#include "proto/signed.h"
#include "tests/attacks/member.h"

#include <pthread.h>

static const char SECRET[] = "acme's secret", PLANTED[] = "the attacker's value";

struct put {
    const char *tenant, *path, *value; /* no value: a tombstone */
    const struct sha256 *cid, *previous;
    uint32_t version;
    const struct sign_key *by;
    const struct sign_pub *by_pub;
};

/* What that administrator's command would send. */
static struct sha256 package(const struct member *m, const struct put *q, struct buf *ret)
{
    SR_OWN(kem_key) eph = { 0 };
    struct package p = { .cid = *q->cid, .version = q->version, .epoch = 1, .created = 1 };
    random_fill(eph.b, sizeof eph.b);
    strcpy(p.tenant, q->tenant);
    strcpy(p.path, q->path);
    p.kind = q->value ? PACKAGE_VALUE : PACKAGE_TOMBSTONE;
    p.prev = q->previous ? *q->previous : (struct sha256){ 0 };
    struct package_keys keys = { &maker_epochs_of(&m->core.home)->pub[0].network, &eph, q->by, q->by_pub };
    maker_need(package_make(&p, span_of(q->value), &keys, ret, NULL) == SR_OK, "package");
    /* Whose signature it is not has no hash that anybody links to. */
    return package_read(buf_span(ret), &p, NULL) == SR_OK ? p.hash : (struct sha256){ 0 };
}

static struct put acmes(const struct member *m, uint32_t version, const char *value)
{
    return (struct put){ .tenant = "acme",
                         .path = "app/db",
                         .value = value,
                         .cid = &m->core.home.cid,
                         .version = version,
                         .by = &m->admin,
                         .by_pub = &m->admin_pub };
}

static enum sr_err hand_in(struct member *m, const struct buf *b, enum package_source from,
                           struct sr_why *why)
{
    SR_OWN(policy_hold) now = policy_holder_get(m->core.policy);
    struct package_stored stored;
    struct sr_why ignored = { 0 };
    return secrets_take(m->core.secrets, now.p, buf_span(b), from, &stored, why ? why : &ignored);
}

/* What a workload of that tenant would get now. */
static bool released(struct member *m, const char *tenant, const char *path, const char *value,
                     struct sr_why *why)
{
    SR_OWN(secret) got = { 0 };
    uint32_t version = 0;
    return secrets_open_value(m->core.secrets, span_of(tenant), span_of(path), 0, &got, &version, why) ==
               SR_OK &&
           span_eq(secret_span(&got), span_of(value));
}

/* acme/app/db, version 1; returns its hash. */
static struct sha256 store_secret(struct member *m, struct buf *ret)
{
    struct put q = acmes(m, 1, SECRET);
    struct sha256 h = package(m, &q, ret);
    T(hand_in(m, ret, FROM_TENANT, NULL) == SR_OK && released(m, "acme", "app/db", SECRET, NULL));
    return h;
}

/* Two versions and a tombstone, by acme and through another member. */
static bool tenant_stores(struct lab *l)
{
    struct member *m = member_open(l);
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    SR_OWN(buf) end = { 0 };
    struct sha256 h = store_secret(m, &one);
    struct put q = acmes(m, 2, PLANTED);
    q.previous = &h;
    struct sha256 h2 = package(m, &q, &two);
    bool good = hand_in(m, &two, FROM_MEMBER, NULL) == SR_OK && released(m, "acme", "app/db", PLANTED, NULL);
    q = acmes(m, 3, NULL);
    q.previous = &h2;
    package(m, &q, &end);
    good =
        good && hand_in(m, &end, FROM_TENANT, NULL) == SR_OK && !released(m, "acme", "app/db", PLANTED, NULL);
    member_close(m);
    return good;
}

/* The next version, by somebody who is no administrator of acme's. */
static bool by_a_stranger(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    struct sha256 h = store_secret(m, &one);
    struct put q = acmes(m, 2, PLANTED);
    q.previous = &h;
    q.by = &m->stranger;
    q.by_pub = &m->stranger_pub;
    package(m, &q, &two);
    bool got = hand_in(m, &two, FROM_TENANT, why) == SR_OK && released(m, "acme", "app/db", PLANTED, NULL);
    member_close(m);
    return got;
}

/* The same, which names acme's administrator as its signer. */
static bool in_another_name(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    struct sha256 h = store_secret(m, &one);
    struct put q = acmes(m, 2, PLANTED);
    q.previous = &h;
    q.by = &m->stranger;
    package(m, &q, &two);
    bool got = hand_in(m, &two, FROM_TENANT, why) == SR_OK && released(m, "acme", "app/db", PLANTED, NULL);
    member_close(m);
    return got;
}

/* acme's cipher text, as the attacker's own package: would a workload of theirs get acme's secret? */
static bool relabelled(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) mine = { 0 };
    SR_OWN(buf) made = { 0 };
    struct package acme;
    struct put q = acmes(m, 1, SECRET);
    store_secret(m, &one);
    T(package_read(buf_span(&one), &acme, NULL) == SR_OK);
    q.tenant = "mine";
    q.by = &m->stranger;
    q.by_pub = &m->stranger_pub;
    package(m, &q, &mine);
    /* Before the signature: enc[32], LP(ct), signer[32]. */
    size_t tail = 64 + 32, sealed = 32 + 4 + acme.ct.n;
    wr_span(&made, (struct span){ mine.p, mine.n - tail - sealed });
    wr_span(&made, SPAN(acme.enc.b));
    wr_lp(&made, acme.ct);
    wr_span(&made, SPAN(m->stranger_pub.b));
    struct sig s = sign_label(&m->stranger, L_PACKAGE_SIG, buf_span(&made));
    wr_span(&made, SPAN(s.b));
    bool got = hand_in(m, &made, FROM_TENANT, why) == SR_OK && released(m, "mine", "app/db", SECRET, why);
    member_close(m);
    return got;
}

/* acme's test network has the same administrators. What is meant for it is handed in here. */
static bool of_the_test_network(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    struct sha256 h = store_secret(m, &one), other = { .b = { 0x99 } };
    struct put q = acmes(m, 2, PLANTED);
    q.previous = &h;
    q.cid = &other;
    package(m, &q, &two);
    bool got = hand_in(m, &two, FROM_TENANT, why) == SR_OK && released(m, "acme", "app/db", PLANTED, NULL);
    member_close(m);
    return got;
}

/* Version 1 was the attacker's luck (a password that leaked); acme has put version 2 since. */
static bool goes_back(struct lab *l, enum package_source from, const char *next, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    struct sha256 h = store_secret(m, &one);
    struct put q = acmes(m, 2, next);
    q.previous = &h;
    package(m, &q, &two);
    T(hand_in(m, &two, FROM_TENANT, NULL) == SR_OK && !released(m, "acme", "app/db", SECRET, NULL));
    bool got = hand_in(m, &one, from, why) == SR_OK && released(m, "acme", "app/db", SECRET, NULL);
    member_close(m);
    return got;
}

static bool older_by_tenant(struct lab *l, struct sr_why *why)
{
    return goes_back(l, FROM_TENANT, "acme's newest", why);
}

static bool older_by_member(struct lab *l, struct sr_why *why)
{
    return goes_back(l, FROM_MEMBER, "acme's newest", why);
}

static bool undeleted(struct lab *l, struct sr_why *why)
{
    return goes_back(l, FROM_MEMBER, NULL, why);
}

/* Deleted, and the version before is asked for by its number. */
static bool older_by_number(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    SR_OWN(secret) value = { 0 };
    struct sha256 h = store_secret(m, &one);
    struct put q = acmes(m, 2, NULL);
    uint32_t version = 0;
    q.previous = &h;
    package(m, &q, &two);
    T(hand_in(m, &two, FROM_TENANT, NULL) == SR_OK);
    bool got = secrets_open_value(m->core.secrets, SPAN_STR("acme"), SPAN_STR("app/db"), 1, &value, &version,
                                  why) == SR_OK &&
               span_eq(secret_span(&value), span_of(SECRET));
    member_close(m);
    return got;
}

/* ---- signed requests ---- */

enum { SIGNED_AT = 1800000000 };

struct request_case {
    struct signed_request said, tried; /* what the administrator signed, and what the attacker sends */
    uint64_t after;                    /* seconds later */
    bool twice;                        /* the administrator's own arrived before */
};

static struct signed_request list_request(const struct lab *l)
{
    return (struct signed_request){ .cid = l->net.cid,
                                    .method = SPAN_STR("GET"),
                                    .target = SPAN_STR("/sealring/v1/packages?tenant=acme"),
                                    .body = sha256(SPAN_STR("")) };
}

static enum sr_err receive(const struct signed_request *q, const struct buf *header, uint64_t after,
                           struct nonce_set *memory, struct sr_why *why)
{
    struct signed_header h;
    struct signed_clock clock = { SIGNED_AT + after, 1000 + 1000 * after };
    SR_TRY(signed_parse(buf_span(header), &h, why));
    return signed_check(q, &h, memory, &clock, why);
}

static bool request_passes(struct lab *l, const struct request_case *c, struct sr_why *why)
{
    SR_OWN(buf) header = { 0 };
    struct sign_key key;
    struct sign_pub pub;
    struct nonce_set *memory = NULL;
    uint8_t id[16] = { 7 }, seed[16] = { 3 };
    (void)l;
    make_signer("acme's administrator", &key, &pub);
    T(signed_build(&c->said, &key, &pub, SIGNED_AT, id, &header) == SR_OK);
    T(nonce_set_new(8, seed, &memory) == SR_OK);
    if (c->twice)
        T(receive(&c->said, &header, 0, memory, NULL) == SR_OK);
    bool got = receive(&c->tried, &header, c->after, memory, why) == SR_OK;
    nonce_set_free(memory);
    return got;
}

static bool administrator_asks(struct lab *l)
{
    struct signed_request q = list_request(l);
    return request_passes(l, &(struct request_case){ q, q, 100, false }, NULL);
}

static bool request_method(struct lab *l, struct sr_why *why)
{
    struct request_case c = { .said = list_request(l), .tried = list_request(l) };
    c.tried.method = SPAN_STR("POST");
    return request_passes(l, &c, why);
}

static bool request_target(struct lab *l, struct sr_why *why)
{
    struct request_case c = { .said = list_request(l), .tried = list_request(l) };
    c.tried.target = SPAN_STR("/sealring/v1/sync/packages");
    return request_passes(l, &c, why);
}

static bool request_body(struct lab *l, struct sr_why *why)
{
    struct request_case c = { .said = list_request(l), .tried = list_request(l) };
    c.tried.body = sha256(SPAN_STR("another body"));
    return request_passes(l, &c, why);
}

static bool request_network(struct lab *l, struct sr_why *why)
{
    struct request_case c = { .said = list_request(l), .tried = list_request(l) };
    c.tried.cid = (struct sha256){ .b = { 0x99 } };
    return request_passes(l, &c, why);
}

static bool request_late(struct lab *l, struct sr_why *why)
{
    struct request_case c = { list_request(l), list_request(l), 121, false };
    return request_passes(l, &c, why);
}

static bool request_again(struct lab *l, struct sr_why *why)
{
    struct request_case c = { list_request(l), list_request(l), 1, true };
    return request_passes(l, &c, why);
}

/* ---- what is over stays over, and what is too much is not stored ---- */

/* A put of acme's that links to the one before; returns its hash. */
static struct sha256 put_next(struct member *m, uint32_t version, const struct sha256 *previous,
                              const char *value, enum package_source from)
{
    SR_OWN(buf) b = { 0 };
    struct put q = acmes(m, version, value);
    q.previous = version > 1 ? previous : NULL;
    struct sha256 h = package(m, &q, &b);
    T(hand_in(m, &b, from, NULL) == SR_OK);
    return h;
}

/* A workload that policy allows asks for version 1, by its number. */
static bool first_is_released(struct member *m, struct sr_why *why)
{
    SR_OWN(secret) value = { 0 };
    uint32_t version = 0;
    return secrets_open_value(m->core.secrets, SPAN_STR("acme"), SPAN_STR("app/db"), 1, &value, &version,
                              why) == SR_OK &&
           span_eq(secret_span(&value), span_of(SECRET));
}

static bool older_is_released(struct lab *l)
{
    struct member *m = member_open(l);
    struct sr_why why = { 0 };
    struct sha256 h = put_next(m, 1, NULL, SECRET, FROM_TENANT);
    put_next(m, 2, &h, "another", FROM_TENANT);
    bool got = first_is_released(m, &why);
    member_close(m);
    return got;
}

/* Deleted because somebody had learnt its name or value; then the path was used again. */
static bool deleted_then_put(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    struct sha256 h = put_next(m, 1, NULL, SECRET, FROM_TENANT);
    h = put_next(m, 2, &h, NULL, FROM_TENANT);
    put_next(m, 3, &h, "another", FROM_TENANT);
    bool got = first_is_released(m, why);
    member_close(m);
    return got;
}

/* The same at a member that was away meanwhile and is told the newest alone. */
static bool deletion_missed(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    struct sha256 h = put_next(m, 1, NULL, SECRET, FROM_TENANT);
    h.b[0] ^= 1; /* of a tombstone that this member never saw */
    put_next(m, 3, &h, "another", FROM_MEMBER);
    bool got = first_is_released(m, why);
    member_close(m);
    return got;
}

/* One small secret, new versions of it without end: the quota counts the newest. */
static bool versions_without_end(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    struct sha256 h = put_next(m, 1, NULL, SECRET, FROM_TENANT);
    for (uint32_t v = 2; v <= 40; v++)
        h = put_next(m, v, &h, "x", FROM_TENANT);
    bool got = first_is_released(m, why);
    member_close(m);
    return got;
}

enum { HANDS = 24, ROUNDS = 200, ALLOWED = 9 /* max_secrets of acme */ };

struct hand {
    struct member *m;
    struct buf package;
    pthread_barrier_t *start;
    enum sr_err result;
    struct sr_why why;
};

static void *put_at_once(void *ctx)
{
    struct hand *h = ctx;
    pthread_barrier_wait(h->start);
    h->result = hand_in(h->m, &h->package, FROM_TENANT, &h->why);
    return NULL;
}

/* Puts of as many secrets at a time; says how many were stored. */
static int put_many(struct lab *l, int hands, struct sr_why *why)
{
    struct member *m = member_open(l);
    struct hand h[HANDS] = { 0 };
    pthread_t thread[HANDS];
    pthread_barrier_t start;
    int stored = 0;
    pthread_barrier_init(&start, NULL, (unsigned)hands);
    for (int i = 0; i < hands; i++) {
        const char path[] = { (char)('a' + i), 0 };
        struct put q = acmes(m, 1, "x");
        q.path = path;
        h[i].m = m;
        h[i].start = &start;
        package(m, &q, &h[i].package);
        maker_need(pthread_create(&thread[i], NULL, put_at_once, &h[i]) == 0, "thread");
    }
    for (int i = 0; i < hands; i++) {
        pthread_join(thread[i], NULL);
        stored += h[i].result == SR_OK;
        if (h[i].result != SR_OK)
            *why = h[i].why;
        buf_drop(&h[i].package);
    }
    pthread_barrier_destroy(&start);
    member_close(m);
    return stored;
}

static bool quota_is_used(struct lab *l)
{
    struct sr_why why = { 0 };
    return put_many(l, ALLOWED, &why) == ALLOWED;
}

/* A tenant who puts more than it may, all at once. */
static bool quota_raced(struct lab *l, struct sr_why *why)
{
    int stored = 0;
    for (int i = 0; i < ROUNDS && stored <= ALLOWED; i++) {
        stored = put_many(l, HANDS, why);
        if (i >= 10 && why->reason == R_TOO_LARGE && stored == ALLOWED)
            break; /* as often as this it does not hold by chance */
    }
    return stored > ALLOWED;
}

static const struct attack rows[] = {
    { "by_a_stranger", tenant_stores, by_a_stranger, R_PACKAGE_SIGNER },
    { "in_another_name", tenant_stores, in_another_name, R_PACKAGE_SIGNATURE },
    { "relabelled", tenant_stores, relabelled, R_PACKAGE_SEAL },
    { "of_the_test_network", tenant_stores, of_the_test_network, R_PACKAGE_NETWORK },
    { "older_by_tenant", tenant_stores, older_by_tenant, R_PACKAGE_VERSION },
    { "older_by_member", tenant_stores, older_by_member, R_PACKAGE_VERSION },
    { "undeleted", tenant_stores, undeleted, R_PACKAGE_VERSION },
    { "older_by_number", tenant_stores, older_by_number, R_PACKAGE_DELETED },
    { "deleted_then_put", older_is_released, deleted_then_put, R_NOT_FOUND },
    { "deletion_missed", older_is_released, deletion_missed, R_NOT_FOUND },
    { "versions_without_end", older_is_released, versions_without_end, R_NOT_FOUND },
    { "quota_raced", quota_is_used, quota_raced, R_TOO_LARGE },
    { "request_method", administrator_asks, request_method, R_REQUEST_SIGNATURE },
    { "request_target", administrator_asks, request_target, R_REQUEST_SIGNATURE },
    { "request_body", administrator_asks, request_body, R_REQUEST_SIGNATURE },
    { "request_network", administrator_asks, request_network, R_REQUEST_SIGNATURE },
    { "request_late", administrator_asks, request_late, R_REQUEST_TIME },
    { "request_again", administrator_asks, request_again, R_REQUEST_REPLAYED },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
