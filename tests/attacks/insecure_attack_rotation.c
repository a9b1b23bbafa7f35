/* Attacks on a rotation: a master in use before a quorum has it, or without the operators or the old key; the
 * next master for who must not have it. */
#include "crypto/text.h"
#include "node/freeze.h"
#include "node/joiner_parts.h"
#include "node/recoverable.h"
#include "node/recovery_key.h"
#include "proto/recovery_file.h"
#include "tests/attacks/governed.h"
#include "tests/recovery_net.h"
#include "tests/rotation_ring.h"

static bool honest_rotation(struct lab *l)
{
    struct rotation_ring *r = ring_open(2);
    struct sr_why why = { 0 };
    (void)l;
    bool good = ring_link(r, 0, &why) == SR_OK;
    ring_round(r);
    ring_round(r);
    good = good && ring_all_at(r, 2);
    ring_close(r);
    return good;
}

/* What that member tells others, as anybody gets it. */
static void muster_from(struct rotator *m, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    T(rotation_write(m->r->core->rotation, &b) == SR_OK);
    struct reader r = rd_init(buf_span(&b));
    (void)rd_u64be(&r);
    (void)rd_lp(&r, MUSTER_MAX);
    wr_span(ret, rd_lp(&r, MUSTER_MAX));
}

static enum sr_err post_muster(struct rotator *m, struct span muster, struct sr_why *why)
{
    SR_OWN(buf) answer = { 0 };
    return running_post(m->r, "/sealring/v1/epoch", muster, &answer, why);
}

/* The host of the one member that has the master wants it to go ahead: kill that machine, and all keys of the
 * epoch are gone. */
static bool active_at_one(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(3);
    SR_OWN(buf) muster = { 0 };
    (void)l;
    T_ROW(ring_link(r, 1, why) == SR_OK, why->text);
    *why = (struct sr_why){ 0 };
    muster_from(&r->m[1], &muster);
    (void)post_muster(&r->m[1], buf_span(&muster), why);
    bool got = rotator_epoch(&r->m[1]) == 2;
    ring_close(r);
    return got;
}

/* Somebody who may ask for a draw, and is no k operators, wants it in use. */
static bool approved_by_a_stranger(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(1);
    SR_OWN(rotation_file) f = { 0 };
    struct sign_key k;
    struct sign_pub p;
    (void)l;
    sign_random(&k, &p);
    T(ring_draw(r, 0, &f, why) == SR_OK && rotation_approve(&f, &k, &p, why) == SR_OK);
    bool got = ring_submit(r, 0, &f, why) == SR_OK && rotator_epoch(&r->m[0]) == 2;
    ring_close(r);
    return got;
}

/* Operators approved one draw; the member has drawn another since. */
static bool swapped_after_approval(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(1);
    SR_OWN(rotation_file) approved = { 0 };
    SR_OWN(rotation_file) other = { 0 };
    const struct running *op = ring_operator(r);
    (void)l;
    T(ring_draw(r, 0, &approved, why) == SR_OK &&
      rotation_approve(&approved, &op->admin, &op->admin_pub, why) == SR_OK);
    T(rotation_undraw(r->m[0].r->core->rotation, why) == SR_OK && ring_draw(r, 0, &other, why) == SR_OK);
    other.approvals = approved.approvals;
    bool got = ring_submit(r, 0, &other, why) == SR_OK && rotator_epoch(&r->m[0]) == 2;
    ring_close(r);
    return got;
}

/* A master of the attacker's own, with a link that k operators signed and the old release key did not; and
 * somebody to hold it. */
