/* collateral_judge.c - who vouches for whom, up to a pinned root. */
#include "proto/evidence/collateral_parts.h"

#include <string.h>

/* How each role is recognised by its subject's common name, and what it must be. The rows are asked in order.
 */
static const struct role_row {
    enum cert_role role, issuer;
    enum cert_purpose purpose;
    const char *prefix, *name; /* one of them: how the name begins, or all of it */
    const char *text;
} roles[] = {
    { ROLE_AMD_VEK, ROLE_AMD_CA, CERT_AMD_VEK, NULL, "SEV-VCEK", "AMD VCEK" },
    { ROLE_AMD_VEK, ROLE_AMD_CA, CERT_AMD_VEK, NULL, "SEV-VLEK", "AMD VLEK" },
    { ROLE_AMD_ROOT, ROLE_AMD_ROOT, CERT_AMD_CA, "ARK-", NULL, "AMD root" },
    { ROLE_AMD_CA, ROLE_AMD_ROOT, CERT_AMD_CA, "SEV-", NULL, "AMD CA" },
    { ROLE_INTEL_ROOT, ROLE_INTEL_ROOT, CERT_INTEL_CA, NULL, "Intel SGX Root CA", "Intel root" },
    { ROLE_INTEL_CA, ROLE_INTEL_ROOT, CERT_INTEL_CA, NULL, "Intel SGX PCK Platform CA", "Intel PCK CA" },
    { ROLE_INTEL_CA, ROLE_INTEL_ROOT, CERT_INTEL_CA, NULL, "Intel SGX PCK Processor CA", "Intel PCK CA" },
    { ROLE_INTEL_SIGNER, ROLE_INTEL_ROOT, CERT_INTEL_LEAF, NULL, "Intel SGX TCB Signing",
      "Intel TCB signer" },
    { ROLE_INTEL_PCK, ROLE_INTEL_CA, CERT_INTEL_LEAF, NULL, "Intel SGX PCK Certificate", "Intel PCK" },
};

/* Revoked, and known to this program without any list: the first SEV-Genoa ASK, by the list of 2022-10-31. */
static const struct known_row {
    uint8_t issuer[32]; /* hash of the key */
    uint8_t serial[3];
} known_revoked[] = {
    { { 0x42, 0x9a, 0x69, 0xc9, 0x42, 0x2a, 0xa2, 0x58, 0xee, 0x4d, 0x8d, 0xb5, 0xfc, 0xda, 0x9c, 0x64,
        0x70, 0xef, 0x15, 0xf8, 0xcd, 0x5a, 0x9c, 0xeb, 0xd6, 0xcb, 0xc7, 0xd9, 0x0b, 0x86, 0x38, 0x31 },
      { 0x02, 0x00, 0x01 } },
};

static bool is_row(const struct role_row *r, struct span name)
{
    struct span want = span_of(r->name ? r->name : r->prefix);
    return r->name ? span_eq(name, want) : name.n > want.n && span_eq((struct span){ name.p, want.n }, want);
}

enum cert_role cert_role_of(const struct cert *c)
{
    SR_OWN(buf) name = { 0 };
    if (cert_common_name(c, &name) != SR_OK)
        return ROLE_OTHER;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (is_row(&roles[i], buf_span(&name)))
            return roles[i].role;
    return ROLE_OTHER;
}

static const struct role_row *row_of(enum cert_role role)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (roles[i].role == role)
            return &roles[i];
    return NULL;
}

const char *cert_role_text(enum cert_role role)
{
    const struct role_row *r = row_of(role);
    return r ? r->text : "another certificate";
}

enum sr_err standing_check(const struct standing *s, const struct pins *roots, time_t now,
                           enum sr_reason stale, struct sr_why *why)
{
    if (s->verdict != SR_OK) {
        if (why)
            *why = s->why;
        return s->verdict;
    }
    if (!pins_have(roots, &s->anchor))
        return sr_fail(why, SR_EPROOF, R_CERT_ANCHOR, "its root is not one that counts here");
    if (!validity_at(s->valid, now))
        return sr_fail(why, SR_EPROOF, stale, "good from %lld to %lld, not at %lld", (long long)s->valid.from,
                       (long long)s->valid.until, (long long)now);
    return SR_OK;
}

