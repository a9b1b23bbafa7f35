#include "node/platform/sev_guest.h"
#include "node/platform/tsm_parts.h"
#include "node/platform/tsm_platform.h"
#include "proto/evidence/snp.h"

#include <stdlib.h>

/* The host writes the table. One that can't be read, or has no certificate of the key that signs, is left
 * out: evidence with it would be refused, and verifiers may have the certificate themselves. */
static enum sr_err wire(const struct tsm_report *r, struct buf *ret, struct sr_why *why)
{
    struct snp_report report;
    struct amd_table table;
    if (snp_report_read(buf_span(&r->out), &report, why) != SR_OK)
        return sr_fail(why, SR_EIO, R_TSM, "outblob is no SNP report of a version that is verified");
    wr_span(ret, buf_span(&r->out));
    enum amd_entry key = report.signing_key == SNP_KEY_VLEK ? AMD_ENTRY_VLEK : AMD_ENTRY_VCEK;
    if (amd_table_read(buf_span(&r->aux), &table, NULL) == SR_OK && table.entry[key].n)
        wr_span(ret, buf_span(&r->aux));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err read_report(struct span evidence, struct snp_report *ret, struct sr_why *why)
{
    return snp_report_read((struct span){ evidence.p, SNP_REPORT_SIZE }, ret, why);
}

static enum sr_err claims(struct span evidence, struct claims *ret, struct sr_why *why)
{
    struct snp_report r;
    SR_TRY(read_report(evidence, &r, why));
    snp_report_claims(&r, r.version >= 3 ? snp_report_product(&r) : AMD_NONE, ret);
    return SR_OK;
}

static const struct tsm_kind snp = { .name = "snp", .provider = "sev_guest", .wire = wire, .claims = claims };

static enum sr_err open_snp(const struct platform_options *o, struct platform_state **ret, struct sr_why *why)
{
    return tsm_open(&snp, o, ret, why);
}

static enum sr_err found(const struct platform_options *o, struct sr_why *why)
{
    return tsm_found(&snp, o, why);
}

/* ---- sealing: a call to the firmware, in a thread of its own ---- */

struct sealing {
    struct late_job late;
    struct sev_key_of of;
    struct key key;  /* in for sealing, out for unsealing */
    struct buf blob; /* the other way round */
    enum sr_err err;
    struct sr_why why;
};

static void sealing_drop(struct late_job *j)
{
    struct sealing *s = (struct sealing *)j;
    key_drop(&s->key);
    buf_drop(&s->blob);
    free(s);
}

static void run_seal(struct late_job *j)
{
    struct sealing *s = (struct sealing *)j;
    s->err = sev_seal(&sev_guest_device, &s->of, &s->key, &s->blob, &s->why);
}

static void run_unseal(struct late_job *j)
{
    struct sealing *s = (struct sealing *)j;
    s->err = sev_unseal(&sev_guest_device, buf_span(&s->blob), &s->key, &s->why);
}

/* SR_OK: *ret is done, well or not, and the caller's. */
static enum sr_err run(struct platform_state *p, const struct sealing *what, struct sealing **ret,
                       struct sr_why *why)
{
    struct sealing *s = malloc(sizeof *s);
    if (!s)
        return SR_ENOMEM;
    *s = *what;
    s->late.drop = sealing_drop;
    SR_TRY(late_run(p->late, &s->late, p->deadline_ms, why));
    if (s->err != SR_OK && why)
        *why = s->why;
    *ret = s;
    return SR_OK;
}

static enum sr_err seal(struct platform_state *p, const struct key *k, struct buf *ret, struct sr_why *why)
{
    struct snp_report r;
    struct sealing what = { .late.run = run_seal, .key = *k }, *done;
    enum sr_err e = read_report(buf_span(&p->first), &r, why);
    if (e == SR_OK) {
        struct reader tcb = rd_init(r.committed_tcb);
        what.of = (struct sev_key_of){ r.vmpl, r.guest_svn, rd_u64le(&tcb) };
        e = run(p, &what, &done, why);
    }
    key_drop(&what.key);
    SR_TRY(e);
    e = done->err;
    if (e == SR_OK)
        wr_span(ret, buf_span(&done->blob));
    sealing_drop(&done->late);
    return e != SR_OK || buf_ok(ret) ? e : SR_ENOMEM;
}

static enum sr_err unseal(struct platform_state *p, struct span blob, struct key *ret, struct sr_why *why)
{
    struct sealing what = { .late.run = run_unseal }, *done;
    wr_span(&what.blob, blob);
    if (!buf_ok(&what.blob))
        return SR_ENOMEM;
    SR_TRY(run(p, &what, &done, why));
    enum sr_err e = done->err;
    if (e == SR_OK)
        *ret = done->key;
    sealing_drop(&done->late);
    return e;
}

/* The fields that the firmware compares for equality. SVN and TCB travel with the blob. */
static enum sr_err policy_digest(struct platform_state *p, struct sha256 *ret, struct sr_why *why)
{
    struct snp_report r;
    struct hash256 h = hash256_start(L_SNP_SEALED_TO);
    SR_TRY(read_report(buf_span(&p->first), &r, why));
    hash256_u64(&h, r.policy);
    hash256_lp(&h, r.family_id);
    hash256_lp(&h, r.image_id);
    hash256_lp(&h, r.measurement);
    *ret = hash256_end(&h);
    return SR_OK;
}

const struct platform_row platform_snp = { .name = "snp",
                                           .trouble = R_TSM,
                                           .found = found,
                                           .open = open_snp,
                                           .close = tsm_close,
                                           .quote = tsm_quote,
                                           .seal = seal,
                                           .unseal = unseal,
                                           .policy_digest = policy_digest,
                                           .probe = tsm_probe,
                                           .self_claims = tsm_self_claims };
