/* TPM evidence: what is accepted, and each way it is refused, with its reason. */
#include "tests/t.h"

#include "tests/evidence_maker.h"

static const struct sha512 rd = { { 0x5a } };

static void unrestricted(struct maker *m)
{
    m->attributes &= ~(uint32_t)TPM_RESTRICTED;
}
static void decrypts(struct maker *m)
{
    m->attributes |= TPM_DECRYPT;
}
static void no_sign(struct maker *m)
{
    m->attributes &= ~(uint32_t)TPM_SIGN;
}
static void imported(struct maker *m)
{
    m->attributes &= ~(uint32_t)TPM_SENSITIVE_DATA_ORIGIN;
}
static void movable(struct maker *m)
{
    m->attributes &= ~(uint32_t)TPM_FIXED_TPM;
}
static void movable_parent(struct maker *m)
{
    m->attributes &= ~(uint32_t)TPM_FIXED_PARENT;
}
static void owner_hierarchy(struct maker *m)
{
    m->hierarchy = 0x40000001;
}
static void wrong_magic(struct maker *m)
{
    m->magic++;
}
static void certify(struct maker *m)
{
    m->type = 0x8017;
}
static void no_signature(struct maker *m)
{
    m->no_signature = 1;
}
static void other_key(struct maker *m)
{
    m->other_key = EVP_EC_gen("P-256");
}
static void sha1_signature(struct maker *m)
{
    m->sig_hash = TPM_ALG_SHA1;
}
static void sha384_said(struct maker *m)
{
    m->sig_hash = TPM_ALG_SHA384;
}
static void other_scheme(struct maker *m)
{
    m->sig_alg = 0x001b;
}
static void no_selection(struct maker *m)
{
    m->nselection = 0;
}
static void three_selections(struct maker *m)
{
    m->nselection = 3;
}
static void two_selections(struct maker *m)
{
    m->nselection = 2;
}
static void sha1_bank(struct maker *m)
{
    m->selection[0].hash = TPM_ALG_SHA1;
}
static void sha384_bank(struct maker *m)
{
    m->selection[0].hash = TPM_ALG_SHA384;
}
static void other_bitmap(struct maker *m)
{
    static const uint8_t with_16[3] = { 0xff, 0x5b, 0x01 };
    m->selection[0].bitmap = SPAN(with_16);
}
static void empty_bitmap(struct maker *m)
{
    static const uint8_t none[3];
    m->selection[0].bitmap = SPAN(none);
}
static void short_bitmap(struct maker *m)
{
    m->selection[0].bitmap.n = 2;
}
static void long_bitmap(struct maker *m)
{
    static const uint8_t four[4] = { 0xff, 0x5b };
    m->selection[0].bitmap = SPAN(four);
}
static void wrong_pcr(struct maker *m)
{
    static struct tpm_pcrs shown;
    shown = m->pcrs;
    shown.v[4].b[5] ^= 1;
    m->shown = &shown;
}
static void old_nonce(struct maker *m)
{
    static const struct sha256 old = { { 1 } };
    m->nonce = &old;
}
static void other_network(struct maker *m)
{
    m->cert.network.b[0] ^= 1;
}
static void other_epoch(struct maker *m)
{
    m->cert.epoch--;
}
static void later_epoch(struct maker *m)
{
    m->cert.epoch++;
}
static void expired(struct maker *m)
{
    m->cert.not_after = MAKER_NOW - 1;
}
static void not_yet(struct maker *m)
{
    m->cert.not_before = MAKER_NOW + 1;
}
static void genesis_kind(struct maker *m)
{
    m->cert.kind = AK_CERT_GENESIS;
}
static void other_ca(struct maker *m)
{
    sign_random(&m->ca, &m->ca_pub);
}
static void ca_forged(struct maker *m)
{
    struct sign_pub keep = m->ca_pub;
    sign_random(&m->ca, &m->ca_pub);
    m->ca_pub = keep;
}
static void two_signers(struct maker *m)
{
    m->cert.nsig = 2;
    m->cert.sigs[0].pub = m->ca_pub;
    memset(m->cert.sigs[1].pub.b, 0xff, 32);
}
static void open_log(struct maker *m)
{
    m->log.n = 1;
}
static void empty_log(struct maker *m)
{
    m->log.n = 0;
}
static void config_only(struct maker *m)
{
    m->log.e[0] = m->log.e[1];
    m->log.n = 1;
}
static void relaunched(struct maker *m)
{
    m->log.n = 4;
    m->log.e[2] = m->log.e[0];
    m->log.e[3] = m->log.e[1];
}
static void config_first(struct maker *m)
{
    struct event e = m->log.e[0];
    m->log.e[0] = m->log.e[1];
    m->log.e[1] = e;
}
/* The PCR stays, the log changes. */
static void freeze(struct maker *m)
{
    m->log.n = 3;
    m->log.e[2] = m->log.e[1];
    m->log.e[1] = (struct event){ .type = EVENT_CODE, .name = "file", .digest.b = { 2 } };
    maker_need(event_log_replay(&m->log, m->log.n, &m->log.start, &m->pcrs.v[TPM_SELECTED - 1]) == SR_OK, "");
    m->keep_pcr14 = 1;
}
static void log_reordered(struct maker *m)
{
    freeze(m);
    struct event e = m->log.e[0];
    m->log.e[0] = m->log.e[1];
    m->log.e[1] = e;
}
static void log_extra(struct maker *m)
{
    freeze(m);
    m->log.e[3] = m->log.e[2];
    m->log.e[2] = m->log.e[1];
    m->log.n = 4;
}
static void log_shorter(struct maker *m)
{
    freeze(m);
    m->log.e[1] = m->log.e[2];
    m->log.n = 2;
}
static void log_start(struct maker *m)
{
    freeze(m);
    m->log.start.b[0] = 1;
}
static void log_digest(struct maker *m)
{
    freeze(m);
    m->log.e[0].digest.b[31] ^= 1;
}

