#pragma once
/* tpm_tcti.h - TPM commands over a Unix stream socket (swtpm --server type=unixio), with a deadline for each
 * answer. TCG TSS 2.0 TPM Command Transmission Interface 1.0. */
#include "crypto/err.h"

#include <tss2/tss2_tcti.h>

enum sr_err tpm_tcti_unix(const char *path, unsigned deadline_ms, TSS2_TCTI_CONTEXT **ret,
                          struct sr_why *why);
void tpm_tcti_unix_free(TSS2_TCTI_CONTEXT *t); /* closes */
