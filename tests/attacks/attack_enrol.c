/* Attacks on enrolment: the attacker wants a certificate of this network for an attestation key that no TPM
 * guards. With one it says whatever it likes about itself: each attack ends with a join that claims the good
 * code, and counts when the attacker reads the masters. */
#include "tests/attacks/lab.h"
#include "tests/enrol_maker.h"

enum { EK = 0x000300b2, AK = 0x00050472 };

struct
try {
    struct bench b;
    struct buf e4;
};
static void try_drop(struct try *t)
{
    bench_drop(&t->b);
    buf_drop(&t->e4);
}

static void start(struct lab *l, struct try *t, const char *ek_cert, uint32_t ak)
{
    maker_new(&t->b.m);
    t->b.m.attributes = ak;
    bench_request(&t->b, ek_cert, EK, &l->net.cid, MAKER_NOW);
}

/* E2, answered with that secret after a while, and the certificate. */
static enum sr_err enrol(struct lab *l, struct try *t, const struct key *secret, unsigned after,
                         struct sr_why *why)
{
    struct ak_cert c;
    SR_TRY(enrol_challenge(&t->b.by, &rnd, buf_span(&t->b.e1), &t->b.e2, why));
    T(enrol_answer(buf_span(&t->b.e1), buf_span(&t->b.e2), secret, &t->b.e3) == SR_OK);
    t->b.by.now += after;
    return enrol_certify_network(&t->b.by, buf_span(&t->b.e3), l->net.keys.pub.epoch, &l->net.keys.akca,
                                 &l->net.keys.pub.akca, &t->e4, &c, why);
}

/* A join by software that has that certificate and its key, and runs what it likes. */
static bool joins(struct lab *l, struct try *t, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    T(ak_cert_read(buf_span(&t->e4), &t->b.m.cert, NULL) == SR_OK);
    maker_launch(&t->b.m, GOOD, NULL);
    lab_hello(&j, &l->net.cid, &l->net.g, "attack");
    lab_m3(&j, &t->b.m);
    return lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, why) == SR_OK &&
           lab_stolen(&j, &j.t.k.ekj, &l->net.master);
}

static bool honest_machine(struct lab *l)
{
    SR_OWN(try) t = { 0 };
    struct sr_why why = { 0 };
    start(l, &t, "ek_rsa.der", AK);
    struct key secret = secret_of(&t.b);
    return enrol(l, &t, &secret, 1, &why) == SR_OK && joins(l, &t, &why);
}

/* Somebody's EK certificate is public; what their TPM would decrypt is not. */
static bool guessed(struct lab *l, struct sr_why *why)
{
    SR_OWN(try) t = { 0 };
    const struct key guess = { { 1, 2, 3 } };
    start(l, &t, "ek_rsa.der", AK);
    return enrol(l, &t, &guess, 1, why) == SR_OK && joins(l, &t, why);
}

/* Somebody's EK certificate, and beside it an EK whose private half the attacker has. */
static bool own_ek(struct lab *l, struct sr_why *why)
{
    SR_OWN(try) t = { 0 };
    start(l, &t, "ek_ec.der", AK);
    struct key secret = secret_of(&t.b);
    return enrol(l, &t, &secret, 1, why) == SR_OK && joins(l, &t, why);
}

/* An EK that a maker certified whom genesis does not name: the attacker. */
static bool own_maker(struct lab *l, struct sr_why *why)
{
    SR_OWN(try) t = { 0 };
    struct sha256 named = { .b = { 0x44 } };
    start(l, &t, "ek_rsa.der", AK);
    t.b.by.roots = &named;
    struct key secret = secret_of(&t.b);
    return enrol(l, &t, &secret, 1, why) == SR_OK && joins(l, &t, why);
}

/* An EK that was certified for a year, of a TPM that was thrown away since. */
static bool thrown_away(struct lab *l, struct sr_why *why)
{
    SR_OWN(try) t = { 0 };
    start(l, &t, "ek_expired.der", AK);
    struct key secret = secret_of(&t.b);
    return enrol(l, &t, &secret, 1, why) == SR_OK && joins(l, &t, why);
}

/* The attacker had the TPM in its hands when it was asked, and has not any more. */
static bool answered_late(struct lab *l, struct sr_why *why)
{
    SR_OWN(try) t = { 0 };
    start(l, &t, "ek_rsa.der", AK);
    t.b.by.now -= ENROL_AGE_MAX + 1;
    t.b.asked = (uint64_t)t.b.by.now;
    struct key secret = secret_of(&t.b);
    return enrol(l, &t, &secret, ENROL_AGE_MAX + 1, why) == SR_OK && joins(l, &t, why);
}

/* What was asked for a network of the attacker's own, where it may do as it likes with what a TPM says. */
static bool for_another_network(struct lab *l, struct sr_why *why)
{
    SR_OWN(try) t = { 0 };
    struct sha256 other = { .b = { 0x99 } };
    maker_new(&t.b.m);
    bench_request(&t.b, "ek_rsa.der", EK, &other, MAKER_NOW);
    t.b.by.network = l->net.cid;
    struct key secret = secret_of(&t.b);
    return enrol(l, &t, &secret, 1, why) == SR_OK && joins(l, &t, why);
}

static const struct attack rows[] = {
    { "guessed", honest_machine, guessed, R_ACTIVATION },
    { "own_ek", honest_machine, own_ek, R_EK_KEY },
    { "own_maker", honest_machine, own_maker, R_CERT_ANCHOR },
    { "thrown_away", honest_machine, thrown_away, R_CERT_TIME },
    { "answered_late", honest_machine, answered_late, R_NONCE_EXPIRED },
    { "for_another_network", honest_machine, for_another_network, R_WRONG_NETWORK },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
