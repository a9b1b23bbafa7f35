/* Attacks by virtual machines and enclaves that are not what policy asks for, on SEV-SNP, TDX and SGX
 * evidence made from roots of our own, and on SNP evidence with a TPM's beside it: each is an otherwise
 * honest join, and counts when the attacker reads the masters. */
#include "proto/evidence_parts.h"
#include "tests/attacks/lab.h"
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"

/* A machine of that kind, made for the report data of one join. */
struct tee {
    const char *type;
    struct snp_world snp;   /* of "snp" */
    struct world dcap;      /* of "tdx" and "sgx" */
    struct maker *tpm;      /* of "snp-tpm": whose quote stands beside the report; borrowed */
    struct buf both;        /* the parts together */
    struct genesis genesis; /* names the root */
    struct collateral *collateral;
};

static void tee_drop(struct tee *t)
{
    snp_world_drop(&t->snp);
    world_drop(&t->dcap);
    buf_drop(&t->both);
    collateral_free(t->collateral);
}

static bool is_snp(const struct tee *t)
{
    return strncmp(t->type, "snp", 3) == 0;
}
static bool has_tpm(const struct tee *t)
{
    return strcmp(t->type, "snp-tpm") == 0;
}

/* The member's own collateral, of honest machines, under the root that its genesis record names. */
static void tee_endorse(struct tee *t)
{
    struct type_roots *named = &t->genesis.params.types[0];
    t->genesis.params.ntypes = 1;
    strcpy(named->type, has_tpm(t) ? "snp" : t->type);
    named->n = 1;
    named->root[0] = made_pin(is_snp(t) ? s_key(K_ROOT) : w_key(0));
    const struct pins pins = { named->root, 1 };
    if (is_snp(t)) {
        struct snp_world honest = snp_world_make(&s_products[1], 3, false);
        snp_world_build(&honest);
        t->collateral = snp_world_collateral(&honest, &pins);
        snp_world_drop(&honest);
    } else {
        struct world honest = world_make(4, strcmp(t->type, "tdx") == 0);
        world_build(&honest);
        t->collateral = world_collateral(&honest, &pins);
        world_drop(&honest);
    }
}

static struct policy *tee_policy(void)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) canonical = { 0 };
    struct policy *p = NULL;
    static const char *const types[] = { "snp", "tdx", "sgx", "snp-tpm" };
    static const char *const prefix[] = { "", "", "", "snp." };
    wr_text(&text, "{\"version\":1,\"number\":1,\"previous\":\"" LAB_ZEROS "\",\"min_epoch\":1,"
                   "\"channel_binding\":\"optional\",\"release\":[],\"tenants\":[],\"join\":[");
    for (int i = 0; i < 4; i++) {
        wr_fmt(&text,
               "%s{\"name\":\"%s\",\"type\":\"%s\",\"where\":[{\"claim\":\"%sdebug\",\"op\":\"eq\","
               "\"value\":false},{\"claim\":\"%smeasurement\",\"op\":\"eq\",\"value\":\"",
               i ? "," : "", types[i], types[i], prefix[i], prefix[i]);
        for (int n = 0; n < (i != 2 ? 48 : 32); n++)
            wr_text(&text, i != 2 ? "4d" : "4e");
        wr_text(&text, "\"}]}");
    }
    wr_text(&text, "]}");
    maker_need(json_canonical(buf_span(&text), &canonical, NULL) == SR_OK &&
                   policy_parse(buf_span(&canonical), &p, NULL) == SR_OK,
               "policy");
    return p;
}

static struct span with_tpm(struct tee *t, const struct sha512 *rd)
{
    SR_OWN(buf) quote = { 0 };
    maker_evidence(t->tpm, rd, &quote);
    struct evidence_parts both = evidence_parts(SPAN_STR("snp-tpm"));
    both.v[0].evidence = buf_span(&t->snp.evidence);
    both.v[1].evidence = buf_span(&quote);
    evidence_join(&both, &t->both);
    return buf_span(&t->both);
}

/* Evidence over rd; change is the attacker's. */
typedef void change_fn(struct tee *t);
static struct span tee_evidence(struct tee *t, const struct sha512 *rd, change_fn *change)
{
    if (is_snp(t)) {
        t->snp = snp_world_make(&s_products[1], 3, false);
        memcpy(t->snp.report + 0x50, rd->b, sizeof rd->b);
        change(t);
        snp_world_build(&t->snp);
        if (t->snp.table_other) { /* brings certificates of its own along */
            t->snp.table_other = false;
            snp_world_table(&t->snp);
        }
        return has_tpm(t) ? with_tpm(t, rd) : buf_span(&t->snp.evidence);
    }
    bool tdx = strcmp(t->type, "tdx") == 0;
    t->dcap = world_make(4, tdx);
    memcpy(t->dcap.body + (tdx ? 520 : 320), rd->b, sizeof rd->b);
    change(t);
    world_build(&t->dcap);
    return buf_span(&t->dcap.evidence);
}

