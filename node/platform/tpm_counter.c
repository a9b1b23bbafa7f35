/* tpm_counter.c - a counter in the TPM's non-volatile memory. TPM 2.0 library specification 1.59, part 3,
 * section 31, and part 1, 37.2.3: a counter never starts below any count that this TPM ever reached. */
#include "node/platform/tpm.h"

#include <string.h>

enum { COUNTER_BYTES = 8 };

/* By its authorization value alone, and wrong ones lock nobody out. */
static const TPMA_NV attributes =
    TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA | (TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT);

/* The index as the software stack knows it; closing forgets it there, not in the TPM. */
struct tpm_index {
    struct tpm *t; /* NULL: none */
    ESYS_TR h;
};
static void tpm_index_drop(struct tpm_index *i)
{
    if (i->t)
        Esys_TR_Close(i->t->esys, &i->h);
    i->t = NULL;
}

/* One code for "there is no such index": TPM_RC_HANDLE, for handle 1. */
static bool is_missing(TSS2_RC rc)
{
    return rc == (TPM2_RC_HANDLE | TPM2_RC_1) || rc == (TPM2_RC_HANDLE | TPM2_RC_H | TPM2_RC_1);
}

static enum sr_err counter_rc(TSS2_RC rc, const char *what, struct sr_why *why)
{
    if (is_missing(rc))
        return sr_fail(why, SR_ENOENT, R_ROLLED_BACK, "the TPM has no such counter");
    if (tpm_refused(rc))
        return sr_fail(why, SR_EPROOF, R_ROLLED_BACK, "%s refused (0x%x): not a counter of ours", what, rc);
    return tpm_rc(rc, what, why);
}

static void to_auth(const struct key *k, TPM2B_AUTH *ret)
{
    *ret = (TPM2B_AUTH){ .size = sizeof k->b };
    memcpy(ret->buffer, k->b, sizeof k->b);
}

/* An HMAC session whose key takes in the authorization value: what the TPM answers under it is the TPM's
 * word, whoever sits on the line between. flags: which parameters have something to encrypt. */
static enum sr_err session(struct tpm *t, TPMA_SESSION flags, struct tpm_object *ret, struct sr_why *why)
{
    SR_OWN(tpm_object) s = { 0 };
    SR_TRY(tpm_session(t, TPM2_SE_HMAC, &s, why));
    SR_TRY(tpm_rc(Esys_TRSess_SetAttributes(t->esys, s.h, TPMA_SESSION_CONTINUESESSION | flags, 0xff),
                  "session", why));
    *ret = SR_TAKE(s);
    return SR_OK;
}

static enum sr_err is_counter(struct tpm *t, const struct tpm_index *i, struct sr_why *why)
{
    TPM2B_NV_PUBLIC *p = NULL;
    SR_TRY(counter_rc(Esys_NV_ReadPublic(t->esys, i->h, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &p, NULL),
                      "TPM2_NV_ReadPublic", why));
    bool good = (p->nvPublic.attributes & ~(TPMA_NV)TPMA_NV_WRITTEN) == attributes &&
                p->nvPublic.dataSize == COUNTER_BYTES && p->nvPublic.nameAlg == TPM2_ALG_SHA256;
    Esys_Free(p);
    return good ? SR_OK
                : sr_fail(why, SR_EPROOF, R_ROLLED_BACK, "what the TPM has there is no counter of ours");
}

static enum sr_err open_index(struct tpm *t, const struct tpm_counter *c, struct tpm_index *ret,
                              struct sr_why *why)
{
    SR_OWN(tpm_index) i = { 0 };
    TPM2B_AUTH auth;
    ESYS_TR h;
    SR_TRY(counter_rc(Esys_TR_FromTPMPublic(t->esys, c->index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &h),
                      "TPM2_NV_ReadPublic", why));
    i = (struct tpm_index){ t, h };
    SR_TRY(is_counter(t, &i, why));
    to_auth(&c->auth, &auth);
    enum sr_err e = tpm_rc(Esys_TR_SetAuth(t->esys, h, &auth), "authorization", why);
    sodium_memzero(&auth, sizeof auth);
    SR_TRY(e);
    *ret = i;
    i.t = NULL;
    return SR_OK;
}

enum sr_err tpm_counter_define(struct tpm *t, const struct tpm_counter *c, struct sr_why *why)
{
    SR_OWN(tpm_object) s = { 0 };
    TPM2B_AUTH auth;
    ESYS_TR h;
    const TPM2B_NV_PUBLIC public = { .nvPublic = { .nvIndex = c->index,
                                                   .nameAlg = TPM2_ALG_SHA256,
                                                   .attributes = attributes,
                                                   .dataSize = COUNTER_BYTES } };
    SR_TRY(session(t, TPMA_SESSION_DECRYPT, &s, why));
    to_auth(&c->auth, &auth);
    TSS2_RC rc =
        Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, s.h, ESYS_TR_NONE, ESYS_TR_NONE, &auth, &public, &h);
    sodium_memzero(&auth, sizeof auth);
    if (rc == TPM2_RC_NV_DEFINED)
        return sr_fail(why, SR_ESTALE, R_STATE_EXISTS, "the TPM has something at that index");
    SR_TRY(tpm_rc(rc, "TPM2_NV_DefineSpace", why));
    SR_OWN(tpm_index) i = { t, h };
    (void)i; /* for its end alone */
    return SR_OK;
}

enum sr_err tpm_counter_read(struct tpm *t, const struct tpm_counter *c, uint64_t *ret, struct sr_why *why)
{
    SR_OWN(tpm_object) s = { 0 };
    SR_OWN(tpm_index) i = { 0 };
    TPM2B_MAX_NV_BUFFER *data = NULL;
    SR_TRY(open_index(t, c, &i, why));
    SR_TRY(session(t, TPMA_SESSION_ENCRYPT, &s, why));
    TSS2_RC rc = Esys_NV_Read(t->esys, i.h, i.h, s.h, ESYS_TR_NONE, ESYS_TR_NONE, COUNTER_BYTES, 0, &data);
    if (rc == TPM2_RC_NV_UNINITIALIZED) {
        *ret = 0;
        return SR_OK;
    }
    SR_TRY(counter_rc(rc, "TPM2_NV_Read", why));
    struct reader r = rd_init((struct span){ data->buffer, data->size });
    uint64_t value = rd_u64be(&r);
    bool good = rd_end(&r);
    Esys_Free(data);
    *ret = value;
    return good ? SR_OK : sr_fail(why, SR_EIO, R_TPM, "TPM2_NV_Read: not a count");
}

enum sr_err tpm_counter_step(struct tpm *t, const struct tpm_counter *c, struct sr_why *why)
{
    SR_OWN(tpm_object) s = { 0 };
    SR_OWN(tpm_index) i = { 0 };
    SR_TRY(open_index(t, c, &i, why));
    SR_TRY(session(t, 0, &s, why));
    return counter_rc(Esys_NV_Increment(t->esys, i.h, i.h, s.h, ESYS_TR_NONE, ESYS_TR_NONE),
                      "TPM2_NV_Increment", why);
}
