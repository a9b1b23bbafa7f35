/* Event logs of confidential guests, from a maker of our own and captured ones (not part of the tree:
 * SEALRING_VECTORS names the folder, ../shared/vectors unless set). */
#include "tests/cc_log_maker.h"
#include "tests/t.h"

#include <stdlib.h>

/* ---- rows: one byte of the usual log set, or the log ended and filled otherwise ---- */

enum { HEAD = 8 + 20 + 4 + 33, EVENT_1 = HEAD };
static const struct byte_row {
    const char *name;
    size_t at;
    uint8_t value;
    enum sr_err want;
} bytes[] = {
    { "head: another index", 0, 9, SR_OK }, /* free */
    { "head: another type", 4, 1, SR_EFORMAT },
    { "head: a digest that is not zero", 27, 1, SR_EFORMAT },
    { "head: its size", 28, 34, SR_EFORMAT },
    { "head: another signature", 32, 's', SR_EFORMAT },
    { "head: Event02", 46, '2', SR_EFORMAT },
    { "head: no NUL", 47, ' ', SR_EFORMAT },
    { "head: platform class", 48, 1, SR_OK }, /* free */
    { "head: version 2.1", 52, 1, SR_EFORMAT },
    { "head: version 3.0", 53, 3, SR_EFORMAT },
    { "head: errata", 54, 106, SR_OK }, /* free */
    { "head: no algorithm", 56, 0, SR_EFORMAT },
    { "head: two algorithms", 56, 2, SR_EFORMAT },
    { "head: five algorithms", 56, 5, SR_EFORMAT },
    { "head: a count of 2^24", 59, 1, SR_EFORMAT },
    { "head: SHA-256 alone", 60, 0x0b, SR_EFORMAT },
    { "head: SHA-384 of 47 bytes", 62, 47, SR_EFORMAT },
    { "head: bytes of a vendor", 64, 1, SR_EFORMAT },
    { "event: index 0", EVENT_1, 0, SR_EFORMAT },
    { "event: index 5", EVENT_1, 5, SR_EFORMAT },
    { "event: another register", EVENT_1, 4, SR_OK }, /* replays to something else */
    { "event: another type", EVENT_1 + 4, 0x0c, SR_OK },
    { "event: no digest", EVENT_1 + 8, 0, SR_EFORMAT },
    { "event: two digests", EVENT_1 + 8, 2, SR_EFORMAT },
    { "event: a digest that nobody announced", EVENT_1 + 12, 0x0b, SR_EFORMAT },
    { "event: data shorter", EVENT_1 + 62, 1, SR_EFORMAT },
    { "event: data of 2^31 bytes", EVENT_1 + 65, 0x80, SR_EFORMAT },
};

static void rows(void)
{
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        SR_OWN(buf) log = { 0 };
        struct sha384 rtmr[4];
        struct cc_log l;
        struct sr_why why = { 0 };
        made_log_usual(&log, rtmr);
        log.p[bytes[i].at] = bytes[i].value;
        T_ROW(cc_log_read(buf_span(&log), &l, &why) == bytes[i].want, bytes[i].name);
        T_ROW(bytes[i].want == SR_OK || why.reason == R_EVENT_LOG, bytes[i].name);
    }
}

/* ---- what it replays to ---- */

static bool replays(struct span log, const struct sha384 rtmr[4])
{
    struct cc_log l;
    struct cc_registers r;
    return cc_log_read(log, &l, NULL) == SR_OK && cc_log_replay(&l, &r) == SR_OK &&
           memcmp(r.rtmr, rtmr, sizeof r.rtmr) == 0;
}

static void usual(void)
{
    SR_OWN(buf) log = { 0 };
    struct sha384 rtmr[4];
    struct cc_log l;
    struct cc_registers r;
    bool on = false;
    made_log_usual(&log, rtmr);
    T(replays(buf_span(&log), rtmr));
    T(cc_log_read(buf_span(&log), &l, NULL) == SR_OK && l.nevent == 7);
    T(cc_log_replay(&l, &r) == SR_OK);
    T(r.events[0] == 2 && r.events[1] == 1 && r.events[2] == 2 && r.events[3] == 1);
    T(cc_log_secure_boot(&l, &on) == SR_OK && on);
}

