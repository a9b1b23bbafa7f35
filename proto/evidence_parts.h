#pragma once
/* evidence_parts.h - composite evidence: several kinds over one challenge, all of them verified, none
 * optional. A composite type is a row of the table of verifiers that names its parts; its claims are theirs,
 * each behind its part's name and a dot. What asks for roots, collateral or claims goes through the parts, of
 * which a plain type has one: itself. specs/evidence-composite.md. */
#include "proto/evidence.h"

struct evidence_part {
    const char *type;
    char prefix[CLAIM_NAME_SIZE]; /* of its claims: "tpm.", or nothing for a plain type */
    struct span evidence;         /* its own; only from evidence_split() */
};
struct evidence_parts {
    struct evidence_part v[EVIDENCE_PARTS_MAX];
    size_t n;
};

/* What a type is made of. Unknown types: one part, without a row to verify it. */
struct evidence_parts evidence_parts(struct span type);
/* The same, with the bytes of each. SR_EFORMAT R_COMPOSITE: not exactly the parts of that type, in their
 * order. ret borrows from the evidence. */
enum sr_err evidence_split(struct span type, struct span evidence, struct evidence_parts *ret,
                           struct sr_why *why);
/* Appends u8 version | LP(type) LP(evidence) of each part. */
void evidence_join(const struct evidence_parts *parts, struct buf *ret);

/* All parts of a composite type, each over the same report data. For evidence_verify(). */
enum sr_err evidence_verify_parts(const struct verifier *v, const struct verify_in *in, struct claims *ret,
                                  struct sr_why *why);

/* Adds a part's claims behind its prefix, all but its type. A name that gets too long makes ret bad. */
void evidence_add_claims(const struct evidence_part *part, const struct claims *from, struct claims *ret);

/* A part's claim of that name. NULL: there is none. */
const struct claim *evidence_claim(const struct claims *c, const struct evidence_part *part,
                                   const char *name);

/* Sets the roots that count to what `of` says, for each part of the type. */
void evidence_set_roots(struct verify_in *in, struct span type,
                        struct pins (*of)(const void *who, struct span type), const void *who);
