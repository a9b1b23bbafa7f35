/* main.c - the daemon's order of events, under both of its names: sealring-bootstrap and sealring-node are
 * one executable, so that the first member and all others have one code digest. The order is the security
 * argument, so it stands in one place. */
#include "bootstrap/genesis.h"
#include "bootstrap/recovery.h"
#include "crypto/program.h"
#include "crypto/text.h"
#include "node/config_digest.h"
#include "node/counter.h"
#include "node/harden.h"
#include "node/life.h"
#include "node/notify.h"
#include "node/reload.h"
#include "node/restore.h"
#include "node/sandbox.h"
#include "node/version.h"
#include "proto/cid.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_CONFIG = 2, DRAIN_MS = 10000 };

static bool is_bootstrap(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');
    return strncmp(slash ? slash + 1 : argv0, "sealring-bootstrap", strlen("sealring-bootstrap")) == 0;
}

/* What is asked for besides running. */
static enum sr_err act(enum config_action action, const struct config *c, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct sha256 digest = config_digest();
    switch (action) {
    case CONFIG_HELP: config_help(&b); break;
    case CONFIG_VERSION: wr_text(&b, "sealring " SEALRING_VERSION "\n"); break;
    case CONFIG_DIGEST:
        wr_hex(&b, SPAN(digest.b));
        wr_u8(&b, '\n');
        break;
    case CONFIG_CHECK:
        SR_TRY(config_check(c, why));
        wr_text(&b, "ok\n");
        break;
    case CONFIG_RESTORE:
        umask(077);
        SR_TRY(restore_run(c, why));
        wr_text(&b, c->restore[0] ? "restored\n" : "accepted\n");
        break;
    case CONFIG_RUN: break;
    }
    return buf_ok(&b) && fwrite(b.p, 1, b.n, stdout) == b.n && fflush(stdout) == 0 ? SR_OK : SR_EIO;
}

static void on_ready(struct node *n, void *ctx)
{
    const struct serve *s = ctx;
    char cid[CID_TEXT_MAX];
    struct core *c = atomic_load(&n->core);
    cid_text(&c->home.cid, cid);
    struct logline l = log_start(&n->log, LOG_INFO, "ready");
    log_text(&l, "cid", cid);
    log_hex(&l, "member", SPAN(c->home.id.b));
    if (s->tls[0])
        log_text(&l, "listen", s->tls);
    if (s->plain[0])
        log_text(&l, "listen-plain", s->plain);
    log_end(&l);
    notify_systemd("READY=1");
}

static void reload(struct node *n)
{
    struct sr_why why = { 0 };
    enum sr_err e = reload_all(n, &why);
    log_refusal(&n->log, e == SR_OK ? LOG_INFO : LOG_ERROR, "reload", e, &why);
}

/* Until SIGTERM or SIGINT. */
static void wait_for_signal(struct node *n, const sigset_t *signals)
{
    int which = 0;
    while (sigwait(signals, &which) == 0 && which == SIGHUP)
        reload(n);
}

static const char *socket_folder(const struct config *c, char ret[static CONFIG_TEXT])
{
    const char *slash = strrchr(c->admin_socket, '/');
    if (!slash || slash == c->admin_socket)
        return "";
    snprintf(ret, CONFIG_TEXT, "%.*s", (int)(slash - c->admin_socket), c->admin_socket);
    return ret;
}

static enum sr_err enter_sandbox(struct node *n, struct sr_why *why)
{
    char folder[CONFIG_TEXT];
    /* Genesis writes its bundle where the operators want it; it runs once, and strangers come after it. */
    if (!n->config->sandbox || n->config->genesis_bundle[0])
        return SR_OK;
    return sandbox_enter(n->config->state_dir, socket_folder(n->config, folder), &n->sandboxed, why);
}

/* Signals first, so that every thread inherits the mask; sockets before the sandbox, the sandbox before the
 * threads that parse what strangers send; the life last, since it needs all of them. */
