#include "node/tpm_actor_parts.h"

#include <stdlib.h>

void tpm_job_free(struct job *j)
{
    buf_drop(&j->in[0]);
    buf_drop(&j->in[1]);
    buf_drop(&j->out);
    key_drop(&j->key);
    free(j);
}

bool tpm_job_failed(enum sr_err e, const struct sr_why *why)
{
    return e == SR_EIO && (why->reason == R_TPM || why->reason == R_TSM);
}

static struct job *new_job(enum sr_err (*fn)(struct platform *, struct job *), struct span a, struct span b)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->run = fn;
    wr_span(&j->in[0], a);
    wr_span(&j->in[1], b);
    if (buf_ok(&j->in[0]) && buf_ok(&j->in[1]))
        return j;
    tpm_job_free(j);
    return NULL;
}

/* A job whose result is bytes. Frees it. */
static enum sr_err bytes_of(struct tpm_actor *a, struct job *j, struct buf *ret, struct sr_why *why)
{
    if (!j)
        return SR_ENOMEM;
    SR_TRY(tpm_job_run(a, j, why));
    enum sr_err e = j->err;
    if (e != SR_OK && why)
        *why = j->why;
    if (tpm_job_failed(e, &j->why))
        e = SR_EBUSY; /* our trouble, and it may pass */
    if (e == SR_OK)
        wr_span(ret, buf_span(&j->out));
    tpm_job_free(j);
    return e != SR_OK || buf_ok(ret) ? e : SR_ENOMEM;
}

static enum sr_err run_quote(struct platform *p, struct job *j)
{
    return platform_quote(p, &j->rd, buf_span(&j->in[0]), &j->out, &j->why);
}

enum sr_err tpm_actor_quote(struct tpm_slot *s, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                            struct sr_why *why)
{
    if (!s->actor)
        return SR_EBUG;
    struct job *j = new_job(run_quote, ak_cert, (struct span){ 0 });
    if (j)
        j->rd = *rd;
    return bytes_of(s->actor, j, ret, why);
}

static enum sr_err run_seal(struct platform *p, struct job *j)
{
    return platform_seal(p, &j->key, &j->out, &j->why);
}

/* For callers that consume nothing: the slot only lasts for the call. */
static enum sr_err with_slot(struct tpm_actor *a, struct job *j, struct buf *ret, struct sr_why *why)
{
    SR_OWN(tpm_slot) slot = { 0 };
    enum sr_err e = tpm_slot_take(a, &slot, why);
    if (e != SR_OK && j)
        tpm_job_free(j);
    return e == SR_OK ? bytes_of(a, j, ret, why) : e;
}

enum sr_err tpm_actor_seal(struct tpm_actor *a, const struct key *k, struct buf *ret, struct sr_why *why)
{
    struct job *j = new_job(run_seal, (struct span){ 0 }, (struct span){ 0 });
    if (j)
        j->key = *k;
    return with_slot(a, j, ret, why);
}

/* The key travels back in a wiping buffer like everything else. */
static enum sr_err run_unseal(struct platform *p, struct job *j)
{
    SR_TRY(platform_unseal(p, buf_span(&j->in[0]), &j->key, &j->why));
    wr_span(&j->out, key_span(&j->key));
    return SR_OK;
}

enum sr_err tpm_actor_unseal(struct tpm_actor *a, struct span blob, struct key *ret, struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    SR_TRY(with_slot(a, new_job(run_unseal, blob, (struct span){ 0 }), &out, why));
    struct reader r = rd_init(buf_span(&out));
    rd_copy(&r, ret->b, sizeof ret->b);
    return rd_end(&r) ? SR_OK : SR_EBUG;
}

static enum sr_err run_count(struct platform *p, struct job *j)
{
    struct reader r = rd_init(buf_span(&j->in[0]));
    enum platform_count act = (enum platform_count)rd_u8(&r);
    struct platform_counter c = { .index = rd_u32be(&r), .auth = j->key };
    uint64_t value = 0;
    enum sr_err e = platform_count(p, &c, act, &value, &j->why);
    key_drop(&c.auth);
    wr_u64be(&j->out, value);
    return e;
}

enum sr_err tpm_actor_count(struct tpm_actor *a, const struct platform_counter *c, enum platform_count act,
                            uint64_t *ret, struct sr_why *why)
{
    SR_OWN(buf) in = { 0 };
    SR_OWN(buf) out = { 0 };
    wr_u8(&in, (uint8_t)act);
    wr_u32be(&in, c->index);
    if (!buf_ok(&in))
        return SR_ENOMEM;
    struct job *j = new_job(run_count, buf_span(&in), (struct span){ 0 });
    if (j)
        j->key = c->auth;
    SR_TRY(with_slot(a, j, &out, why));
    struct reader r = rd_init(buf_span(&out));
    *ret = rd_u64be(&r);
    return rd_end(&r) ? SR_OK : SR_EBUG;
}

