/* Attacks of who should be no member any more, or not become one: after a freeze, an expulsion, a lapsed
 * lease. On whole members in this process. */
#include "client/workload.h"
#include "node/lease.h"
#include "proto/vouch.h"
#include "tests/attacks/governed.h"
#include "tests/rotation_ring.h"

#include <sys/syscall.h>
#include <time.h>

/* The clocks of this machine, as its owner has them: this stands before libc's. */
static _Atomic(int64_t) wall_s, boot_s; /* added */
int clock_gettime(clockid_t id, struct timespec *ret)
{
    long rc = syscall(SYS_clock_gettime, id, ret);
    if (id == CLOCK_REALTIME)
        ret->tv_sec += atomic_load(&wall_s);
    if (id == CLOCK_BOOTTIME)
        ret->tv_sec += atomic_load(&boot_s);
    return (int)rc;
}

/* ---- freeze ---- */

/* Joins go on before a freeze, and after the thaw. */
static bool thawed(struct lab *l)
{
    struct running *r = running_first();
    struct sr_why why = { 0 };
    (void)l;
    bool good = governed_join(r, &why);
    governed_by(r, "frozen", "[\"join\"]");
    governed_by(r, "frozen", "");
    good = good && governed_join(r, &why);
    T(freeze_turn(r->core, true, &why) == SR_OK && freeze_turn(r->core, false, &why) == SR_OK);
    running_again(r);
    good = good && governed_join(r, &why);
    running_end(r);
    return good;
}

/* The operators froze joins: code that they had named turned out bad. */
static bool frozen_join(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    governed_by(r, "frozen", "[\"join\"]");
    bool got = governed_join(r, why);
    running_end(r);
    return got;
}

/* The member's own root turned the switch while the joiner had its challenge already. */
static bool frozen_here(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    (void)l;
    T(governed_m3(r, &t, why) && freeze_turn(r->core, true, why) == SR_OK);
    bool got = governed_m4(r, &t, why);
    running_end(r);
    return got;
}

/* It is turned, and somebody has the member started again. */
static bool frozen_before_restart(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    T(freeze_turn(r->core, true, why) == SR_OK);
    running_again(r);
    bool got = governed_join(r, why);
    running_end(r);
    return got;
}

/* ---- expulsion ---- */

static void expel_key(struct running *r, const struct sign_pub *key)
{
    char hex[65], rows[160];
    hex_text(SPAN(key->b), hex);
    snprintf(rows, sizeof rows, "[{\"key\":\"%s\",\"name\":\"lost\"}]", hex);
    governed_by(r, "expelled", rows);
}

/* A member of r's network whose key is ours. */
static void one_more(struct running *r, struct sign_key *k, struct member_cert *c)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    SR_OWN(buf) cert = { 0 };
    SR_OWN(policy_hold) policy = policy_holder_get(r->core->policy);
    bool is_new = false;
    *c = (struct member_cert){ .cid = r->core->home.cid, .issued_at = clock_unix() };
    sign_random(k, &c->key);
    strcpy(c->address, "http://127.0.0.1:1");
    T(keyring_certify_member(now.e->keyring, c, &cert) == SR_OK);
    T(members_take(r->core->members, policy.p, buf_span(&cert), &is_new, NULL) == SR_OK && is_new);
}

/* Another one is expelled: this one goes on. */
static bool another_expelled(struct lab *l)
{
    struct running *r = running_first();
    struct sign_key k, other;
    struct member_cert c, gone;
    SR_OWN(tape_w) w = { 0 };
    SR_OWN(buf) list = { 0 };
    struct sr_why why = { 0 };
    (void)l;
    one_more(r, &k, &c);
    one_more(r, &other, &gone);
    expel_key(r, &gone.key);
    T(!expel_is_due(&r->node, r->core));
    bool good = running_list(r, &k, &c.key, &list, &why) == SR_OK && governed_join(r, &why);
    T(by_hand_w2(r, &r->core->home, &w, &why) == SR_OK);
    T(running_post(r, "/sealring/v1/release", buf_span(&w.m[W2]), &w.m[W3], &why) == SR_OK);
    good = good && by_hand_key(&w, buf_span(&w.m[W3]), &why);
    running_again(r);
    running_end(r);
    return good;
}

/* It still has its certificate and its key, and asks as members do. */
static bool expelled_asks(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    struct sign_key k;
    struct member_cert c;
    SR_OWN(buf) list = { 0 };
    (void)l;
    one_more(r, &k, &c);
    expel_key(r, &c.key);
    bool got = running_list(r, &k, &c.key, &list, why) == SR_OK && list.n == 4;
    running_end(r);
    return got;
}

