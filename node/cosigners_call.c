/* Calls to one witness: cosign this, and what have you seen? */
#include "node/cosigners_parts.h"

#include "crypto/text.h"
#include "node/clock.h"
#include "proto/log.h"
#include "proto/signed.h"

#include <stdio.h>
#include <string.h>

enum { TRIES = 3 }; /* told another size, it is asked again from there */

void errand_drop(struct errand *e)
{
    buf_drop(&e->line_bytes);
}

static bool is_stopping(void *ctx)
{
    return node_stopping(ctx);
}

/* Members by their own rules (node/peer.h); outside witnesses as any server on the Internet. */
static enum sr_err connect(struct cosigners *w, struct cosigner *to, struct sr_why *why)
{
    struct http_client_options o = {
        .base = to->base, .peer = HTTP_VENDOR, .reply_max = NOTE_MAX, .stop = is_stopping, .stop_ctx = w->node
    };
    if (!to->link.http && !to->outside)
        SR_TRY(peer_open(w->node, to->base, &w->core->home, &to->link, why));
    if (!to->link.http && http_client_new(&o, &to->link.http) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "not an address of a witness: %.80s", to->base);
    to->link.until_ms = clock_boot_ms() + COSIGN_CALL_MS;
    return SR_OK;
}

/* ---- cosign this */

static enum sr_err write_request(struct cosigners *w, const struct errand *e, struct buf *ret)
{
    struct merkle_proof proof = { 0 };
    struct witness_request q = { .old = e->to->size,
                                 .note = { (const uint8_t *)e->what.note, e->what.note_n } };
    if (q.old > 0 && q.old < e->what.at.size)
        SR_TRY(journal_consistency(w->core->journal, q.old, e->what.at.size, &proof));
    q.n = proof.n;
    memcpy(q.hash, proof.hash, proof.n * sizeof proof.hash[0]);
    witness_request_write(&q, ret);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* Which boot of ours it is, for members. */
static enum sr_err write_path(struct cosigners *w, const struct cosigner *to, struct span request,
                              struct buf *ret)
{
    struct witness_boot boot = { .known = true, .start = w->core->start };
    memcpy(boot.id, w->node->boot, sizeof boot.id);
    wr_fmt(ret, "%s/add-checkpoint", to->prefix);
    if (!to->outside) {
        SR_TRY(witness_boot_sign(w->origin, &boot, request, &w->core->home.member));
        wr_text(ret, "?boot=");
        wr_hex(ret, SPAN(boot.id));
        wr_fmt(ret, "&sig=");
        wr_hex(ret, SPAN(boot.sig.b));
        wr_fmt(ret, "&start=%llu", (unsigned long long)boot.start);
    }
    wr_u8(ret, '\0');
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err post(struct cosigners *w, struct errand *e, struct sr_why *why)
{
    SR_OWN(buf) body = { 0 };
    SR_OWN(buf) path = { 0 };
    SR_TRY(write_request(w, e, &body));
    SR_TRY(write_path(w, e->to, buf_span(&body), &path));
    return peer_post(&e->to->link, (const char *)path.p, "text/plain", buf_span(&body), why);
}

/* Its line, of about now: one from another time was made for somebody else's question. */
static enum sr_err take_line(struct errand *e, struct sr_why *why)
{
    struct span note = { (const uint8_t *)e->what.note, e->what.note_n };
    struct span answer = buf_span(&e->to->link.reply.body);
    SR_TRY(witness_answer_open(note, answer, &e->to->key, &e->line, why));
    if (e->line.time + SIGNED_SKEW_S < e->what.began || e->line.time > clock_unix() + SIGNED_SKEW_S)
        return sr_fail(why, SR_EPROOF, R_WITNESS_ANSWER, "%.80s: a cosignature of another time", e->to->base);
    wr_span(&e->line_bytes, e->line.line);
    return buf_ok(&e->line_bytes) ? SR_OK : SR_ENOMEM;
}

/* SR_ESTALE: it has another size than we thought, and says which. */
static enum sr_err submit(struct cosigners *w, struct errand *e, struct sr_why *why)
{
    for (int i = 0; i < TRIES; i++) {
        uint64_t size = 0;
        enum sr_err err = post(w, e, why);
        if (err == SR_OK) {
            SR_TRY(take_line(e, why));
            e->to->size = e->what.at.size;
            return SR_OK;
        }
        if (err != SR_ESTALE || witness_size_read(buf_span(&e->to->link.reply.body), &size) != SR_OK ||
            size > e->what.at.size)
            return err;
        e->to->size = size;
        *why = (struct sr_why){ 0 };
    }
    return sr_fail(why, SR_ESTALE, R_WITNESS_SIZE, "%.80s: says another size each time", e->to->base);
}

/* ---- what have you seen? */

/* Does our log go on from what was seen? */
static bool goes_on(struct cosigners *w, const struct witness_state *seen)
{
    SR_OWN(buf) note = { 0 };
    struct merkle_proof proof = { 0 };
    struct checkpoint head;
    if (seen->size == 0)
        return true;
    return journal_checkpoint(w->core->journal, &note) == SR_OK &&
           checkpoint_open(buf_span(&note), w->origin, &w->core->home.member_pub, &head, NULL) == SR_OK &&
           seen->size <= head.size &&
           journal_consistency(w->core->journal, seen->size, head.size, &proof) == SR_OK &&
           merkle_check_consistency(&proof, seen->size, &seen->root, head.size, &head.root) == SR_OK;
}

/* A start after ours, once we serve, is a copy of us that took over. */
static enum sr_reason verdict(struct cosigners *w, const struct witness_state *seen)
{
    bool other = memcmp(seen->boot, w->node->boot, sizeof seen->boot) != 0;
    if (seen->forked)
        return R_LOG_FORK;
    if (cosigners_look(w).size > 0 && other && seen->start > w->core->start)
        return R_SUPERSEDED;
    return goes_on(w, seen) ? R_NONE : R_ROLLED_BACK;
}

static enum sr_err ask(struct cosigners *w, struct errand *e, struct sr_why *why)
{
    SR_OWN(buf) body = { 0 };
    struct witness_question q = { 0 };
    struct witness_state seen;
    memcpy(q.origin, w->origin, sizeof q.origin);
    random_fill(q.nonce, sizeof q.nonce);
    witness_question_write(&q, &body);
    SR_TRY(peer_post(&e->to->link, "/sealring/v1/witness/seen", "application/octet-stream", buf_span(&body),
                     why));
    SR_TRY(witness_seen_check(buf_span(&e->to->link.reply.body), &q, &e->to->key.pub, &seen, why));
    e->to->size = seen.size;
    e->verdict = verdict(w, &seen);
    return SR_OK;
}

enum sr_err errand_run(struct cosigners *w, struct errand *e, struct sr_why *why)
{
    SR_TRY(connect(w, e->to, why));
    return e->ask ? ask(w, e, why) : submit(w, e, why);
}
