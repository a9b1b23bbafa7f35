#include "node/platform/insecure_platform.h"
#include "crypto/aead.h"
#include "crypto/file.h"
#include "node/platform/measure.h"
#include "proto/evidence/insecure_verifier.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct platform_state {
    struct key key;
    struct claims claims;
};

static void close_insecure(struct platform_state *s)
{
    key_drop(&s->key);
    free(s);
}

static bool in_dir(const char *dir, const char *name, char ret[PATH_MAX])
{
    int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < PATH_MAX;
}

/* Nothing that the host put in a file's place is waited for: a FIFO opens at once and is refused here. */
static int open_regular(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
        errno = EINVAL;
    }
    return fd;
}

/* Makes the key file when there is none: whole, or not at all when it is killed meanwhile. */
static enum sr_err make_key(const char *path, struct sr_why *why)
{
    struct stat st;
    SR_OWN(key) fresh = { 0 };
    if (lstat(path, &st) == 0 || errno != ENOENT)
        return SR_OK; /* what is there is looked at when it is read */
    random_fill(fresh.b, sizeof fresh.b);
    return file_write(path, 0600, key_span(&fresh), why);
}

static enum sr_err read_key(const char *dir, struct key *ret, struct sr_why *why)
{
    char path[PATH_MAX];
    if (!in_dir(dir, "insecure-key", path))
        return sr_fail(why, SR_EIO, R_CONFIG, "the directory's path is too long");
    SR_TRY(make_key(path, why));
    int fd = open_regular(path);
    ssize_t n = fd < 0 ? -1 : read(fd, ret->b, sizeof ret->b);
    if (fd >= 0)
        close(fd);
    if (n != (ssize_t)sizeof ret->b)
        return sr_fail(why, SR_EIO, R_CONFIG, "can't read %.90s", path);
    return SR_OK;
}

static enum sr_err own_digest(struct claims *ret, struct sr_why *why)
{
    const char *const self[] = { "/proc/self/exe" };
    struct reference r;
    SR_TRY(measure_reference(self, 1, NULL, &r, why));
    claims_put_hex(ret, "code", SPAN(r.code.b));
    claims_put_hex(ret, "measurement", SPAN(r.measurement.b));
    return SR_OK;
}

static enum sr_err read_claims(const char *dir, struct claims *ret, struct sr_why *why)
{
    char path[PATH_MAX], line[512];
    if (!in_dir(dir, "insecure-claims", path))
        return sr_fail(why, SR_EIO, R_CONFIG, "the directory's path is too long");
    int fd = open_regular(path);
    if (fd < 0)
        return errno == ENOENT ? own_digest(ret, why)
                               : sr_fail(why, SR_EIO, R_CONFIG, "can't read %.90s", path);
    FILE *f = fdopen(fd, "r");
    if (!f) {
        close(fd);
        return SR_ENOMEM;
    }
    while (fgets(line, sizeof line, f)) {
        char *value = strchr(line, ' ');
        line[strcspn(line, "\n")] = 0;
        if (!value)
            continue;
        *value++ = 0;
        claims_put_text(ret, line, span_of(value));
    }
    fclose(f);
    return claims_ok(ret) ? SR_OK : sr_fail(why, SR_EFORMAT, R_CONFIG, "claims in %.90s do not fit", path);
}

static enum sr_err in_folder(const char *dir, struct platform_state *s, struct sr_why *why)
{
    SR_TRY(read_key(dir, &s->key, why));
    return read_claims(dir, &s->claims, why);
}

/* A workload attests and seals nothing: what it would seal, only this process could open. */
static enum sr_err in_memory(struct platform_state *s, struct sr_why *why)
{
    random_fill(s->key.b, sizeof s->key.b);
    return own_digest(&s->claims, why);
}

static enum sr_err open_insecure(const struct platform_options *o, struct platform_state **ret,
                                 struct sr_why *why)
{
    struct platform_state *s = calloc(1, sizeof *s);
    if (!s)
        return SR_ENOMEM;
    enum sr_err e = o->dir && *o->dir ? in_folder(o->dir, s, why) : in_memory(s, why);
    if (e == SR_OK)
        *ret = s;
    else
        close_insecure(s);
    return e;
}

static enum sr_err quote(struct platform_state *s, const struct sha512 *rd, struct span ak_cert,
                         struct buf *ret, struct sr_why *why)
{
    (void)ak_cert, (void)why;
    return insecure_evidence_write(rd, &s->claims, ret);
}

static enum sr_err seal(struct platform_state *s, const struct key *k, struct buf *ret, struct sr_why *why)
{
    (void)why;
    return aead_seal(&s->key, SPAN_STR("insecure"), key_span(k), ret);
}

static enum sr_err unseal(struct platform_state *s, struct span blob, struct key *ret, struct sr_why *why)
{
    SR_OWN(secret) plain = { 0 };
    if (aead_open(&s->key, SPAN_STR("insecure"), blob, &plain) != SR_OK || plain.n != sizeof ret->b)
        return sr_fail(why, SR_EPROOF, R_UNSEAL, "not sealed under this key file");
    memcpy(ret->b, plain.p, sizeof ret->b);
    return SR_OK;
}

static struct sha256 digest_of(const struct claims *c)
{
    const struct claim *code = claims_find(c, SPAN_STR("code"));
    return sha256(code ? span_of(code->text) : SPAN_STR("insecure"));
}

static enum sr_err policy_digest(struct platform_state *s, struct sha256 *ret, struct sr_why *why)
{
    (void)why;
    *ret = digest_of(&s->claims);
    return SR_OK;
}

static enum sr_err probe(struct platform_state *s, struct sr_why *why)
{
    (void)s, (void)why;
    return SR_OK;
}

static enum sr_err self_claims(struct platform_state *s, struct claims *ret, struct sr_why *why)
{
    (void)why;
    claims_put_text(ret, "type", SPAN_STR("insecure"));
    claims_put_bool(ret, "debug", true);
    for (size_t i = 0; i < s->claims.n; i++)
        claims_put(ret, &s->claims.c[i]);
    return SR_OK;
}

/* As self_claims(), with another program. */
static enum sr_err foresee(struct platform_state *s, const struct announcement *a, struct claims *ret,
                           struct sr_why *why)
{
    struct platform_state other = { 0 };
    claims_put_hex(&other.claims, "code", SPAN(a->file[0].b));
    for (size_t i = 0; i < s->claims.n; i++)
        if (!claims_find(&other.claims, span_of(s->claims.c[i].name)) &&
            !span_eq(span_of(s->claims.c[i].name), SPAN_STR("measurement")))
            claims_put(&other.claims, &s->claims.c[i]);
    return self_claims(&other, ret, why);
}

static enum sr_err seal_ahead(struct platform_state *s, const struct announcement *a, const struct key *k,
                              struct buf *ret, struct sha256 *ret_digest, struct sr_why *why)
{
    struct claims c = { 0 };
    SR_TRY(foresee(s, a, &c, why));
    *ret_digest = digest_of(&c);
    return seal(s, k, ret, why);
}

const struct platform_row platform_insecure = { .name = "insecure",
                                                .trouble = R_INTERNAL,
                                                .open = open_insecure,
                                                .close = close_insecure,
                                                .quote = quote,
                                                .seal = seal,
                                                .unseal = unseal,
                                                .policy_digest = policy_digest,
                                                .foresee = foresee,
                                                .seal_ahead = seal_ahead,
                                                .probe = probe,
                                                .self_claims = self_claims };
