/* Attacks on the order of things in a member: before it is one, after it was another process, and between its
 * log and its answers. On whole members in this process. */
#include "node/journal_parts.h"
#include "tests/attacks/running.h"
#include "tests/attacks/witness_lab.h"

#include <errno.h>
#include <sys/syscall.h>

/* The disk, as the programs of this test see it: these stand before libc's. */
static atomic_uint syncs; /* how often something was made durable */
static atomic_bool full;
int fsync(int fd)
{
    (void)fd;
    atomic_fetch_add(&syncs, 1);
    return 0;
}
int fdatasync(int fd)
{
    return fsync(fd);
}
ssize_t pwrite64(int fd, const void *p, size_t n, off_t at)
{
    if (!atomic_load(&full))
        return syscall(SYS_pwrite64, fd, p, n, at);
    errno = ENOSPC;
    return -1;
}

/* A joiner becomes a member, a workload gets a key, before and after a restart. */
static bool honest_member(struct lab *l)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    SR_OWN(tape_w) w = { 0 };
    struct join_member member;
    struct sr_why why = { 0 };
    (void)l;
    by_hand_m3(r, &t);
    T_ROW(running_post(r, "/sealring/v1/join/attest", buf_span(&t.m[M3]), &t.m[M4], &why) == SR_OK, why.text);
    bool good = by_hand_masters(r, &t, buf_span(&t.m[M4])) && join_m5(&t.hold, &t.m[M5]) == SR_OK;
    T_ROW(running_post(r, "/sealring/v1/join/confirm", buf_span(&t.m[M5]), &t.m[M6], &why) == SR_OK,
          why.text);
    good = good && join_read_m6(&t.j, &t.hold, &t.k, buf_span(&t.m[M6]), &member, &why) == SR_OK;
    running_again(r);
    T_ROW(by_hand_w2(r, &r->core->home, &w, &why) == SR_OK, why.text);
    T_ROW(running_post(r, "/sealring/v1/release", buf_span(&w.m[W2]), &w.m[W3], &why) == SR_OK, why.text);
    good = good && by_hand_key(&w, buf_span(&w.m[W3]), &why);
    running_end(r);
    return good;
}

/* The attacker has learnt the session key of a finished join. The member is started again, so that it forgot
 * which challenges were used, and is told M3 once more. */
static bool before_restart(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    SR_OWN(buf) again = { 0 };
    (void)l;
    by_hand_m3(r, &t);
    T(running_post(r, "/sealring/v1/join/attest", buf_span(&t.m[M3]), &t.m[M4], why) == SR_OK);
    running_again(r);
    bool got = running_post(r, "/sealring/v1/join/attest", buf_span(&t.m[M3]), &again, why) == SR_OK &&
               by_hand_masters(r, &t, buf_span(&again));
    running_end(r);
    return got;
}

/* ---- before M6 ---- */

static enum sr_err swallow(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    (void)n, (void)q, (void)r;
    return sr_fail(why, SR_EDENIED, R_FORBIDDEN, "M5 went no further");
}
static const struct route dropped[] = {
    { POST, "/sealring/v1/join/confirm", ACCESS_ANYONE, M5_SIZE, NULL, swallow },
};
static const struct protocol dropper = { "between", dropped, 1, route_error };

/* r's routes for the network, except that M5 never arrives. Returns the port. */
static uint16_t serve_without_m5(struct running *r, const struct protocol **tables, struct http **ret)
{
    struct http_options o = running_http();
    uint16_t port = 0;
    tables[0] = &dropper;
    memcpy(tables + 1, running_tables, sizeof running_tables);
    o.protocols = tables;
    o.n_protocols++;
    o.listeners[0].kind = LISTEN_PLAIN;
    o.n_listeners = 1;
    o.workers = 2;
    maker_need(http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &port, NULL) == SR_OK &&
                   http_start(ret, &r->node, &o, NULL) == SR_OK,
               "server");
    return port;
}

/* It holds the masters, and nobody has logged it as a member: a workload asks it for a key. */
static bool provisional_serves(struct lab *l, struct sr_why *why)
{
    const struct protocol *tables[1 + sizeof running_tables / sizeof *running_tables];
    struct running *r = running_first(), *second = running_empty(r);
    SR_OWN(home) home = { 0 };
    SR_OWN(tape_w) w = { 0 };
    SR_OWN(buf) w3 = { 0 };
    struct http *http = NULL;
    struct core *c = NULL;
    char base[64];
    (void)l;
    snprintf(base, sizeof base, "http://127.0.0.1:%u", serve_without_m5(r, tables, &http));
    if (joiner_try(&second->node, base, "http://127.0.0.1:2", &home, &c, why) == SR_OK)
        running_member(second, c);
    T(c || (home.epochs != NULL && node_state(&second->node) == NODE_PROVISIONAL));
    *why = (struct sr_why){ 0 };
    bool got = by_hand_w2(second, &r->core->home, &w, why) == SR_OK &&
               running_post(second, "/sealring/v1/release", buf_span(&w.m[W2]), &w3, why) == SR_OK &&
               by_hand_key(&w, buf_span(&w3), why);
    http_stop(http);
    running_end(second);
    running_end(r);
    return got;
}

