/* bench_evidence.c - verification of made-up SNP, TDX and SGX evidence, with the collateral parsed and its
 * chain known, against the signature verifications that it cannot do without, in one run, taking turns. Goal:
 * at most 1.3 times.
 * - SNP: one ECDSA P-384, the report's.
 * - TDX, SGX: two ECDSA P-256, the QE report's and the quote's, when the set has the PCK certificate; and, as
 * a figure without goal, three, when the PCK certificate is seen for the first time and has to be parsed. */
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 15, A_ROUND = 40 };

struct one {
    const char *type;
    struct verify_in in;
    struct span msg[3], r[3], s[3]; /* what is signed, in the order of the checks */
    struct pubkey key[3];
    enum hash_alg hash;
    size_t signatures;
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double whole(const struct one *o)
{
    static struct claims c;
    double began = cpu_seconds();
    for (int i = 0; i < A_ROUND; i++)
        MUST(evidence_verify(span_of(o->type), &o->in, &c, NULL) == SR_OK);
    return cpu_seconds() - began;
}

static double signatures(const struct one *o)
{
    double began = cpu_seconds();
    for (int i = 0; i < A_ROUND; i++)
        for (size_t k = 0; k < o->signatures; k++)
            MUST(pubkey_verify_ecdsa(&o->key[k], o->hash, o->msg[k], o->r[k], o->s[k]) == SR_OK);
    return cpu_seconds() - began;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* goal 0: none. */
static bool compare(const struct one *o, const char *what, double goal)
{
    double ratio[ROUNDS];
    (void)whole(o), (void)signatures(o);
    for (int i = 0; i < ROUNDS; i++)
        ratio[i] = whole(o) / signatures(o);
    qsort(ratio, ROUNDS, sizeof *ratio, by_value);
    bool met = goal <= 0 || ratio[ROUNDS / 2] <= goal;
    printf("%s against %s: %.2f times (%.2f to %.2f)", o->type, what, ratio[ROUNDS / 2], ratio[0],
           ratio[ROUNDS - 1]);
    if (goal > 0)
        printf(", goal at most %.2f: %s", goal, met ? "met" : "missed");
    printf("\n");
    return met;
}

/* ---- SNP ---- */

static bool snp(void)
{
    static uint8_t numbers[96];
    SR_OWN(snp_world) w = snp_world_make(&s_products[1], 5, false);
    SR_OWN(cert) vek = { 0 };
    struct sha256 root = made_pin(s_key(K_ROOT));
    struct snp_report report;
    struct one o = { .type = "snp", .hash = HASH_SHA384, .signatures = 1 };
    snp_world_build(&w);
    o.in = (struct verify_in){ .evidence = buf_span(&w.evidence), .now = S_NOW, .roots = { &root, 1 } };
    memset(o.in.rd.b, 0xda, sizeof o.in.rd.b);
    struct collateral *set = snp_world_collateral(&w, &o.in.roots);
    o.in.collateral = set;
    MUST(snp_report_read(o.in.evidence, &report, NULL) == SR_OK);
    MUST(cert_read(buf_span(&w.file[S_VEK]), &vek, NULL) == SR_OK &&
         cert_pubkey(&vek, &o.key[0], NULL) == SR_OK);
    memcpy(numbers, report.r, 48);
    memcpy(numbers + 48, report.s, 48);
    o.msg[0] = report.signed_part;
    o.r[0] = (struct span){ numbers, 48 };
    o.s[0] = (struct span){ numbers + 48, 48 };
    bool good = compare(&o, "one P-384 verification", 1.3);
    pubkey_drop(&o.key[0]);
    collateral_free(set);
    return good;
}

/* ---- TDX and SGX ---- */

/* The signed part of a certificate and the numbers of its signature. */
static void take_cert(struct span der, struct one *o, size_t k, uint8_t numbers[64], struct buf *ret_tbs)
{
    const uint8_t *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    const ASN1_BIT_STRING *bits = NULL;
    MUST(x);
    X509_get0_signature(&bits, NULL, x);
    p = bits->data;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, bits->length);
    MUST(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), numbers, 32) == 32 &&
         BN_bn2binpad(ECDSA_SIG_get0_s(sig), numbers + 32, 32) == 32);
    int n = i2d_re_X509_tbs(x, NULL);
    uint8_t *at = wr_room(ret_tbs, (size_t)n);
    MUST(at && i2d_re_X509_tbs(x, &at) == n);
    o->msg[k] = buf_span(ret_tbs);
    o->r[k] = (struct span){ numbers, 32 };
    o->s[k] = (struct span){ numbers + 32, 32 };
    ECDSA_SIG_free(sig);
    X509_free(x);
}

static void take(struct one *o, size_t k, struct span msg, struct span sig)
{
    o->msg[k] = msg;
    o->r[k] = (struct span){ sig.p, 32 };
    o->s[k] = (struct span){ sig.p + 32, 32 };
}

static void key_of(EVP_PKEY *key, struct pubkey *ret)
{
    uint8_t point[64];
    made_point(key, point);
    MUST(pubkey_from_ec(CURVE_P256, (struct span){ point, 32 }, (struct span){ point + 32, 32 }, ret) ==
         SR_OK);
}

static bool dcap(const char *type, uint16_t version, bool known)
{
    uint8_t numbers[64];
    SR_OWN(world) w = world_make(version, strcmp(type, "tdx") == 0);
    SR_OWN(buf) tbs = { 0 };
    struct sha256 root = made_pin(w_key(0));
    struct dcap_quote q;
    struct one o = { .type = type, .hash = HASH_SHA256, .signatures = 3 };
    w.omit[F_PCK] = !known;
    world_build(&w);
    o.in = (struct verify_in){ .evidence = buf_span(&w.evidence), .now = W_NOW, .roots = { &root, 1 } };
    memset(o.in.rd.b, 0xda, sizeof o.in.rd.b);
    struct collateral *set = world_collateral(&w, &o.in.roots);
    o.in.collateral = set;
    MUST(dcap_quote_read(o.in.evidence, &q, NULL) == SR_OK);
    take(&o, 0, q.qe.bytes, q.qe_signature);
    take(&o, 1, q.signed_part, q.signature);
    take_cert(buf_span(&w.file[F_PCK]), &o, 2, numbers, &tbs);
    key_of(w.pck, &o.key[0]);
    key_of(w.attestation, &o.key[1]);
    key_of(w.ca, &o.key[2]);
    o.signatures = known ? 2 : 3;
    bool good = known ? compare(&o, "two P-256 verifications", 1.3)
                      : compare(&o, "three, with a PCK certificate never seen", 0);
    for (size_t i = 0; i < 3; i++)
        pubkey_drop(&o.key[i]);
    collateral_free(set);
    return good;
}

int main(void)
{
    bool good = snp();
    good = dcap("tdx", 4, true) && good;
    good = dcap("tdx", 5, true) && good;
    good = dcap("sgx", 3, true) && good;
    good = dcap("tdx", 5, false) && good;
    good = dcap("sgx", 3, false) && good;
    return good ? 0 : 1;
}