static void m1_to_m3(struct lab *l, struct lab_join *j, struct tee *t, change_fn *change)
{
    struct join_challenge_random random;
    fill(&random, sizeof random, "tee");
    *j = (struct lab_join){ 0 };
    tape_start(&j->t, &l->net.cid);
    j->t.j.type = span_of(t->type);
    T(join_hello(&j->t.j, &j->t.k, &j->t.m[M1]) == SR_OK);
    T(join_challenge(&l->net.g, buf_span(&j->t.m[M1]), &random, NOW, &j->t.m[M2], NULL) == SR_OK);
    T(join_read_challenge(&j->t.j, buf_span(&j->t.m[M1]), buf_span(&j->t.m[M2]), &j->challenged, NULL) ==
      SR_OK);
    join_rd(&j->t.j, &j->challenged, &j->t.k, &j->t.joiner_cb, &j->offer);
    T(join_m3(&j->t.j, &j->offer, &j->t.k, tee_evidence(t, &j->offer.rd, change), &j->t.m[M3], &j->t.wait) ==
      SR_OK);
}

static enum sr_err grant_to(struct lab *l, struct lab_join *j, const struct tee *t, struct sr_why *why)
{
    struct verified v;
    struct nonce_spent spent;
    struct join_grant_random random;
    struct appraiser by = lab_appraiser(l);
    by.genesis = &t->genesis;
    by.collateral = t->collateral;
    fill(&random, sizeof random, "grant");
    SR_TRY(join_open_attest(&l->net.g, buf_span(&j->t.m[M3]), &j->t.granter_cb, NOW + 1, &j->attest, why));
    SR_TRY(lab_appraise(&by, LAB_JOIN, j->attest.type, j->attest.evidence, &j->attest.rd, &v, why));
    SR_TRY(nonce_consume(l->net.used, &j->attest.nonce, NOW + 1, &spent, why));
    return join_grant(&l->net.g, &j->attest, &v, &spent, &l->net.bundle, SPAN_STR("tpm"), &random, &j->sealed,
                      why);
}

static bool joins(struct lab *l, const char *type, change_fn *change, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(tee) t = { .type = type, .tpm = &l->good };
    struct policy *before = l->policy;
    l->policy = tee_policy();
    tee_endorse(&t);
    m1_to_m3(l, &j, &t, change);
    bool got = grant_to(l, &j, &t, why) == SR_OK && lab_stolen(&j, &j.t.k.ekj, &l->net.master);
    policy_unref(l->policy);
    l->policy = before;
    return got;
}

static void nothing(struct tee *t)
{
    (void)t;
}

static bool honest(struct lab *l, const char *type)
{
    struct sr_why why = { 0 };
    bool good = joins(l, type, nothing, &why);
    T_ROW(good, why.text);
    return good;
}
static bool honest_snp(struct lab *l)
{
    return honest(l, "snp");
}
static bool honest_tdx(struct lab *l)
{
    return honest(l, "tdx");
}
static bool honest_sgx(struct lab *l)
{
    return honest(l, "sgx");
}
static bool honest_both(struct lab *l)
{
    return honest(l, "snp-tpm");
}

/* ---- what it is ---- */

static void debug(struct tee *t)
{
    if (is_snp(t))
        t->snp.report[0x0a] |= 1 << 3; /* guest policy, bit 19 */
    else if (strcmp(t->type, "tdx") == 0)
        t->dcap.body[120] |= 1; /* TDATTRIBUTES, bit 0 */
    else
        t->dcap.body[48] |= SGX_DEBUG;
}
static bool snp_debug(struct lab *l, struct sr_why *why)
{
    return joins(l, "snp", debug, why);
}
static bool tdx_debug(struct lab *l, struct sr_why *why)
{
    return joins(l, "tdx", debug, why);
}
static bool sgx_debug(struct lab *l, struct sr_why *why)
{
    return joins(l, "sgx", debug, why);
}