static const struct row {
    const char *name;
    void (*change)(struct maker *);
    enum sr_reason reason;
} rows[] = {
    { "an AK that is not restricted", unrestricted, R_AK_ATTRIBUTES },
    { "an AK that decrypts", decrypts, R_AK_ATTRIBUTES },
    { "an AK that does not sign", no_sign, R_AK_ATTRIBUTES },
    { "an AK made outside", imported, R_AK_ATTRIBUTES },
    { "an AK that may move", movable, R_AK_ATTRIBUTES },
    { "an AK whose parent may move", movable_parent, R_AK_ATTRIBUTES },
    { "an AK of the owner hierarchy", owner_hierarchy, R_QUOTE_SIGNATURE },
    { "another magic", wrong_magic, R_QUOTE_FORMAT },
    { "a certification, no quote", certify, R_QUOTE_FORMAT },
    { "no signature", no_signature, R_QUOTE_FORMAT },
    { "another key's signature", other_key, R_QUOTE_SIGNATURE },
    { "SHA-1", sha1_signature, R_QUOTE_FORMAT },
    { "a hash that is not the AK's", sha384_said, R_QUOTE_SIGNATURE },
    { "another scheme", other_scheme, R_QUOTE_FORMAT },
    { "no selection", no_selection, R_QUOTE_SELECTION },
    { "two selections", two_selections, R_QUOTE_SELECTION },
    { "three selections", three_selections, R_QUOTE_SELECTION },
    { "the SHA-1 bank", sha1_bank, R_QUOTE_SELECTION },
    { "the SHA-384 bank", sha384_bank, R_QUOTE_SELECTION },
    { "a relabelled selection", other_bitmap, R_QUOTE_SELECTION },
    { "an empty selection", empty_bitmap, R_QUOTE_SELECTION },
    { "a short selection", short_bitmap, R_QUOTE_SELECTION },
    { "a long selection", long_bitmap, R_QUOTE_SELECTION },
    { "a wrong PCR", wrong_pcr, R_QUOTE_DIGEST },
    { "an old nonce", old_nonce, R_REPORT_DATA },
    { "another network", other_network, R_AK_CERT_NETWORK },
    { "the epoch before", other_epoch, R_AK_CERT_EPOCH },
    { "the epoch after", later_epoch, R_AK_CERT_EPOCH },
    { "expired", expired, R_AK_CERT_EXPIRED },
    { "not yet valid", not_yet, R_AK_CERT_EXPIRED },
    { "an operators' certificate after genesis", genesis_kind, R_AK_CERT },
    { "another AK-CA", other_ca, R_AK_CERT },
    { "a forged signature of the AK-CA", ca_forged, R_AK_CERT },
    { "two signatures", two_signers, R_AK_CERT },
    { "a log that is not closed", open_log, R_EVENT_LOG },
    { "an empty log", empty_log, R_EVENT_LOG },
    { "a log without code", config_only, R_EVENT_LOG },
    { "a second launch", relaunched, R_EVENT_LOG },
    { "configuration before code", config_first, R_EVENT_LOG },
    { "code events in another order", log_reordered, R_EVENT_LOG },
    { "an event too many", log_extra, R_EVENT_LOG },
    { "an event too few", log_shorter, R_EVENT_LOG },
    { "another start", log_start, R_EVENT_LOG },
    { "another digest", log_digest, R_EVENT_LOG },
};

static enum sr_err verify(struct span evidence, const struct ak_trust *trust, struct claims *c,
                          struct sr_why *why)
{
    const struct verify_in in = { .evidence = evidence, .rd = rd, .now = MAKER_NOW, .ak = trust };
    return evidence_verify(SPAN_STR("tpm"), &in, c, why);
}