/* ---- the log first ---- */

/* The log takes nothing at the moment: too many wait for it. */
static bool grant_unlogged(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    (void)l;
    by_hand_m3(r, &t);
    uint64_t before = journal_size(r->core->journal);
    size_t room = r->core->journal->queue_max;
    r->core->journal->queue_max = 0;
    enum sr_err e = running_post(r, "/sealring/v1/join/attest", buf_span(&t.m[M3]), &t.m[M4], why);
    r->core->journal->queue_max = room;
    bool got =
        e == SR_OK && by_hand_masters(r, &t, buf_span(&t.m[M4])) && journal_size(r->core->journal) == before;
    running_end(r);
    return got;
}

/* The host keeps every witness away: of the member that gets the masters nobody will know. */
static bool grant_unwitnessed(struct lab *l, struct sr_why *why)
{
    struct running *r = running_network(",\"witnesses\":{\"need\":1,\"restart\":0,\"wait_ms\":100}");
    SR_OWN(tape) t = { 0 };
    (void)l;
    free(played_member(r->core, "http://127.0.0.1:1"));
    by_hand_m3(r, &t);
    bool got = running_post(r, "/sealring/v1/join/attest", buf_span(&t.m[M3]), &t.m[M4], why) == SR_OK &&
               by_hand_masters(r, &t, buf_span(&t.m[M4]));
    running_end(r);
    return got;
}

/* The disk is full. */
static bool member_unlogged(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    struct join_member member;
    (void)l;
    by_hand_m3(r, &t);
    T(running_post(r, "/sealring/v1/join/attest", buf_span(&t.m[M3]), &t.m[M4], why) == SR_OK);
    T(by_hand_masters(r, &t, buf_span(&t.m[M4])) && join_m5(&t.hold, &t.m[M5]) == SR_OK);
    uint64_t before = journal_size(r->core->journal);
    atomic_store(&full, true);
    enum sr_err e = running_post(r, "/sealring/v1/join/confirm", buf_span(&t.m[M5]), &t.m[M6], why);
    atomic_store(&full, false);
    bool got = e == SR_OK && join_read_m6(&t.j, &t.hold, &t.k, buf_span(&t.m[M6]), &member, why) == SR_OK &&
               journal_size(r->core->journal) == before;
    running_end(r);
    return got;
}

static bool release_unlogged(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape_w) w = { 0 };
    (void)l;
    T(by_hand_w2(r, &r->core->home, &w, why) == SR_OK);
    uint64_t before = journal_size(r->core->journal);
    atomic_store(&full, true);
    enum sr_err e = running_post(r, "/sealring/v1/release", buf_span(&w.m[W2]), &w.m[W3], why);
    atomic_store(&full, false);
    bool got =
        e == SR_OK && by_hand_key(&w, buf_span(&w.m[W3]), why) && journal_size(r->core->journal) == before;
    running_end(r);
    return got;
}

/* The leaf is written and the key leaves; then the power fails. */
static bool release_unsynced(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape_w) w = { 0 };
    (void)l;
    T(by_hand_w2(r, &r->core->home, &w, why) == SR_OK);
    unsigned before = atomic_load(&syncs);
    bool got = running_post(r, "/sealring/v1/release", buf_span(&w.m[W2]), &w.m[W3], why) == SR_OK &&
               by_hand_key(&w, buf_span(&w.m[W3]), why) && atomic_load(&syncs) == before;
    running_end(r);
    return got;
}

/* ---- challenges crossed ---- */

/* A message with one of its length-prefixed parts replaced; `part` points into it. */
static void replaced(const struct buf *message, struct span part, struct span by, struct buf *ret)
{
    const uint8_t *end = message->p + message->n, *after = part.p + part.n;
    wr_span(ret, (struct span){ message->p, (size_t)(part.p - 4 - message->p) });
    wr_lp(ret, by);
    wr_span(ret, (struct span){ after, (size_t)(end - after) });
}

/* What was challenged for a release opens a join: W1 in place of M2. */
static bool challenge_of_release(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    SR_OWN(tape_w) w = { 0 };
    SR_OWN(buf) m3 = { 0 };
    SR_OWN(buf) m4 = { 0 };
    struct m3 m;
    (void)l;
    by_hand_m3(r, &t);
    T(by_hand_w2(r, &r->core->home, &w, why) == SR_OK);
    T(m3_decode(buf_span(&t.m[M3]), &m, NULL) == SR_OK);
    replaced(&t.m[M3], m.m2, buf_span(&w.m[W1]), &m3);
    bool got = running_post(r, "/sealring/v1/join/attest", buf_span(&m3), &m4, why) == SR_OK &&
               by_hand_masters(r, &t, buf_span(&m4));
    running_end(r);
    return got;
}

