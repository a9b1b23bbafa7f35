#pragma once
/* config.h - every option of the daemon, once: a row of one table that the file, the flags, --help and
 * --check-config are all read from. sealring.conf(5) is written from the same rows. */
#include "crypto/bytes.h"
#include "crypto/err.h"
#include "node/logline.h"

enum { CONFIG_TEXT = 256, CONFIG_LIST = 16 };

struct config_list {
    size_t n;
    char v[CONFIG_LIST][CONFIG_TEXT];
};

/* Empty text: not set. */
struct config {
    char state_dir[CONFIG_TEXT];
    char listen[CONFIG_TEXT];
    char listen_plain[CONFIG_TEXT];
    char admin_socket[CONFIG_TEXT];
    char tls_cert[CONFIG_TEXT];
    char tls_key[CONFIG_TEXT];
    char tls_ca[CONFIG_TEXT];
    char address[CONFIG_TEXT];
    char cid[CONFIG_TEXT];
    struct config_list join;
    struct config_list witness;
    char platform[CONFIG_TEXT];
    char seal[CONFIG_TEXT];
    char tsm_report_dir[CONFIG_TEXT];
    char tcti[CONFIG_TEXT];
    char event_log[CONFIG_TEXT];
    char ek_chain[CONFIG_TEXT];
    char collateral_dir[CONFIG_TEXT];
    char pccs_url[CONFIG_TEXT];
    char kds_url[CONFIG_TEXT];
    char collateral_ca[CONFIG_TEXT];
    char genesis[CONFIG_TEXT];
    char genesis_policy[CONFIG_TEXT];
    char genesis_ak_cert[CONFIG_TEXT];
    char genesis_bundle[CONFIG_TEXT];
    char recover[CONFIG_TEXT];
    char recover_policy[CONFIG_TEXT];
    char recover_ceremony[CONFIG_TEXT];
    char recover_ak_cert[CONFIG_TEXT];
    char recover_shares[CONFIG_TEXT];
    char nv_index[CONFIG_TEXT];
    char restore[CONFIG_TEXT];
    char accept_loss[CONFIG_TEXT];
    char log_level[CONFIG_TEXT];
    uint64_t min_policy;
    uint64_t min_epoch;
    uint64_t threads;
    uint64_t max_connections;
    uint64_t challenge_ms;
    uint64_t quote_ms;
    uint64_t quote_queue;
    uint64_t sync_seconds;
    uint64_t collateral_refresh;
    uint64_t sandbox;
    uint64_t nv_counter;
    uint64_t rollback_peers;
    uint64_t nv_seconds;
    uint64_t nv_strict;
};

/* What the command line asks for besides running. CONFIG_RESTORE: `restore` or `accept-loss` is set. */
enum config_action { CONFIG_RUN, CONFIG_HELP, CONFIG_VERSION, CONFIG_CHECK, CONFIG_DIGEST, CONFIG_RESTORE };

/* Defaults, then the file (--config FILE), then the flags, each of which wins over the one before. Unknown
 * and repeated keys, and values of the wrong kind, are SR_EFORMAT with R_CONFIG, and `why` names file, line
 * and key. No environment variable is read. */
enum sr_err config_load(struct config *ret, enum config_action *ret_action, int argc, char *const argv[],
                        struct sr_why *why);
/* One file's text over what c already holds. */
enum sr_err config_read(struct config *c, const char *name, struct span text, struct sr_why *why);
/* What no single key can tell: that addresses are loopback where they must be, that TLS has both files. */
enum sr_err config_check(const struct config *c, struct sr_why *why);
/* The table as text: a line a key with its default and meaning. */
void config_help(struct buf *ret);
