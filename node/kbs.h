#pragma once
/* kbs.h - what the handlers of the KBS protocol share (api_kbs*.c): a guest's session in its cookie or token,
 * an administrator's bearer, and the protocol's own wording of refusals. specs/kbs.md. */
#include "node/api.h"
#include "proto/kbs_session.h"
#include "proto/package.h"

/* Who asks. Large: on the heap. */
struct guest {
    struct kbs_session s;
    struct claims claims; /* of an attested guest */
    uint64_t since;       /* unix seconds: when its session began, or its token was made */
};

struct guest_hold {
    struct guest *g;
};
void guest_hold_drop(struct guest_hold *h);
struct guest_hold guest_hold_new(void); /* empty: no memory */

/* From the cookie. SR_EAUTH, R_KBS_SESSION: none, not one of this network's, or over. */
enum sr_err kbs_cookie_read(const struct core *c, const struct request *q, struct guest *ret,
                            struct sr_why *why);
/* Sets the cookie of a reply. claims as kbs_session_encode(). */
enum sr_err kbs_cookie_write(const struct core *c, const struct kbs_session *s, const struct claims *claims,
                             struct reply *r);
/* Appends the token of an attested guest. */
enum sr_err kbs_token_write(const struct core *c, const struct guest *g, struct buf *ret);
/* The session's challenge, as what is spent names it. */
struct nonce kbs_nonce(const struct kbs_session *s);
/* An attested guest: by its cookie, or else by the token that it bears, the network's or that of an issuer
 * whom this policy names; of such a guest s.tee is NULL. SR_EAUTH: R_KBS_SESSION, R_TOKEN or R_TOKEN_EXPIRED.
 */
enum sr_err kbs_guest_find(const struct core *c, const struct policy *p, const struct request *q,
                           struct guest *ret, struct sr_why *why);

/* Whose word a bearer is: one of these administrators', by an EdDSA JWT with a time to live of at most a day.
 * SR_EAUTH: R_TOKEN, R_TOKEN_EXPIRED. ret may be NULL. */
enum sr_err kbs_bearer_check(const struct core *c, const struct request *q, const struct sign_pub *admins,
                             size_t n, struct sign_pub *ret, struct sr_why *why);

/* The same of any tenant: there is no other kind of bearer. */
enum sr_err kbs_any_admin(const struct stand *s, const struct request *q, struct sign_pub *ret,
                          struct sr_why *why);

/* What is put: as a package of this tenant, under this path. */
struct kbs_name {
    struct span tenant;
    char path[GLOB_PATH_MAX + 1];
};
/* The bearer is one of the tenant's administrators (else as above), and policy lets members write for it.
 * SR_EDENIED, R_KBS_WRITER. */
enum sr_err kbs_may_write(const struct stand *s, const struct request *q, struct span tenant,
                          struct sr_why *why);
/* The next version, by the network's writer. SR_ENOENT, R_NOT_FOUND: a tombstone for nothing. */
enum sr_err kbs_store(const struct stand *s, const struct kbs_name *name, enum package_kind kind,
                      struct span value, struct sr_why *why);

/* Asked on the headers alone: an open session before a body of evidence, a bearer before any other. */
enum sr_err kbs_admit(struct node *n, enum access access, const struct request *q, struct sr_why *why);

enum { KBS_DETAIL_MAX = 2048 }; /* bytes of a detail of the handler's own */
/* {"type":"https://github.com/confidential-containers/kbs/errors/<Variant>","detail":"..."} */
void kbs_error(const struct request *q, enum sr_err e, const struct sr_why *why, struct reply *r);
/* The same with words of the handler's own. detail: printable ASCII without quotes. */
enum sr_err kbs_refuse(struct reply *r, int status, const char *variant, const char *detail);

/* Handlers, for the table in api_kbs.c. */
#define KBS_HANDLER(name)                                                                                    \
    enum sr_err name(struct node *, const struct request *, struct reply *, struct sr_why *)
KBS_HANDLER(kbs_resource_get);
KBS_HANDLER(kbs_resource_post);
KBS_HANDLER(kbs_resource_delete);
KBS_HANDLER(kbs_resource_policy_post);
KBS_HANDLER(kbs_resource_policy_get);
KBS_HANDLER(kbs_attestation_policy_post);
KBS_HANDLER(kbs_reference_value_post);
KBS_HANDLER(kbs_reference_value_get);
#undef KBS_HANDLER
