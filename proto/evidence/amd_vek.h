#pragma once
/* amd_vek.h - the key that signs SNP reports, as its certificate describes it: VCEK (of one chip) or VLEK (of
 * a cloud provider). AMD 57230, "VCEK Certificate Format": extensions under 1.3.6.1.4.1.3704.1. */
#include "crypto/cert.h"

enum amd_product { AMD_NONE, AMD_MILAN, AMD_GENOA, AMD_TURIN, AMD_PRODUCT_COUNT };
const char *amd_product_text(enum amd_product p); /* "milan"; of AMD_NONE "" */
const char *amd_product_name(enum amd_product p); /* AMD's spelling: "Milan" */

enum vek_kind { VEK_VCEK, VEK_VLEK };

/* Components by their meaning; their places in a report's TCB_VERSION depend on the product. */
struct amd_tcb {
    uint8_t fmc, bootloader, tee, snp, microcode; /* fmc: Turin alone, else 0 */
};

enum { AMD_CHIP_ID_SIZE = 64, AMD_CSP_SIZE = 64 };
struct amd_vek {
    enum vek_kind kind;       /* by the subject's common name */
    enum amd_product product; /* by productName */
    struct amd_tcb tcb;
    uint8_t chip_id[AMD_CHIP_ID_SIZE]; /* hwID of a VCEK: 64 bytes, of Turin 8 and then zeros */
    char csp[AMD_CSP_SIZE];            /* cspID of a VLEK */
};
/* SR_EFORMAT R_VEK_EXTENSION: another subject, an extension that must be there is not, is malformed or of
 * another size, or one is there that does not belong to the kind. */
enum sr_err amd_vek_read(const struct cert *c, struct amd_vek *ret, struct sr_why *why);
