#pragma once
/* err.h - every way a call can fail, once, and why it did. */
#include "crypto/reason.h"

/* What the caller should do about it; where it happened is the reason's business. Each row is the name and
 * the text for logs. Every switch over it has no default, so that a new row fails the build wherever it
 * needs an answer. */
#define SR_ERRORS(X)                                                                                         \
    X(SR_OK, "ok")                                                                                           \
    X(SR_EFORMAT, "malformed input") /* the peer sent bytes we reject */                                     \
    X(SR_ETOOBIG, "over a limit")                                                                            \
    X(SR_EAUTH, "not authenticated") /* who is asking is not known */                                        \
    X(SR_EDENIED, "not allowed")                                                                             \
    X(SR_EPROOF, "evidence or signature does not verify")                                                    \
    X(SR_ENOENT, "not found")                                                                                \
    X(SR_ESTALE, "changed meanwhile") /* compare-and-swap lost; a newer one exists */                        \
    X(SR_EBUSY, "busy")               /* nothing was consumed: try again later */                            \
    X(SR_EUNKNOWN, "outcome unknown") /* a commit may or may not have happened */                            \
    X(SR_EIO, "storage, device or network failed")                                                           \
    X(SR_ENOMEM, "out of memory")                                                                            \
    X(SR_EBUG, "internal error")

#define X(name, text) name,
enum [[nodiscard]] sr_err{ SR_ERRORS(X) };
#undef X
#define X(name, text) +1
enum { SR_ERR_COUNT = SR_ERRORS(X) };
#undef X

/* In words, for logs and operators; static text. */
const char *sr_strerror(enum sr_err e);

/* Why a check said no. The reason is a stable code that the peer may see and tests assert; the text is for
 * the operator's log alone. Neither ever holds a secret or bytes of the refused input. */
struct sr_why {
    enum sr_reason reason;
    char text[160];
};

/* Notes reason and text in why (may be NULL) and returns e, so that a refusal is one line. */
enum sr_err sr_fail(struct sr_why *why, enum sr_err e, enum sr_reason reason, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Returns early with the callee's error. The only macro in this tree that returns. */
#define SR_TRY(call)                                                                                         \
    do {                                                                                                     \
        enum sr_err try_ = (call);                                                                           \
        if (try_ != SR_OK)                                                                                   \
            return try_;                                                                                     \
    } while (0)
