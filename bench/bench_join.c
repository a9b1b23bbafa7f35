/* bench_join.c - what one join can not do without, on two TPMs: milliseconds, for bench/join.
 *   bench_join JOINER-TCTI JOINER-LOG GRANTER-TCTI GRANTER-LOG CHAIN.pem ROOT
 * The joiner enrols (E1 to E4) and both quote and verify each other, the joiner seals, and M1 to M6 are made
 * and read: each once, one after the other, with the platforms open before the clock starts, as they are in a
 * node. */
#include "bench/bench.h"
#include "crypto/text.h"
#include "node/platform/platform.h"
#include "proto/ak_cert.h"
#include "proto/evidence.h"
#include "tests/handshake.h"

struct machine {
    struct platform p;
    struct buf cert; /* of its AK */
};

static const struct sha256 network = { { 0x22 } };
static const struct key fixed = { { 0x44 } };

static void attach(const char *tcti, const char *log, struct span chain, struct machine *ret)
{
    struct sr_why why = { 0 };
    const struct platform_options o = { .tcti = tcti, .event_log = log, .ek_chain = chain };
    must(platform_open(SPAN_STR("tpm"), &o, &ret->p, &why), why.text);
}

static void enrol(struct machine *m, const struct sha256 *root)
{
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) e2 = { 0 };
    SR_OWN(buf) e3 = { 0 };
    struct enrol_nonce nonce;
    struct enrol_rand rand;
    struct sign_key ca;
    struct sign_pub pub;
    struct ak_cert cert;
    struct sr_why why = { 0 };
    const struct enroller by = {
        .network = network, .key = &fixed, .roots = root, .nroots = 1, .now = time(NULL)
    };
    random_fill(&nonce, sizeof nonce);
    random_fill(&rand, sizeof rand);
    sign_from_seed(&fixed, &ca, &pub);
    must(platform_enrol_request(&m->p, &network, &nonce, &e1, &why), why.text);
    must(enrol_challenge(&by, &rand, buf_span(&e1), &e2, &why), why.text);
    must(platform_enrol_answer(&m->p, buf_span(&e1), buf_span(&e2), &e3, &why), why.text);
    must(enrol_certify_network(&by, buf_span(&e3), 1, &ca, &pub, &m->cert, &cert, &why), why.text);
}

static void quote(struct machine *m)
{
    static struct claims claims;
    SR_OWN(buf) evidence = { 0 };
    struct sha512 rd;
    struct sign_key ca;
    struct sr_why why = { 0 };
    struct ak_trust trust = { .network = network, .epoch = 1 };
    random_fill(&rd, sizeof rd);
    sign_from_seed(&fixed, &ca, &trust.akca);
    must(platform_quote(&m->p, &rd, buf_span(&m->cert), &evidence, &why), why.text);
    const struct verify_in in = {
        .evidence = buf_span(&evidence), .rd = rd, .now = time(NULL), .ak = &trust
    };
    must(evidence_verify(SPAN_STR("tpm"), &in, &claims, &why), why.text);
}

static void messages(struct net *n)
{
    static struct tape t;
    tape_start(&t, &n->cid);
    run_join(n, &t, NULL);
    if (t.refused_at != DONE)
        must(SR_EPROOF, "messages");
    tape_drop(&t);
}

int main(int argc, char *argv[])
{
    static struct machine joiner, granter;
    static struct net n;
    static uint8_t pem[1 << 16];
    SR_OWN(buf) sealed = { 0 };
    struct sha256 root;
    struct sr_why why = { 0 };
    FILE *f = argc == 7 ? fopen(argv[5], "re") : NULL;
    if (!f || secret_init() != SR_OK || hex_read(span_of(argv[6]), root.b, sizeof root.b) != SR_OK)
        return 2;
    const struct span chain = { pem, fread(pem, 1, sizeof pem, f) };
    fclose(f);
    attach(argv[1], argv[2], chain, &joiner);
    attach(argv[3], argv[4], chain, &granter);
    net_make(&n, "master");
    enrol(&granter, &root); /* a member has its certificate already */
    double began = clock_seconds(CLOCK_MONOTONIC);
    enrol(&joiner, &root);
    quote(&joiner);
    quote(&granter);
    must(platform_seal(&joiner.p, &fixed, &sealed, &why), why.text);
    messages(&n);
    printf("%.1f\n", (clock_seconds(CLOCK_MONOTONIC) - began) * 1000);
    platform_drop(&joiner.p), platform_drop(&granter.p);
    buf_drop(&joiner.cert), buf_drop(&granter.cert);
    net_drop(&n);
    return 0;
}
