#include "node/config.h"

#include "crypto/url.h"

#include "crypto/file.h"
#include "node/collateral/fetch.h"
#include "node/counter.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_TEXT = 1, KIND_LIST, KIND_UINT };

struct row {
    const char *name;
    enum kind kind;
    size_t at;
    uint64_t min, max; /* KIND_UINT */
    const char *initial;
    const char *help;
};

#define TEXT(name, member, initial, help)                                                                    \
    {                                                                                                        \
        name, KIND_TEXT, offsetof(struct config, member), 0, 0, initial, help                                \
    }
#define LIST(name, member, help)                                                                             \
    {                                                                                                        \
        name, KIND_LIST, offsetof(struct config, member), 0, 0, "", help                                     \
    }
#define UINT(name, member, min, max, initial, help)                                                          \
    {                                                                                                        \
        name, KIND_UINT, offsetof(struct config, member), min, max, initial, help                            \
    }

static const struct row rows[] = {
    TEXT("state-dir", state_dir, "/var/lib/sealring", "folder of the keystore; made with mode 0700"),
    TEXT("listen", listen, "", "ADDRESS:PORT served with TLS 1.3"),
    TEXT("listen-plain", listen_plain, "", "ADDRESS:PORT served without TLS; loopback only"),
    TEXT("admin-socket", admin_socket, "", "path of the administrator's Unix socket"),
    TEXT("tls-cert", tls_cert, "", "PEM chain for listen; read again on SIGHUP"),
    TEXT("tls-key", tls_key, "", "PEM private key for listen; read again on SIGHUP"),
    TEXT("tls-ca", tls_ca, "",
         "PEM roots that peers' TLS certificates must chain to; empty: not checked, evidence is"),
    TEXT("address", address, "", "URL under which other members reach this one"),
    TEXT("cid", cid, "", "network to join, sr1...; not for bootstrap"),
    LIST("join", join, "URL of a member to join through; may be given more than once"),
    LIST("witness", witness,
         "NAME URL: where the outside witness is that policy names; add-checkpoint is asked for below URL"),
    TEXT("platform", platform, "auto",
         "how this node makes evidence: snp, tdx, tpm, snp-tpm, tdx-tpm; auto: what the kernel reports, else "
         "tpm"),
    TEXT(
        "seal", seal, "auto",
        "what seals the masters: snp, tpm, none (fetched anew at each start); auto: the platform, if it can"),
    TEXT("tsm-report-dir", tsm_report_dir, "/sys/kernel/config/tsm/report",
         "snp, tdx: the kernel's report interface"),
    TEXT("tcti", tcti, "device:/dev/tpmrm0", "where the TPM is: device:PATH, unix:PATH, swtpm:..."),
    TEXT("event-log", event_log, "/run/sealring/event-log", "what sealring-launch has measured"),
    TEXT("ek-chain", ek_chain, "", "PEM file with the intermediate certificates of the EK"),
    TEXT("collateral-dir", collateral_dir, "",
         "folder of vendors' certificates, revocation lists, TCB infos, QE identities; read again when it "
         "changes, and on SIGHUP"),
    TEXT("pccs-url", pccs_url, "",
         "base address of a PCCS (Intel PCS API version 4): https, or http to loopback; empty: nothing is "
         "fetched from there"),
    TEXT("kds-url", kds_url, "",
         "base address of AMD's KDS or a cache of it, as pccs-url; AMD's own is https://kdsintf.amd.com"),
    TEXT("collateral-ca", collateral_ca, "",
         "PEM roots for the TLS certificates of those two; empty: the system's"),
    TEXT("genesis", genesis, "", "bootstrap: genesis.json with the operators' parameters"),
    TEXT("genesis-policy", genesis_policy, "", "bootstrap: the first policy, whose hash genesis.json pins"),
    TEXT("genesis-ak-cert", genesis_ak_cert, "", "bootstrap: AK certificate signed by the operators' AK-CA"),
    TEXT("genesis-bundle", genesis_bundle, "", "bootstrap: where to write the bundle; empty: state-dir"),
    TEXT("recover", recover, "",
         "bootstrap: recovery file of a network whose members are all lost, or the genesis bundle of one "
         "that was "
         "never rotated"),
    TEXT("recover-policy", recover_policy, "", "bootstrap: its newest signed policy"),
    TEXT("recover-ceremony", recover_ceremony, "",
         "bootstrap: the value agreed on for this recovery, 64 hex digits"),
    TEXT("recover-ak-cert", recover_ak_cert, "",
         "bootstrap: AK certificate signed for it by the operators' AK-CA"),
    TEXT("recover-shares", recover_shares, "", "bootstrap: folder into which the holders' messages are put"),
    TEXT("nv-index", nv_index, "01a50000",
         "first of the 65,536 NV indices of which this member's counter takes one; 8 hex digits"),
    TEXT("restore", restore, "", "lay out this backup as the state of an empty state-dir, and end"),
    TEXT("accept-loss", accept_loss, "",
         "the operators' statement that what is newer than this state is lost; is put into it, and the "
         "program ends"),
    TEXT("log-level", log_level, "info", "error, warn, info or debug"),
    UINT("min-policy", min_policy, 0, UINT64_MAX, "0", "refuse granters whose policy number is lower"),
    UINT("min-epoch", min_epoch, 1, UINT64_MAX, "1", "refuse granters whose epoch is lower"),
    UINT("threads", threads, 1, 256, "16", "threads that answer requests"),
    UINT("max-connections", max_connections, 8, 100000, "1024", "connections open at once"),
    UINT("challenge-ms", challenge_ms, 1000, 600000, "60000", "lifetime of a challenge, milliseconds"),
    UINT("quote-ms", quote_ms, 100, 120000, "15000", "deadline of one quote, milliseconds"),
    UINT("quote-queue", quote_queue, 1, 1024, "16", "quotes that may wait for the platform"),
    UINT("sync-seconds", sync_seconds, 1, 86400, "30", "pause between exchanges with the other members"),
    UINT("collateral-refresh", collateral_refresh, 1, 2592000, "21600",
         "seconds after which what is held is asked for again"),
    UINT("sandbox", sandbox, 0, 1, "1", "1: Landlock where the kernel has it"),
    UINT("nv-counter", nv_counter, 0, 1, "0",
         "1: begin a counter in the TPM, which notices an older state; a member that has one keeps to it"),
    UINT("nv-seconds", nv_seconds, 1, 3600, "300",
         "at most so long what is new stays uncounted; each count wears the TPM's memory"),
    UINT("rollback-peers", rollback_peers, 0, 1, "0",
         "1: serve under no policy by which other members need not say at a start what they have seen"),
    UINT("nv-strict", nv_strict, 0, 1, "0", "1: count every commit of the log before it is answered"),
};

