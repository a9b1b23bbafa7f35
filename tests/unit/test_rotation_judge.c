/* What an operator's command looks at before it signs a draw. */
#include "tests/draw_lab.h"

/* Before: the machine says so. After: somebody says so who passed it on. */
struct row {
    const char *what;
    void (*before)(struct draw_lab *);
    void (*after)(struct draw_lab *);
    enum sr_reason want;
};

static void other_network(struct draw_lab *l)
{
    l->d.cid.b[0] ^= 1;
}
static void one_epoch_further(struct draw_lab *l)
{
    l->d.pubs.epoch++;
}
static void the_epoch_that_is(struct draw_lab *l)
{
    l->d.pubs.epoch--;
}
static void a_week_old(struct draw_lab *l)
{
    l->d.created = MAKER_NOW - EPOCH_DRAW_AGE_MAX;
}
static void older(struct draw_lab *l)
{
    l->d.created = MAKER_NOW - EPOCH_DRAW_AGE_MAX - 1;
}
static void to_come(struct draw_lab *l)
{
    l->d.created = MAKER_NOW + EPOCH_DRAW_AHEAD_MAX + 1;
}
static void sealed_for_nobody(struct draw_lab *l)
{
    l->d.recovery = (struct span){ 0 };
}
static void no_holders(struct draw_lab *l)
{
    l->net.net.genesis.params.recovery.n = 0;
}
static void neither(struct draw_lab *l)
{
    sealed_for_nobody(l);
    no_holders(l);
}
static void sealed_to_another(struct draw_lab *l)
{
    struct kem_key own;
    struct kem_pub pub;
    fill(&own, sizeof own, "another recovery key");
    kem_pub_of(&own, &pub);
    draw_lab_seal(l, &pub);
}
static void another_master(struct draw_lab *l)
{
    l->d.pubs.commit.b[0] ^= 1;
}
static void another_release_key(struct draw_lab *l)
{
    l->d.pubs.release.b[0] ^= 1;
}
static void made_later(struct draw_lab *l)
{
    l->d.created++;
}
static void other_code(struct draw_lab *l)
{
    draw_lab_machine(l, BAD);
}
static void certified_in_epoch_1(struct draw_lab *l)
{
    l->machine.ca = l->net.net.keys.akca;
    l->machine.ca_pub = l->net.net.keys.pub.akca;
    l->machine.cert.epoch = 1;
}
static void certified_by_a_stranger(struct draw_lab *l)
{
    make_signer("stranger", &l->machine.ca, &l->machine.ca_pub);
}
static void other_root(struct draw_lab *l)
{
    l->machine.cert.root.b[0] ^= 1;
}

static void an_operator_looks_before_it_signs(void)
{
    static const struct row rows[] = {
        { "as it should be", NULL, NULL, R_NONE },
        { "of another network", other_network, NULL, R_WRONG_NETWORK },
        { "an epoch too far", one_epoch_further, NULL, R_EPOCH },
        { "the epoch that is active", the_epoch_that_is, NULL, R_EPOCH },
        { "a week old", a_week_old, NULL, R_NONE },
        { "older than that", older, NULL, R_REQUEST_TIME },
        { "of tomorrow", to_come, NULL, R_REQUEST_TIME },
        { "holders, and nothing for them", sealed_for_nobody, NULL, R_EPOCH_DRAW },
        { "no holders, and something for them", no_holders, NULL, R_EPOCH_DRAW },
        { "no holders, and nothing for them", neither, NULL, R_NONE },
        { "sealed to another key on its way", NULL, sealed_to_another, R_REPORT_DATA },
        { "another commitment on its way", NULL, another_master, R_REPORT_DATA },
        { "another release key on its way", NULL, another_release_key, R_REPORT_DATA },
        { "another time on its way", NULL, made_later, R_REPORT_DATA },
        { "other code", other_code, NULL, R_NO_RULE },
        { "an AK certificate of an epoch that is over", certified_in_epoch_1, NULL, R_AK_CERT_EPOCH },
        { "an AK certificate by a stranger", certified_by_a_stranger, NULL, R_AK_CERT },
        { "a TPM under another root", other_root, NULL, R_EK_CHAIN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(draw_lab) l = { 0 };
        struct claims claims = { 0 };
        struct sr_why why = { .reason = R_NONE };
        draw_lab_open(&l);
        if (rows[i].before)
            rows[i].before(&l);
        draw_lab_quote(&l);
        if (rows[i].after)
            rows[i].after(&l);
        enum sr_err e = rotation_judge(&l.by, &l.d, &claims, &why);
        T_ROW(why.reason == rows[i].want && (e == SR_OK) == (why.reason == R_NONE), rows[i].what);
    }
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    an_operator_looks_before_it_signs();
    return t_end();
}
