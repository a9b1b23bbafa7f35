/* Refusals as clients of the KBS protocol read them: every one has a JSON body of two texts, and only "attest
 * again" is a 401, because on a 401 a client attests again, three times. */
#include "node/kbs.h"

#include <string.h>

#define TYPE_PREFIX "https://github.com/confidential-containers/kbs/errors/"

static const struct row {
    enum sr_reason reason;
    const char *variant;
    const char *text;
} rows[] = {
    { R_KBS_VERSION, "AttestationError",
      "Attestation error: RCAR handshake Auth failed: KBS Client Protocol Version Mismatch: expect =0.1.0, "
      "=0.1.1, "
      "=0.2.0, =0.3.0 or =0.4.0 while the request is another" },
    { R_TEE_REFUSED, "AttestationError",
      "Attestation error: RCAR handshake Auth failed: no verifier here for this kind of TEE" },
    { R_COMPOSITE, "AttestationError",
      "Attestation error: RCAR handshake Attest failed: a part of the evidence has no verifier here, so all "
      "of it is "
      "refused" },
    { R_AK_CERT, "AttestationError",
      "Attestation error: RCAR handshake Attest failed: nobody vouches for the key of this TPM: the evidence "
      "needs ak_cert or ak_chain (specs/kbs.md, TPMs of unmodified attesters)" },
    { R_KBS_SESSION, "TokenNotFound", "Attestation Token not found: attest first" },
    { R_TOKEN, "TokenVerifierError",
      "Token Verifier error: not a token of this network, or of no administrator" },
    { R_TOKEN_EXPIRED, "TokenVerifierError", "Token Verifier error: its time is over: attest again" },
    { R_KEY_DENIED, "PolicyDeny", "Access denied by policy" },
    { R_NO_RULE, "PolicyDeny", "Access denied by policy" },
    { R_POLICY_DENY, "PolicyDeny", "Access denied by policy" },
    { R_TENANT_UNKNOWN, "PolicyDeny", "Access denied by policy: the repository is no tenant" },
    { R_PACKAGE_DELETED, "PluginInternalError", "Plugin internal error: the resource is deleted" },
    { R_KBS_WRITER, "AdminAuthAccess",
      "admin access denied: values are sealed and signed by who puts them: use: sealring put --node URL "
      "--cid CID "
      "--tenant REPO --key ADMIN.key TYPE/TAG. Or name the key of GET /kbs/v0/writer among the tenant's "
      "administrators in the policy, and members may do it for you" },
};

/* Where it was asked says what it is about. */
static struct row of_place(const struct request *q)
{
    static const struct row attesting = { R_NONE, "AttestationError",
                                          "Attestation error: RCAR handshake failed" },
                            resource = { R_NONE, "PluginInternalError", "Plugin internal error" },
                            path = { R_NONE, "InvalidRequestPath", "Request path is invalid" },
                            admin = { R_NONE, "AdminAuthAccess", "admin access denied for endpoint" };
    static const struct {
        const char *prefix;
        const struct row *row;
    } places[] = { { "/kbs/v0/auth", &attesting },        { "/kbs/v0/attestation-policy", &admin },
                   { "/kbs/v0/attest", &attesting },      { "/kbs/v0/resource/", &resource },
                   { "/kbs/v0/resource-policy", &admin }, { "/kbs/v0/reference-value", &admin } };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t n = strlen(places[i].prefix);
        if (q->path.n >= n && memcmp(q->path.p, places[i].prefix, n) == 0)
            return *places[i].row;
    }
    return path;
}

static struct row row_of(const struct request *q, const struct sr_why *why)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].reason == why->reason)
            return rows[i];
    return of_place(q);
}

static void write_body(const char *variant, const char *detail, const char *more, const char *id,
                       struct buf *b)
{
    wr_fmt(b, "{\"type\":\"" TYPE_PREFIX "%s\",\"detail\":\"%s", variant, detail);
    if (more)
        wr_fmt(b, ": %s (request %s)", more, id);
    wr_text(b, "\"}");
}

void kbs_error(const struct request *q, enum sr_err e, const struct sr_why *why, struct reply *r)
{
    SR_OWN(buf) b = { 0 };
    struct row row = row_of(q, why);
    int status = route_status(e, why->reason);
    write_body(row.variant, row.text, route_reason(e, why), q->id, &b);
    if (e == SR_EBUSY && r->retry_after == 0)
        r->retry_after = 1;
    if (reply_json(r, status, &b) != SR_OK)
        r->status = 500;
}

enum sr_err kbs_refuse(struct reply *r, int status, const char *variant, const char *detail)
{
    SR_OWN(buf) b = { 0 };
    write_body(variant, detail, NULL, NULL, &b);
    return reply_json(r, status, &b);
}
