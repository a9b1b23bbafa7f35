/* Keys with leases against a real member over a real connection: renewed in time, wiped when policy says no.
 * The clock that leases go by is put forward here, so that nobody waits for it. */
#include "client/sealring.h"
#include "tests/attacks/governed.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

static _Atomic(int64_t) boot_s;
int clock_gettime(clockid_t id, struct timespec *ret)
{
    long rc = syscall(SYS_clock_gettime, id, ret);
    if (id == CLOCK_BOOTTIME)
        ret->tv_sec += atomic_load(&boot_s);
    return (int)rc;
}

enum { LEASE_S = 600 };
static const char want[] = "demo:app/disk#raw:32";

/* What the library told us. */
struct told {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    unsigned renewed, failed;
    char reason[64];
};

static void on_renewed(void *ctx, enum sealring_status status, const struct sealring_error *why)
{
    struct told *t = ctx;
    pthread_mutex_lock(&t->lock);
    t->renewed += status == SEALRING_OK;
    t->failed += status != SEALRING_OK;
    if (status != SEALRING_OK)
        memcpy(t->reason, why->reason, sizeof t->reason);
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

static void wait_for(struct told *t, const unsigned *count, unsigned n)
{
    pthread_mutex_lock(&t->lock);
    while (*count < n)
        pthread_cond_wait(&t->wake, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

/* A member whose release rule gives keys for a while, behind a port of loopback. */
static struct running *lends(struct http **ret, char base[static 64], const char *lease)
{
    struct running *r = running_first();
    struct http_options o = running_http();
    char tenants[256], hex[65];
    uint16_t port = 0;
    o.listeners[0].kind = LISTEN_PLAIN;
    o.n_listeners = 1;
    o.workers = 1;
    hex_text(SPAN(r->admin_pub.b), hex);
    snprintf(tenants, sizeof tenants,
             "[{\"admins\":[\"%s\"],%s\"max_bytes\":9999,\"max_secrets\":9,\"name\":\"demo\"}]", hex, lease);
    governed_by(r, "tenants", tenants);
    maker_need(http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &port, NULL) == SR_OK &&
                   http_start(ret, &r->node, &o, NULL) == SR_OK,
               "server");
    snprintf(base, 64, "http://127.0.0.1:%u", port);
    return r;
}

static struct sealring *opened(const struct running *r, const char *base)
{
    char cid[CID_TEXT_MAX];
    struct sealring *s = NULL;
    struct sealring_error why = { 0 };
    cid_text(&r->core->home.cid, cid);
    const struct sealring_options o = {
        .size = sizeof o, .node = base, .cid = cid, .platform = "insecure", .timeout_s = 10
    };
    T_ROW(sealring_open(&o, &s, &why) == SEALRING_OK, why.text);
    return s;
}

static void kept_keys_are_renewed_until_policy_says_no(void)
{
    struct told told = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, "" };
    struct http *http = NULL;
    struct sealring_kept *k = NULL;
    struct sealring_error why = { 0 };
    const char *wants[] = { want };
    uint8_t first[32], now[32];
    size_t n = 0;
    char base[64];
    struct running *r = lends(&http, base, "\"lease\":600,");
    struct sealring *s = opened(r, base);
    T_ROW(sealring_keep(s, wants, 1, on_renewed, &told, &k, &why) == SEALRING_OK, why.text);
    T(sealring_kept_get(k, want, first, sizeof first, &n) == SEALRING_OK && n == 32);
    T(sealring_kept_get(k, want, now, 31, &n) == SEALRING_USAGE);
    T(sealring_kept_get(k, "demo:app/other#raw:32", now, sizeof now, &n) == SEALRING_USAGE);
    for (unsigned i = 1; i <= 3; i++) { /* as time goes by, several leases long */
        atomic_fetch_add(&boot_s, LEASE_S * 3 / 4 + 30);
        wait_for(&told, &told.renewed, i);
        T(sealring_kept_get(k, want, now, sizeof now, &n) == SEALRING_OK && memcmp(first, now, 32) == 0);
    }
    T(told.failed == 0);
    governed_by(r, "release", "[]"); /* revoked */
    atomic_fetch_add(&boot_s, LEASE_S * 3 / 4 + 30);
    wait_for(&told, &told.failed, 1);
    T(strcmp(told.reason, "key-denied") == 0);
    T(sealring_kept_get(k, want, now, sizeof now, &n) == SEALRING_OK); /* the lease is not over yet */
    atomic_fetch_add(&boot_s, LEASE_S);
    T(sealring_kept_get(k, want, now, sizeof now, &n) == SEALRING_EXPIRED);
    sealring_kept_free(k);
    sealring_close(s);
    http_stop(http);
    running_end(r);
}

static void a_key_tells_how_long_it_may_be_held(void)
{
    static const struct {
        const char *lease;
        uint32_t most;
    } rows[] = { { "\"lease\":600,", 600 }, { "", UINT32_MAX } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http *http = NULL;
        struct sealring_keys *keys = NULL;
        struct sealring_key key;
        struct sealring_error why = { 0 };
        const char *wants[] = { want };
        uint32_t left = 0;
        char base[64];
        struct running *r = lends(&http, base, rows[i].lease);
        struct sealring *s = opened(r, base);
        T_ROW(sealring_fetch(s, wants, 1, &keys, &why) == SEALRING_OK, why.text);
        T(sealring_keys_lease(keys, want, &left) == SEALRING_OK && left <= rows[i].most && left > 0);
        T((left == UINT32_MAX) == (rows[i].most == UINT32_MAX));
        T(sealring_keys_find(keys, want, &key) == SEALRING_OK && key.value_size == 32);
        atomic_fetch_add(&boot_s, LEASE_S);
        T((sealring_keys_find(keys, want, &key) == SEALRING_EXPIRED) == (i == 0));
        T((sealring_keys_lease(keys, want, &left) == SEALRING_EXPIRED) == (i == 0));
        T(sealring_keys_lease(keys, "demo:app/x", &left) == SEALRING_USAGE);
        sealring_keys_free(keys);
        sealring_close(s);
        http_stop(http);
        running_end(r);
    }
}

int main(void)
{
    T(secret_init() == SR_OK);
    a_key_tells_how_long_it_may_be_held();
    kept_keys_are_renewed_until_policy_says_no();
    return t_end();
}
