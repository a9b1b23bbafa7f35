/* bench_release.c - a release, from the bytes of W2 to those of W3, against the cryptography that it consists
 * of (release_floor.h): processor time of both in one run, taking turns. Goal: at least 70 %.
 *
 * The member is the node's own code: the route's handler in as many threads as the daemon has, policy,
 * keystore and log in SQLite on disk, each release's leaf on disk before its W3 exists; the log's thread
 * counts too. The workloads' evidence is TPM evidence by a software key, made before the clock starts, so no
 * TPM's time is in it. Neither is HTTP: bench/challenge has that. The floor runs in as many threads, because
 * two on one core are each slower than one. */
#include "bench/release_floor.h"
#include "tests/attacks/member.h"

extern const struct protocol protocol_release;

enum { RELEASES = 512, WORKERS = 16 /* as the daemon has */ };

struct place {
    char dir[64];
    struct net net;
    struct maker machine;
    struct member m;
    struct config config;
    struct buf w2[RELEASES];
};

static void open_store(struct place *p)
{
    char url[96];
    struct sr_why why = { 0 };
    struct keystore_options o = { .cid = p->net.cid };
    struct keystore_epoch older[EPOCHS_MAX];
    struct core *c = &p->m.core;
    size_t n = 0;
    snprintf(url, sizeof url, "sqlite:%s/store.db", p->dir);
    must(store_open(url, &p->m.store, &why), "store");
    struct keyring *k = NULL;
    must(keyring_install(&p->net.bundle, p->net.genesis.params.salt, &k), "keyring");
    c->home.epochs = maker_epochs(k);
    o.store = p->m.store;
    keyring_keystore(k, &o, older, &n);
    must(keystore_create(&o, &c->home.ks, &why), "keystore");
    const struct journal_options j = { .ks = c->home.ks,
                                       .origin = "sealring/bench",
                                       .key = &c->home.member,
                                       .pub = &c->home.member_pub,
                                       .callers = WORKERS };
    must(journal_open(&j, &c->journal, &why), "log");
    must(members_open(&c->home, &c->members, &why), "members");
    must(secrets_open(&p->m.node, c, &c->secrets, &why), "packages");
}

/* Everybody who attests may have what is under app/. */
static void open_policy(struct place *p)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) canonical = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    wr_text(&text,
            "{\"version\":1,\"number\":1,\"previous\":\"" LAB_ZEROS
            "\",\"min_epoch\":1,\"channel_binding\":\"optional\",\"join\":[],\"release\":[{\"name\":\"web\","
            "\"type\":\"tpm\",\"tenant\":\"acme\",\"keys\":[\"app/*\"],\"usages\":[\"secret\",\"raw\"],"
            "\"where\":[{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"" GOOD_CODE
            "\"}]}],\"tenants\":[{\"name\":\"acme\",\"max_secrets\":9,\"max_bytes\":9999,\"admins\":[\"");
    wr_hex(&text, SPAN(p->m.admin_pub.b));
    wr_text(&text, "\"]}]}");
    must(json_canonical(buf_span(&text), &canonical, NULL), "policy");
    must(policy_parse(buf_span(&canonical), &s.policy, NULL), "policy");
    policy_signed_write(&s, &p->m.first);
    struct policy_holder_options o = member_policies(&p->m, policy_hash(s.policy));
    must(policy_holder_open(&o, &p->m.core.policy, NULL), "policy");
    must(policy_holder_apply(p->m.core.policy, buf_span(&p->m.first), NULL), "policy");
}

static void put_secret(struct place *p)
{
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(policy_hold) policy = policy_holder_get(p->m.core.policy);
    struct sr_why why = { 0 };
    struct kem_key eph;
    struct package_stored stored;
    const struct package pkg = { .cid = p->net.cid,
                                 .tenant = "acme",
                                 .path = "app/db",
                                 .version = 1,
                                 .kind = PACKAGE_VALUE,
                                 .epoch = 1,
                                 .created = (uint64_t)time(NULL) };
    const struct package_keys keys = { &p->net.keys.pub.network, &eph, &p->m.admin, &p->m.admin_pub };
    random_fill(&eph, sizeof eph);
    must(package_make(&pkg, SPAN_STR("32 bytes that nobody else may see"), &keys, &bytes, &why), "package");
    must(secrets_take(p->m.core.secrets, policy.p, buf_span(&bytes), FROM_TENANT, &stored, &why), "put");
}

static void open_place(struct place *p)
{
    const uint8_t seed[16] = { 1 };
    struct core *c = &p->m.core;
    *p = (struct place){ .dir = "/tmp/bench-release-XXXXXX", .config = { .challenge_ms = 600000 } };
    if (!mkdtemp(p->dir))
        must(SR_EIO, "folder");
    net_make(&p->net, "master");
    lab_machine(&p->machine, &p->net, GOOD);
    p->machine.cert.not_before = (uint64_t)time(NULL) - 60;
    p->machine.cert.not_after = (uint64_t)time(NULL) + 3600;
    member_keys(&p->m);
    sign_random(&c->home.member, &c->home.member_pub);
    c->home.cid = p->net.cid;
    p->m.node.config = &p->config;
    sign_random(&p->m.node.id, &p->m.node.id_pub);
    open_store(p);
    open_policy(p);
    put_secret(p);
    member_serves(&p->m);
    nonce_set_free(p->m.node.nonces); /* it remembers too few for this */
    must(nonce_set_new(1 << 16, seed, &p->m.node.nonces), "nonces");
}