static void own_muster(struct rotation_ring *r, struct epoch_keys *next, struct buf *ret)
{
    const struct home *h = &r->m[0].r->core->home;
    const struct running *op = ring_operator(r);
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) link = { 0 };
    SR_OWN(buf) cert = { 0 };
    struct key master;
    struct sign_key member, none;
    struct sign_pub none_pub;
    struct member_cert c = { .cid = h->cid, .epoch = 2, .issued_at = clock_unix() };
    random_fill(master.b, sizeof master.b);
    sign_random(&none, &none_pub);
    sign_random(&member, &c.key);
    strcpy(c.address, "https://attacker.example");
    T(epoch_keys_derive(&master, 2, h->genesis.params.salt, next) == SR_OK);
    T(epoch_link_text(&h->cid, &next->pub, &text) == SR_OK);
    struct approval a = { op->admin_pub, sign_label(&op->admin, L_EPOCH_APPROVAL, buf_span(&text)) };
    T(epoch_link_make(&h->cid, &next->pub, &none, &a, 1, &link) == SR_OK);
    T(member_cert_make(&c, &next->member_ca, &cert) == SR_OK);
    struct muster m = { .cid = h->cid, .next = next->pub };
    SR_OWN(buf) id = { 0 };
    wr_span(&m.link, buf_span(&link));
    wr_lp(&id, buf_span(&link));
    wr_lp(&id, (struct span){ 0 });
    m.id = sha256(buf_span(&id));
    T(muster_say(&m, buf_span(&cert), &member, &c.key, NULL) == SR_OK && muster_encode(&m, ret) == SR_OK);
    muster_drop(&m);
}

static bool operators_alone(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(1);
    SR_OWN(epoch_keys) next = { 0 };
    SR_OWN(buf) muster = { 0 };
    enum rotation_verdict verdict = ROTATION_NOTHING;
    (void)l;
    own_muster(r, &next, &muster);
    bool got = rotation_take(r->m[0].r->core->rotation, buf_span(&muster), &verdict, why) == SR_OK &&
               verdict == ROTATION_PULL;
    ring_close(r);
    return got;
}

/* A workload wants its challenge, and so its keys, under a master that is not in use. */
static bool released_while_pending(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(2);
    SR_OWN(buf) w1 = { 0 };
    struct w1 m = { 0 };
    (void)l;
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    *why = (struct sr_why){ 0 };
    const struct asking a = { .method = POST, .path = "/sealring/v1/release/challenge", .query = "epoch=2" };
    bool got = running_ask(r->m[0].r, &a, &w1, why) == SR_OK && w1_decode(buf_span(&w1), &m, NULL) == SR_OK &&
               m.epoch == 2;
    ring_close(r);
    return got;
}

/* A derived public half, as anybody gets it. query: the version, and what else. */
static enum sr_err ask_public(struct rotator *m, const char *query, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) all = { 0 };
    wr_text(&all, "path=app/id&kind=ed25519&");
    wr_text(&all, query);
    wr_u8(&all, '\0');
    const struct asking a = { .method = GET,
                              .path = "/sealring/v1/public/demo",
                              .query = (const char *)all.p };
    return running_ask(m->r, &a, ret, why);
}

/* A tenant's key of a master that is not in use, and may never be. */
static bool version_while_pending(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(2);
    SR_OWN(buf) pub = { 0 };
    (void)l;
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    *why = (struct sr_why){ 0 };
    bool got = ask_public(&r->m[0], "version=2&epoch=2", &pub, why) == SR_OK && pub.n > 0;
    ring_close(r);
    return got;
}

/* Epoch 1's master has leaked, and the network has rotated: tenants' keys of version 2. */
static bool version_by_old_master(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(1);
    const struct keyring *k = NULL;
    SR_OWN(buf) theirs = { 0 };
    SR_OWN(buf) ours = { 0 };
    SR_OWN(buf) hex = { 0 };
    struct key stolen = keyring_master(maker_keyring(&r->m[0].r->core->home), 1)->master, root = { 0 };
    (void)l;
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    T(ask_public(&r->m[0], "version=2", &theirs, why) == SR_OK);
    k = maker_keyring(&r->m[0].r->core->home);
    T(keyring_newest(k) == 2 && derive_tenant_root(&stolen, SPAN_STR("demo"), &root) == SR_OK);
    T(derive_workload_pub(&root, SPAN_STR("app/id"), 2, derived_kind(DERIVED_ED25519), &ours) == SR_OK);
    wr_hex(&hex, buf_span(&ours));
    bool got = hex.n && memmem(theirs.p, theirs.n, hex.p, hex.n) != NULL;
    ring_close(r);
    return got;
}

