/* platform_tool - one step on a TPM a call, for e2e/platform.sh. Prints "ok" or the reason code. The AK-CA,
 * network and enrolment key are fixed: it proves nothing to anybody.
 *   platform_tool claims TCTI LOG
 *   platform_tool request TCTI E1 CHAIN.pem      E1 with the chain
 *   platform_tool challenge ROOT E1 E2           the enroller
 *   platform_tool answer TCTI E1 E2 E3
 *   platform_tool certify ROOT E3 CERT
 *   platform_tool quote TCTI LOG CERT OUT
 *   platform_tool verify EVIDENCE                prints the claims
 *   platform_tool seal TCTI LOG OUT | unseal TCTI LOG IN
 *   platform_tool wrap EK AK OUT                 TPM2_MakeCredential's file, for tpm2_activatecredential
 *   platform_tool unwrap TCTI FILE               a file of tpm2_makecredential, activated by us
 *   platform_tool mix E1 OTHER-E1 OUT            one machine's EK, another one's AK
 *   platform_tool nonce                          the nonce that all quotes here are over
 *   platform_tool pack ATTEST SIGNATURE LOG PCRS CERT OUT   evidence from tpm2-tools' files */
#include "crypto/cert.h"
#include "crypto/file.h"
#include "crypto/text.h"
#include "node/platform/platform.h"
#include "node/platform/tpm.h"
#include "proto/evidence/tpm_evidence.h"
#include "proto/makecred.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef OTHER_PROGRAM
const char platform_tool_other[] = "another program";
#endif

static const struct sha256 network = { .b = { 0x22 } };
static const struct sha512 rd = { .b = { 0x33 } };
static const struct key fixed = { .b = { 0x44 } };

static enum sr_err attach(const char *tcti, const char *log, struct platform *ret, struct sr_why *why)
{
    struct platform_options o = { .tcti = tcti, .event_log = log, .deadline_ms = 10000 };
    return platform_open(SPAN_STR("tpm"), &o, ret, why);
}

static void print(const struct claims *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->c[i].kind == CLAIM_TEXT)
            printf("%s %s\n", c->c[i].name, c->c[i].text);
        else
            printf("%s %llu\n", c->c[i].name, (unsigned long long)c->c[i].num);
}

static enum sr_err do_claims(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    struct claims c;
    SR_TRY(attach(a[0], a[1], &p, why));
    SR_TRY(platform_self_claims(&p, &c, why));
    print(&c);
    return SR_OK;
}

static enum sr_err do_request(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) own = { 0 };
    SR_OWN(buf) pem = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_OWN(certs) more = { 0 };
    struct buf der[CERTS_MAX] = { 0 };
    struct enrol_request e1;
    const struct enrol_nonce nonce = { { 0x55 } };
    SR_TRY(attach(a[0], NULL, &p, why));
    SR_TRY(platform_enrol_request(&p, &network, &nonce, &own, why));
    SR_TRY(enrol_request_read(buf_span(&own), &e1, why));
    SR_TRY(file_read(a[2], 65536, &pem, why));
    SR_TRY(certs_read_pem(buf_span(&pem), &more, why));
    for (size_t i = 0; i < more.n; i++) {
        SR_TRY(cert_der(&more.c[i], &der[i]));
        e1.chain[e1.n++] = buf_span(&der[i]);
    }
    SR_TRY(enrol_request_write(&e1, &out));
    for (size_t i = 0; i < more.n; i++)
        buf_drop(&der[i]);
    return file_write(a[1], 0600, buf_span(&out), why);
}

static enum sr_err enroller(const char *root, struct sha256 *room, struct enroller *ret)
{
    SR_TRY(hex_read(span_of(root), room->b, sizeof room->b));
    *ret =
        (struct enroller){ .network = network, .key = &fixed, .roots = room, .nroots = 1, .now = time(NULL) };
    return SR_OK;
}

static enum sr_err do_challenge(char **a, struct sr_why *why)
{
    struct sha256 root;
    struct enroller by;
    struct enrol_rand rand;
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) e2 = { 0 };
    random_fill(rand.b, sizeof rand.b);
    SR_TRY(enroller(a[0], &root, &by));
    SR_TRY(file_read(a[1], 65536, &e1, why));
    SR_TRY(enrol_challenge(&by, &rand, buf_span(&e1), &e2, why));
    return file_write(a[2], 0600, buf_span(&e2), why);
}