enum { ROWS = sizeof rows / sizeof *rows, FILE_MAX = 64 << 10 };

/* Which keys one source (a file, the command line) has given already. */
struct given {
    bool v[ROWS];
};

static const struct row *find(struct span name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (span_eq(name, span_of(rows[i].name)))
            return &rows[i];
    return NULL;
}

static enum sr_err set_text(char *to, struct span v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < ' ' || v.p[i] >= 0x7f)
            return SR_EFORMAT;
    if (v.n >= CONFIG_TEXT)
        return SR_ETOOBIG;
    memcpy(to, v.p, v.n);
    to[v.n] = '\0';
    return SR_OK;
}

static enum sr_err set_uint(const struct row *r, uint64_t *to, struct span v)
{
    uint64_t n = 0;
    if (v.n == 0 || (v.n > 1 && v.p[0] == '0'))
        return SR_EFORMAT;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9' || __builtin_mul_overflow(n, 10U, &n) ||
            __builtin_add_overflow(n, (uint64_t)(v.p[i] - '0'), &n))
            return SR_EFORMAT;
    }
    if (n < r->min || n > r->max)
        return SR_EFORMAT;
    *to = n;
    return SR_OK;
}

static enum sr_err set(struct config *c, const struct row *r, struct span v)
{
    void *at = (char *)c + r->at;
    struct config_list *list = at;
    switch (r->kind) {
    case KIND_TEXT: return set_text(at, v);
    case KIND_UINT: return set_uint(r, at, v);
    case KIND_LIST:
        if (v.n == 0 || list->n == CONFIG_LIST)
            return SR_ETOOBIG;
        SR_TRY(set_text(list->v[list->n], v));
        list->n++;
        return SR_OK;
    }
    return SR_EBUG;
}