static void empty(void)
{
    static const struct sha384 zeros[4];
    SR_OWN(buf) log = { 0 };
    bool on;
    struct cc_log l;
    made_log_head(&log);
    T(replays(buf_span(&log), zeros));
    T(cc_log_read(buf_span(&log), &l, NULL) == SR_OK && cc_log_secure_boot(&l, &on) == SR_ENOENT);
    T(cc_log_read((struct span){ 0 }, &l, NULL) == SR_EFORMAT);
}

static void filling(void)
{
    for (int v = 0; v < 256; v++) {
        SR_OWN(buf) log = { 0 };
        struct sha384 rtmr[4];
        made_log_usual(&log, rtmr);
        for (size_t n = 1; n <= 64; n++) {
            wr_u8(&log, (uint8_t)v);
            T(replays(buf_span(&log), rtmr) == (v == 0 || v == 0xff));
        }
        log.p[log.n - 1] ^= 4; /* not all the same */
        T(!replays(buf_span(&log), rtmr));
    }
}

/* A cut anywhere is no log, or a log of fewer events: never one that replays to the same. */
static void lengths(void)
{
    SR_OWN(buf) log = { 0 };
    struct sha384 rtmr[4];
    size_t fewer = 0;
    made_log_usual(&log, rtmr);
    for (size_t n = 0; n < log.n; n++) {
        struct cc_log l;
        fewer += cc_log_read((struct span){ log.p, n }, &l, NULL) == SR_OK;
        T(!replays((struct span){ log.p, n }, rtmr));
    }
    T(fewer >= 7); /* and zeros at the begin of the next event pass for filling */
}

/* Every bit: it does not replay any more, or it is one of those that specs/evidence-dcap.md calls free. */
static bool is_free(struct span log, size_t at)
{
    struct cc_log l;
    struct span rest;
    struct cc_event e;
    if (at < HEAD)
        return at < 4 || (at >= 48 && at < 52) || at == 54 || at == 55;
    T(cc_log_read(log, &l, NULL) == SR_OK);
    for (rest = l.events; cc_log_next(&l, &rest, &e);) {
        size_t end = log.n - rest.n, data = end - e.data.n, begin = data - 4 - 48 - 2 - 4 - 8;
        if (at >= begin && at < end) {
            bool index = at < begin + 4, type = at >= begin + 4 && at < begin + 8;
            bool digest = at >= begin + 14 && at < begin + 62;
            return at >= data || type || (e.type == CC_NO_ACTION && (index || digest));
        }
    }
    return false;
}

