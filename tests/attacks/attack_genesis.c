/* Attacks by whoever starts the first machine, on what a stranger believes of a genesis bundle: a master from
 * outside, one from before, a machine that nobody vouches for or whose host reads it. Success is a bundle
 * that verifies with the attacker knowing the master in its record. */
#include "tests/attacks/lab.h"
#include "tests/snp_maker.h"

struct birth {
    struct net net; /* the record; its master is known to who made it */
    struct policy *policy;
    struct maker machine; /* certified for this genesis by the record's AK-CA */
    struct snp_world snp;
    struct collateral *collateral;
    struct buf evidence, bundle;
    struct genesis_bundle b;
};

static void birth_drop(struct birth *x)
{
    buf_drop(&x->evidence);
    buf_drop(&x->bundle);
    maker_drop(&x->machine);
    snp_world_drop(&x->snp);
    collateral_free(x->collateral);
    policy_unref(x->policy);
    net_drop(&x->net);
}

/* The record as it stands now, under its own id. */
static void write_record(struct birth *x)
{
    SR_OWN(buf) params = { 0 };
    buf_drop(&x->net.record);
    T(genesis_encode(&x->net.genesis, &x->net.record, NULL) == SR_OK);
    T(genesis_params_encode(&x->net.genesis.params, &params, NULL) == SR_OK);
    x->net.cid = genesis_cid(buf_span(&x->net.record));
    x->machine.cert.network = genesis_params_hash(buf_span(&params));
    x->b.record = buf_span(&x->net.record);
}

static void conceive(struct birth *x, const char *master)
{
    *x = (struct birth){ 0 };
    net_make(&x->net, master);
    x->policy = lab_policy(GOOD_CODE);
    x->net.genesis.params.first_policy = *policy_hash(x->policy);
    maker_new(&x->machine);
    make_signer("certifier", &x->machine.ca, &x->machine.ca_pub);
    x->machine.cert.kind = AK_CERT_GENESIS;
    x->machine.cert.epoch = 1;
    x->machine.cert.root = x->net.genesis.params.types[0].root[0];
    maker_launch(&x->machine, GOOD, NULL);
    x->b = (struct genesis_bundle){ .opnonce = SPAN_STR("today"),
                                    .created = MAKER_NOW,
                                    .type = SPAN_STR("tpm"),
                                    .policy = policy_document(x->policy) };
    write_record(x);
}

/* The machine quotes what the bundle says now. */
static void quote(struct birth *x)
{
    buf_drop(&x->evidence);
    struct sha512 rd = genesis_rd(&x->net.cid, &x->b);
    maker_evidence(&x->machine, &rd, &x->evidence);
    x->b.evidence = buf_span(&x->evidence);
}

/* As `sealring verify-genesis` does, by who knows the id and the operators' value of the day. */
static bool believed(struct birth *x, struct sr_why *why)
{
    static struct genesis_checked c;
    struct claims claims = { 0 };
    buf_drop(&x->bundle);
    T(genesis_bundle_encode(&x->b, &x->bundle, NULL) == SR_OK);
    return genesis_check(buf_span(&x->bundle), &x->net.cid, SPAN_STR("today"), &c, why) == SR_OK &&
           genesis_verify(&c, x->collateral, &claims, why) == SR_OK;
}

static bool honest(struct lab *unused)
{
    SR_OWN(birth) x;
    (void)unused;
    conceive(&x, "drawn inside");
    quote(&x);
    return believed(&x, NULL);
}

/* An honest machine's evidence of its own genesis, beside a record with the launcher's master. */
static bool master_from_outside(struct lab *unused, struct sr_why *why)
{
    SR_OWN(birth) x;
    struct net own;
    (void)unused;
    conceive(&x, "drawn inside");
    quote(&x);
    net_make(&own, "drawn by the launcher");
    x.net.genesis.first = own.keys.pub;
    net_drop(&own);
    write_record(&x);
    return believed(&x, why);
}

/* A bundle of last year, whose machine was opened since. */
static bool older_master(struct lab *unused, struct sr_why *why)
{
    SR_OWN(birth) x;
    (void)unused;
    conceive(&x, "drawn last year");
    x.b.opnonce = SPAN_STR("last year");
    quote(&x);
    return believed(&x, why);
}

/* The same, with today's value written over it. */
static bool older_master_dated(struct lab *unused, struct sr_why *why)
{
    SR_OWN(birth) x;
    (void)unused;
    conceive(&x, "drawn last year");
    x.b.opnonce = SPAN_STR("last year");
    quote(&x);
    x.b.opnonce = SPAN_STR("today");
    return believed(&x, why);
}

/* Software that passes for a TPM, by the word of one of the two AK-CAs that the record wants. */
static bool one_certifier(struct lab *unused, struct sr_why *why)
{
    SR_OWN(birth) x;
    struct sign_key k;
    struct key_set *cas;
    (void)unused;
    conceive(&x, "drawn in software");
    cas = &x.net.genesis.params.akcas;
    make_signer("the other certifier", &k, &cas->key[1]);
    cas->n = cas->k = 2;
    if (memcmp(&cas->key[0], &cas->key[1], sizeof cas->key[0]) > 0) {
        struct sign_pub first = cas->key[0];
        cas->key[0] = cas->key[1];
        cas->key[1] = first;
    }
    write_record(&x);
    quote(&x);
    return believed(&x, why);
}

/* The certified TPM is of a maker that the record does not name. */
static bool maker_of_nobody(struct lab *unused, struct sr_why *why)
{
    SR_OWN(birth) x;
    (void)unused;
    conceive(&x, "drawn in a TPM of the launcher's");
    fill(&x.machine.cert.root, sizeof x.machine.cert.root, "the launcher's root");
    quote(&x);
    return believed(&x, why);
}

/* A genuine SNP guest, debugged or not. */
static bool born_in_a_guest(bool debugged, struct sr_why *why)
{
    SR_OWN(birth) x;
    conceive(&x, "drawn in a guest");
    struct type_roots *named = &x.net.genesis.params.types[0];
    snprintf(named->type, sizeof named->type, "snp");
    named->root[0] = made_pin(s_key(K_ROOT));
    write_record(&x);
    x.b.type = SPAN_STR("snp");
    x.snp = snp_world_make(&s_products[1], 3, false);
    struct sha512 rd = genesis_rd(&x.net.cid, &x.b);
    memcpy(x.snp.report + 0x50, rd.b, sizeof rd.b);
    if (debugged)
        x.snp.report[0x08 + 2] |= 1 << 3;
    snp_world_build(&x.snp);
    x.b.evidence = buf_span(&x.snp.evidence);
    const struct pins pins = { named->root, 1 };
    x.collateral = snp_world_collateral(&x.snp, &pins);
    return believed(&x, why);
}

static bool honest_guest(struct lab *unused)
{
    (void)unused;
    return born_in_a_guest(false, NULL);
}

/* Its host reads the master out of it. */
static bool debugged_at_birth(struct lab *unused, struct sr_why *why)
{
    (void)unused;
    return born_in_a_guest(true, why);
}

static const struct attack rows[] = {
    { "master_from_outside", honest, master_from_outside, R_REPORT_DATA },
    { "older_master", honest, older_master, R_GENESIS_MISMATCH },
    { "older_master_dated", honest, older_master_dated, R_REPORT_DATA },
    { "one_certifier", honest, one_certifier, R_AK_CERT },
    { "maker_of_nobody", honest, maker_of_nobody, R_EK_CHAIN },
    { "debugged_at_birth", honest_guest, debugged_at_birth, R_DEBUG },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
