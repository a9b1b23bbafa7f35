#pragma once
/* machine.h - the machine that attests: its platform, the certificates of its endorsement key, and the AK
 * certificate it has got, kept in a file and renewed by itself. */
#include "client/remote.h"
#include "node/platform/platform.h"

struct machine_options {
    const char *platform, *tcti, *event_log, *ek_chain, *ak_cert, *tsm_dir;
};
#define MACHINE_ROWS(o)                                                                                      \
    { "platform",                                                                                            \
      OPTION_TEXT,                                                                                           \
      &(o).platform,                                                                                         \
      "NAME",                                                                                                \
      "how evidence is made: auto, snp, tdx, tpm (auto)",                                                    \
      "SEALRING_PLATFORM",                                                                                   \
      false },                                                                                               \
        { "tsm-report-dir",                                                                                  \
          OPTION_TEXT,                                                                                       \
          &(o).tsm_dir,                                                                                      \
          "DIR",                                                                                             \
          "snp, tdx: the kernel's report interface (/sys/kernel/config/tsm/report)",                         \
          "SEALRING_TSM_REPORT_DIR",                                                                         \
          false },                                                                                           \
        { "tcti",          OPTION_TEXT, &(o).tcti, "TCTI", "where the TPM is (device:/dev/tpmrm0)",          \
          "SEALRING_TCTI", false },                                                                          \
        { "event-log",                                                                                       \
          OPTION_TEXT,                                                                                       \
          &(o).event_log,                                                                                    \
          "FILE",                                                                                            \
          "what sealring-launch measured (/run/sealring/event-log)",                                         \
          "SEALRING_EVENT_LOG",                                                                              \
          false },                                                                                           \
        { "ek-chain",          OPTION_TEXT, &(o).ek_chain, "FILE", "PEM certificates above the EK's own",    \
          "SEALRING_EK_CHAIN", false },                                                                      \
    {                                                                                                        \
        "ak-cert", OPTION_TEXT, &(o).ak_cert, "FILE", "where the AK certificate is kept between calls",      \
            "SEALRING_AK_CERT", false                                                                        \
    }

struct machine {
    struct platform platform;
    struct buf ak_cert; /* empty: none yet */
};
void machine_drop(struct machine *m);

/* Opens the platform named and reads the AK certificate, if it is there. Errors as cli_read_file() and
 * platform_open() give. */
enum sr_err machine_open(const struct machine_options *o, struct machine *ret, struct sr_why *why);

/* E1 of this machine, with the certificates of ek_chain behind the EK's own. Appends. */
enum sr_err machine_enrol_request(struct machine *m, const struct sha256 *network, struct buf *ret,
                                  struct sr_why *why);

/* Makes sure that there is an AK certificate of this network and epoch that is good for a few minutes more:
 * the kept one, or a new one from the remote node, which is then kept. Nothing to do where the platform does
 * not enrol. */
enum sr_err machine_enrol(struct machine *m, const struct machine_options *o, struct remote *r,
                          uint64_t epoch, struct sr_why *why);
