#pragma once
/* cc_log_maker.h - event logs as firmware writes them, and what they replay to, by OpenSSL alone. */
#include "proto/evidence/cc_log.h"
#include "tests/vendor_maker.h"

static inline void made_u16(struct buf *b, uint16_t v)
{
    wr_u8(b, (uint8_t)v);
    wr_u8(b, (uint8_t)(v >> 8));
}

static inline void made_u32(struct buf *b, uint32_t v)
{
    made_u16(b, (uint16_t)v);
    made_u16(b, (uint16_t)(v >> 16));
}

static inline void made_log_head(struct buf *b)
{
    static const uint8_t zeros[20];
    made_u32(b, 1);
    made_u32(b, CC_NO_ACTION);
    wr_span(b, SPAN(zeros));
    made_u32(b, 33);
    wr_span(b, (struct span){ (const uint8_t *)"Spec ID Event03", 16 });
    made_u32(b, 0);
    made_u32(b, 0x02000200 & 0xffff); /* version 2.0, errata 0, UINTN 0 */
    made_u32(b, 1);
    made_u16(b, 0x0c);
    made_u16(b, 48);
    wr_u8(b, 0);
}

/* hashed: what is measured; data: what is written down. Extends rtmr. */
static inline void made_log_event(struct buf *b, uint32_t index, uint32_t type, struct span hashed,
                                  struct span data, struct sha384 rtmr[4])
{
    uint8_t pair[96], digest[48];
    MUST(EVP_Digest(hashed.p, hashed.n, digest, NULL, EVP_sha384(), NULL) == 1);
    made_u32(b, index);
    made_u32(b, type);
    made_u32(b, 1);
    made_u16(b, 0x0c);
    wr_span(b, SPAN(digest));
    made_u32(b, (uint32_t)data.n);
    wr_span(b, data);
    if (type == CC_NO_ACTION)
        return;
    memcpy(pair, rtmr[index - 1].b, 48);
    memcpy(pair + 48, digest, 48);
    MUST(EVP_Digest(pair, sizeof pair, rtmr[index - 1].b, NULL, EVP_sha384(), NULL) == 1);
}

/* UEFI_VARIABLE_DATA of SecureBoot; value 2: without one. */
static inline struct span made_secure_boot(uint8_t ret[53], uint8_t value)
{
    static const uint8_t guid[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
                                      0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
    memset(ret, 0, 53);
    memcpy(ret, guid, 16);
    ret[16] = 10;
    ret[24] = value != 2;
    for (size_t i = 0; i < 10; i++)
        ret[32 + 2 * i] = (uint8_t) "SecureBoot"[i];
    ret[52] = value;
    return (struct span){ ret, value == 2 ? 52 : 53 };
}

static inline void made_log_usual(struct buf *b, struct sha384 rtmr[4])
{
    uint8_t variable[53];
    struct span on = made_secure_boot(variable, 1);
    memset(rtmr, 0, 4 * sizeof *rtmr);
    made_log_head(b);
    made_log_event(b, 1, 0x8000000b, SPAN_STR("firmware volume"), SPAN_STR("Fv"), rtmr);
    made_log_event(b, 1, CC_VARIABLE_DRIVER_CONFIG, on, on, rtmr);
    made_log_event(b, 0, CC_NO_ACTION, SPAN_STR(""), SPAN_STR("a remark"), rtmr);
    made_log_event(b, 2, 0x80000003, SPAN_STR("boot loader"), SPAN_STR("path"), rtmr);
    made_log_event(b, 3, 0x0d, SPAN_STR("kernel"), SPAN_STR("(hd0)/vmlinuz"), rtmr);
    made_log_event(b, 3, 0x0d, SPAN_STR("initrd"), (struct span){ 0 }, rtmr);
    made_log_event(b, 4, 0x06, SPAN_STR("workload"), SPAN_STR("workload"), rtmr);
}
