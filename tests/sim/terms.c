#include "tests/sim/terms.h"

#include "crypto/text.h"
#include "tests/sim/sim.h"

#include <string.h>

void terms_write_lease(unsigned seconds, struct buf *ret)
{
    if (seconds)
        wr_fmt(ret, ",\"lease\":%u", seconds);
}

/* A row of "expelled": what it names, and by which member. */
static void write_row(struct buf *b, const char *member, size_t i, const uint8_t id[32])
{
    wr_fmt(b, "{\"name\":\"%s-%zu\",\"%s\":\"", member, i, member);
    wr_hex(b, (struct span){ id, 32 });
    wr_text(b, "\"},");
}

static void write_expelled(const struct terms *t, struct buf *ret)
{
    if (!t->machines && !t->keys_n)
        return;
    wr_text(ret, ",\"expelled\":[");
    for (int i = 0; i < HOSTS_MAX; i++) {
        struct sha256 machine = hardware_digest(i);
        if (t->machines >> i & 1)
            write_row(ret, "hardware", (size_t)i, machine.b);
    }
    for (size_t i = 0; i < t->keys_n; i++)
        write_row(ret, "key", i, t->keys[i].b);
    ret->n--; /* the last comma */
    wr_u8(ret, ']');
}

static void write_number(const char *member, unsigned value, struct buf *ret)
{
    if (value)
        wr_fmt(ret, ",\"%s\":%u", member, value);
}

void terms_write(const struct terms *t, struct buf *ret)
{
    if (t->frozen)
        wr_text(ret, ",\"frozen\":[\"join\"]");
    write_number("member_lease", t->lease_s, ret);
    write_number("lease_quorum", t->lease_s ? t->quorum : 0, ret);
    write_number("join_delay", t->delay_s, ret);
    write_expelled(t, ret);
}

bool terms_expel_key(const struct terms *t, const uint8_t key[32])
{
    for (size_t i = 0; i < t->keys_n; i++)
        if (memcmp(t->keys[i].b, key, sizeof t->keys[i].b) == 0)
            return true;
    return false;
}

bool terms_expel_machine(const struct terms *t, const struct host *m)
{
    return t->machines >> m->id & 1;
}
