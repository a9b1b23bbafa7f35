#include "node/logline.h"

#include "crypto/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[LOG_LEVELS] = { "error", "warn", "info", "debug" };

enum { CUT_ROOM = 16 }; /* kept free for " cut=true" and the newline */

const char *log_level_name(enum log_level level)
{
    return names[level];
}

bool log_level_read(const char *name, enum log_level *ret)
{
    for (size_t i = 0; i < LOG_LEVELS; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static void put(struct logline *l, const char *s, size_t n)
{
    if (!l->wanted || l->cut)
        return;
    if (l->n + n > sizeof l->b - CUT_ROOM) {
        l->cut = true;
        return;
    }
    memcpy(l->b + l->n, s, n);
    l->n += n;
}

static void put_key(struct logline *l, const char *key)
{
    put(l, " ", 1);
    put(l, key, strlen(key));
    put(l, "=", 1);
}

static bool plain(struct span v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return v.n > 0;
}

static void put_escaped(struct logline *l, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    char hex[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };
    char quoted[2] = { '\\', (char)c };
    if (c < ' ' || c >= 0x7f)
        put(l, hex, sizeof hex);
    else if (c == '"' || c == '\\')
        put(l, quoted, sizeof quoted);
    else
        put(l, &quoted[1], 1);
}

void log_span(struct logline *l, const char *key, struct span v)
{
    put_key(l, key);
    if (plain(v)) {
        put(l, (const char *)v.p, v.n);
        return;
    }
    put(l, "\"", 1);
    for (size_t i = 0; i < v.n; i++)
        put_escaped(l, v.p[i]);
    put(l, "\"", 1);
}

void log_text(struct logline *l, const char *key, const char *value)
{
    log_span(l, key, span_of(value));
}

void log_num(struct logline *l, const char *key, uint64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    put_key(l, key);
    put(l, text, (size_t)n);
}

void log_hex(struct logline *l, const char *key, struct span value)
{
    char text[129];
    if (value.n > 64)
        value.n = 64;
    hex_text(value, text);
    log_text(l, key, text);
}

void log_why(struct logline *l, enum sr_err e, const struct sr_why *why)
{
    log_text(l, "error", sr_strerror(e));
    if (why && why->reason != R_NONE)
        log_text(l, "reason", sr_reason_text(why->reason));
    if (why && why->text[0])
        log_text(l, "why", why->text);
}

static void put_digits(char *to, int digits, long v)
{
    for (int i = digits; i-- > 0; v /= 10)
        to[i] = (char)('0' + v % 10);
}

/* "time=2026-11-28T08:16:01.320Z": one a request, so without what printf and strftime look up. */
static size_t write_stamp(const struct timespec *t, char *to)
{
    static const char form[] = "time=0000-00-00T00:00:00.000Z";
    struct tm tm;
    gmtime_r(&t->tv_sec, &tm);
    memcpy(to, form, sizeof form);
    put_digits(to + 5, 4, tm.tm_year + 1900L);
    put_digits(to + 10, 2, tm.tm_mon + 1L);
    put_digits(to + 13, 2, tm.tm_mday);
    put_digits(to + 16, 2, tm.tm_hour);
    put_digits(to + 19, 2, tm.tm_min);
    put_digits(to + 22, 2, tm.tm_sec);
    put_digits(to + 25, 3, t->tv_nsec / 1000000);
    return sizeof form - 1;
}

struct logline log_start(const struct logger *to, enum log_level level, const char *msg)
{
    struct logline l = { .to = to, .wanted = level <= to->level };
    struct timespec t;
    char stamp[48];
    if (!l.wanted)
        return l;
    clock_gettime(CLOCK_REALTIME, &t);
    put(&l, stamp, write_stamp(&t, stamp));
    log_text(&l, "level", names[level]);
    log_text(&l, "msg", msg);
    return l;
}

void log_end(struct logline *l)
{
    static const char cut[] = " cut=true";
    if (!l->wanted)
        return;
    if (l->cut) {
        memcpy(l->b + l->n, cut, sizeof cut - 1);
        l->n += sizeof cut - 1;
    }
    l->b[l->n++] = '\n';
    if (write(l->to->fd, l->b, l->n) < 0)
        return; /* nobody reads the log: nothing better to do with it */
}

void log_refusal(const struct logger *to, enum log_level level, const char *msg, enum sr_err e,
                 const struct sr_why *why)
{
    struct logline l = log_start(to, level, msg);
    log_why(&l, e, why);
    log_end(&l);
}