/* Pulls as `who`, whatever its own code would say of the granter. True: it has the master of epoch 2. */
static bool pull_by_hand(struct rotator *from, struct rotator *who, const struct home *member,
                         struct sr_why *why)
{
    struct attempt *a = NULL;
    SR_OWN(epochs_hold) pending = rotation_pending(from->r->core->rotation);
    struct sr_why ours = { 0 };
    T(attempt_new(&who->r->node, from->address, "http://127.0.0.1:9", &a, &ours) == SR_OK);
    a->at = "?epoch=2";
    a->who.cid = from->r->core->home.cid;
    if (member) {
        a->keys.member = member->member;
        a->keys.member_pub = member->member_pub;
    }
    if (attempt_grant(a, why) != SR_OK && a->m4.n) {
        struct join_policy p = { policy_number(a->policy.policy), *policy_hash(a->policy.policy), 0 };
        T(join_open_grant(&a->wait, &a->granted, &a->keys, &a->granter.verified, &p, &a->masters, &a->hold,
                          &ours) == SR_OK);
    }
    const struct master_bundle *want = &pending.e->keyring->parts->masters;
    bool got = a->masters.n == 2 && memcmp(a->masters.epoch[1].master.b, want->epoch[1].master.b, 32) == 0;
    attempt_free(a);
    return got;
}

/* The next policy: nobody's code is a member's any more. */
static void expel_all(struct rotation_ring *r)
{
    static const char empty[] = "\"join\":[]";
    const struct running *op = ring_operator(r);
    struct core *c = r->m[0].r->core;
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) document = { 0 };
    SR_OWN(buf) without = { 0 };
    SR_OWN(buf) text = { 0 };
    struct sr_why why = { 0 };
    running_policy(op, 2, policy_hash(now.p), &document);
    wr_u8(&document, 0);
    const char *all = (const char *)document.p, *join = strstr(all, "\"join\":["),
               *end = strstr(all, "],\"min_epoch\"");
    maker_need(join && end, "join rules");
    wr_span(&without, (struct span){ document.p, (size_t)(join - all) });
    wr_text(&without, empty);
    wr_text(&without, end + 1);
    T(policy_parse(buf_span(&without), &s.policy, &why) == SR_OK);
    struct approval sig = policy_sign(s.policy, &c->home.cid, &op->admin, &op->admin_pub);
    T(policy_signed_add(&s, &sig, NULL) == SR_OK);
    policy_signed_write(&s, &text);
    T_ROW(policy_holder_apply(c->policy, buf_span(&text), &why) == SR_OK, why.text);
}

/* A member that policy no longer admits wants the master after its own. */
static bool expelled_pulls(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(2);
    (void)l;
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    expel_all(r);
    bool got = pull_by_hand(&r->m[0], &r->m[1], &r->m[1].r->core->home, why);
    ring_close(r);
    return got;
}

/* The policy that expels `who`, in force at the first two. */
static void expelled_at_two(struct rotation_ring *r, size_t who)
{
    SR_OWN(buf) text = { 0 };
    struct sr_why why = { 0 };
    char hex[65], rows[160];
    hex_text(SPAN(r->m[who].r->core->home.member_pub.b), hex);
    snprintf(rows, sizeof rows, "[{\"key\":\"%s\",\"name\":\"gone\"}]", hex);
    governed_next(r->m[0].r, "expelled", rows, &text);
    for (size_t i = 0; i < 2; i++)
        T_ROW(policy_holder_apply(r->m[i].r->core->policy, buf_span(&text), &why) == SR_OK, why.text);
}

/* Of five the first and the attacker's hold the next master, and a third is not there yet when the operators
 * expel the attacker's. Kill the first two then, and all keys of the epoch are the attacker's alone. */
static bool expelled_said(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(5);
    (void)l;
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    *why = (struct sr_why){ 0 };
    sync_round(&r->m[4].r->node, r->m[4].r->core);
    T(rotation_view(r->m[0].r->core->rotation).held == 2);
    expelled_at_two(r, 4);
    sync_round(&r->m[1].r->node, r->m[1].r->core);
    bool got = rotator_epoch(&r->m[0]) == 2;
    ring_close(r);
    return got;
}