static void other_code(struct tee *t)
{
    if (is_snp(t))
        memset(t->snp.report + 0x90, 0x66, 48);
    else
        memset(t->dcap.body + (strcmp(t->type, "tdx") == 0 ? 136 : 64), 0x66, 32);
}
static bool snp_other_code(struct lab *l, struct sr_why *why)
{
    return joins(l, "snp", other_code, why);
}
static bool tdx_other_code(struct lab *l, struct sr_why *why)
{
    return joins(l, "tdx", other_code, why);
}
static bool sgx_other_code(struct lab *l, struct sr_why *why)
{
    return joins(l, "sgx", other_code, why);
}

/* ---- who says so ---- */

static void other_signer(struct tee *t)
{
    t->snp.signed_by = s_key(K_OTHER_EC);
    t->dcap.quote_by = t->dcap.other;
}
static bool snp_other_signer(struct lab *l, struct sr_why *why)
{
    return joins(l, "snp", other_signer, why);
}
static bool dcap_other_signer(struct lab *l, struct sr_why *why)
{
    return joins(l, "tdx", other_signer, why);
}

/* An attestation key of the attacker's, beside a quoting enclave's report about another. */
static void own_key(struct tee *t)
{
    t->dcap.attestation = t->dcap.quote_by = t->dcap.other;
}
static bool dcap_own_key(struct lab *l, struct sr_why *why)
{
    return joins(l, "tdx", own_key, why);
}

/* The same, and the quoting enclave is the attacker's, too: no platform certified its report. */
static void own_enclave(struct tee *t)
{
    own_key(t);
    t->dcap.bound = t->dcap.qe_by = t->dcap.other;
}
static bool dcap_own_enclave(struct lab *l, struct sr_why *why)
{
    return joins(l, "tdx", own_enclave, why);
}

/* A root, a CA and a chip of the attacker's, in the table that hosts hand over. */
static void own_root(struct tee *t)
{
    struct snp_world *w = &t->snp;
    w->root.key = w->root.issuer_key = s_key(K_OTHER_RSA);
    w->ca.key = w->ca.issuer_key = w->vek.issuer_key = s_key(K_OTHER_RSA);
    w->vek.key = w->signed_by = s_key(K_OTHER_EC);
    w->table_other = true;
}
static bool snp_own_root(struct lab *l, struct sr_why *why)
{
    return joins(l, "snp", own_root, why);
}

/* ---- when ---- */

static void recorded(struct tee *t)
{
    memset(is_snp(t) ? t->snp.report + 0x50 : t->dcap.body + 520, 0xda, 64);
}
static bool snp_recorded(struct lab *l, struct sr_why *why)
{
    return joins(l, "snp", recorded, why);
}
static bool dcap_recorded(struct lab *l, struct sr_why *why)
{
    return joins(l, "tdx", recorded, why);
}

/* ---- one part of two ---- */

/* Policy asks for a TPM beside the report, and says no more of it: any will not do. */
static bool tpm_of_nobody(struct lab *l, struct sr_why *why)
{
    struct sign_key own;
    const struct key seed = { { 9 } };
    const struct sign_key before = l->good.ca;
    struct sign_pub pub;
    sign_from_seed(&seed, &own, &pub);
    l->good.ca = own;
    bool got = joins(l, "snp-tpm", nothing, why);
    l->good.ca = before;
    return got;
}

static const struct attack rows[] = {
    { "snp_debug", honest_snp, snp_debug, R_NO_RULE },
    { "tdx_debug", honest_tdx, tdx_debug, R_NO_RULE },
    { "sgx_debug", honest_sgx, sgx_debug, R_NO_RULE },
    { "snp_other_code", honest_snp, snp_other_code, R_NO_RULE },
    { "tdx_other_code", honest_tdx, tdx_other_code, R_NO_RULE },
    { "sgx_other_code", honest_sgx, sgx_other_code, R_NO_RULE },
    { "snp_other_signer", honest_snp, snp_other_signer, R_REPORT_SIGNATURE },
    { "dcap_other_signer", honest_tdx, dcap_other_signer, R_QUOTE_SIGNATURE },
    { "dcap_own_key", honest_tdx, dcap_own_key, R_QE_BINDING },
    { "dcap_own_enclave", honest_tdx, dcap_own_enclave, R_QE_REPORT_SIGNATURE },
    { "snp_own_root", honest_snp, snp_own_root, R_CERT_ANCHOR },
    { "snp_recorded", honest_snp, snp_recorded, R_REPORT_DATA },
    { "tpm_of_nobody", honest_both, tpm_of_nobody, R_AK_CERT },
    { "dcap_recorded", honest_tdx, dcap_recorded, R_REPORT_DATA },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