/* It joins again as what it was: good code on a machine that the rules admit. */
static bool expelled_joins(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    (void)l;
    tape_start(&t, &r->core->home.cid);
    expel_key(r, &t.k.member_pub);
    tape_drop(&t);
    bool got = governed_m3(r, &t, why) && governed_m4(r, &t, why);
    running_end(r);
    return got;
}

/* Under a new key, on the machine that the operators had named. */
static bool expelled_machine(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    (void)l;
    governed_by(r, "expelled", "[{\"hardware\":\"" LAB_VENDOR "\",\"name\":\"seized\"}]");
    bool got = governed_m3_on(r, &(struct governed_machine){ LAB_VENDOR, { 0 } }, &t, why) &&
               governed_m4(r, &t, why);
    running_end(r);
    return got;
}

/* It holds the policy that expels it, and workloads ask it for keys. */
static bool expelled_serves(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape_w) w = { 0 };
    (void)l;
    expel_key(r, &r->core->home.member_pub);
    T(expel_is_due(&r->node, r->core));
    bool got = by_hand_w2(r, &r->core->home, &w, why) == SR_OK &&
               running_post(r, "/sealring/v1/release", buf_span(&w.m[W2]), &w.m[W3], why) == SR_OK &&
               by_hand_key(&w, buf_span(&w.m[W3]), why);
    running_end(r);
    return got;
}

/* Its machine and its disk, after it has ended. */
static bool expelled_disk(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(home) home = { 0 };
    (void)l;
    expel_key(r, &r->core->home.member_pub);
    uint64_t before = journal_size(r->core->journal);
    T(expel_self(&r->node, r->core, why) == SR_OK && journal_size(r->core->journal) == before + 1);
    running_stop(r);
    T(node_open(&r->node, &r->config, why) == SR_OK && expel_was(r->node.store));
    bool got = home_load(r->node.store, r->node.tpm, NULL, &home, why) == SR_OK && home.epochs;
    home_drop(&home);
    running_end(r);
    return got;
}

/* ---- leases of members ---- */

enum { LEASE_S = 600 };

/* A workload asks for a key. */
static bool serves(struct running *r, struct sr_why *why)
{
    SR_OWN(tape_w) w = { 0 };
    return by_hand_w2(r, &r->core->home, &w, why) == SR_OK &&
           running_post(r, "/sealring/v1/release", buf_span(&w.m[W2]), &w.m[W3], why) == SR_OK &&
           by_hand_key(&w, buf_span(&w.m[W3]), why);
}

/* A network of two under a lease, the other one's key in our hands. */
static struct running *two_with_lease(struct sign_key *k, struct member_cert *c)
{
    struct running *r = running_first();
    one_more(r, k, c);
    governed_by(r, "member_lease", "600");
    return r;
}

/* r's question, and what the other one says to it by a policy of that number. */
struct conversation {
    struct buf request, answer;
};
static void conversation_drop(struct conversation *v)
{
    buf_drop(&v->request);
    buf_drop(&v->answer);
}
static struct vouch_about about_us(const struct running *r, const struct conversation *v)
{
    return (struct vouch_about){ &r->core->home.cid, &r->core->home.member_pub, buf_span(&v->request) };
}
static void ask(struct running *r, struct conversation *v)
{
    SR_OWN(policy_hold) now = policy_holder_get(r->core->policy);
    struct vouch_request q = { .number = policy_number(now.p), .hash = *policy_hash(now.p), .epoch = 1 };
    random_fill(q.nonce, sizeof q.nonce);
    v->request.n = 0;
    vouch_request_write(&q, &v->request);
}
static void answer(struct running *r, const struct sign_key *k, uint64_t their_number, struct conversation *v)
{
    struct vouch_request q;
    struct vouch_answer a = { .number = their_number, .epoch = 1 };
    T(vouch_request_read(buf_span(&v->request), &q, NULL) == SR_OK);
    a.hash = q.hash;
    a.verdict = vouch_judge(&q, &a, 1);
    struct vouch_about about = about_us(r, v);
    v->answer.n = 0;
    vouch_answer_write(&a, &about, k, &v->answer);
}

/* As the node's thread takes an answer. */
static void hear_word(struct running *r, const struct conversation *v, const struct sign_pub *from,
                      struct sr_why *why)
{
    struct vouch_about about = about_us(r, v);
    struct vouch_answer a;
    uint64_t asked = clock_boot_ms();
    if (vouch_answer_check(buf_span(&v->answer), &about, from, &a, why) == SR_OK && a.verdict == VOUCH_YES)
        lease_take(r->core->lease, from, asked);
}

/* Vouched for, and within the lease. */
static bool vouched(struct lab *l)
{
    struct sign_key k;
    struct member_cert c;
    struct running *r = two_with_lease(&k, &c);
    SR_OWN(conversation) v = { 0 };
    struct sr_why why = { 0 };
    (void)l;
    ask(r, &v);
    answer(r, &k, 2, &v);
    hear_word(r, &v, &c.key, &why);
    bool good = serves(r, &why);
    atomic_fetch_add(&boot_s, LEASE_S - 100);
    good = good && serves(r, &why);
    running_end(r);
    return good;
}

