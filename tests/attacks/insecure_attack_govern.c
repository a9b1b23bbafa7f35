/* Attacks of who should be no member any more, or not become one: after a freeze, an expulsion, a lapsed
 * lease. On whole members in this process. */
#include "tests/attacks/governed.h"

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
    bool is_new = false;
    *c = (struct member_cert){ .cid = r->core->home.cid, .issued_at = clock_unix() };
    sign_random(k, &c->key);
    strcpy(c->address, "http://127.0.0.1:1");
    T(keyring_certify_member(now.e->keyring, c, &cert) == SR_OK);
    T(members_take(r->core->members, buf_span(&cert), &is_new, NULL) == SR_OK && is_new);
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
    bool got = governed_m3_on(r, LAB_VENDOR, &t, why) && governed_m4(r, &t, why);
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

static const struct attack rows[] = {
    { "frozen_join", thawed, frozen_join, R_FROZEN },
    { "frozen_here", thawed, frozen_here, R_FROZEN },
    { "frozen_before_restart", thawed, frozen_before_restart, R_FROZEN },
    { "expelled_asks", another_expelled, expelled_asks, R_FORBIDDEN },
    { "expelled_joins", another_expelled, expelled_joins, R_EXPELLED },
    { "expelled_machine", another_expelled, expelled_machine, R_EXPELLED },
    { "expelled_serves", another_expelled, expelled_serves, R_EXPELLED },
    { "expelled_disk", another_expelled, expelled_disk, R_UNSEAL },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
