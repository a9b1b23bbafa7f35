#include "proto/recovery_file.h"

enum { FILE_VERSION = 65 }; /* no genesis bundle begins with it */

static const uint8_t empty_chain[2] = { 0, 0 };

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_RECOVERY_FORMAT, "recovery file: %s", what);
}

static enum sr_err unproven(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EPROOF, R_RECOVERY_FILE, "recovery file: %s", what);
}

void recovery_later_write(uint64_t epoch, const struct recovery_sealed *sealed, struct buf *ret)
{
    wr_u64be(ret, epoch);
    recovery_sealed_write(sealed, ret);
}

/* All but who says so. */
static enum sr_err write_head(const struct recovery_file *f, struct buf *ret)
{
    wr_u8(ret, FILE_VERSION);
    wr_lp(ret, f->bundle);
    wr_lp(ret, f->chain);
    wr_lp(ret, f->later);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err said_text(const struct recovery_file *f, const struct sha256 *cid, struct buf *ret)
{
    SR_OWN(buf) head = { 0 };
    SR_TRY(write_head(f, &head));
    struct sha256 all = sha256(buf_span(&head));
    wr_span(ret, SPAN(cid->b));
    wr_span(ret, SPAN(all.b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err recovery_file_sign(const struct recovery_file *f, const struct sha256 *cid,
                               const struct sign_key *member, struct sig *ret)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(said_text(f, cid, &text));
    *ret = sign_label(member, L_RECOVERY_FILE, buf_span(&text));
    return SR_OK;
}

enum sr_err recovery_file_encode(const struct recovery_file *f, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct recovery_file back;
    SR_TRY(write_head(f, &b));
    wr_lp(&b, f->cert);
    wr_span(&b, SPAN(f->sig.b));
    if (!buf_ok(&b))
        return SR_ENOMEM;
    SR_TRY(recovery_file_decode(buf_span(&b), &back, NULL));
    wr_span(ret, buf_span(&b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static uint64_t next_later(struct reader *r, struct recovery_sealed *ret)
{
    uint64_t epoch = rd_u64be(r);
    recovery_sealed_read(r, ret);
    return epoch;
}

static bool ascending(struct span later)
{
    struct recovery_sealed s;
    uint64_t last = 1;
    for (struct reader r = rd_init(later); rd_left(&r) && !r.bad;) {
        uint64_t epoch = next_later(&r, &s);
        if (r.bad || epoch <= last || epoch > EPOCHS_MAX)
            return false;
        last = epoch;
    }
    return true;
}

enum sr_err recovery_file_decode(struct span s, struct recovery_file *ret, struct sr_why *why)
{
    struct recovery_file f = { 0 };
    struct reader r = rd_init(s);
    if (rd_u8(&r) != FILE_VERSION) {
        *ret = (struct recovery_file){ .bundle = s, .chain = SPAN(empty_chain) };
        return SR_OK;
    }
    f.bundle = rd_lp(&r, GENESIS_BUNDLE_MAX);
    f.chain = rd_lp(&r, EPOCH_CHAIN_MAX);
    f.later = rd_lp(&r, EPOCHS_MAX * RECOVERY_LATER_SIZE);
    f.cert = rd_lp(&r, MEMBER_CERT_MAX);
    rd_copy(&r, f.sig.b, sizeof f.sig.b);
    if (!rd_end(&r) || !f.cert.n)
        return bad(why, "length");
    if (!ascending(f.later))
        return bad(why, "masters that are not ascending");
    *ret = f;
    return SR_OK;
}

static enum sr_err check_word(const struct recovery_file *f, const struct sha256 *cid,
                              const struct epoch_pubs *newest, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct member_cert by;
    if (member_cert_check(f->cert, cid, newest->epoch, &newest->member_ca, &by, NULL) != SR_OK)
        return unproven(why, "not by a member of its newest epoch");
    SR_TRY(said_text(f, cid, &text));
    if (sign_check(&by.key, L_RECOVERY_FILE, buf_span(&text), &f->sig) != SR_OK)
        return unproven(why, "not what that member wrote");
    return SR_OK;
}

static uint64_t last_later(const struct recovery_file *f)
{
    struct recovery_sealed s;
    uint64_t last = 1;
    for (struct reader r = rd_init(f->later); rd_left(&r);)
        last = next_later(&r, &s);
    return last;
}

enum sr_err recovery_file_check(const struct recovery_file *f, const struct sha256 *cid,
                                const struct genesis *g, struct recovery_epochs *ret, struct sr_why *why)
{
    const struct approvers approvers = genesis_approvers(g);
    size_t n = 0;
    SR_TRY(epoch_chain_check(f->chain, cid, &g->first, &approvers, ret->pub, &n, why));
    if (last_later(f) > n)
        return unproven(why, "masters of epochs that its chain has not");
    if (f->cert.n)
        SR_TRY(check_word(f, cid, &ret->pub[n - 1], why));
    ret->n = n;
    ret->chain = sha256(f->chain);
    return SR_OK;
}

bool recovery_file_master(const struct recovery_file *f, uint64_t epoch, struct recovery_sealed *ret)
{
    struct recovery_sealed s;
    for (struct reader r = rd_init(f->later); rd_left(&r);)
        if (next_later(&r, &s) == epoch) {
            *ret = s;
            return true;
        }
    return false;
}

enum sr_err recovery_file_whole(const struct recovery_file *f, const struct recovery_epochs *epochs,
                                uint64_t from, struct sr_why *why)
{
    struct recovery_sealed s;
    for (uint64_t e = 2; e <= epochs->n; e++)
        if ((e >= from || e == epochs->n) && !recovery_file_master(f, e, &s))
            return sr_fail(why, SR_EPROOF, R_RECOVERY_EPOCH,
                           "the recovery file lacks the master of epoch %llu", (unsigned long long)e);
    return SR_OK;
}