static void each_way_of_being_refused(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct maker m;
        struct sr_why why = { 0 };
        struct claims c = { 0 };
        SR_OWN(buf) e = { 0 };
        maker_new(&m);
        struct ak_trust trust = maker_trust(&m);
        rows[i].change(&m);
        maker_evidence(&m, &rd, &e);
        T_ROW(verify(buf_span(&e), &trust, &c, &why) != SR_OK, rows[i].name);
        T_ROW(why.reason == rows[i].reason, rows[i].name);
        if (why.reason != rows[i].reason)
            printf("  it was %s: %s\n", sr_reason_text(why.reason), why.text);
        T_ROW(c.n == 0, rows[i].name);
        maker_drop(&m);
    }
}

static bool claim_is(const struct claims *c, const char *name, const char *text)
{
    const struct claim *one = claims_find(c, span_of(name));
    return one && one->kind == CLAIM_TEXT && strcmp(one->text, text) == 0;
}

static void honest_evidence_and_what_it_claims(void)
{
    struct maker m;
    struct sr_why why = { 0 };
    struct claims c = { 0 };
    SR_OWN(buf) e = { 0 };
    const struct sha256 config = { { 0xcf } };
    maker_new(&m);
    maker_launch(&m, 0xab, &config);
    struct ak_trust trust = maker_trust(&m);
    maker_evidence(&m, &rd, &e);
    T(verify(buf_span(&e), &trust, &c, &why) == SR_OK);
    T(claim_is(&c, "type", "tpm"));
    T(claim_is(&c, "boot", "measured"));
    T(claims_find(&c, SPAN_STR("code")) && !strncmp(claims_find(&c, SPAN_STR("code"))->text, "ab00", 4));
    T(claims_find(&c, SPAN_STR("config")) && !strncmp(claims_find(&c, SPAN_STR("config"))->text, "cf00", 4));
    T(claims_find(&c, SPAN_STR("ek")) && !strncmp(claims_find(&c, SPAN_STR("ek"))->text, "e100", 4));
    T(claims_find(&c, SPAN_STR("root")) && !strncmp(claims_find(&c, SPAN_STR("root"))->text, "f100", 4));
    T(claims_find(&c, SPAN_STR("reset_count")) && claims_find(&c, SPAN_STR("reset_count"))->num == 5);
    T(claims_find(&c, SPAN_STR("code.count")) && claims_find(&c, SPAN_STR("code.count"))->num == 1);
    T(claims_find(&c, SPAN_STR("debug")) && claims_find(&c, SPAN_STR("debug"))->num == 0);
    T(claims_find(&c, SPAN_STR("pcr.12")) && !claims_find(&c, SPAN_STR("pcr.10")));
    T(verify(buf_span(&e), NULL, &c, &why) == SR_EPROOF && why.reason == R_AK_CERT);
    struct ak_trust empty = { 0 };
    T(verify(buf_span(&e), &empty, &c, &why) == SR_EPROOF);
    maker_drop(&m);
}

