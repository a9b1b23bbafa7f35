#pragma once
/* tpm_tcti.h - how TPM commands travel: TCG TSS 2.0 TPM Command Transmission Interface 1.0, by our own code
 * for every kind of line, so that each answer has a deadline and nothing is loaded at run time. unix:PATH a
 * stream socket (swtpm --server type=unixio) device:PATH               the kernel's character device,
 * /dev/tpmrm0 swtpm:host=HOST,port=N    TCP (swtpm --server type=tcp); 127.0.0.1 and 2321 unless given */
#include "crypto/err.h"

#include <stdbool.h>
#include <tss2/tss2_tcti.h>

/* SR_EIO R_TPM: no such kind, or nobody answers there within the deadline. */
enum sr_err tpm_tcti_open(const char *name, unsigned deadline_ms, TSS2_TCTI_CONTEXT **ret,
                          struct sr_why *why);
/* An answer did not come in time, or half: nothing read from this line now would be the right one. */
bool tpm_tcti_lost(TSS2_TCTI_CONTEXT *t);
/* Who else speaks to the TPM is the kernel's business: the line is a resource manager's. */
bool tpm_tcti_managed(TSS2_TCTI_CONTEXT *t);
void tpm_tcti_free(TSS2_TCTI_CONTEXT *t); /* closes; NULL is fine */