static void close_place(struct place *p)
{
    char command[96];
    policy_holder_close(p->m.core.policy);
    secrets_close(p->m.core.secrets);
    members_close(p->m.core.members);
    journal_close(p->m.core.journal);
    home_drop(&p->m.core.home);
    store_close(p->m.store);
    for (size_t i = 0; i < RELEASES; i++)
        buf_drop(&p->w2[i]);
    maker_drop(&p->machine);
    net_drop(&p->net);
    snprintf(command, sizeof command, "rm -rf %s", p->dir);
    if (system(command) != 0)
        exit(1);
}

/* ---- the workloads */

/* The challenge is drawn as its route draws it. */
static void make_request(struct place *p, struct buf *ret)
{
    SR_OWN(policy_hold) policy = policy_holder_get(p->m.core.policy);
    SR_OWN(release_offer) offer = { 0 };
    SR_OWN(buf) w1 = { 0 };
    SR_OWN(buf) evidence = { 0 };
    const struct core_look look = { maker_epochs_of(&p->m.core.home), policy.p };
    struct releaser by = core_releaser(&p->m.node, &p->m.core, &look);
    struct workload w = {
        .cid = p->net.cid, .type = SPAN_STR("tpm"), .epochs = &p->net.keys.pub, .nepochs = 1
    };
    struct release_challenged challenged;
    struct release_wait wait;
    struct want_list wants;
    struct kem_key ekw;
    const struct binding unbound = { .bound = false };
    uint8_t rand[16];
    make_wants(&wants);
    random_fill(&ekw, sizeof ekw);
    random_fill(rand, sizeof rand);
    must(release_challenge(&by, rand, (uint64_t)(clock_seconds(CLOCK_BOOTTIME) * 1000), &w1), "W1");
    must(release_read_challenge(&w, buf_span(&w1), &challenged, NULL), "W1");
    must(release_rd(&w, &challenged, &ekw, &wants, &unbound, &offer, NULL), "report data");
    maker_evidence(&p->machine, &offer.rd, &evidence);
    buf_drop(ret);
    must(release_w2(&w, &offer, buf_span(&evidence), ret, &wait), "W2");
}

/* ---- rounds */

struct cost {
    double release; /* seconds of processor time of one */
    double commits; /* shared by one */
    double floor;   /* seconds of its cryptography, with its share of a commit's */
};

struct job {
    struct place *p;
    const struct floor *f;
    size_t first; /* of RELEASES / WORKERS */
};

static void *release_thread(void *ctx)
{
    const struct job *job = ctx;
    struct request q = { .method = POST, .path = SPAN_STR("/sealring/v1/release") };
    const struct route *route;
    struct sr_why why = { 0 };
    char allow[32];
    must(route_find(&protocol_release, &q, &route, allow, &why), "route");
    for (size_t i = 0; i < RELEASES / WORKERS; i++) {
        SR_OWN(reply) r = { 0 };
        q.body = buf_span(&job->p->w2[job->first + i]);
        enum sr_err e = route->run(&job->p->m.node, &q, &r, &why);
        if (e != SR_OK || r.status != 200)
            must(e == SR_OK ? SR_EBUG : e, why.text);
    }
    return NULL;
}

static void *floor_thread(void *ctx)
{
    const struct job *job = ctx;
    for (size_t i = 0; i < RELEASES / WORKERS; i++)
        floor_release(job->f);
    return NULL;
}

/* Seconds of processor time of all threads, for one of RELEASES. */
static double run(void *(*what)(void *), struct place *p, const struct floor *f)
{
    pthread_t t[WORKERS];
    struct job jobs[WORKERS];
    double began = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < WORKERS; i++) {
        jobs[i] = (struct job){ p, f, i * (RELEASES / WORKERS) };
        if (pthread_create(&t[i], NULL, what, &jobs[i]) != 0)
            must(SR_ENOMEM, "thread");
    }
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(t[i], NULL);
    return (clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - began) / RELEASES;
}

static void one_round(struct place *p, const struct floor *f, struct cost *ret)
{
    for (size_t i = 0; i < RELEASES; i++)
        make_request(p, &p->w2[i]);
    uint64_t commits = keystore_head(p->m.core.home.ks).seq;
    ret->release = run(release_thread, p, f);
    ret->commits = (double)(keystore_head(p->m.core.home.ks).seq - commits) / RELEASES;
    double began = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < RELEASES; i++)
        floor_commit(f);
    ret->floor = ret->commits * (clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - began) / RELEASES;
    ret->floor += run(floor_thread, p, f);
}

int main(void)
{
    static struct place p;
    static struct floor f;
    double share[BENCH_ROUNDS], together[BENCH_ROUNDS], ours[BENCH_ROUNDS];
    struct cost c;
    must(secret_init(), "sodium");
    open_place(&p);
    floor_make(&f);
    one_round(&p, &f, &c);
    for (int i = 0; i < BENCH_ROUNDS; i++) {
        one_round(&p, &f, &c);
        share[i] = c.floor / c.release;
        together[i] = 1 / c.commits;
        ours[i] = c.release * 1e6;
    }
    bench_share("release (W2 to W3) against the sum of its cryptography", share, 0.7);
    printf("releases that shared a commit: %.1f; microseconds each: %.0f\n", bench_middle(together),
           bench_middle(ours));
    floor_drop(&f);
    close_place(&p);
    return 0;
}