static bool challenge_of_join(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    SR_OWN(tape_w) w = { 0 };
    SR_OWN(buf) w2 = { 0 };
    struct w2 m;
    (void)l;
    by_hand_m3(r, &t);
    T(by_hand_w2(r, &r->core->home, &w, why) == SR_OK);
    T(w2_decode(buf_span(&w.m[W2]), &m, NULL) == SR_OK);
    replaced(&w.m[W2], m.w1, buf_span(&t.m[M2]), &w2);
    bool got = running_post(r, "/sealring/v1/release", buf_span(&w2), &w.m[W3], why) == SR_OK &&
               by_hand_key(&w, buf_span(&w.m[W3]), why);
    running_end(r);
    return got;
}

/* ---- among members ---- */

/* The lists that members compare show how many secrets there are. An administrator of one tenant wants to
 * know that of all. */
static bool tenant_lists(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(buf) list = { 0 };
    (void)l;
    T(running_list(r, &r->core->home.member, &r->core->home.member_pub, &list, why) == SR_OK);
    list.n = 0;
    bool got = running_list(r, &r->admin, &r->admin_pub, &list, why) == SR_OK && list.n == 4;
    running_end(r);
    return got;
}

/* A stranger brings a certificate that it made for itself. */
static bool own_certificate(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    struct sign_key k, ca;
    struct sign_pub ca_pub;
    struct member_cert c = { .cid = r->core->home.cid, .epoch = 1, .issued_at = clock_unix() };
    struct sr_why later = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) answer = { 0 };
    SR_OWN(buf) list = { 0 };
    (void)l;
    sign_random(&k, &c.key);
    sign_random(&ca, &ca_pub);
    strcpy(c.address, "https://attacker.example:7443");
    T(member_cert_make(&c, &ca, &cert) == SR_OK);
    (void)running_post(r, "/sealring/v1/members", buf_span(&cert), &answer, why);
    bool got = running_list(r, &k, &c.key, &list, &later) == SR_OK && list.n == 4;
    running_end(r);
    return got;
}

/* ---- rules that are too new ---- */

/* The next policy, by the one operator: with a delay of a day, and this program let in or not. */
static struct sha256 decide(struct running *r, int number, const struct sha256 *previous, const char *same)
{
    SR_OWN(buf) document = { 0 };
    SR_OWN(buf) changed = { 0 };
    SR_OWN(buf) canonical = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) reply = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    struct sr_why why = { 0 };
    running_policy(r, number, previous, &document);
    const uint8_t *at = memmem(document.p, document.n, "\"op\":\"same\"", 11);
    maker_need(at != NULL && document.p[document.n - 1] == '}', "the rule for this program");
    wr_span(&changed, (struct span){ document.p, (size_t)(at - document.p) });
    wr_text(&changed, same);
    at += 11;
    wr_span(&changed, (struct span){ at, (size_t)(document.p + document.n - 1 - at) });
    wr_text(&changed, ",\"join_delay\":86400}");
    maker_need(json_canonical(buf_span(&changed), &canonical, NULL) == SR_OK &&
                   policy_parse(buf_span(&canonical), &s.policy, NULL) == SR_OK,
               "policy");
    struct approval sig = policy_sign(s.policy, &r->core->home.cid, &r->admin, &r->admin_pub);
    maker_need(policy_signed_add(&s, &sig, NULL) == SR_OK, "signature");
    policy_signed_write(&s, &text);
    const struct asking a = {
        .method = POST, .path = "/sealring/v1/policy", .type = TYPE_JSON, .body = buf_span(&text)
    };
    T_ROW(running_ask(r, &a, &reply, &why) == SR_OK, why.text);
    return *policy_hash(s.policy);
}

/* Number 2 shuts this program out and says that what comes back waits for a day; number 3 lets it in again.
 */
static bool granted_early(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(policy_hold) one = policy_holder_get(r->core->policy);
    SR_OWN(tape) t = { 0 };
    (void)l;
    struct sha256 two = decide(r, 2, policy_hash(one.p), "\"op\":\"eq\",\"value\":\"none\"");
    (void)decide(r, 3, &two, "\"op\":\"same\"");
    by_hand_m3(r, &t);
    bool got = running_post(r, "/sealring/v1/join/attest", buf_span(&t.m[M3]), &t.m[M4], why) == SR_OK &&
               by_hand_masters(r, &t, buf_span(&t.m[M4]));
    running_end(r);
    return got;
}

static const struct attack rows[] = {
    { "before_restart", honest_member, before_restart, R_NONCE_FORGED },
    { "provisional_serves", honest_member, provisional_serves, R_PROVISIONAL },
    { "grant_unwitnessed", honest_member, grant_unwitnessed, R_UNWITNESSED },
    { "grant_unlogged", honest_member, grant_unlogged, R_NONE },
    { "member_unlogged", honest_member, member_unlogged, R_NONE },
    { "release_unlogged", honest_member, release_unlogged, R_NONE },
    { "release_unsynced", honest_member, release_unsynced, R_NONE },
    { "tenant_lists", honest_member, tenant_lists, R_FORBIDDEN },
    { "own_certificate", honest_member, own_certificate, R_MEMBER_CERT },
    { "challenge_of_release", honest_member, challenge_of_release, R_MALFORMED },
    { "challenge_of_join", honest_member, challenge_of_join, R_MALFORMED },
    { "granted_early", honest_member, granted_early, R_POLICY_DELAY },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