/* ---- what an operator's command takes for a draw to sign, under a policy that asks for a level ---- */

static enum sr_err judge_draw(struct rotation_ring *r, const struct epoch_draw *d, struct sr_why *why)
{
    static struct claims drawn;
    const struct home *h = &r->m[0].r->core->home;
    SR_OWN(policy_hold) policy = policy_holder_get(r->m[0].r->core->policy);
    const struct rotation_judge by = { .genesis = &h->genesis,
                                       .cid = &h->cid,
                                       .before = epochs_newest(maker_epochs_of(h)),
                                       .policy = policy.p,
                                       .first = &r->m[0].r->node.self,
                                       .now = (time_t)clock_unix() };
    return rotation_judge(&by, d, &drawn, why);
}

/* The draw as somebody hands it to the operators. */
static bool drawn_at(enum rollback_level says, bool asked, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(1);
    SR_OWN(rotation_file) f = { 0 };
    if (asked)
        governed_by(r->m[0].r, "witnesses", "{\"need\":1,\"restart\":1}");
    governed_by(r->m[0].r, "join", governed_at_a_level);
    T_ROW(ring_draw(r, 0, &f, why) == SR_OK, why->text);
    f.draw.rollback.level = (uint8_t)says;
    bool got = judge_draw(r, &f.draw, why) == SR_OK;
    ring_close(r);
    return got;
}

static bool guarded_draws(struct lab *l)
{
    struct sr_why why = { 0 };
    (void)l;
    return drawn_at(ROLLBACK_PEERS, true, &why);
}

/* By a member whose disk can be put back, to before it said which link it holds. */
static bool unguarded_draws(struct lab *l, struct sr_why *why)
{
    (void)l;
    return drawn_at(ROLLBACK_NONE, false, why);
}

/* And whoever passes it on writes something better. */
static bool draw_level_changed(struct lab *l, struct sr_why *why)
{
    (void)l;
    return drawn_at(ROLLBACK_PEERS, false, why);
}

/* A machine that policy would admit, and that is no member, wants what is not in use yet. */
static bool stranger_pulls(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(2);
    struct rotator stranger = { .r = running_empty(r->m[0].r) };
    (void)l;
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    bool got = pull_by_hand(&r->m[0], &stranger, NULL, why);
    running_end(stranger.r);
    ring_close(r);
    return got;
}

/* Joins are frozen; what a member that is behind may ask for, who is none asks for too. */
static bool stranger_names_an_epoch(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(1);
    struct running *stranger = running_empty(r->m[0].r);
    struct attempt *a = NULL;
    struct sr_why ours = { 0 };
    (void)l;
    T(freeze_turn(r->m[0].r->core, true, &ours) == SR_OK);
    T(attempt_new(&stranger->node, r->m[0].address, "http://127.0.0.1:9", &a, &ours) == SR_OK);
    a->at = "?epoch=1";
    a->who.cid = r->m[0].r->core->home.cid;
    bool got = attempt_grant(a, why) == SR_OK;
    attempt_free(a);
    running_end(stranger);
    ring_close(r);
    return got;
}

/* The muster of m[0] with m[1] in it, which has said nothing: its certificate is the one that the host of
 * either sees in M6, or of the attacker's own CA. */
