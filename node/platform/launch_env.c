#include "node/platform/launch_env.h"
#include "crypto/program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* How much of a name must be equal, and what its value may be. */
enum match { WHOLE = 1, BEGIN };
static bool any_value(const char *v);
static bool plain_value(const char *v);

static const struct row {
    const char *name;
    enum match match;
    bool (*value)(const char *v);
} rows[] = {
    { "LANG", WHOLE, plain_value },
    { "TZ", WHOLE, plain_value },
    { "TERM", WHOLE, plain_value },
    { "SEALRING_", BEGIN, any_value }, /* the options of our own programs, by another way */
    { "NOTIFY_SOCKET", WHOLE, any_value },
    { "WATCHDOG_USEC", WHOLE, any_value },
    { "WATCHDOG_PID", WHOLE, any_value },
    { "LISTEN_PID", WHOLE, any_value },
    { "LISTEN_FDS", WHOLE, any_value },
    { "LISTEN_FDNAMES", WHOLE, any_value },
    { "INVOCATION_ID", WHOLE, plain_value },
    { "JOURNAL_STREAM", WHOLE, plain_value },
    { "CREDENTIALS_DIRECTORY", WHOLE, any_value },
    { "STATE_DIRECTORY", WHOLE, any_value },
    { "RUNTIME_DIRECTORY", WHOLE, any_value },
};
/* The launcher's word, whatever it was given. */
static char fixed_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static char fixed_log[] = "TSS2_LOG=all+none";

static bool any_value(const char *v)
{
    (void)v;
    return true;
}

/* Names of locales, zones and terminals: never a path of one's own. */
static bool plain_value(const char *v)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@+-/,:";
    return strspn(v, good) == strlen(v) && *v != '/' && *v != ':' && !strstr(v, "..");
}

static size_t name_of(const char *entry)
{
    return strcspn(entry, "=");
}

static bool allowed(const char *entry)
{
    size_t n = name_of(entry);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t k = strlen(rows[i].name);
        if (entry[n] == '=' && (rows[i].match == WHOLE ? n == k : n >= k) &&
            memcmp(entry, rows[i].name, k) == 0)
            return rows[i].value(entry + n + 1);
    }
    return false;
}

static bool asked(const char *entry, const char *const more[], size_t nmore)
{
    for (size_t i = 0; i < nmore; i++)
        if (name_of(entry) == strlen(more[i]) && memcmp(entry, more[i], strlen(more[i])) == 0)
            return true;
    return false;
}

static const char *find(char *const env[], const char *name)
{
    size_t n = strlen(name);
    for (; *env; env++)
        if (name_of(*env) == n && (*env)[n] == '=' && memcmp(*env, name, n) == 0)
            return *env + n + 1;
    return NULL;
}

static bool known(const struct launch_env *e, const char *entry)
{
    size_t n = name_of(entry);
    for (size_t i = 0; i < e->n; i++)
        if (name_of(e->v[i]) == n && memcmp(e->v[i], entry, n) == 0)
            return true;
    return false;
}

static bool add(struct launch_env *e, char *entry)
{
    if (known(e, entry)) /* the first of two is the one that getenv() finds */
        return true;
    if (e->n == LAUNCH_ENV_MAX)
        return false;
    e->v[e->n++] = entry;
    return true;
}

static bool number(const char *text, unsigned long max, unsigned long *ret)
{
    char *end;
    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *ret = strtoul(text, &end, 10);
    return errno == 0 && *end == 0 && *ret <= max;
}

/* sd_listen_fds(3): ours only when LISTEN_PID says so. */
static size_t passed_fds(char *const env[], pid_t self)
{
    unsigned long pid, n;
    if (!number(find(env, "LISTEN_PID"), 1ul << 30, &pid) || pid != (unsigned long)self ||
        !number(find(env, "LISTEN_FDS"), LAUNCH_FDS_MAX, &n))
        return 0;
    return n;
}

static enum sr_err check_asked(const char *const more[], size_t nmore, struct sr_why *why)
{
    for (size_t i = 0; i < nmore; i++) {
        size_t n = strlen(more[i]);
        if (n == 0 || memchr(more[i], '=', n) || program_env_steers(more[i], n))
            return sr_fail(why, SR_EFORMAT, R_CONFIG, "--env %.60s: a variable that is not passed on",
                           more[i]);
    }
    return SR_OK;
}

enum sr_err launch_env(char *const have[], const char *const more[], size_t nmore, pid_t self,
                       struct launch_env *ret, struct sr_why *why)
{
    struct launch_env e = { .fds = passed_fds(have, self) };
    bool room = add(&e, fixed_path) && add(&e, fixed_log);
    SR_TRY(check_asked(more, nmore, why));
    for (char *const *p = have; *p && room; p++) {
        bool listen = strncmp(*p, "LISTEN_", 7) == 0;
        if ((allowed(*p) || asked(*p, more, nmore)) && (!listen || e.fds > 0))
            room = add(&e, *p);
    }
    if (!room)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "more than %d variables to pass on", LAUNCH_ENV_MAX);
    *ret = e;
    return SR_OK;
}

const char *launch_env_lost(char *const have[])
{
    for (; *have; have++)
        if (strncmp(*have, "LD_", 3) == 0 || strncmp(*have, "GLIBC_TUNABLES=", 15) == 0)
            return *have;
    return NULL;
}
