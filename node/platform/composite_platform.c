#include "node/platform/composite_platform.h"
#include "node/platform/tpm_platform.h"
#include "node/platform/tsm_platform.h"
#include "proto/evidence_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows and states in the order of the parts: the TEE, then the TPM. */
struct platform_state {
    const struct platform_row *tee, *tpm;
    struct platform_state *tee_state, *tpm_state;
};

static void close_both(struct platform_state *s)
{
    if (s->tee_state)
        s->tee->close(s->tee_state);
    if (s->tpm_state)
        s->tpm->close(s->tpm_state);
    free(s);
}

static enum sr_err open_both(const struct platform_row *tee, const struct platform_options *o,
                             struct platform_state **ret, struct sr_why *why)
{
    struct platform_state *s = calloc(1, sizeof *s);
    if (!s)
        return SR_ENOMEM;
    s->tee = tee;
    s->tpm = &platform_tpm;
    enum sr_err e = s->tee->open(o, &s->tee_state, why);
    if (e == SR_OK)
        e = s->tpm->open(o, &s->tpm_state, why);
    if (e == SR_OK)
        *ret = s;
    else
        close_both(s);
    return e;
}

static enum sr_err open_snp(const struct platform_options *o, struct platform_state **ret, struct sr_why *why)
{
    return open_both(&platform_snp, o, ret, why);
}

static enum sr_err open_tdx(const struct platform_options *o, struct platform_state **ret, struct sr_why *why)
{
    return open_both(&platform_tdx, o, ret, why);
}

static enum sr_err join_parts(const struct platform_state *s, struct span report, struct span quote,
                              struct buf *ret)
{
    struct evidence_parts both = { .v = { { .type = s->tee->name, .evidence = report },
                                          { .type = s->tpm->name, .evidence = quote } },
                                   .n = 2 };
    evidence_join(&both, ret);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err quote_both(struct platform_state *s, const struct sha512 *rd, struct span ak_cert,
                              struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) report = { 0 };
    SR_OWN(buf) quote = { 0 };
    SR_TRY(s->tee->quote(s->tee_state, rd, (struct span){ 0 }, &report, why));
    SR_TRY(s->tpm->quote(s->tpm_state, rd, ak_cert, &quote, why));
    return join_parts(s, buf_span(&report), buf_span(&quote), ret);
}

static enum sr_err probe_both(struct platform_state *s, struct sr_why *why)
{
    SR_TRY(s->tee->probe(s->tee_state, why));
    return s->tpm->probe(s->tpm_state, why);
}

/* The masters are sealed by the TPM, whose policy is what the launcher measured: SNP's derived key knows
 * nothing of that, and TDX has none. */
static enum sr_err seal(struct platform_state *s, const struct key *k, struct buf *ret, struct sr_why *why)
{
    return s->tpm->seal(s->tpm_state, k, ret, why);
}

static enum sr_err unseal(struct platform_state *s, struct span blob, struct key *ret, struct sr_why *why)
{
    return s->tpm->unseal(s->tpm_state, blob, ret, why);
}

static enum sr_err policy_digest(struct platform_state *s, struct sha256 *ret, struct sr_why *why)
{
    return s->tpm->policy_digest(s->tpm_state, ret, why);
}

static enum sr_err count(struct platform_state *s, const struct platform_counter *c, enum platform_count act,
                         uint64_t *ret, struct sr_why *why)
{
    return s->tpm->count(s->tpm_state, c, act, ret, why);
}

static enum sr_err enrol_request(struct platform_state *s, const struct sha256 *network,
                                 const struct enrol_nonce *nonce, struct buf *ret, struct sr_why *why)
{
    return s->tpm->enrol_request(s->tpm_state, network, nonce, ret, why);
}

static enum sr_err activate(struct platform_state *s, struct span blob, struct span seed, struct key *ret,
                            struct sr_why *why)
{
    return s->tpm->activate(s->tpm_state, blob, seed, ret, why);
}

static enum sr_err add_self(const struct platform_row *row, struct platform_state *of, struct claims *ret,
                            struct sr_why *why)
{
    struct evidence_part part = { .type = row->name };
    struct claims *own = calloc(1, sizeof *own);
    if (!own)
        return SR_ENOMEM;
    (void)snprintf(part.prefix, sizeof part.prefix, "%s.", row->name);
    enum sr_err e = row->self_claims(of, own, why);
    if (e == SR_OK)
        evidence_add_claims(&part, own, ret);
    free(own);
    return e;
}

static enum sr_err self_claims(struct platform_state *s, struct claims *ret, struct sr_why *why)
{
    char type[CLAIM_NAME_SIZE];
    (void)snprintf(type, sizeof type, "%s-%s", s->tee->name, s->tpm->name);
    claims_put_text(ret, "type", span_of(type));
    SR_TRY(add_self(s->tee, s->tee_state, ret, why));
    return add_self(s->tpm, s->tpm_state, ret, why);
}

#define COMPOSITE_ROW(row_name, opener)                                                                      \
    {                                                                                                        \
        .name = row_name, .enrols = true, .trouble = R_TPM, .open = opener, .close = close_both,             \
        .quote = quote_both, .seal = seal, .unseal = unseal, .policy_digest = policy_digest, .count = count, \
        .probe = probe_both, .enrol_request = enrol_request, .activate = activate,                           \
        .self_claims = self_claims                                                                           \
    }
const struct platform_row platform_snp_tpm = COMPOSITE_ROW("snp-tpm", open_snp);
const struct platform_row platform_tdx_tpm = COMPOSITE_ROW("tdx-tpm", open_tdx);