static enum sr_err run_policy_digest(struct platform *p, struct job *j)
{
    SR_TRY(platform_policy_digest(p, &j->digest, &j->why));
    wr_span(&j->out, SPAN(j->digest.b));
    return SR_OK;
}

enum sr_err tpm_actor_policy_digest(struct tpm_actor *a, struct sha256 *ret, struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    SR_TRY(with_slot(a, new_job(run_policy_digest, (struct span){ 0 }, (struct span){ 0 }), &out, why));
    struct reader r = rd_init(buf_span(&out));
    rd_copy(&r, ret->b, sizeof ret->b);
    return rd_end(&r) ? SR_OK : SR_EBUG;
}

static enum sr_err run_enrol_request(struct platform *p, struct job *j)
{
    struct enrol_nonce nonce;
    random_fill(nonce.b, sizeof nonce.b);
    return platform_enrol_request(p, &j->digest, &nonce, &j->out, &j->why);
}

enum sr_err tpm_actor_enrol_request(struct tpm_actor *a, const struct sha256 *network, struct buf *ret_e1,
                                    struct sr_why *why)
{
    struct job *j = new_job(run_enrol_request, (struct span){ 0 }, (struct span){ 0 });
    if (j)
        j->digest = *network;
    return with_slot(a, j, ret_e1, why);
}

static enum sr_err run_enrol_answer(struct platform *p, struct job *j)
{
    return platform_enrol_answer(p, buf_span(&j->in[0]), buf_span(&j->in[1]), &j->out, &j->why);
}

enum sr_err tpm_actor_enrol_answer(struct tpm_actor *a, struct span e1, struct span e2, struct buf *ret_e3,
                                   struct sr_why *why)
{
    return with_slot(a, new_job(run_enrol_answer, e1, e2), ret_e3, why);
}

static enum sr_err run_self_claims(struct platform *p, struct job *j)
{
    struct claims c = { 0 };
    SR_TRY(platform_self_claims(p, &c, &j->why));
    wr_span(&j->out, (struct span){ (const uint8_t *)&c, sizeof c });
    return SR_OK;
}

static enum sr_err claims_of(struct tpm_actor *a, struct job *j, struct claims *ret, struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    SR_TRY(with_slot(a, j, &out, why));
    struct reader r = rd_init(buf_span(&out));
    rd_copy(&r, ret, sizeof *ret);
    return rd_end(&r) ? SR_OK : SR_EBUG;
}

enum sr_err tpm_actor_self_claims(struct tpm_actor *a, struct claims *ret, struct sr_why *why)
{
    return claims_of(a, new_job(run_self_claims, (struct span){ 0 }, (struct span){ 0 }), ret, why);
}

/* Announcements travel as the bytes of the struct: nothing in it points anywhere. */
static struct span bytes_of_announcement(const struct announcement *what)
{
    return (struct span){ (const uint8_t *)what, sizeof *what };
}

static enum sr_err announced(const struct job *j, struct announcement *ret)
{
    struct reader r = rd_init(buf_span(&j->in[0]));
    rd_copy(&r, ret, sizeof *ret);
    return rd_end(&r) ? SR_OK : SR_EBUG;
}

static enum sr_err run_foresee(struct platform *p, struct job *j)
{
    struct announcement what;
    struct claims c = { 0 };
    SR_TRY(announced(j, &what));
    SR_TRY(platform_foresee(p, &what, &c, &j->why));
    wr_span(&j->out, (struct span){ (const uint8_t *)&c, sizeof c });
    return SR_OK;
}

enum sr_err tpm_actor_foresee(struct tpm_actor *a, const struct announcement *what, struct claims *ret,
                              struct sr_why *why)
{
    return claims_of(a, new_job(run_foresee, bytes_of_announcement(what), (struct span){ 0 }), ret, why);
}

/* Digest, then blob. */
static enum sr_err run_seal_ahead(struct platform *p, struct job *j)
{
    struct announcement what;
    SR_OWN(buf) blob = { 0 };
    SR_TRY(announced(j, &what));
    SR_TRY(platform_seal_ahead(p, &what, &j->key, &blob, &j->digest, &j->why));
    wr_span(&j->out, SPAN(j->digest.b));
    wr_span(&j->out, buf_span(&blob));
    return SR_OK;
}

enum sr_err tpm_actor_seal_ahead(struct tpm_actor *a, const struct announcement *what, const struct key *k,
                                 struct buf *ret, struct sha256 *ret_digest, struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    struct job *j = new_job(run_seal_ahead, bytes_of_announcement(what), (struct span){ 0 });
    if (j)
        j->key = *k;
    SR_TRY(with_slot(a, j, &out, why));
    struct reader r = rd_init(buf_span(&out));
    rd_copy(&r, ret_digest->b, sizeof ret_digest->b);
    wr_span(ret, rd_span(&r, rd_left(&r)));
    return rd_end(&r) && buf_ok(ret) ? SR_OK : SR_EBUG;
}