static enum sr_err do_answer(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) e2 = { 0 };
    SR_OWN(buf) e3 = { 0 };
    SR_TRY(attach(a[0], NULL, &p, why));
    SR_TRY(file_read(a[1], 65536, &e1, why));
    SR_TRY(file_read(a[2], 65536, &e2, why));
    SR_TRY(platform_enrol_answer(&p, buf_span(&e1), buf_span(&e2), &e3, why));
    return file_write(a[3], 0600, buf_span(&e3), why);
}

static enum sr_err do_certify(char **a, struct sr_why *why)
{
    struct sha256 root;
    struct enroller by;
    struct sign_pub pub;
    struct ak_cert c;
    SR_OWN(sign_key) ca = { 0 };
    SR_OWN(buf) e3 = { 0 };
    SR_OWN(buf) e4 = { 0 };
    sign_from_seed(&fixed, &ca, &pub);
    SR_TRY(enroller(a[0], &root, &by));
    SR_TRY(file_read(a[1], 65536, &e3, why));
    SR_TRY(enrol_certify_network(&by, buf_span(&e3), 1, &ca, &pub, &e4, &c, why));
    return file_write(a[2], 0600, buf_span(&e4), why);
}

static enum sr_err do_quote(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_TRY(attach(a[0], a[1], &p, why));
    SR_TRY(file_read(a[2], 65536, &cert, why));
    SR_TRY(platform_quote(&p, &rd, buf_span(&cert), &out, why));
    return file_write(a[3], 0600, buf_span(&out), why);
}

static enum sr_err do_verify(char **a, struct sr_why *why)
{
    SR_OWN(sign_key) ca = { 0 };
    SR_OWN(buf) evidence = { 0 };
    struct ak_trust trust = { .network = network, .epoch = 1 };
    struct claims c;
    sign_from_seed(&fixed, &ca, &trust.akca);
    SR_TRY(file_read(a[0], 65536, &evidence, why));
    struct verify_in in = { .evidence = buf_span(&evidence), .rd = rd, .now = time(NULL), .ak = &trust };
    SR_TRY(evidence_verify(SPAN_STR("tpm"), &in, &c, why));
    print(&c);
    return SR_OK;
}

static enum sr_err do_seal(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_TRY(attach(a[0], a[1], &p, why));
    SR_TRY(platform_seal(&p, &fixed, &out, why));
    return file_write(a[2], 0600, buf_span(&out), why);
}

static enum sr_err do_unseal(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) in = { 0 };
    SR_OWN(key) k = { 0 };
    SR_TRY(attach(a[0], *a[1] ? a[1] : NULL, &p, why));
    SR_TRY(file_read(a[2], 65536, &in, why));
    SR_TRY(platform_unseal(&p, buf_span(&in), &k, why));
    return span_eq_secret(key_span(&k), key_span(&fixed)) ? SR_OK : SR_EBUG;
}

/* tpm2-tools' credential file: magic badcc0de, version 1, TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET. */
static enum sr_err do_wrap(char **a, struct sr_why *why)
{
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) blob = { 0 };
    SR_OWN(buf) seed = { 0 };
    SR_OWN(buf) out = { 0 };
    struct enrol_request q;
    struct tpm_public ek, ak;
    struct tpm_name name;
    SR_TRY(file_read(a[0], 65536, &e1, why));
    SR_TRY(enrol_request_read(buf_span(&e1), &q, why));
    SR_TRY(tpm_public_read(q.ek, R_EK_TEMPLATE, &ek, why));
    SR_TRY(tpm_public_read(q.ak, R_AK_ATTRIBUTES, &ak, why));
    SR_TRY(tpm_public_name(&ak, &name));
    SR_TRY(make_credential(&ek, &name, &fixed, &blob, &seed, why));
    wr_u32be(&out, 0xbadcc0de);
    wr_u32be(&out, 1);
    wr_u16be(&out, (uint16_t)blob.n);
    wr_span(&out, buf_span(&blob));
    wr_u16be(&out, (uint16_t)seed.n);
    wr_span(&out, buf_span(&seed));
    return file_write(a[1], 0600, buf_span(&out), why);
}

