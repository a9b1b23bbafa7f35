/* tsm_tool - one step on a platform a call, for e2e/tsm_platform.sh. Prints "ok" or the reason code last.
 *   tsm_tool open PLATFORM DIR SEAL TCTI      which row it is, and who seals
 *   tsm_tool claims PLATFORM DIR
 *   tsm_tool quote PLATFORM DIR RD OUT MS     RD: 64 bytes in hex; MS: the deadline
 *   tsm_tool twice PLATFORM DIR RD OUT MS     the same, and again on the same platform whatever came of it
 *   tsm_tool seal PLATFORM DIR SEAL TCTI OUT | unseal PLATFORM DIR SEAL TCTI IN */
#include "crypto/file.h"
#include "crypto/text.h"
#include "node/platform/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct key fixed = { .b = { 0x44 } };

static enum sr_err attach(char **a, const char *seal, const char *tcti, const char *ms, struct platform *ret,
                          struct sr_why *why)
{
    struct platform_options o = { .tcti = tcti, .tsm_dir = a[1], .seal = seal, .deadline_ms = 10000 };
    if (ms)
        o.deadline_ms = (unsigned)strtoul(ms, NULL, 10);
    return platform_open(span_of(a[0]), &o, ret, why);
}

static enum sr_err do_open(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_TRY(attach(a, a[2], a[3], NULL, &p, why));
    printf("%s sealed by %s\n", platform_name(&p), platform_sealer(&p));
    return SR_OK;
}

static enum sr_err do_claims(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    static struct claims c;
    SR_TRY(attach(a, "none", "", NULL, &p, why));
    SR_TRY(platform_self_claims(&p, &c, why));
    for (size_t i = 0; i < c.n; i++)
        if (c.c[i].kind == CLAIM_TEXT)
            printf("%s %s\n", c.c[i].name, c.c[i].text);
        else
            printf("%s %llu\n", c.c[i].name, (unsigned long long)c.c[i].num);
    return SR_OK;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum sr_err quote(struct platform *p, const char *hex, struct buf *ret, struct sr_why *why)
{
    struct sha512 rd;
    int64_t from = now_ms();
    SR_TRY(hex_read(span_of(hex), rd.b, sizeof rd.b));
    enum sr_err e = platform_quote(p, &rd, (struct span){ 0 }, ret, why);
    printf("%s after %lld\n", e == SR_OK ? "quoted" : sr_reason_text(why->reason),
           (long long)(now_ms() - from));
    return e;
}

static enum sr_err do_quote(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_TRY(attach(a, "none", "", a[4], &p, why));
    SR_TRY(quote(&p, a[2], &out, why));
    return file_write(a[3], 0600, buf_span(&out), why);
}

/* Between the two, the script may change the machine: it waits for a line. */
static enum sr_err do_twice(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_OWN(buf) first = { 0 };
    SR_TRY(attach(a, "none", "", a[4], &p, why));
    for (int i = 0; i < 2; i++) {
        puts("ready");
        fflush(stdout);
        (void)!getchar();
        struct sr_why ignored = { 0 };
        (void)!quote(&p, a[2], &first, &ignored);
        fflush(stdout);
    }
    (void)!getchar();
    SR_TRY(quote(&p, a[2], &out, why));
    return file_write(a[3], 0600, buf_span(&out), why);
}

static enum sr_err do_seal(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_TRY(attach(a, a[2], a[3], "2000", &p, why));
    SR_TRY(platform_seal(&p, &fixed, &out, why));
    return file_write(a[4], 0600, buf_span(&out), why);
}

static enum sr_err do_unseal(char **a, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    SR_OWN(buf) in = { 0 };
    SR_OWN(key) k = { 0 };
    SR_TRY(attach(a, a[2], a[3], "2000", &p, why));
    SR_TRY(file_read(a[4], 65536, &in, why));
    SR_TRY(platform_unseal(&p, buf_span(&in), &k, why));
    return span_eq_secret(key_span(&k), key_span(&fixed)) ? SR_OK : SR_EBUG;
}

static const struct step {
    const char *name;
    int args;
    enum sr_err (*run)(char **a, struct sr_why *why);
} steps[] = {
    { "open", 4, do_open },   { "claims", 2, do_claims }, { "quote", 5, do_quote },
    { "twice", 5, do_twice }, { "seal", 5, do_seal },     { "unseal", 5, do_unseal },
};

int main(int argc, char **argv)
{
    struct sr_why why = { 0 };
    setenv("TSS2_LOG", "all+none", 1);
    if (secret_init() != SR_OK)
        return 2;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (argc - 2 != steps[i].args || strcmp(argv[1], steps[i].name) != 0)
            continue;
        enum sr_err e = steps[i].run(argv + 2, &why);
        puts(e == SR_OK ? "ok" : sr_reason_text(why.reason));
        if (e != SR_OK)
            fprintf(stderr, "%s: %s: %s\n", argv[1], sr_strerror(e), why.text);
        return e != SR_OK;
    }
    fprintf(stderr, "tsm_tool: no such step\n");
    return 2;
}
