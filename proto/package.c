#include "proto/package.h"

#include <string.h>

enum { PACKAGE_SIG = 64 };

static enum sr_err wrong(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_PACKAGE_FORMAT, "package: %s", what);
}

static void put_head(struct buf *b, const struct package *p)
{
    wr_u8(b, 1);
    wr_span(b, SPAN(p->cid.b));
    wr_lp(b, span_of(p->tenant));
    wr_lp(b, span_of(p->path));
    wr_u32be(b, p->version);
    wr_span(b, SPAN(p->prev.b));
    wr_u8(b, (uint8_t)p->kind);
    wr_u64be(b, p->epoch);
    wr_u64be(b, p->created);
}

/* Who signed is sealed in as well: nobody else's signature can be put on the same cipher text. */
static enum sr_err seal_texts(const struct package *p, struct buf *info, struct buf *aad)
{
    struct label_text t = label_text(L_PACKAGE_SEAL);
    wr_lp(info, (struct span){ (const uint8_t *)t.b, t.n });
    put_head(aad, p);
    wr_span(aad, SPAN(p->signer.b));
    return buf_ok(info) && buf_ok(aad) ? SR_OK : SR_ENOMEM;
}

static enum sr_err seal(struct package *p, struct span value, const struct package_keys *keys,
                        struct buf *ret)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_TRY(seal_texts(p, &info, &aad));
    SR_TRY(hpke_setup_send(keys->network, buf_span(&info), NULL, keys->eph, &p->enc, &ctx));
    return hpke_seal(&ctx, buf_span(&aad), value, ret);
}

static bool all_zero(struct span s)
{
    return sodium_is_zero(s.p, s.n);
}

/* What any package must be, whoever signed it. */
static enum sr_err check_form(const struct package *p, struct sr_why *why)
{
    if (!glob_tenant_ok(span_of(p->tenant)) || !glob_path_ok(span_of(p->path)))
        return wrong(why, "tenant or path");
    if (p->version < 1 || p->epoch < 1 || (p->version == 1) != all_zero(SPAN(p->prev.b)))
        return wrong(why, "version, link or epoch");
    switch (p->kind) {
    case PACKAGE_VALUE:
        return p->ct.n > HPKE_TAG && p->ct.n <= PACKAGE_VALUE_MAX + HPKE_TAG ? SR_OK : wrong(why, "size");
    case PACKAGE_TOMBSTONE:
        return p->ct.n == 0 && all_zero(SPAN(p->enc.b)) ? SR_OK : wrong(why, "a tombstone holds nothing");
    }
    return wrong(why, "kind");
}