/* It is kept from the others, and so from the policy that they have by now. */
static bool stale_serves(struct lab *l, struct sr_why *why)
{
    struct sign_key k;
    struct member_cert c;
    struct running *r = two_with_lease(&k, &c);
    (void)l;
    lease_take(r->core->lease, &c.key, clock_boot_ms());
    atomic_fetch_add(&boot_s, LEASE_S + 1);
    bool got = serves(r, why);
    running_end(r);
    return got;
}

/* Its machine's owner has the clock stand still. */
static bool clock_held(struct lab *l, struct sr_why *why)
{
    struct sign_key k;
    struct member_cert c;
    struct running *r = two_with_lease(&k, &c);
    (void)l;
    lease_take(r->core->lease, &c.key, clock_boot_ms());
    atomic_fetch_add(&boot_s, LEASE_S + 1);
    atomic_fetch_sub(&wall_s, 30);
    bool got = serves(r, why);
    running_end(r);
    return got;
}

/* A word from before, for today's question. */
static bool vouch_replayed(struct lab *l, struct sr_why *why)
{
    struct sign_key k;
    struct member_cert c;
    struct running *r = two_with_lease(&k, &c);
    SR_OWN(conversation) v = { 0 };
    struct sr_why ignored = { 0 };
    (void)l;
    ask(r, &v);
    answer(r, &k, 2, &v);
    ask(r, &v);
    hear_word(r, &v, &c.key, why);
    bool got = serves(r, &ignored);
    running_end(r);
    return got;
}

/* What was said of another member that put the very same question. */
static bool vouch_of_another(struct lab *l, struct sr_why *why)
{
    struct sign_key k;
    struct member_cert c;
    struct running *r = two_with_lease(&k, &c);
    struct sign_pub ours = r->core->home.member_pub;
    SR_OWN(conversation) v = { 0 };
    struct sr_why ignored = { 0 };
    (void)l;
    ask(r, &v);
    memset(r->core->home.member_pub.b, 7, sizeof ours.b);
    answer(r, &k, 2, &v);
    r->core->home.member_pub = ours;
    hear_word(r, &v, &c.key, why);
    bool got = serves(r, &ignored);
    running_end(r);
    return got;
}

/* The other one says that there is a later policy; on the way it becomes a yes. */
static bool policy_hidden(struct lab *l, struct sr_why *why)
{
    struct sign_key k;
    struct member_cert c;
    struct running *r = two_with_lease(&k, &c);
    SR_OWN(conversation) v = { 0 };
    struct sr_why ignored = { 0 };
    (void)l;
    ask(r, &v);
    answer(r, &k, 3, &v);
    T(v.answer.p[1] == VOUCH_BEHIND);
    v.answer.p[1] = VOUCH_YES;
    hear_word(r, &v, &c.key, why);
    bool got = serves(r, &ignored);
    running_end(r);
    return got;
}

/* Two that were expelled vouch for each other: one of them has not seen it. */
static bool vouch_of_expelled(struct lab *l, struct sr_why *why)
{
    struct sign_key k, third;
    struct member_cert c, c3;
    struct running *r = two_with_lease(&k, &c);
    (void)l;
    one_more(r, &third, &c3);
    lease_take(r->core->lease, &c.key, clock_boot_ms());
    expel_key(r, &c.key);
    bool got = serves(r, why);
    running_end(r);
    return got;
}

/* ---- lists of machines ---- */

#define LISTED "[{\"id\":\"" LAB_VENDOR "\",\"name\":\"rack-7\"}]"

static bool listed_joins(struct lab *l)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    struct sr_why why = { 0 };
    (void)l;
    governed_by(r, "hardware", LISTED);
    bool good = governed_m3_on(r, &(struct governed_machine){ LAB_VENDOR, { 0 } }, &t, &why) &&
                governed_m4(r, &t, &why);
    running_end(r);
    return good;
}

/* Good code, on a machine of the attacker's own, whose keys it can take out. */
static bool unlisted_machine(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    (void)l;
    governed_by(r, "hardware", LISTED);
    bool got =
        governed_m3_on(r, &(struct governed_machine){ LAB_ZEROS, { 0 } }, &t, why) && governed_m4(r, &t, why);
    running_end(r);
    return got;
}

/* ---- leases of keys ---- */

/* A workload holds a key for a while; is it there that much later? */
static bool holds_after(int64_t seconds)
{
    SR_OWN(fetched) f = { 0 };
    f.released.values.n = 1;
    f.released.values.v[0].lease = LEASE_S;
    f.asked_ms = clock_boot_ms();
    T(secret_copy(&f.released.values.v[0].value, SPAN_STR("key")) == SR_OK);
    atomic_fetch_add(&boot_s, seconds);
    fetched_expire(&f);
    return span_eq(secret_span(&f.released.values.v[0].value), SPAN_STR("key"));
}