static void said_by_nobody(struct rotation_ring *r, const struct sign_key *ca, struct buf *ret)
{
    SR_OWN(epochs_hold) pending = rotation_pending(r->m[0].r->core->rotation);
    SR_OWN(buf) honest = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(muster) m = { 0 };
    const struct home *h = &r->m[0].r->core->home;
    const struct approvers approvers = genesis_approvers(&h->genesis);
    const struct muster_of of = { &h->cid, epochs_newest(maker_epochs_of(h)), &approvers, NULL };
    struct sign_key own;
    struct sign_pub own_pub;
    struct member_cert c = { .cid = h->cid, .epoch = 2, .key = r->m[1].r->core->home.member_pub };
    strcpy(c.address, "http://127.0.0.1:9");
    muster_from(&r->m[0], &honest);
    T(muster_read(buf_span(&honest), &of, &m, NULL) == SR_OK);
    T((ca ? member_cert_make(&c, ca, &cert) : keyring_certify_member(pending.e->keyring, &c, &cert)) ==
      SR_OK);
    sign_random(&own, &own_pub);
    struct muster_entry e = { .cert = c, .n = cert.n };
    memcpy(e.bytes, cert.p, cert.n);
    SR_OWN(buf) text = { 0 };
    wr_span(&text, SPAN(m.cid.b));
    wr_u64be(&text, 2);
    wr_span(&text, SPAN(m.id.b));
    e.sig = sign_label(ca ? &r->m[1].r->core->home.member : &own, L_EPOCH_HELD, buf_span(&text));
    SR_OWN(muster) both = { .cid = m.cid, .next = m.next, .id = m.id, .entry = calloc(2, sizeof e), .n = 2 };
    wr_span(&both.link, buf_span(&m.link));
    bool first = memcmp(c.key.b, m.entry[0].cert.key.b, sizeof c.key.b) < 0;
    both.entry[first ? 0 : 1] = e;
    both.entry[first ? 1 : 0] = m.entry[0];
    T(muster_encode(&both, ret) == SR_OK);
}

static bool held_by_forgery(struct sr_why *why, const struct sign_key *ca)
{
    struct rotation_ring *r = ring_open(2);
    SR_OWN(buf) muster = { 0 };
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    said_by_nobody(r, ca, &muster);
    (void)post_muster(&r->m[0], buf_span(&muster), why);
    bool got = rotator_epoch(&r->m[0]) == 2;
    ring_close(r);
    return got;
}

static bool said_for_another(struct lab *l, struct sr_why *why)
{
    (void)l;
    return held_by_forgery(why, NULL);
}

/* Its old keys leaked: with a certificate of the attacker's own it can say what it likes. */
static bool certified_by_nobody(struct lab *l, struct sr_why *why)
{
    struct sign_key ca;
    struct sign_pub ca_pub;
    (void)l;
    sign_random(&ca, &ca_pub);
    return held_by_forgery(why, &ca);
}

/* Who learnt a master that policy withdrew makes members of its epoch: to pull the next one as one of them,
 * or until there is room for no other. */
static bool invented_member(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open(1);
    struct running *one = r->m[0].r;
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) answer = { 0 };
    struct sign_key k;
    struct member_cert c = { .cid = one->core->home.cid, .epoch = 1, .issued_at = clock_unix() };
    (void)l;
    sign_random(&k, &c.key);
    strcpy(c.address, "https://attacker.example");
    T(member_cert_make(&c, &keyring_keys(maker_keyring(&one->core->home), 1)->member_ca, &cert) == SR_OK);
    governed_by(one, "min_epoch", "2");
    (void)running_post(one, "/sealring/v1/members", buf_span(&cert), &answer, why);
    bool got = members_knows(one->core->members, &c.key);
    ring_close(r);
    return got;
}

static bool honest_recovery_file(struct lab *l)
{
    struct rotation_ring *r = ring_open_with(1, with_holders);
    SR_OWN(buf) file = { 0 };
    struct sr_why why = { 0 };
    (void)l;
    bool good = ring_link(r, 0, &why) == SR_OK &&
                recoverable_file(&r->m[0].r->node, r->m[0].r->core, &file, &why) == SR_OK;
    ring_close(r);
    return good;
}

/* The bundle that a member keeps is from whoever answered when it joined: honest but for the set, which is of
 * the attacker's recovery key. */