/* Nothing in evidence is unsigned: no shorter length, no flipped bit, no byte more is accepted. */
static void every_bit_counts(void)
{
    struct maker m;
    struct claims c;
    SR_OWN(buf) e = { 0 };
    size_t accepted = 0;
    maker_new(&m);
    struct ak_trust trust = maker_trust(&m);
    maker_evidence(&m, &rd, &e);
    for (size_t n = 0; n < e.n; n++)
        accepted += verify((struct span){ e.p, n }, &trust, &c, NULL) == SR_OK;
    T(accepted == 0);
    for (size_t bit = 0; bit < e.n * 8; bit++) {
        e.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (verify(buf_span(&e), &trust, &c, NULL) == SR_OK) {
            printf("  bit %zu of byte %zu is not protected\n", bit % 8, bit / 8);
            accepted++;
        }
        e.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    T(accepted == 0);
    T(verify(buf_span(&e), &trust, &c, NULL) == SR_OK);
    wr_u8(&e, 0);
    T(verify(buf_span(&e), &trust, &c, NULL) != SR_OK);
    maker_drop(&m);
}

enum { OPERATORS = 3 };
struct operators {
    struct sign_key key[OPERATORS];
    struct sign_pub pub[OPERATORS];
};

/* A genesis certificate signed by those operators whose bit is set, and then 3 is an outsider. */
static enum sr_err genesis(const struct operators *o, unsigned who, size_t k, struct sr_why *why)
{
    struct maker m;
    struct claims c;
    struct sign_key outsider;
    struct sign_pub outsider_pub;
    SR_OWN(buf) e = { 0 };
    SR_OWN(buf) public = { 0 };
    struct buf certs[OPERATORS + 2] = { 0 };
    size_t n = 0;
    sign_random(&outsider, &outsider_pub);
    maker_new(&m);
    maker_public(&m, &public);
    m.cert.kind = AK_CERT_GENESIS;
    m.cert.epoch = 1;
    m.cert.ak = buf_span(&public);
    for (unsigned i = 0; i <= OPERATORS; i++) {
        if (!(who & 1u << i))
            continue;
        T(ak_cert_sign(&m.cert, i < OPERATORS ? &o->key[i] : &outsider,
                       i < OPERATORS ? &o->pub[i] : &outsider_pub, &certs[n]) == SR_OK);
        T(ak_cert_read(buf_span(&certs[n]), &m.cert, NULL) == SR_OK);
        n++;
    }
    maker_evidence(&m, &rd, &e);
    const struct ak_trust trust = { .network.b = { 0xc1 },
                                    .epoch = 1,
                                    .akca = o->pub[0],
                                    .genesis_cas = o->pub,
                                    .genesis_n = OPERATORS,
                                    .genesis_k = k };
    enum sr_err err = verify(buf_span(&e), &trust, &c, why);
    for (size_t i = 0; i < n; i++)
        buf_drop(&certs[i]);
    maker_drop(&m);
    return err;
}

static void operators_vouch_for_the_genesis_evidence(void)
{
    struct operators o;
    struct sr_why why = { 0 };
    for (size_t i = 0; i < OPERATORS; i++)
        sign_random(&o.key[i], &o.pub[i]);
    T(genesis(&o, 3, 2, &why) == SR_OK);
    T(genesis(&o, 5, 2, &why) == SR_OK);
    T(genesis(&o, 7, 2, &why) == SR_OK);
    T(genesis(&o, 1, 2, &why) == SR_EPROOF && why.reason == R_AK_CERT);
    T(genesis(&o, 3, 3, &why) == SR_EPROOF && why.reason == R_AK_CERT);
    T(genesis(&o, 9, 2, &why) == SR_EPROOF && why.reason == R_AK_CERT);  /* one operator, one outsider */
    T(genesis(&o, 11, 2, &why) == SR_EPROOF && why.reason == R_AK_CERT); /* enough, and an outsider */
    T(genesis(&o, 3, 0, &why) == SR_EPROOF && why.reason == R_AK_CERT);  /* after genesis */
}

static void one_operator_can_not_sign_twice(void)
{
    struct maker m;
    struct ak_cert c;
    struct sr_why why = { 0 };
    SR_OWN(buf) once = { 0 };
    SR_OWN(buf) twice = { 0 };
    SR_OWN(buf) unsorted = { 0 };
    maker_new(&m);
    maker_cert(&m, &once);
    T(ak_cert_read(buf_span(&once), &c, NULL) == SR_OK && c.nsig == 1);
    T(ak_cert_sign(&c, &m.ca, &m.ca_pub, &twice) == SR_EFORMAT);
    c.nsig = 2;
    c.sigs[1] = c.sigs[0];
    T(ak_cert_write(&c, &unsorted) == SR_OK);
    T(ak_cert_read(buf_span(&unsorted), &c, &why) == SR_EFORMAT && why.reason == R_AK_CERT);
    maker_drop(&m);
}

static void the_row_knows_its_own_format_only(void)
{
    struct claims c;
    struct sr_why why = { 0 };
    static uint8_t big[TPM_EVIDENCE_MAX + 1];
    const struct ak_trust nobody = { .epoch = 0 };
    struct verify_in in = { .evidence = SPAN(big), .rd = rd, .now = MAKER_NOW, .ak = &nobody };
    T(evidence_verify(SPAN_STR("tpm"), &in, &c, &why) == SR_ETOOBIG && why.reason == R_TOO_LARGE);
    in.evidence = SPAN_STR("sealring insecure evidence: proves nothing\n");
    T(evidence_verify(SPAN_STR("tpm"), &in, &c, &why) == SR_EFORMAT && why.reason == R_EVIDENCE_FORMAT);
    const char *const names[] = { "insecure", "TPM", "tpm ", " tpm", "", "sample", "tp", "tpm\n", "sev" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        why.reason = R_NONE;
        T_ROW(evidence_verify(span_of(names[i]), &in, &c, &why) == SR_EPROOF && why.reason == R_EVIDENCE_TYPE,
              names[i]);
    }
    T(!verifier_find(SPAN_STR("tpm\0")));
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    honest_evidence_and_what_it_claims();
    each_way_of_being_refused();
    every_bit_counts();
    operators_vouch_for_the_genesis_evidence();
    one_operator_can_not_sign_twice();
    the_row_knows_its_own_format_only();
    return t_end();
}
