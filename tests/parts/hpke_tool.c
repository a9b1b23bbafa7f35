/* hpke_tool.c - seals and opens for tests/parts/hpke_interop.py. Each line of input, in hex, "-" for none:
 *   seal to_pub info from_key eph_key aad plain     answers: enc sealed exported
 *   open to_key info from_pub enc     aad sealed    answers: plain exported, or "refused" */
#include "crypto/hpke.h"
#include "crypto/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 7, LINE_MAX_BYTES = 1 << 16 };

static struct span field(const char *hex, struct buf *into)
{
    size_t n = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
    uint8_t *at = wr_room(into, n);
    if (n && (!at || hex_read(span_of(hex), at, n) != SR_OK))
        exit(2);
    return (struct span){ at, n };
}

static const void *fixed(struct span s, void *into)
{
    if (s.n == 0)
        return NULL;
    if (s.n != 32)
        exit(2);
    return memcpy(into, s.p, 32);
}

static void print(struct span s, const char *end)
{
    SR_OWN(buf) b = { 0 };
    wr_hex(&b, s);
    wr_u8(&b, 0);
    printf("%s%s", s.n ? (const char *)b.p : "-", end);
}

static enum sr_err answer(bool seal, const struct span f[FIELDS])
{
    struct kem_pub pub, from_pub, enc;
    struct kem_key key, from_key;
    SR_OWN(hpke) h = { 0 };
    SR_OWN(buf) sealed = { 0 };
    SR_OWN(secret) plain = { 0 };
    uint8_t exported[32];
    if (seal) {
        SR_TRY(hpke_setup_send(fixed(f[1], &pub), f[2], fixed(f[3], &from_key), fixed(f[4], &key), &enc, &h));
        SR_TRY(hpke_seal(&h, f[5], f[6], &sealed));
        print(SPAN(enc.b), " ");
        print(buf_span(&sealed), " ");
    } else {
        SR_TRY(hpke_setup_recv(fixed(f[4], &enc), fixed(f[1], &key), f[2], fixed(f[3], &from_pub), &h));
        SR_TRY(hpke_open(&h, f[5], f[6], &plain));
        print(secret_span(&plain), " ");
    }
    SR_TRY(hpke_export(&h, SPAN_STR("exported"), exported, sizeof exported));
    print(SPAN(exported), "\n");
    return SR_OK;
}

int main(void)
{
    static char line[LINE_MAX_BYTES];
    if (secret_init() != SR_OK)
        return 2;
    while (fgets(line, sizeof line, stdin)) {
        struct buf bytes[FIELDS] = { 0 };
        struct span f[FIELDS] = { 0 };
        char *rest = line;
        const char *verb = strsep(&rest, " \n");
        for (size_t i = 1; i < FIELDS; i++) {
            const char *hex = rest ? strsep(&rest, " \n") : "-";
            f[i] = field(hex, &bytes[i]);
        }
        if (answer(strcmp(verb, "seal") == 0, f) != SR_OK)
            printf("refused\n");
        fflush(stdout);
        for (size_t i = 0; i < FIELDS; i++)
            buf_drop(&bytes[i]);
    }
    return 0;
}
