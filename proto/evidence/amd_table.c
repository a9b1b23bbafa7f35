#include "proto/evidence/amd_table.h"

enum { GUID_SIZE = 16, ROW_SIZE = GUID_SIZE + 8 };

/* As they stand: the first three parts little-endian. */
static const uint8_t guids[AMD_ENTRY_COUNT][GUID_SIZE] = {
    [AMD_ENTRY_VCEK] = { 0x8d, 0x75, 0xda, 0x63, 0x64, 0xe6, 0x64, 0x45, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8,
                         0xac, 0xcd },
    [AMD_ENTRY_VLEK] = { 0xc2, 0x4b, 0x07, 0xa8, 0x5a, 0xa2, 0x3e, 0x48, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0,
                         0xb8, 0xa1 },
    [AMD_ENTRY_CA] = { 0x79, 0xb3, 0xb7, 0x4a, 0xac, 0xbb, 0xe4, 0x4f, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27,
                       0xc7, 0x82 },
    [AMD_ENTRY_ROOT] = { 0xa4, 0x06, 0xb4, 0xc0, 0x03, 0xa8, 0x52, 0x49, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c,
                         0xd0, 0xae },
};

static bool is_zero(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            return false;
    return true;
}

static struct span *place(struct amd_table *t, struct span guid)
{
    for (size_t i = 0; i < AMD_ENTRY_COUNT; i++)
        if (span_eq(guid, SPAN(guids[i])))
            return &t->entry[i];
    return NULL;
}

static size_t head_size(struct span bytes)
{
    for (size_t at = 0; at + ROW_SIZE <= bytes.n && at < (size_t)AMD_TABLE_ENTRIES * ROW_SIZE; at += ROW_SIZE)
        if (is_zero((struct span){ bytes.p + at, ROW_SIZE }))
            return at + ROW_SIZE;
    return 0;
}

/* One row; what it points to ends at *end or further, so that nothing hides behind the last entry. */
static bool take(struct amd_table *t, struct span bytes, size_t head, struct reader *r, size_t *end)
{
    struct span guid = rd_span(r, GUID_SIZE);
    size_t offset = rd_u32le(r), length = rd_u32le(r);
    if (r->bad || offset < head || length == 0 || offset > bytes.n || length > bytes.n - offset)
        return false;
    struct span *at = place(t, guid);
    if (at && at->n)
        return false;
    if (at)
        *at = (struct span){ bytes.p + offset, length };
    if (offset + length > *end)
        *end = offset + length;
    return true;
}

enum sr_err amd_table_read(struct span bytes, struct amd_table *ret, struct sr_why *why)
{
    struct amd_table t = { 0 };
    size_t head = bytes.n <= AMD_TABLE_MAX ? head_size(bytes) : 0, end = head;
    struct reader r = rd_init((struct span){ bytes.p, head });
    bool good = head > 0;
    while (good && rd_left(&r) > ROW_SIZE)
        good = take(&t, bytes, head, &r, &end);
    if (!good || end != bytes.n || (t.entry[AMD_ENTRY_VCEK].n == 0 && t.entry[AMD_ENTRY_VLEK].n == 0))
        return sr_fail(why, SR_EFORMAT, R_REPORT_FORMAT,
                       "certificate table: malformed, or without VCEK and VLEK");
    *ret = t;
    return SR_OK;
}

static void put_u32le(struct buf *b, size_t v)
{
    for (size_t i = 0; i < 4; i++)
        wr_u8(b, (uint8_t)(v >> (8 * i)));
}

void amd_table_write(const struct amd_table *t, struct buf *ret)
{
    size_t at = ROW_SIZE;
    for (size_t i = 0; i < AMD_ENTRY_COUNT; i++)
        at += t->entry[i].n ? ROW_SIZE : 0;
    for (size_t i = 0; i < AMD_ENTRY_COUNT; i++)
        if (t->entry[i].n) {
            wr_span(ret, SPAN(guids[i]));
            put_u32le(ret, at);
            put_u32le(ret, t->entry[i].n);
            at += t->entry[i].n;
        }
    (void)wr_room(ret, ROW_SIZE);
    for (size_t i = 0; i < AMD_ENTRY_COUNT; i++)
        wr_span(ret, t->entry[i]);
}
