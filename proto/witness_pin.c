#include "proto/log.h"
#include "proto/witness.h"

#include <string.h>

#define DASH "\xe2\x80\x94 "
enum { DASH_N = sizeof DASH - 1 };

/* The name on a signature line. */
static bool name_of(struct span one, char ret[NOTE_NAME_MAX + 1])
{
    if (one.n <= DASH_N || memcmp(one.p, DASH, DASH_N) != 0)
        return false;
    struct span rest = { one.p + DASH_N, one.n - DASH_N };
    const uint8_t *end = memchr(rest.p, ' ', rest.n);
    size_t n = end ? (size_t)(end - rest.p) : SIZE_MAX;
    if (n > NOTE_NAME_MAX)
        return false;
    memcpy(ret, rest.p, n);
    ret[n] = '\0';
    return strlen(ret) == n;
}

/* text: the note up to its first signature. */
static bool cosigned_by(struct span text, struct span one, const struct sign_pub *pub)
{
    SR_OWN(buf) note = { 0 };
    struct note_open open;
    struct note_key k;
    char name[NOTE_NAME_MAX + 1];
    wr_span(&note, text);
    wr_span(&note, one);
    return buf_ok(&note) && name_of(one, name) && note_key_of(name, NOTE_COSIGNATURE, pub, &k) == SR_OK &&
           note_open(buf_span(&note), &k, 1, &open, NULL) == SR_OK;
}

static bool any_line(struct span text, struct span lines, const struct sign_pub *pub)
{
    while (lines.n > 0) {
        const uint8_t *end = memchr(lines.p, '\n', lines.n);
        size_t n = end ? (size_t)(end - lines.p) + 1 : lines.n;
        if (cosigned_by(text, (struct span){ lines.p, n }, pub))
            return true;
        lines = (struct span){ lines.p + n, lines.n - n };
    }
    return false;
}

static bool is_of(const struct checkpoint *c, const struct sha256 *cid)
{
    static const uint8_t any[16] = { 0 };
    SR_OWN(buf) origin = { 0 };
    log_origin(cid, any, &origin);
    size_t same = buf_ok(&origin) ? origin.n - 2 * sizeof any : SIZE_MAX; /* up to the member's id */
    return strlen(c->origin) == origin.n && same < origin.n && memcmp(c->origin, origin.p, same) == 0;
}

enum sr_err witness_pin_check(const struct witness_pin *pin, const struct sha256 *cid, struct span note,
                              uint64_t leaf_index, struct sr_why *why)
{
    const uint8_t *gap = note.n > 2 ? memmem(note.p, note.n, "\n\n", 2) : NULL;
    struct span text = { note.p, gap ? (size_t)(gap - note.p) + 2 : 0 };
    struct span body = { note.p, gap ? text.n - 1 : 0 };
    struct checkpoint c;
    size_t count = 0;
    if (!gap || note.n > NOTE_MAX || checkpoint_read(body, &c) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_NOTE_FORMAT, "witnesses: what came is no checkpoint");
    if (!is_of(&c, cid))
        return sr_fail(why, SR_EPROOF, R_NOTE_ORIGIN, "witnesses: the log of another network");
    if (c.size <= leaf_index)
        return sr_fail(why, SR_EPROOF, R_LOG_PROOF, "witnesses: the leaf is not under the checkpoint");
    for (size_t i = 0; i < pin->n; i++)
        count += any_line(text, (struct span){ note.p + text.n, note.n - text.n }, &pin->key[i]);
    if (count < pin->need)
        return sr_fail(why, SR_EPROOF, R_UNWITNESSED, "witnesses: %zu of %zu have cosigned", count,
                       pin->need);
    return SR_OK;
}