static void judge_root(struct coll_cert *one, const struct role_row *row, const struct pins *roots)
{
    struct standing *s = &one->standing;
    if (!pins_have(roots, &one->key))
        s->verdict = sr_fail(&s->why, SR_EPROOF, R_CERT_ANCHOR, "%s: not a pinned one", row->text);
    else
        s->verdict = cert_root_check(&one->cert, row->purpose, &s->why, &s->valid);
    s->anchor = one->key;
}

/* What issuer's word is worth for one. */
static struct standing vouched(const struct collateral *c, const struct coll_cert *one,
                               const struct coll_cert *issuer, enum cert_purpose purpose)
{
    struct standing s = { 0 };
    struct sha256 key;
    s.verdict =
        cert_chain_validity(&one->cert, &issuer->cert, 1, &issuer->key, 1, purpose, &s.why, &key, &s.valid);
    if (s.verdict == SR_OK && issuer->standing.verdict != SR_OK) {
        s.verdict = issuer->standing.verdict;
        s.why = issuer->standing.why;
    }
    if (s.verdict == SR_OK)
        s.verdict = collateral_not_revoked(c, &one->cert, issuer, &s.why);
    s.valid = validity_both(s.valid, issuer->standing.valid);
    s.anchor = issuer->standing.anchor;
    return s;
}

static bool may_vouch(const struct coll_cert *issuer, const struct role_row *row, const struct coll_cert *one)
{
    return issuer->role == row->issuer && cert_names_issuer(&one->cert, &issuer->cert);
}

void collateral_judge(const struct collateral *c, struct coll_cert *one, const struct coll_cert *extra,
                      const struct pins *roots)
{
    const struct role_row *row = row_of(one->role);
    one->issuer = NULL;
    one->standing = (struct standing){ 0 };
    if (!row) {
        one->standing.verdict =
            sr_fail(&one->standing.why, SR_EPROOF, R_CERT_PURPOSE, "a certificate of no use here");
        return;
    }
    if (row->issuer == row->role) {
        judge_root(one, row, roots);
        return;
    }
    one->standing.verdict = sr_fail(&one->standing.why, SR_EPROOF, R_COLLATERAL_MISSING,
                                    "%s: no certificate of its issuer", row->text);
    for (size_t i = 0; c && i < c->ncert && one->standing.verdict != SR_OK; i++)
        if (may_vouch(&c->cert[i], row, one)) {
            one->standing = vouched(c, one, &c->cert[i], row->purpose);
            one->issuer = &c->cert[i];
        }
    if (one->standing.verdict != SR_OK && extra && may_vouch(extra, row, one)) {
        one->standing = vouched(c, one, extra, row->purpose);
        one->issuer = extra;
    }
}

/* ---- revocation lists ---- */

static bool knows_revoked(const struct cert *one, const struct coll_cert *issuer)
{
    for (size_t i = 0; i < sizeof known_revoked / sizeof *known_revoked; i++)
        if (span_eq(SPAN(issuer->key.b), SPAN(known_revoked[i].issuer)) &&
            cert_has_serial(one, SPAN(known_revoked[i].serial)))
            return true;
    return false;
}

/* Did issuer sign this list? One whose issuer was not in the set when it was made is looked at now. */
static bool is_signed_by(const struct coll_crl *crl, const struct coll_cert *issuer, struct sr_why *why)
{
    if (crl->issuer)
        return sha256_eq(&crl->issuer->key, &issuer->key) && cert_crl_is_by(&crl->crl, &issuer->cert);
    return cert_crl_is_by(&crl->crl, &issuer->cert) &&
           cert_crl_verify(&crl->crl, &issuer->cert, why) == SR_OK;
}