static bool key_in_time(struct lab *l)
{
    (void)l;
    return holds_after(LEASE_S - 10);
}

/* Policy denies by now, so nothing was renewed. */
static bool key_after_lease(struct lab *l, struct sr_why *why)
{
    (void)l, (void)why;
    return holds_after(LEASE_S + 1);
}

/* ---- levels of rollback protection ---- */

static bool joins_at(struct running *r, enum rollback_level level, struct sr_why *why)
{
    const struct governed_machine machine = { .rollback = { .level = (uint8_t)level } };
    SR_OWN(tape) t = { 0 };
    return governed_m3_on(r, &machine, &t, why) && governed_m4(r, &t, why);
}

/* The program itself, configured to ask others, asks that member to let it in. */
static bool joins_from(struct rotator *granter, struct sr_why *why)
{
    struct running *r = running_empty(granter->r);
    struct core *c = NULL;
    SR_OWN(home) have = { 0 };
    r->config.rollback_peers = 1;
    bool got = joiner_try(&r->node, granter->address, "http://127.0.0.1:9", &have, &c, why) == SR_OK;
    if (c)
        running_member(r, c);
    running_end(r);
    return got;
}

static bool releases(struct running *r, struct sr_why *why)
{
    SR_OWN(tape_w) w = { 0 };
    return by_hand_w2(r, &r->core->home, &w, why) == SR_OK &&
           running_post(r, "/sealring/v1/release", buf_span(&w.m[W2]), &w.m[W3], why) == SR_OK &&
           by_hand_key(&w, buf_span(&w.m[W3]), why);
}

/* Joiner and granter run at what policy asks for. */
static bool guarded(struct lab *l)
{
    struct rotation_ring *ring = ring_open(1);
    struct running *r = ring->m[0].r;
    struct sr_why why = { 0 };
    (void)l;
    bool good = releases(r, &why);
    governed_by(r, "witnesses", "{\"need\":1,\"restart\":1}");
    governed_by(r, "join", governed_at_a_level);
    for (enum rollback_level i = ROLLBACK_PEERS; i <= ROLLBACK_PEERS_TPM; i++)
        good = good && joins_at(r, i, &why);
    good = good && joins_from(&ring->m[0], &why);
    ring_close(ring);
    return good;
}

/* The owner of a machine wants its member's disk put back when it likes, in a network that asks for more. */
static bool unguarded_joins(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    governed_by(r, "join", governed_at_a_level);
    bool got = joins_at(r, ROLLBACK_NONE, why);
    running_end(r);
    return got;
}

/* A member of before that policy: its log may be of the past, and a joiner is to begin with it. */
static bool unguarded_grants(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *ring = ring_open(1);
    (void)l;
    governed_by(ring->m[0].r, "join", governed_at_a_level);
    bool got = joins_from(&ring->m[0], why);
    ring_close(ring);
    return got;
}

/* It was let in because it said that it asks others, and then no policy makes it. */
static bool unasked_serves(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    r->config.rollback_peers = 1;
    bool got = releases(r, why);
    running_end(r);
    return got;
}

static const struct attack rows[] = {
    { "frozen_join", thawed, frozen_join, R_FROZEN },
    { "frozen_here", thawed, frozen_here, R_FROZEN },
    { "frozen_before_restart", thawed, frozen_before_restart, R_FROZEN },
    { "expelled_asks", another_expelled, expelled_asks, R_FORBIDDEN },
    { "expelled_joins", another_expelled, expelled_joins, R_EXPELLED },
    { "expelled_machine", another_expelled, expelled_machine, R_EXPELLED },
    { "expelled_serves", another_expelled, expelled_serves, R_EXPELLED },
    { "expelled_disk", another_expelled, expelled_disk, R_UNSEAL },
    { "unlisted_machine", listed_joins, unlisted_machine, R_HARDWARE },
    { "stale_serves", vouched, stale_serves, R_LEASE },
    { "clock_held", vouched, clock_held, R_LEASE },
    { "vouch_replayed", vouched, vouch_replayed, R_VOUCH },
    { "vouch_of_another", vouched, vouch_of_another, R_VOUCH },
    { "policy_hidden", vouched, policy_hidden, R_VOUCH },
    { "vouch_of_expelled", vouched, vouch_of_expelled, R_LEASE },
    { "key_after_lease", key_in_time, key_after_lease, R_NONE },
    { "unguarded_joins", guarded, unguarded_joins, R_NO_RULE },
    { "unguarded_grants", guarded, unguarded_grants, R_NO_RULE },
    { "unasked_serves", guarded, unasked_serves, R_UNWITNESSED },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