static enum sr_err do_unwrap(char **a, struct sr_why *why)
{
    SR_OWN(tpm) t = { 0 };
    SR_OWN(buf) in = { 0 };
    SR_OWN(key) k = { 0 };
    SR_TRY(file_read(a[1], 65536, &in, why));
    struct reader r = rd_init(buf_span(&in));
    rd_span(&r, 8);
    struct span blob = rd_span(&r, rd_u16be(&r));
    struct span seed = rd_span(&r, rd_u16be(&r));
    if (!rd_end(&r))
        return SR_EFORMAT;
    SR_TRY(tpm_open(a[0], 10000, &t, why));
    SR_TRY(tpm_activate(&t, blob, seed, &k, why));
    return span_eq_secret(key_span(&k), key_span(&fixed)) ? SR_OK : SR_EBUG;
}

static enum sr_err do_pack(char **a, struct sr_why *why)
{
    struct buf in[5] = { 0 };
    SR_OWN(buf) out = { 0 };
    struct tpm_evidence e = { .cert_kind = TPM_CERT_OURS };
    for (size_t i = 0; i < 5; i++)
        SR_TRY(file_read(a[i], 65536, &in[i], why));
    if (in[3].n != sizeof e.pcrs.v)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "%zu bytes of PCRs", in[3].n);
    e.attest = buf_span(&in[0]);
    e.signature = buf_span(&in[1]);
    e.log = buf_span(&in[2]);
    memcpy(e.pcrs.v, in[3].p, sizeof e.pcrs.v);
    e.cert = buf_span(&in[4]);
    SR_TRY(tpm_evidence_write(&e, &out));
    for (size_t i = 0; i < 5; i++)
        buf_drop(&in[i]);
    return file_write(a[5], 0600, buf_span(&out), why);
}

/* One machine's EK with another one's AK. */
static enum sr_err do_mix(char **a, struct sr_why *why)
{
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    SR_OWN(buf) out = { 0 };
    struct enrol_request q1, q2;
    SR_TRY(file_read(a[0], 65536, &one, why));
    SR_TRY(file_read(a[1], 65536, &two, why));
    SR_TRY(enrol_request_read(buf_span(&one), &q1, why));
    SR_TRY(enrol_request_read(buf_span(&two), &q2, why));
    q1.ak = q2.ak;
    SR_TRY(enrol_request_write(&q1, &out));
    return file_write(a[2], 0600, buf_span(&out), why);
}

static enum sr_err do_nonce(char **a, struct sr_why *why)
{
    char hex[65];
    (void)a, (void)why;
    struct sha256 n = evidence_nonce32(SPAN_STR("tpm"), &rd);
    hex_text(SPAN(n.b), hex);
    puts(hex);
    return SR_OK;
}

static const struct step {
    const char *name;
    int args;
    enum sr_err (*run)(char **a, struct sr_why *why);
} steps[] = {
    { "claims", 2, do_claims }, { "request", 3, do_request }, { "challenge", 3, do_challenge },
    { "answer", 4, do_answer }, { "certify", 3, do_certify }, { "quote", 4, do_quote },
    { "verify", 1, do_verify }, { "seal", 3, do_seal },       { "unseal", 3, do_unseal },
    { "wrap", 2, do_wrap },     { "unwrap", 2, do_unwrap },   { "pack", 6, do_pack },
    { "nonce", 0, do_nonce },   { "mix", 3, do_mix },
};

int main(int argc, char **argv)
{
    struct sr_why why = { 0 };
    setenv("TSS2_LOG", "all+none", 1);
    if (secret_init() != SR_OK)
        return 2;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (argc - 2 != steps[i].args || strcmp(argv[1], steps[i].name) != 0)
            continue;
        enum sr_err e = steps[i].run(argv + 2, &why);
        puts(e == SR_OK ? "ok" : sr_reason_text(why.reason));
        if (e != SR_OK)
            fprintf(stderr, "%s: %s: %s\n", argv[1], sr_strerror(e), why.text);
        return e != SR_OK;
    }
    fprintf(stderr, "platform_tool: no such step\n");
    return 2;
}
