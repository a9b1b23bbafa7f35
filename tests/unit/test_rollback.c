/* Levels of rollback protection: their bytes, their claims, and what a configuration says of them. */
#include "node/config.h"
#include "node/level.h"
#include "tests/t.h"

#include <string.h>

/* Every level byte there is, with a count and without. */
static void bytes(void)
{
    static const char *const names[] = { "none", "peers", "tpm", "peers-tpm" };
    for (unsigned level = 0; level < 256; level++)
        for (uint64_t count = 0; count < 2; count++) {
            SR_OWN(buf) b = { 0 };
            const struct rollback in = { (uint8_t)level, count };
            wr_rollback(&b, &in);
            struct reader r = rd_init(buf_span(&b));
            struct rollback out = rd_rollback(&r);
            bool good = level < 4 && (count == 0 || level >= 2);
            T(b.n == ROLLBACK_SIZE && rd_end(&r) == good);
            T(!good || (out.level == level && out.count == count));
            T(good || (out.level == 0 && out.count == 0));
            T(!good || strcmp(rollback_text((enum rollback_level)level), names[level]) == 0);
        }
}

static void shorter(void)
{
    SR_OWN(buf) b = { 0 };
    wr_rollback(&b, &(struct rollback){ ROLLBACK_TPM, 7 });
    for (size_t n = 0; n < b.n; n++) {
        struct reader r = rd_init((struct span){ b.p, n });
        (void)rd_rollback(&r);
        T(!rd_end(&r));
    }
}

static void claims(void)
{
    static struct claims c, own;
    rollback_claims(&(struct rollback){ ROLLBACK_PEERS, 0 }, &c);
    T(c.n == 1 && strcmp(claims_find(&c, SPAN_STR("rollback"))->text, "peers") == 0);
    claims_clear(&c);
    rollback_claims(&(struct rollback){ ROLLBACK_PEERS_TPM, 7 }, &c);
    T(c.n == 2 && claims_find(&c, SPAN_STR("rollback.count"))->num == 7);
    claims_put_text(&own, "rollback", SPAN_STR("tpm")); /* evidence that says so by itself */
    rollback_claims(&(struct rollback){ 0 }, &own);
    T(!claims_ok(&own) && !claims_find(&own, SPAN_STR("rollback")));
}

/* Before there is a member, and so neither counter nor policy. */
static void configured(void)
{
    for (unsigned i = 0; i < 4; i++) {
        struct config k = { .nv_counter = i >> 1, .rollback_peers = i & 1 };
        struct rollback r = level_attested(&k, NULL, NULL);
        T(r.level == i && r.count == 0);
        T(level_is_missed(&k, NULL) == (i & 1));
    }
}

int main(void)
{
    bytes();
    shorter();
    claims();
    configured();
    return t_end();
}