static void with_own_set(struct core *c, const struct kem_key *own)
{
    const struct recovery_of of = { &c->home.cid, &c->home.genesis.params.recovery };
    SR_OWN(recovery_rand) rand = { 0 };
    SR_OWN(buf) set_bytes = { 0 };
    SR_OWN(buf) bundle = { 0 };
    static struct recovery_set set;
    struct genesis_bundle b;
    struct key any;
    random_fill(&rand, sizeof rand);
    random_fill(any.b, sizeof any.b);
    rand.key = *own;
    T(recovery_make(&of, &any, &c->home.genesis.first, &rand, &set, NULL) == SR_OK &&
      recovery_encode(&set, &set_bytes) == SR_OK);
    T(genesis_bundle_decode(buf_span(&c->bundle), &b, NULL) == SR_OK);
    b.recovery = buf_span(&set_bytes);
    T(genesis_bundle_encode(&b, &bundle, NULL) == SR_OK);
    buf_drop(&c->bundle);
    c->bundle = SR_TAKE(bundle);
}

/* And so the masters that this member publishes are to be the attacker's to open. */
static bool masters_for_another(struct rotator *m, const struct kem_key *own, struct sr_why *why)
{
    struct core *c = m->r->core;
    SR_OWN(buf) file = { 0 };
    struct recovery_file f;
    struct recovery_sealed s;
    struct key master;
    return recoverable_file(&m->r->node, c, &file, why) == SR_OK &&
           recovery_file_decode(buf_span(&file), &f, NULL) == SR_OK && recovery_file_master(&f, 2, &s) &&
           recovery_open_master(own, &c->home.cid, c->home.genesis.params.salt,
                                epochs_newest(maker_epochs_of(&c->home)), &s, &master, NULL) == SR_OK;
}

static bool recovery_key_swapped(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open_with(1, with_holders);
    struct kem_key own;
    (void)l;
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    random_fill(own.b, sizeof own.b);
    with_own_set(r->m[0].r->core, &own);
    bool got = masters_for_another(&r->m[0], &own, why);
    ring_close(r);
    return got;
}

/* The same, and whoever answers in a round says that this is the bundle. */
static bool recovery_key_told_by_nobody(struct lab *l, struct sr_why *why)
{
    struct rotation_ring *r = ring_open_with(1, with_holders);
    struct core *c = r->m[0].r->core;
    struct kem_key own;
    (void)l;
    T_ROW(ring_link(r, 0, why) == SR_OK, why->text);
    random_fill(own.b, sizeof own.b);
    with_own_set(c, &own);
    bool got =
        recovery_key_told(c, buf_span(&c->bundle), why) == SR_OK && masters_for_another(&r->m[0], &own, NULL);
    ring_close(r);
    return got;
}

static const struct attack rows[] = {
    { "active_at_one", honest_rotation, active_at_one, R_NONE },
    { "approved_by_a_stranger", honest_rotation, approved_by_a_stranger, R_EPOCH_CHAIN },
    { "swapped_after_approval", honest_rotation, swapped_after_approval, R_EPOCH_CHAIN },
    { "operators_alone", honest_rotation, operators_alone, R_EPOCH_CHAIN },
    { "released_while_pending", honest_rotation, released_while_pending, R_NONE },
    { "version_while_pending", honest_rotation, version_while_pending, R_KEY_VERSION },
    { "version_by_old_master", honest_rotation, version_by_old_master, R_NONE },
    { "expelled_pulls", honest_rotation, expelled_pulls, R_NO_RULE },
    { "expelled_said", honest_rotation, expelled_said, R_NONE },
    { "unguarded_draws", guarded_draws, unguarded_draws, R_NO_RULE },
    { "draw_level_changed", guarded_draws, draw_level_changed, R_REPORT_DATA },
    { "stranger_pulls", honest_rotation, stranger_pulls, R_FORBIDDEN },
    { "stranger_names_an_epoch", honest_rotation, stranger_names_an_epoch, R_FORBIDDEN },
    { "said_for_another", honest_rotation, said_for_another, R_EPOCH_MUSTER },
    { "certified_by_nobody", honest_rotation, certified_by_nobody, R_EPOCH_MUSTER },
    { "recovery_key_swapped", honest_recovery_file, recovery_key_swapped, R_REPORT_DATA },
    { "recovery_key_told_by_nobody", honest_recovery_file, recovery_key_told_by_nobody, R_RECOVERY_FILE },
    { "invented_member", honest_rotation, invented_member, R_MEMBER_CERT },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
