/* counter_tool - one act on a counter of a TPM a call, for e2e/counter.sh: define|read|step TCTI INDEX WORD.
 * Prints the count, or the reason code. The authorization value is made of the word. */
#include "crypto/text.h"
#include "node/platform/platform.h"

#include <stdio.h>
#include <string.h>

static enum sr_err act_of(const char *name, enum platform_count *ret)
{
    static const char *const names[] = {
        [COUNT_DEFINE] = "define", [COUNT_READ] = "read", [COUNT_STEP] = "step"
    };
    for (size_t i = COUNT_DEFINE; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *ret = (enum platform_count)i;
            return SR_OK;
        }
    return SR_EFORMAT;
}

static enum sr_err count(char **a, uint64_t *ret, struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    struct platform_counter c = { 0 };
    enum platform_count act;
    uint8_t index[4];
    struct platform_options o = { .tcti = a[1], .deadline_ms = 10000 };
    struct sha256 auth = sha256(span_of(a[3]));
    SR_TRY(act_of(a[0], &act));
    SR_TRY(hex_read(span_of(a[2]), index, sizeof index));
    struct reader r = rd_init(SPAN(index));
    c.index = rd_u32be(&r);
    memcpy(c.auth.b, auth.b, sizeof c.auth.b);
    SR_TRY(platform_open(SPAN_STR("tpm"), &o, &p, why));
    return platform_count(&p, &c, act, ret, why);
}

int main(int argc, char **argv)
{
    uint64_t value = 0;
    struct sr_why why = { 0 };
    if (argc != 5 || secret_init() != SR_OK)
        return 2;
    enum sr_err e = count(argv + 1, &value, &why);
    if (e == SR_OK)
        printf("%llu\n", (unsigned long long)value);
    else
        printf("%s\n", sr_reason_text(why.reason));
    if (e != SR_OK)
        fprintf(stderr, "%s\n", why.text);
    return e != SR_OK;
}
