#include "node/recoverable.h"

#include "crypto/file.h"
#include "node/node.h"
#include "node/recovery_key.h"
#include "node/rotation.h"
#include "proto/recovery_file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct recoverable {
    pthread_mutex_t lock; /* guards all below: one file at a time is made */
    struct sha256 about;  /* what file was made of */
    struct buf file;      /* empty: none yet */
    struct sha256 kept;   /* what the one on disk was made of */
};

enum sr_err recoverable_new(struct recoverable **ret)
{
    struct recoverable *r = calloc(1, sizeof *r);
    if (!r)
        return SR_ENOMEM;
    pthread_mutex_init(&r->lock, NULL);
    *ret = r;
    return SR_OK;
}

void recoverable_free(struct recoverable *r)
{
    if (!r)
        return;
    buf_drop(&r->file);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static struct sha256 about(const struct epochs *now, struct span cert)
{
    SR_OWN(buf) b = { 0 };
    wr_lp(&b, cert);
    wr_lp(&b, buf_span(&now->chain));
    for (uint64_t e = 2; e <= now->n; e++)
        wr_u8(&b, keyring_pubs(now->keyring, e) != NULL); /* those destroyed are gone from the file too */
    return sha256(buf_span(&b));
}

static enum sr_err seal_later(const struct epochs *now, const struct sha256 *cid, const struct kem_pub *to,
                              struct buf *ret)
{
    for (uint64_t e = 2; e <= now->n; e++) {
        struct recovery_sealed s;
        if (!keyring_pubs(now->keyring, e))
            continue;
        SR_TRY(keyring_seal_recovery(now->keyring, e, cid, to, &s));
        recovery_later_write(e, &s, ret);
    }
    return SR_OK;
}

static enum sr_err make(struct node *n, struct core *c, const struct epochs *now, struct span cert,
                        struct buf *ret, struct sr_why *why)
{
    struct kem_pub to;
    SR_OWN(buf) later = { 0 };
    SR_TRY(recovery_key_get(n, c, &to, why));
    SR_TRY(seal_later(now, &c->home.cid, &to, &later));
    struct recovery_file f = { .bundle = buf_span(&c->bundle),
                               .chain = buf_span(&now->chain),
                               .later = buf_span(&later),
                               .cert = cert };
    SR_TRY(recovery_file_sign(&f, &c->home.cid, &c->home.member, &f.sig));
    return recovery_file_encode(&f, ret);
}

static enum sr_err file_locked(struct node *n, struct core *c, struct buf *ret, struct sr_why *why)
{
    struct recoverable *r = c->recoverable;
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) file = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    uint64_t epoch = 0;
    SR_TRY(rotation_cert(c->rotation, &cert));
    SR_TRY(member_cert_epoch(buf_span(&cert), &epoch, why));
    if (epoch != now.e->n) /* between one and the other the switch came */
        return sr_fail(why, SR_ESTALE, R_EPOCH, "another epoch is active: ask again");
    struct sha256 what = about(now.e, buf_span(&cert));
    if (!r->file.n || !sha256_eq(&what, &r->about)) {
        SR_TRY(make(n, c, now.e, buf_span(&cert), &file, why));
        buf_drop(&r->file);
        r->file = SR_TAKE(file);
        r->about = what;
    }
    wr_span(ret, buf_span(&r->file));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err recoverable_file(struct node *n, struct core *c, struct buf *ret, struct sr_why *why)
{
    pthread_mutex_lock(&c->recoverable->lock);
    enum sr_err e = file_locked(n, c, ret, why);
    pthread_mutex_unlock(&c->recoverable->lock);
    return e;
}

static enum sr_err keep_locked(struct node *n, struct core *c, struct sr_why *why)
{
    struct recoverable *r = c->recoverable;
    char path[CONFIG_TEXT + 32];
    SR_OWN(buf) file = { 0 };
    SR_TRY(file_locked(n, c, &file, why));
    if (sha256_eq(&r->kept, &r->about))
        return SR_OK;
    snprintf(path, sizeof path, "%s/recovery.file", n->config->state_dir);
    SR_TRY(file_write(path, 0644, buf_span(&file), why));
    r->kept = r->about;
    struct logline l = log_start(&n->log, LOG_INFO, "recovery-file");
    log_text(&l, "file", path);
    log_end(&l);
    return SR_OK;
}

enum sr_err recoverable_keep(struct node *n, struct core *c, struct sr_why *why)
{
    if (!c->home.genesis.params.recovery.n)
        return SR_OK;
    pthread_mutex_lock(&c->recoverable->lock);
    enum sr_err e = keep_locked(n, c, why);
    pthread_mutex_unlock(&c->recoverable->lock);
    return e;
}
