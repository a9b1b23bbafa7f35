#pragma once
/* amd_table.h - the certificate table of an extended report: AMD 56421 (GHCB), "SNP Extended Guest Request".
 * An array of { GUID, u32 offset, u32 length }, ended by zeros, then the certificates. The host writes it and
 * nobody signs it: what is in it counts for nothing before it is verified. */
#include "crypto/bytes.h"
#include "crypto/err.h"

enum amd_entry { AMD_ENTRY_VCEK, AMD_ENTRY_VLEK, AMD_ENTRY_CA, AMD_ENTRY_ROOT, AMD_ENTRY_COUNT };
enum { AMD_TABLE_MAX = 16 << 10 /* bytes */, AMD_TABLE_ENTRIES = 16 };

/* Borrowed; an empty span: none of that kind. DER, or PEM as some hosts have it. */
struct amd_table {
    struct span entry[AMD_ENTRY_COUNT];
};
/* Entries of kinds that we do not know are passed over. SR_EFORMAT R_REPORT_FORMAT: no end, an offset or a
 * length that leads out of the table or into its head, a kind twice, neither VCEK nor VLEK; bytes that belong
 * to no entry.
 */
enum sr_err amd_table_read(struct span bytes, struct amd_table *ret, struct sr_why *why);
/* Appends a table of the entries that are not empty. */
void amd_table_write(const struct amd_table *t, struct buf *ret);
