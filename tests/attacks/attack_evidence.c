/* Attacks on evidence: a machine that is not what it says it is asks for the masters, in an otherwise honest
 * join. */
#include "tests/ak_vendor_maker.h"
#include "tests/attacks/lab.h"

/* The whole join as its owner would do it; true: the owner reads the newest master. */
static bool join_as(struct lab *l, struct maker *machine, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    const struct key *master = &l->net.bundle.epoch[l->net.bundle.n - 1].master;
    lab_hello(&j, &l->net.cid, &l->net.g, "attack");
    lab_m3(&j, machine);
    return lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, why) == SR_OK &&
           lab_stolen(&j, &j.t.k.ekj, master);
}

static bool join_and_drop(struct lab *l, struct maker *machine, struct sr_why *why)
{
    bool got = join_as(l, machine, why);
    maker_drop(machine);
    return got;
}

/* A certified machine that runs another program. */
static bool other_code(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, BAD);
    return join_and_drop(l, &m, why);
}

/* A software key with a certificate by the attacker. */
static bool own_ak_ca(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    make_signer("the attacker's AK-CA", &m.ca, &m.ca_pub);
    return join_and_drop(l, &m, why);
}

/* Enrolled in a network of the attacker's own, where software passes for a TPM. */
static bool other_network(struct lab *l, struct sr_why *why)
{
    SR_OWN(net) own = { 0 };
    struct maker m;
    net_make(&own, "the attacker's master");
    lab_machine(&m, &own, GOOD);
    return join_and_drop(l, &m, why);
}

/* One operator vouches for a software key with the AK-CA that counts at genesis alone. */
static bool operators_ak_ca(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    make_signer("certifier", &m.ca, &m.ca_pub);
    m.cert.kind = AK_CERT_GENESIS;
    return join_and_drop(l, &m, why);
}

/* A software key that a maker of TPMs certified whom policy does not name: the attacker. */
static bool own_vendor(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) chain = { 0 };
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    (void)ak_vendor_chain(&m, &chain);
    return join_and_drop(l, &m, why);
}

/* The network is at epoch 2; whoever learnt master 1 certifies a software key under epoch 1. */
static bool old_ak_ca(struct lab *l, struct sr_why *why)
{
    struct maker m;
    struct key second;
    lab_machine(&m, &l->net, GOOD);
    fill(&second, sizeof second, "master 2");
    l->net.bundle.n = 2;
    l->net.bundle.epoch[0].state = EPOCH_RETIRING;
    l->net.bundle.epoch[1] = (struct epoch_master){ 2, EPOCH_ACTIVE, second };
    l->net.g.epoch_hi = 2;
    T(epoch_keys_derive(&second, 2, l->net.genesis.params.salt, &l->net.keys) == SR_OK);
    return join_and_drop(l, &m, why);
}

/* A machine thrown out long ago, with the certificate it had then. */
static bool old_certificate(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.cert.not_before = MAKER_NOW - 90000;
    m.cert.not_after = MAKER_NOW - 1;
    return join_and_drop(l, &m, why);
}

/* The good values, of a bank whose PCRs nothing was extended into. */
static bool relabelled_bank(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.selection[0].hash = 0x0004; /* SHA-1 */
    return join_and_drop(l, &m, why);
}

/* The bad machine quotes PCRs that it can set as it likes, and says they are the ones wanted. */
static bool other_pcrs(struct lab *l, struct sr_why *why)
{
    static const uint8_t resettable[TPM_BITMAP] = { 0xff, 0x5b, 0x01 };
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.selection[0].bitmap = SPAN(resettable);
    return join_and_drop(l, &m, why);
}

/* The PCR that a program of that digest leaves behind. */
static struct sha256 pcr14_of(const struct lab *l, uint8_t code)
{
    struct maker m;
    struct sha256 ret = { { 0 } };
    lab_machine(&m, &l->net, code);
    T(event_log_replay(&m.log, m.log.n, &m.log.start, &ret) == SR_OK);
    maker_drop(&m);
    return ret;
}

/* Quoted are the bad values, shown are the good ones. */
static bool values_shown(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    struct tpm_pcrs shown = m.pcrs;
    shown.v[TPM_SELECTED - 1] = pcr14_of(l, GOOD);
    m.keep_pcr14 = 1;
    m.pcrs.v[TPM_SELECTED - 1] = pcr14_of(l, BAD);
    m.shown = &shown;
    return join_and_drop(l, &m, why);
}