static enum sr_err set_once(struct config *c, struct given *given, struct span name, struct span v,
                            const char *where, struct sr_why *why)
{
    const struct row *r = find(name);
    if (!r)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "%s: unknown key", where);
    size_t i = (size_t)(r - rows);
    if (given->v[i] && r->kind != KIND_LIST)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "%s: %s is given twice", where, r->name);
    if (!given->v[i] && r->kind == KIND_LIST)
        ((struct config_list *)(void *)((char *)c + r->at))->n = 0; /* this source replaces the one before */
    given->v[i] = true;
    if (set(c, r, v) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "%s: bad value for %s", where, r->name);
    return SR_OK;
}

static struct span trim(struct span s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = (struct span){ s.p + 1, s.n - 1 };
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static enum sr_err read_line(struct config *c, struct given *given, struct span line, const char *where,
                             struct sr_why *why)
{
    line = trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return SR_OK;
    const uint8_t *eq = memchr(line.p, '=', line.n);
    if (!eq)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "%s: no = in the line", where);
    struct span name = { line.p, (size_t)(eq - line.p) };
    struct span value = { eq + 1, line.n - name.n - 1 };
    return set_once(c, given, trim(name), trim(value), where, why);
}

enum sr_err config_read(struct config *c, const char *name, struct span text, struct sr_why *why)
{
    struct given given = { 0 };
    char where[CONFIG_TEXT + 16];
    for (unsigned number = 1; text.n > 0; number++) {
        const uint8_t *nl = memchr(text.p, '\n', text.n);
        struct span line = { text.p, nl ? (size_t)(nl - text.p) : text.n };
        snprintf(where, sizeof where, "%.*s:%u", CONFIG_TEXT, name, number);
        SR_TRY(read_line(c, &given, line, where, why));
        size_t used = line.n + (nl ? 1 : 0);
        text = (struct span){ text.p + used, text.n - used };
    }
    return SR_OK;
}

static void defaults(struct config *c)
{
    *c = (struct config){ 0 };
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].kind != KIND_LIST && set(c, &rows[i], span_of(rows[i].initial)) != SR_OK)
            *c = (struct config){ 0 }; /* a default that its own row refuses: a test walks the table */
}

static enum sr_err read_file(struct config *c, const char *path, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(file_read(path, FILE_MAX, &text, why));
    return config_read(c, path, buf_span(&text), why);
}

static const struct {
    const char *flag;
    enum config_action action;
} actions[] = {
    { "--help", CONFIG_HELP },
    { "--version", CONFIG_VERSION },
    { "--check-config", CONFIG_CHECK },
    { "--print-config-digest", CONFIG_DIGEST },
};

static bool is_action(const char *arg, enum config_action *ret)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(arg, actions[i].flag) == 0) {
            *ret = actions[i].action;
            return true;
        }
    }
    return false;
}

static enum sr_err read_flags(struct config *c, int argc, char *const argv[], struct sr_why *why)
{
    struct given given = { 0 };
    enum config_action ignored;
    for (int i = 1; i < argc; i++) {
        if (is_action(argv[i], &ignored))
            continue;
        if (strncmp(argv[i], "--", 2) != 0 || i + 1 == argc)
            return sr_fail(why, SR_EFORMAT, R_CONFIG, "argument %d: wanted --key value", i);
        if (strcmp(argv[i], "--config") != 0)
            SR_TRY(set_once(c, &given, span_of(argv[i] + 2), span_of(argv[i + 1]), argv[i], why));
        i++;
    }
    return SR_OK;
}