static void every_bit(void)
{
    SR_OWN(buf) log = { 0 };
    SR_OWN(buf) honest = { 0 };
    struct sha384 rtmr[4];
    size_t free_bits = 0;
    made_log_usual(&log, rtmr);
    wr_span(&honest, buf_span(&log));
    for (size_t bit = 0; bit < log.n * 8; bit++) {
        log.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (replays(buf_span(&log), rtmr)) {
            free_bits++;
            if (!is_free(buf_span(&honest), bit / 8))
                T_ROW(false, "a bit that counts");
        }
        log.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    T(free_bits > 0);
}

/* ---- secure boot ---- */

static const struct boot_row {
    const char *name;
    uint8_t value; /* 2: no byte */
    uint32_t index, type;
    int times, changed; /* changed: the data is not what was hashed */
    enum sr_err want;
    bool on;
} boots[] = {
    { "on", 1, 1, CC_VARIABLE_DRIVER_CONFIG, 1, 0, SR_OK, true },
    { "off", 0, 1, CC_VARIABLE_DRIVER_CONFIG, 1, 0, SR_OK, false },
    { "never set", 2, 1, CC_VARIABLE_DRIVER_CONFIG, 1, 0, SR_OK, false },
    { "another value", 3, 1, CC_VARIABLE_DRIVER_CONFIG, 1, 0, SR_OK, false },
    { "said twice", 1, 1, CC_VARIABLE_DRIVER_CONFIG, 2, 0, SR_ENOENT, false },
    { "never said", 1, 1, CC_VARIABLE_DRIVER_CONFIG, 0, 0, SR_ENOENT, false },
    { "data that was not hashed", 1, 1, CC_VARIABLE_DRIVER_CONFIG, 1, 1, SR_ENOENT, false },
    { "in another register", 1, 2, CC_VARIABLE_DRIVER_CONFIG, 1, 0, SR_ENOENT, false },
    { "of another type", 1, 1, 0x80000002, 1, 0, SR_ENOENT, false },
};

static void secure_boot(void)
{
    for (size_t i = 0; i < sizeof boots / sizeof *boots; i++) {
        const struct boot_row *r = &boots[i];
        SR_OWN(buf) log = { 0 };
        struct sha384 rtmr[4] = { 0 };
        struct cc_log l;
        uint8_t variable[53], other[53];
        struct span data = made_secure_boot(variable, r->value);
        struct span hashed = r->changed ? made_secure_boot(other, 0) : data;
        bool on = false;
        made_log_head(&log);
        for (int n = 0; n < r->times; n++)
            made_log_event(&log, r->index, r->type, hashed, data, rtmr);
        T_ROW(cc_log_read(buf_span(&log), &l, NULL) == SR_OK, r->name);
        T_ROW(cc_log_secure_boot(&l, &on) == r->want && on == r->on, r->name);
    }
}

static void limits(void)
{
    SR_OWN(buf) log = { 0 };
    struct sha384 rtmr[4] = { 0 };
    struct cc_log l;
    made_log_head(&log);
    for (int i = 0; i < CC_EVENTS_MAX && log.n < CC_LOG_MAX; i++)
        made_log_event(&log, 3, 0x0d, SPAN_STR("x"), (struct span){ 0 }, rtmr);
    log.n = log.n > CC_LOG_MAX ? HEAD + (CC_LOG_MAX - HEAD) / 66 * 66 : log.n;
    T(cc_log_read(buf_span(&log), &l, NULL) == SR_OK);
    while (log.n <= CC_LOG_MAX)
        wr_u8(&log, 0xff);
    T(cc_log_read(buf_span(&log), &l, NULL) == SR_EFORMAT);
}

/* ---- captured: events, and the first bytes of the registers, by another implementation of the replay ----
 */

static const struct captured_row {
    const char *file;
    size_t nevent;
    const char *rtmr[4];
    int secure_boot; /* -1: not said */
} captured[] = {
    { "CCEL_data_ovmf", 20, { "8566f998798d", "775b9f6bfe99", "94eaf7a7bf39", "000000000000" }, 0 },
    { "CCEL_data_grub", 37, { "cec0a104f691", "6c289e0c6218", "08919d017ba0", "000000000000" }, 1 },
    { "CCEL_AAEL_alibabacloud", 87, { "b796e1c11396", "3b0b906140fc", "35f2801338c1", "5e4ecd49d3c7" }, 0 },
};

static void captured_logs(void)
{
    const char *folder = getenv("SEALRING_VECTORS") ? getenv("SEALRING_VECTORS") : "../shared/vectors";
    int ran = 0;
    for (size_t i = 0; i < sizeof captured / sizeof *captured; i++) {
        static uint8_t bytes_of[CC_LOG_MAX];
        const struct captured_row *r = &captured[i];
        struct cc_log l;
        struct cc_registers regs;
        char path[512];
        bool on = false;
        snprintf(path, sizeof path, "%s/kbs/eventlog/%s", folder, r->file);
        FILE *f = fopen(path, "re");
        if (!f)
            continue;
        size_t n = fread(bytes_of, 1, sizeof bytes_of, f);
        fclose(f);
        ran++;
        T_ROW(cc_log_read((struct span){ bytes_of, n }, &l, NULL) == SR_OK && l.nevent == r->nevent, r->file);
        T_ROW(cc_log_replay(&l, &regs) == SR_OK, r->file);
        for (int k = 0; k < 4; k++) {
            char hex[13];
            for (size_t b = 0; b < 6; b++)
                snprintf(hex + 2 * b, 3, "%02x", regs.rtmr[k].b[b]);
            T_ROW(strcmp(hex, r->rtmr[k]) == 0, r->file);
        }
        enum sr_err e = cc_log_secure_boot(&l, &on);
        T_ROW(r->secure_boot < 0 ? e == SR_ENOENT : e == SR_OK && on == r->secure_boot, r->file);
    }
    if (!ran)
        printf("skipped: SEALRING_VECTORS has no captured event logs\n");
}

int main(void)
{
    rows();
    usual();
    empty();
    filling();
    lengths();
    every_bit();
    secure_boot();
    limits();
    captured_logs();
    return t_end();
}