enum sr_err collateral_not_revoked(const struct collateral *c, const struct cert *one,
                                   const struct coll_cert *issuer, struct sr_why *why)
{
    bool revoked = knows_revoked(one, issuer);
    for (size_t i = 0; c && i < c->ncrl && !revoked; i++)
        revoked = is_signed_by(&c->crl[i], issuer, NULL) && cert_crl_lists(&c->crl[i].crl, one);
    return revoked ? sr_fail(why, SR_EPROOF, R_CERT_REVOKED, "its issuer has revoked it") : SR_OK;
}

enum sr_err collateral_crl_current(const struct collateral *c, const struct coll_cert *issuer, time_t now,
                                   struct validity *ret_valid, struct sr_why *why)
{
    enum sr_err verdict = sr_fail(why, SR_EPROOF, R_COLLATERAL_MISSING, "no revocation list by %s",
                                  cert_role_text(issuer->role));
    for (size_t i = 0; c && i < c->ncrl; i++) {
        const struct coll_crl *crl = &c->crl[i];
        if (!cert_crl_is_by(&crl->crl, &issuer->cert))
            continue;
        if (!is_signed_by(crl, issuer, why))
            continue;
        if (validity_at(crl->valid, now)) {
            *ret_valid = crl->valid;
            if (why)
                *why = (struct sr_why){ 0 };
            return SR_OK;
        }
        verdict = sr_fail(why, SR_EPROOF, R_COLLATERAL_TIME, "revocation list: not of this time");
    }
    return verdict;
}

/* ---- all of a set ---- */

static void judge_role(struct collateral *c, enum cert_role role, const struct pins *roots)
{
    for (size_t i = 0; i < c->ncert; i++) {
        struct coll_cert *one = &c->cert[i];
        if (one->role != role)
            continue;
        collateral_judge(c, one, NULL, roots);
        if (role == ROLE_AMD_VEK && one->standing.verdict == SR_OK)
            one->standing.verdict = amd_vek_read(&one->cert, &one->vek, &one->standing.why);
        if (role == ROLE_INTEL_PCK && one->standing.verdict == SR_OK)
            one->standing.verdict = intel_pck_read(&one->cert, &one->pck, &one->standing.why);
        if ((role == ROLE_AMD_VEK || role == ROLE_INTEL_PCK) && one->standing.verdict == SR_OK)
            one->standing.verdict = cert_pubkey(&one->cert, &one->own, &one->standing.why);
    }
}

static void judge_list(struct coll_crl *one, const struct coll_cert *issuer)
{
    struct standing *s = &one->standing;
    s->why = (struct sr_why){ 0 };
    s->verdict = cert_crl_verify(&one->crl, &issuer->cert, &s->why);
    s->valid = validity_both(one->valid, issuer->standing.valid);
    s->anchor = issuer->standing.anchor;
    one->issuer = s->verdict == SR_OK ? issuer : NULL;
}

static void judge_lists(struct collateral *c, enum cert_role by)
{
    for (size_t i = 0; i < c->ncrl; i++)
        for (size_t k = 0; k < c->ncert && !c->crl[i].issuer; k++) {
            const struct coll_cert *issuer = &c->cert[k];
            if (issuer->role == by && issuer->standing.verdict == SR_OK &&
                cert_crl_is_by(&c->crl[i].crl, &issuer->cert))
                judge_list(&c->crl[i], issuer);
        }
}

void collateral_judge_all(struct collateral *c, const struct pins *roots)
{
    static const enum cert_role tops[] = { ROLE_AMD_ROOT, ROLE_INTEL_ROOT };
    static const enum cert_role middles[] = { ROLE_AMD_CA, ROLE_INTEL_CA };
    static const enum cert_role ends[] = { ROLE_AMD_VEK, ROLE_INTEL_SIGNER, ROLE_INTEL_PCK, ROLE_OTHER };
    for (size_t i = 0; i < 2; i++) {
        judge_role(c, tops[i], roots);
        judge_lists(c, tops[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        judge_role(c, middles[i], roots);
        judge_lists(c, middles[i]);
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        judge_role(c, ends[i], roots);
}
