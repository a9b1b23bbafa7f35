#pragma once
/* witness.h - what logs and witnesses say to each other, and how a witness decides. Pure. Sources: C2SP
 * tlog-witness (add-checkpoint) and tlog-cosignature; the statement of what a witness has seen is our own.
 * specs/log.md section 7. */
#include "proto/merkle.h"
#include "proto/note.h"

enum {
    WITNESS_HASHES_MAX = 63, /* lines of a consistency proof; those of our own logs have fewer */
    WITNESS_REQUEST_MAX = 32 + WITNESS_HASHES_MAX * 45 + 1 + NOTE_MAX,
    WITNESS_QUESTION_MAX = 32 + 4 + NOTE_NAME_MAX,
    WITNESS_SEEN_MAX = 1 + 32 + 4 + NOTE_NAME_MAX + 8 + 32 + 8 + 16 + 1 + 64,
};
#define TYPE_WITNESS_SIZE "text/x.tlog.size"

/* "old N", hashes in base64, an empty line, a signed checkpoint. */
struct witness_request {
    uint64_t old; /* size of the last checkpoint that this witness cosigned */
    size_t n;
    struct sha256 hash[WITNESS_HASHES_MAX];
    struct span note; /* borrowed; not looked at */
};
void witness_request_write(const struct witness_request *q, struct buf *ret);
/* SR_EFORMAT: anything it would not write itself. */
enum sr_err witness_request_read(struct span s, struct witness_request *ret);

/* The body of a 409: the size that the witness has, in decimal, and a newline. */
void witness_size_write(uint64_t size, struct buf *ret);
enum sr_err witness_size_read(struct span s, uint64_t *ret); /* SR_EFORMAT */

/* What a witness answered to the checkpoint in note: the one line of it that is by this witness, whatever
 * lines of others stand beside it. ret_line borrows from answer. SR_EFORMAT, R_NOTE_FORMAT; SR_EPROOF,
 * R_NOTE_SIGNATURE: a signature of the witness that does not verify, or none. */
struct witness_line {
    struct span line;
    uint64_t time; /* unix seconds, as the witness says */
};
enum sr_err witness_answer_open(struct span note, struct span answer, const struct note_key *witness,
                                struct witness_line *ret, struct sr_why *why);

/* What a witness remembers of a log. {0}: nothing. */
struct witness_state {
    uint64_t size;
    struct sha256 root;
    uint64_t time;    /* of the newest cosignature, unix seconds */
    uint64_t start;   /* index of the start leaf of the newest boot known, with that boot's id */
    uint8_t boot[16]; /* zeros: none known */
    bool forked;      /* two histories were signed: nothing of this log is cosigned any more */
};
/* May c, whose signature was checked, be stored and cosigned? SR_EFORMAT, R_MALFORMED: old is over its size.
 * SR_EDENIED, R_LOG_FORK: forked before. SR_ESTALE, R_WITNESS_SIZE: old is not what we have. SR_ESTALE,
 * R_LOG_FORK: our size, another root. SR_EPROOF, R_WITNESS_PROOF: not shown to extend what we have. */
enum sr_err witness_judge(const struct witness_state *have, const struct witness_request *q,
                          const struct checkpoint *c, struct sr_why *why);

/* Which boot of a log's member submits a request; nobody in particular when it does not say. Signed over
 * label "witness/boot", LP(origin) || u64 start || id || SHA-256(request). It needs no nonce: what came
 * before changes nothing when it comes again. */
struct witness_boot {
    bool known;
    uint64_t start; /* index of its start leaf */
    uint8_t id[16];
    struct sig sig;
};
enum sr_err witness_boot_sign(const char *origin, struct witness_boot *boot, struct span request,
                              const struct sign_key *key);
/* SR_EDENIED, R_SIGNATURE. */
enum sr_err witness_boot_check(const char *origin, const struct witness_boot *boot, struct span request,
                               const struct sign_pub *pub, struct sr_why *why);
/* SR_EDENIED, R_SUPERSEDED: of a boot before the newest one known: the member was copied. SR_EFORMAT,
 * R_MALFORMED: its start is not under the checkpoint. */
enum sr_err witness_judge_boot(const struct witness_state *have, const struct witness_boot *boot,
                               const struct checkpoint *c, struct sr_why *why);

/* A row of what a witness remembers: the state, the note it stands on, and after a fork the one that
 * contradicts it. u8 1 || u64 size || root || u64 time || u64 start || boot || u8 forked || LP(note) ||
 * LP(other). */
struct witness_row {
    struct witness_state state;
    struct buf note, other;
    bool settled; /* not stored: operators have said which of the two counts, and it is the state now */
};
void witness_row_drop(struct witness_row *r);
void witness_row_write(const struct witness_row *w, struct buf *ret);
enum sr_err witness_row_read(struct span s, struct witness_row *ret); /* SR_EPROOF */

/* Whose cosignatures a reader wants to see, by key: under which names they stand there does not matter. */
enum { WITNESS_PINS_MAX = 16 };
struct witness_pin {
    struct sign_pub key[WITNESS_PINS_MAX];
    size_t n, need; /* need 0: none */
};
/* Is note a checkpoint of a log of this network, over the leaf, that at least need of them cosigned? All
 * SR_EPROOF: R_NOTE_FORMAT, R_NOTE_ORIGIN, R_LOG_PROOF (smaller than the leaf's index), R_UNWITNESSED. */
enum sr_err witness_pin_check(const struct witness_pin *pin, const struct sha256 *cid, struct span note,
                              uint64_t leaf_index, struct sr_why *why);

/* The question what a witness has seen of a log: nonce || LP(origin). */
struct witness_question {
    uint8_t nonce[32];
    char origin[NOTE_NAME_MAX + 1];
};
void witness_question_write(const struct witness_question *q, struct buf *ret);
enum sr_err witness_question_read(struct span s, struct witness_question *ret); /* SR_EFORMAT */

/* The answer, signed by the witness's own key (label "witness/seen"): u8 1 || nonce || LP(origin) || u64 size
 * || root || u64 start || boot || u8 forked || signature. */
void witness_seen_sign(const struct witness_question *q, const struct witness_state *have,
                       const struct sign_key *key, struct buf *ret);
/* SR_EFORMAT, R_MALFORMED; SR_EPROOF, R_WITNESS_ANSWER: by another key, to another question or of another
 * log. ret->time is 0. */
enum sr_err witness_seen_check(struct span s, const struct witness_question *q, const struct sign_pub *pub,
                               struct witness_state *ret, struct sr_why *why);
