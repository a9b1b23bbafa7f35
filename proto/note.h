#pragma once
/* note.h - signed notes, checkpoints and cosignatures. Sources: C2SP signed-note (Ed25519, type 01),
 * tlog-checkpoint and tlog-cosignature (cosignature/v1, type 04). Stricter than those: ASCII only, at most
 * NOTE_SIGS_MAX signatures, no extension lines in checkpoints. specs/log.md section 4. */
#include "crypto/err.h"
#include "crypto/sign.h"

enum {
    NOTE_NAME_MAX = 200, /* bytes of a key's name or an origin: printable ASCII without space and '+' */
    NOTE_SIGS_MAX = 16,
    NOTE_MAX = 16 << 10, /* bytes of a whole note */
};

enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };
struct note_key {
    char name[NOTE_NAME_MAX + 1];
    enum note_type type;
    struct sign_pub pub;
};
/* SR_EFORMAT when the name is none. */
enum sr_err note_key_of(const char *name, enum note_type type, const struct sign_pub *pub,
                        struct note_key *ret);
uint32_t note_key_id(const struct note_key *k); /* first 4 bytes of SHA-256(name || 0A || type || pub) */
/* The key as one line: name+id+base64(type || pub), C2SP's "vkey". */
void note_key_write(const struct note_key *k, struct buf *ret);
enum sr_err note_key_read(struct span s, struct note_key *ret);

struct checkpoint {
    char origin[NOTE_NAME_MAX + 1];
    uint64_t size;
    struct sha256 root;
};
/* The body: origin, size, root, a line each. */
void checkpoint_write(const struct checkpoint *c, struct buf *ret);
/* SR_EFORMAT: CR, tab, leading zero, missing or extra line, anything it would not write itself. */
enum sr_err checkpoint_read(struct span body, struct checkpoint *ret);

/* The body as a note with one signature, made by key under the name c->origin. */
void checkpoint_sign(const struct checkpoint *c, const struct sign_key *key, const struct sign_pub *pub,
                     struct buf *ret);

/* A note whose every signature by a key in keys verifies. */
struct note_open {
    struct span body;  /* borrows from the note; ends in its newline */
    uint32_t signers;  /* bit i: keys[i] signed it */
    uint64_t time[32]; /* of keys[i], when it cosigned: unix seconds */
};
/* At most 32 keys. SR_EFORMAT + R_NOTE_FORMAT: not a note. SR_EPROOF + R_NOTE_SIGNATURE: a known key's
 * signature is wrong or there twice (the whole note is refused), or no known key signed. */
enum sr_err note_open(struct span note, const struct note_key *keys, size_t n, struct note_open *ret,
                      struct sr_why *why);
/* A checkpoint of this origin signed by this key; other signatures don't matter but must be well formed.
 * Also SR_EPROOF + R_NOTE_ORIGIN. */
enum sr_err checkpoint_open(struct span note, const char *origin, const struct sign_pub *pub,
                            struct checkpoint *ret, struct sr_why *why);

/* A witness's line for the note with this body, to be appended to the note: signs "cosignature/v1", time,
 * body. */
void note_cosign(struct span body, const char *name, const struct sign_key *key, const struct sign_pub *pub,
                 uint64_t time, struct buf *ret);