/* Bad values, quoted and shown; beside them the log of a good start. */
static bool log_shown(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.keep_pcr14 = 1;
    m.pcrs.v[TPM_SELECTED - 1] = pcr14_of(l, BAD);
    return join_and_drop(l, &m, why);
}

/* The good program was started first, then another. Nothing is hidden. */
static bool second_program(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.log.e[m.log.n] = m.log.e[0];
    m.log.e[m.log.n].digest.b[0] = BAD;
    m.log.e[m.log.n + 1] = m.log.e[1];
    m.log.n += 2;
    return join_and_drop(l, &m, why);
}

/* A key in a genuine TPM that signs whatever it is given. */
static bool unrestricted_key(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.attributes &= ~(uint32_t)TPM_RESTRICTED;
    return join_and_drop(l, &m, why);
}

/* The good machine's certificate, and a quote that the attacker's own key signed. */
static bool other_key(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.other_key = EVP_EC_gen("P-256");
    return join_and_drop(l, &m, why);
}

/* The good machine's certificate, and what it would have signed. */
static bool unsigned_quote(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.no_signature = 1;
    return join_and_drop(l, &m, why);
}

/* The same key under the owner's hierarchy, whose seed the owner can clear. */
static bool other_hierarchy(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.hierarchy = 0x40000001;
    return join_and_drop(l, &m, why);
}

/* Evidence recorded in another session; the keys are the attacker's. */
static bool recorded(struct lab *l, struct sr_why *why)
{
    struct maker m;
    struct sha256 earlier;
    lab_machine(&m, &l->net, GOOD);
    fill(&earlier, sizeof earlier, "a nonce of last week");
    m.nonce = &earlier;
    return join_and_drop(l, &m, why);
}

/* What a TPM signs in place of a quote: the same bytes, certified as something else. */
static bool no_quote(struct lab *l, struct sr_why *why)
{
    struct maker m;
    lab_machine(&m, &l->net, GOOD);
    m.magic = 0x12345678; /* not made inside a TPM: an external message of the owner's */
    return join_and_drop(l, &m, why);
}

/* Good for releases of one tenant, so it tries the door for members. */
static bool workload_joins(struct lab *l, struct sr_why *why)
{
    struct maker m;
    static struct claims claims;
    struct policy_want want = { SPAN_STR("acme"), SPAN_STR("app/db"), POLICY_SECRET, NULL };
    claims = (struct claims){ 0 };
    claims_put_text(&claims, "type", SPAN_STR("tpm"));
    claims_put_bool(&claims, "debug", false);
    T(policy_release(l->policy, &claims, NULL, &want, NULL, NULL) == SR_OK);
    lab_machine(&m, &l->net, BAD);
    return join_and_drop(l, &m, why);
}

static const struct attack rows[] = {
    { "other_code", honest_join, other_code, R_NO_RULE },
    { "own_ak_ca", honest_join, own_ak_ca, R_AK_CERT },
    { "other_network", honest_join, other_network, R_AK_CERT_NETWORK },
    { "operators_ak_ca", honest_join, operators_ak_ca, R_AK_CERT },
    { "own_vendor", honest_join, own_vendor, R_CERT_ANCHOR },
    { "old_ak_ca", honest_join, old_ak_ca, R_AK_CERT_EPOCH },
    { "old_certificate", honest_join, old_certificate, R_AK_CERT_EXPIRED },
    { "other_pcrs", honest_join, other_pcrs, R_QUOTE_SELECTION },
    { "relabelled_bank", honest_join, relabelled_bank, R_QUOTE_SELECTION },
    { "values_shown", honest_join, values_shown, R_QUOTE_DIGEST },
    { "log_shown", honest_join, log_shown, R_EVENT_LOG },
    { "second_program", honest_join, second_program, R_EVENT_LOG },
    { "unrestricted_key", honest_join, unrestricted_key, R_AK_ATTRIBUTES },
    { "other_key", honest_join, other_key, R_QUOTE_SIGNATURE },
    { "unsigned_quote", honest_join, unsigned_quote, R_QUOTE_FORMAT },
    { "other_hierarchy", honest_join, other_hierarchy, R_QUOTE_SIGNATURE },
    { "recorded", honest_join, recorded, R_REPORT_DATA },
    { "no_quote", honest_join, no_quote, R_QUOTE_FORMAT },
    { "workload_joins", honest_join, workload_joins, R_NO_RULE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