enum sr_err config_load(struct config *ret, enum config_action *ret_action, int argc, char *const argv[],
                        struct sr_why *why)
{
    struct config c;
    enum config_action action = CONFIG_RUN;
    defaults(&c);
    const char *file = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc && file)
            return sr_fail(why, SR_EFORMAT, R_CONFIG, "--config is given twice");
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            file = argv[i + 1];
        if (!is_action(argv[i], &action) && strncmp(argv[i], "--", 2) == 0)
            i++;
    }
    if (file)
        SR_TRY(read_file(&c, file, why));
    SR_TRY(read_flags(&c, argc, argv, why));
    *ret = c;
    *ret_action = action == CONFIG_RUN && (c.restore[0] || c.accept_loss[0]) ? CONFIG_RESTORE : action;
    return SR_OK;
}

static bool loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]:", 6) == 0;
}

/* What others are told, and whom we call. */
static enum sr_err addresses_check(const struct config *c, struct sr_why *why)
{
    if (c->address[0] && !url_of_node(span_of(c->address)))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "address: wanted https://HOST:PORT and nothing after it");
    for (size_t i = 0; i < c->join.n; i++)
        if (!url_of_node(span_of(c->join.v[i])))
            return sr_fail(why, SR_EFORMAT, R_CONFIG, "join: wanted https://HOST:PORT and nothing after it");
    return SR_OK;
}

static enum sr_err counter_check(const struct config *c, struct sr_why *why)
{
    uint32_t first;
    return counter_range(c->nv_index, &first)
               ? SR_OK
               : sr_fail(why, SR_EFORMAT, R_CONFIG,
                         "nv-index: 01800000 to 01bf0000, 8 hex digits, the last four 0");
}

static enum sr_err recover_check(const struct config *c, struct sr_why *why)
{
    if (!c->recover[0])
        return SR_OK;
    if (c->genesis[0])
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "recover brings a network back, genesis makes another");
    if (!c->cid[0] || !c->recover_policy[0] || !c->recover_ceremony[0] || !c->recover_shares[0])
        return sr_fail(why, SR_EFORMAT, R_CONFIG,
                       "recover needs cid, recover-policy, recover-ceremony and recover-shares");
    return SR_OK;
}

enum sr_err config_check(const struct config *c, struct sr_why *why)
{
    enum log_level level;
    if (!c->state_dir[0])
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "state-dir is empty");
    if (!log_level_read(c->log_level, &level))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "log-level: error, warn, info or debug");
    if (c->listen_plain[0] && !loopback(c->listen_plain))
        return sr_fail(why, SR_EFORMAT, R_CONFIG,
                       "listen-plain is not a loopback address: use listen with TLS");
    if (!c->listen[0] && !c->listen_plain[0])
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "neither listen nor listen-plain is set");
    if (c->listen[0] && (!c->tls_cert[0] || !c->tls_key[0]))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "listen needs tls-cert and tls-key");
    if (c->challenge_ms < 3 * c->quote_ms)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "challenge-ms is less than three times quote-ms");
    if (c->pccs_url[0])
        SR_TRY(coll_source_check(c->pccs_url, why));
    if (c->kds_url[0])
        SR_TRY(coll_source_check(c->kds_url, why));
    if (c->genesis[0] && (c->cid[0] || c->join.n))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "genesis makes a new network: cid and join have no place");
    SR_TRY(addresses_check(c, why));
    SR_TRY(counter_check(c, why));
    return recover_check(c, why);
}

void config_help(struct buf *ret)
{
    wr_text(ret, "usage: sealring-node [--config FILE] [--KEY VALUE]...\n"
                 "       sealring-bootstrap [--config FILE] --genesis FILE [--KEY VALUE]...\n"
                 "       sealring-bootstrap [--config FILE] --recover FILE [--KEY VALUE]...\n"
                 "       sealring-node [--config FILE] --restore FILE --accept-loss FILE [--KEY VALUE]...\n"
                 "  --help, --version, --check-config, --print-config-digest\n\n"
                 "A file holds lines KEY = VALUE and # comments.\n\n");
    for (size_t i = 0; i < ROWS; i++)
        wr_fmt(ret, "  %-16s %s%s%s%s\n", rows[i].name, rows[i].help, *rows[i].initial ? " [" : "",
               rows[i].initial, *rows[i].initial ? "]" : "");
}
