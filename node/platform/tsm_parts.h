#pragma once
/* tsm_parts.h - what the two rows share. Internal to node/platform/tsm_*.c. */
#include "node/platform/late.h"
#include "node/platform/platform.h"
#include "node/platform/tsm_entry.h"

struct tsm_kind {
    const char *name, *provider; /* the kind of evidence; who makes it, as the kernel calls it */
    /* From what the kernel gave to evidence. SR_EIO R_TSM: it is not that. */
    enum sr_err (*wire)(const struct tsm_report *r, struct buf *ret, struct sr_why *why);
    enum sr_err (*claims)(struct span evidence, struct claims *ret, struct sr_why *why);
};

struct platform_state {
    const struct tsm_kind *kind;
    char *dir;
    unsigned deadline_ms;
    struct late *late;
    struct buf first; /* evidence over random bytes, made at the start: what this machine says of itself */
};

/* The row's open() for one kind: makes the first evidence. Errors as platform_open() gives. */
enum sr_err tsm_open(const struct tsm_kind *k, const struct platform_options *o, struct platform_state **ret,
                     struct sr_why *why);
void tsm_close(struct platform_state *s);
/* SR_OK: this is a machine of that kind. SR_ENOENT: it is not. Else the interface fails. */
enum sr_err tsm_found(const struct tsm_kind *k, const struct platform_options *o, struct sr_why *why);
enum sr_err tsm_quote(struct platform_state *s, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                      struct sr_why *why);
enum sr_err tsm_probe(struct platform_state *s, struct sr_why *why);
enum sr_err tsm_self_claims(struct platform_state *s, struct claims *ret, struct sr_why *why);