enum sr_err package_make(const struct package *p, struct span value, const struct package_keys *keys,
                         struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) ct = { 0 };
    struct package made = *p;
    made.signer = *keys->signer_pub;
    made.enc = (struct kem_pub){ 0 };
    if (p->kind == PACKAGE_VALUE && value.n > PACKAGE_VALUE_MAX)
        return sr_fail(why, SR_ETOOBIG, R_PACKAGE_FORMAT, "package: the value is over its limit");
    if (p->kind == PACKAGE_TOMBSTONE && value.n)
        return wrong(why, "a tombstone holds nothing");
    if (p->kind == PACKAGE_VALUE)
        SR_TRY(seal(&made, value, keys, &ct));
    made.ct = buf_span(&ct);
    SR_TRY(check_form(&made, why));
    put_head(&b, &made);
    wr_span(&b, SPAN(made.enc.b));
    wr_lp(&b, made.ct);
    wr_span(&b, SPAN(made.signer.b));
    if (!buf_ok(&b))
        return SR_ENOMEM;
    struct sig sig = sign_label(keys->signer, L_PACKAGE_SIG, buf_span(&b));
    wr_span(ret, buf_span(&b));
    wr_span(ret, SPAN(sig.b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static struct sha256 package_hash(struct span s)
{
    struct hash256 h = hash256_start(L_PACKAGE);
    hash256_lp(&h, s);
    return hash256_end(&h);
}

static bool get_text(struct reader *r, char *ret, size_t max)
{
    struct span s = rd_lp(r, max);
    if (r->bad || s.n == 0 || memchr(s.p, 0, s.n))
        return false;
    memcpy(ret, s.p, s.n);
    return true;
}

static enum sr_err decode(struct span s, struct package *ret, struct sig *ret_sig, struct sr_why *why)
{
    struct package p = { 0 };
    struct reader r = rd_init(s);
    if (s.n > PACKAGE_MAX)
        return sr_fail(why, SR_ETOOBIG, R_PACKAGE_FORMAT, "package: over the limit");
    uint8_t version = rd_u8(&r);
    rd_copy(&r, p.cid.b, sizeof p.cid.b);
    if (version != 1 || !get_text(&r, p.tenant, GLOB_TENANT_MAX) || !get_text(&r, p.path, GLOB_PATH_MAX))
        return wrong(why, "version or name");
    p.version = rd_u32be(&r);
    rd_copy(&r, p.prev.b, sizeof p.prev.b);
    p.kind = (enum package_kind)rd_u8(&r);
    p.epoch = rd_u64be(&r);
    p.created = rd_u64be(&r);
    rd_copy(&r, p.enc.b, sizeof p.enc.b);
    p.ct = rd_lp(&r, PACKAGE_VALUE_MAX + HPKE_TAG);
    rd_copy(&r, p.signer.b, sizeof p.signer.b);
    rd_copy(&r, ret_sig->b, sizeof ret_sig->b);
    if (!rd_end(&r))
        return wrong(why, "length");
    *ret = p;
    return check_form(&p, why);
}

static enum sr_err check_signature(const struct package *p, struct span s, const struct sig *sig,
                                   struct sr_why *why)
{
    if (sign_check(&p->signer, L_PACKAGE_SIG, wire_body(s, PACKAGE_SIG), sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_PACKAGE_SIGNATURE, "package: not signed by whom it names");
    return SR_OK;
}

enum sr_err package_read(struct span s, struct package *ret, struct sr_why *why)
{
    struct package p;
    struct sig sig;
    SR_TRY(decode(s, &p, &sig, why));
    SR_TRY(check_signature(&p, s, &sig, why));
    p.hash = package_hash(s);
    *ret = p;
    return SR_OK;
}

enum sr_err package_read_known(struct package_known *known, struct span s, struct package *ret,
                               struct sr_why *why)
{
    struct package p;
    struct sig sig;
    SR_TRY(decode(s, &p, &sig, why));
    p.hash = package_hash(s);
    if (!package_known_has(known, &p.hash)) {
        SR_TRY(check_signature(&p, s, &sig, why));
        package_known_add(known, &p.hash);
    }
    *ret = p;
    return SR_OK;
}

enum sr_err package_glance(struct span s, struct package *ret, struct sr_why *why)
{
    struct sig sig;
    return decode(s, ret, &sig, why);
}

enum sr_err package_check(const struct package *p, const struct sha256 *cid, uint64_t newest_epoch,
                          const struct sign_pub *admins, size_t n, struct sr_why *why)
{
    if (!sha256_eq(&p->cid, cid))
        return sr_fail(why, SR_EPROOF, R_PACKAGE_NETWORK, "package: for another network");
    if (p->epoch > newest_epoch)
        return sr_fail(why, SR_EPROOF, R_EPOCH, "package: sealed to an epoch to come");
    for (size_t i = 0; i < n; i++)
        if (span_eq(SPAN(admins[i].b), SPAN(p->signer.b)))
            return SR_OK;
    return sr_fail(why, SR_EDENIED, R_PACKAGE_SIGNER, "package: not signed by the tenant's administrator");
}

enum sr_err package_open(const struct package *p, const struct kem_key *network, struct secret *ret,
                         struct sr_why *why)
{
    struct kem_pub pub;
    kem_pub_of(network, &pub);
    return package_open_by(p, network, &pub, ret, why);
}

enum sr_err package_open_by(const struct package *p, const struct kem_key *network,
                            const struct kem_pub *network_pub, struct secret *ret, struct sr_why *why)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    if (p->kind != PACKAGE_VALUE)
        return sr_fail(why, SR_ENOENT, R_PACKAGE_DELETED, "package: deleted");
    SR_TRY(seal_texts(p, &info, &aad));
    if (hpke_setup_recv_by(&p->enc, network, network_pub, buf_span(&info), NULL, &ctx) != SR_OK ||
        hpke_open(&ctx, buf_span(&aad), p->ct, ret) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_PACKAGE_SEAL, "package: does not open under its epoch's key");
    return SR_OK;
}

static enum package_verdict refused(struct sr_why *why, const char *what)
{
    (void)sr_fail(why, SR_ESTALE, R_PACKAGE_VERSION, "package: %s", what);
    return PACKAGE_REFUSED;
}

static bool same_name(const struct package *a, const struct package *b)
{
    return strcmp(a->tenant, b->tenant) == 0 && strcmp(a->path, b->path) == 0;
}

/* One of two packages of the same version wins, the same one everywhere. */
static enum package_verdict resolve(const struct package *now, const struct package *next)
{
    int c = span_cmp(SPAN(next->hash.b), SPAN(now->hash.b));
    return c == 0 ? PACKAGE_SAME : c < 0 ? PACKAGE_REPLACES : PACKAGE_LOSES;
}

static bool linked(const struct package *now, const struct package *next)
{
    return next->version - now->version == 1 && sha256_eq(&next->prev, &now->hash);
}

enum package_verdict package_follows(const struct package *now, const struct package *next,
                                     struct sr_why *why)
{
    if (!now)
        return next->version == 1 ? PACKAGE_NEXT : refused(why, "the version before is not known");
    if (!same_name(now, next))
        return refused(why, "another name");
    if (next->version == now->version)
        return resolve(now, next);
    if (next->version < now->version)
        return refused(why, "an older version");
    return linked(now, next) ? PACKAGE_NEXT : refused(why, "does not link to the newest version");
}

enum package_verdict package_sync(const struct package *now, const struct package *next, struct sr_why *why)
{
    if (!now)
        return PACKAGE_NEXT;
    if (!same_name(now, next))
        return refused(why, "another name");
    if (next->version == now->version)
        return resolve(now, next);
    if (next->version < now->version)
        return refused(why, "an older version");
    /* The next version of the one that lost: taken, because everyone must end at the same, and reported. */
    return next->version - now->version == 1 && !linked(now, next) ? PACKAGE_REPLACES : PACKAGE_NEXT;
}
