#include "node/answer.h"

#include <string.h>
#include <strings.h>

static bool starts(struct span line, const char *name)
{
    size_t n = strlen(name);
    return line.n >= n && strncasecmp((const char *)line.p, name, n) == 0;
}

static bool number(struct span s, uint64_t *ret)
{
    uint64_t n = 0;
    if (s.n == 0 || s.n > 18)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(s.p[i] - '0');
    }
    *ret = n;
    return true;
}

static struct span after(struct span line, size_t n)
{
    return n ? (struct span){ line.p + n, line.n - n } : line;
}

/* "HTTP/1.1 200 OK", then fields of the engine's own spelling. */
static enum sr_err head_read(struct answer *a, struct span head)
{
    uint64_t status = 0, length = 0;
    bool has_length = false;
    if (head.n < 13 || !starts(head, "HTTP/1.1 ") || !number((struct span){ head.p + 9, 3 }, &status))
        return SR_EFORMAT;
    for (const uint8_t *lf; (lf = memchr(head.p, '\n', head.n));
         head = after(head, (size_t)(lf - head.p) + 1)) {
        if (lf == head.p || lf[-1] != '\r')
            return SR_EFORMAT;
        struct span line = { head.p, (size_t)(lf - head.p) - 1 };
        if (starts(line, "Content-Length: ")) {
            if (has_length || !number(after(line, 16), &length))
                return SR_EFORMAT;
            has_length = true;
        }
        if (starts(line, "Connection: close"))
            a->close = true;
        if (starts(line, "Transfer-Encoding:"))
            return SR_EFORMAT;
    }
    if (status < 200)
        return status == 100 ? SR_OK : SR_EFORMAT;
    if (!has_length && status != 204 && status != 304)
        return SR_EFORMAT;
    a->begun = true;
    a->left = length;
    a->at = length ? ANSWER_BODY : ANSWER_DONE;
    return SR_OK;
}

enum sr_err answer_next(struct answer *a, struct span got, size_t cap, size_t *pass)
{
    *pass = 0;
    while (a->at == ANSWER_HEAD) {
        struct span rest = after(got, *pass);
        const uint8_t *end = rest.n ? memmem(rest.p, rest.n, "\r\n\r\n", 4) : NULL;
        if (!end)
            return rest.n == cap ? SR_ETOOBIG : SR_OK;
        struct span head = { rest.p, (size_t)(end - rest.p) + 4 };
        SR_TRY(head_read(a, head));
        *pass += head.n;
    }
    if (a->at == ANSWER_BODY) {
        size_t n = got.n - *pass < a->left ? got.n - *pass : (size_t)a->left;
        *pass += n;
        a->left -= n;
        if (a->left == 0)
            a->at = ANSWER_DONE;
    }
    return a->at == ANSWER_DONE && got.n != *pass ? SR_EFORMAT : SR_OK;
}