static enum sr_err start(struct node *n, const struct config *c, bool bootstrap, struct serve *s,
                         struct life **ret, struct sr_why *why)
{
    struct life_options o = { .on_ready = on_ready, .ctx = s };
    SR_TRY(node_open(n, c, why));
    SR_TRY(config_digest_check(&n->self, why));
    SR_TRY(serve_listen(c, s, why));
    SR_TRY(enter_sandbox(n, why));
    SR_TRY(node_start_fetcher(n));
    SR_TRY(serve_start(n, s, why));
    serve_address(c, s, o.address);
    if (bootstrap && c->genesis[0]) {
        o.genesis = genesis_run;
        o.genesis_was_this = genesis_was_this;
    } else if (bootstrap && c->recover[0]) {
        o.genesis = recovery_run;
        o.genesis_was_this = recovery_was_this;
    }
    struct logline l = log_start(&n->log, LOG_INFO, "serving");
    log_text(&l, "address", o.address);
    log_text(&l, "platform", tpm_actor_type(n->tpm));
    log_text(&l, "sandbox", n->sandboxed ? "landlock" : "none");
    log_end(&l);
    return life_start(n, &o, ret);
}

/* The order of stopping: no new connections, no more life, no more handlers, then what they stood on. */
/* While the TPM still answers: what came since the last count is in no older copy. */
static void count_last(struct node *n)
{
    struct core *c = atomic_load(&n->core);
    struct sr_why why = { 0 };
    enum sr_err e = c ? counter_cover(c->counter, &why) : SR_OK;
    if (e != SR_OK)
        log_refusal(&n->log, LOG_WARN, "not-counted", e, &why);
}

static bool stop(struct node *n, struct life *life)
{
    notify_systemd("STOPPING=1");
    if (n->http && http_drain(n->http, DRAIN_MS) != SR_OK)
        log_refusal(&n->log, LOG_WARN, "drain", SR_EBUSY, NULL);
    count_last(n);
    node_stop(n);
    bool failed = life_join(life);
    http_stop(n->http); /* no handler runs after this line */
    node_close(n);
    return !failed;
}

static bool run(const struct config *c, bool bootstrap)
{
    static struct node n; /* large; this is its only user */
    struct serve s = { 0 };
    struct sr_why why = { 0 };
    struct life *life = NULL;
    sigset_t signals;
    n.log = (struct logger){ LOG_INFO, STDERR_FILENO };
    if (!log_level_read(c->log_level, &n.log.level))
        return false;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    enum sr_err e = start(&n, c, bootstrap, &s, &life, &why);
    if (e == SR_OK)
        wait_for_signal(&n, &signals);
    else
        log_refusal(&n.log, LOG_ERROR, "start-failed", e, &why);
    bool good = stop(&n, life) && e == SR_OK;
    struct logline l = log_start(&n.log, LOG_INFO, "stopped");
    log_end(&l);
    return good;
}

static enum sr_err configure(struct config *c, enum config_action *ret, int argc, char *argv[],
                             struct sr_why *why)
{
    SR_TRY(config_load(c, ret, argc, argv, why));
    if (*ret != CONFIG_RUN)
        return act(*ret, c, why);
    SR_TRY(config_check(c, why));
    if (c->genesis[0] && !is_bootstrap(argv[0]))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "genesis is for sealring-bootstrap");
    if (c->recover[0] && !is_bootstrap(argv[0]))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "recover is for sealring-bootstrap");
    return SR_OK;
}

int main(int argc, char *argv[])
{
    static struct config c;
    enum config_action action = CONFIG_RUN;
    struct sr_why why = { 0 };
    const struct logger log = { LOG_INFO, STDERR_FILENO };
    if (program_start() != SR_OK)
        return EXIT_FAILURE;
    enum sr_err e = configure(&c, &action, argc, argv, &why);
    if (e != SR_OK) {
        log_refusal(&log, LOG_ERROR, "config", e, &why);
        return EXIT_CONFIG;
    }
    if (action != CONFIG_RUN)
        return EXIT_SUCCESS;
    e = harden_process(&why);
    if (e != SR_OK) {
        log_refusal(&log, LOG_ERROR, "harden", e, &why);
        return EXIT_FAILURE;
    }
    return run(&c, is_bootstrap(argv[0])) ? EXIT_SUCCESS : EXIT_FAILURE;
}
