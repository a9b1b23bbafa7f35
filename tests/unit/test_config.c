/* Options: the file, the flags, and which wins. */
#include "node/config.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

static enum sr_err load(struct config *c, enum config_action *a, struct sr_why *why, const char *const argv[])
{
    char *copy[16] = { 0 };
    int n = 0;
    for (; argv[n]; n++)
        copy[n] = strdup(argv[n]);
    enum sr_err e = config_load(c, a, n, copy, why);
    for (int i = 0; i < n; i++)
        free(copy[i]);
    return e;
}
#define LOAD(...)                                                                                            \
    load(&c, &action, &why, (const char *const[]){ "sealring-node", __VA_ARGS__ __VA_OPT__(, ) NULL })

static void every_default_is_a_value_that_its_row_takes(void)
{
    struct config c;
    enum config_action action;
    struct sr_why why = { 0 };
    T(LOAD() == SR_OK && action == CONFIG_RUN);
    T(strcmp(c.state_dir, "/var/lib/sealring") == 0);
    T(strcmp(c.platform, "auto") == 0);
    T(c.threads == 16 && c.challenge_ms == 60000 && c.quote_ms == 15000 && c.sync_seconds == 30);
    T(c.join.n == 0 && c.min_epoch == 1);
}

static void flags_that_are_unknown_repeated_or_wrong_are_refused(void)
{
    static const struct {
        const char *label;
        const char *argv[6];
        enum sr_err want;
    } rows[] = {
        { "one flag", { "x", "--cid", "sr1abc" }, SR_OK },
        { "unknown", { "x", "--cidd", "sr1abc" }, SR_EFORMAT },
        { "repeated", { "x", "--cid", "a", "--cid", "a" }, SR_EFORMAT },
        { "a list may repeat", { "x", "--join", "http://a", "--join", "http://b" }, SR_OK },
        { "no value", { "x", "--cid" }, SR_EFORMAT },
        { "no dashes", { "x", "cid", "a" }, SR_EFORMAT },
        { "not a number", { "x", "--threads", "4x" }, SR_EFORMAT },
        { "negative", { "x", "--threads", "-4" }, SR_EFORMAT },
        { "empty number", { "x", "--threads", "" }, SR_EFORMAT },
        { "leading zero", { "x", "--threads", "04" }, SR_EFORMAT },
        { "below the least", { "x", "--threads", "0" }, SR_EFORMAT },
        { "above the most", { "x", "--threads", "257" }, SR_EFORMAT },
        { "past 64 bits", { "x", "--min-policy", "18446744073709551616" }, SR_EFORMAT },
        { "just 64 bits", { "x", "--min-policy", "18446744073709551615" }, SR_OK },
        { "control character", { "x", "--cid", "a\nb" }, SR_EFORMAT },
        { "a file that is not there", { "x", "--config", "/nonexistent/conf" }, SR_ENOENT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config c;
        enum config_action action;
        struct sr_why why = { 0 };
        enum sr_err e = load(&c, &action, &why, rows[i].argv);
        T_ROW(e == rows[i].want, rows[i].label);
        T_ROW(e == SR_OK || why.reason == R_CONFIG, rows[i].label);
    }
}

static void a_file_names_the_line_that_is_wrong(void)
{
    static const struct {
        const char *text, *want; /* NULL: fine */
    } rows[] = {
        { "", NULL },
        { "# comment\n\n  cid = sr1abc  \n\tthreads=2\n", NULL },
        { "cid = a\ncid = b\n", "f:2: cid is given twice" },
        { "cid = a\n\nnope = b\n", "f:3: unknown key" },
        { "cid\n", "f:1: no = in the line" },
        { "threads = many", "f:1: bad value for threads" },
        { "join = http://a\njoin = http://b\n", NULL },
        { "join =\n", "f:1: bad value for join" },
        { "cid = a\001b\n", "f:1: bad value for cid" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config c = { 0 };
        struct sr_why why = { 0 };
        enum sr_err e = config_read(&c, "f", span_of(rows[i].text), &why);
        T_ROW((e == SR_OK) == (rows[i].want == NULL), rows[i].text);
        T_ROW(!rows[i].want || strcmp(why.text, rows[i].want) == 0, why.text);
    }
}

static void flags_win_over_the_file(void)
{
    struct config c;
    enum config_action action;
    struct sr_why why = { 0 };
    char path[] = "/tmp/sealring-config-XXXXXX";
    const char text[] = "threads = 2\nquote-queue = 3\njoin = http://file\n";
    int fd = mkstemp(path);
    T(fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1);
    close(fd);
    T(LOAD("--threads", "9", "--config", path, "--join", "http://flag") == SR_OK);
    T(c.threads == 9 && c.quote_queue == 3);
    T(c.join.n == 1 && strcmp(c.join.v[0], "http://flag") == 0);
    T(LOAD("--config", path, "--config", path) == SR_EFORMAT);
    unlink(path);
}

static void what_would_not_work_together_is_refused(void)
{
    static const struct {
        const char *label;
        const char *argv[8];
        enum sr_err want;
    } rows[] = {
        { "plain on loopback", { "x", "--listen-plain", "127.0.0.1:0" }, SR_OK },
        { "plain on all addresses", { "x", "--listen-plain", "0.0.0.0:0" }, SR_EFORMAT },
        { "no address at all", { "x" }, SR_EFORMAT },
        { "TLS without a key", { "x", "--listen", "0.0.0.0:1", "--tls-cert", "c" }, SR_EFORMAT },
        { "TLS", { "x", "--listen", "0.0.0.0:1", "--tls-cert", "c", "--tls-key", "k" }, SR_OK },
        { "quotes slower than challenges",
          { "x", "--listen-plain", "127.0.0.1:0", "--challenge-ms", "10000" },
          SR_EFORMAT },
        { "genesis and cid",
          { "x", "--listen-plain", "127.0.0.1:0", "--genesis", "g", "--cid", "c" },
          SR_EFORMAT },
        { "indices of the owner's",
          { "x", "--listen-plain", "127.0.0.1:0", "--nv-index", "01bf0000" },
          SR_OK },
        { "indices of a maker's",
          { "x", "--listen-plain", "127.0.0.1:0", "--nv-index", "01c00000" },
          SR_EFORMAT },
        { "indices below", { "x", "--listen-plain", "127.0.0.1:0", "--nv-index", "017f0000" }, SR_EFORMAT },
        { "half a range", { "x", "--listen-plain", "127.0.0.1:0", "--nv-index", "01a50001" }, SR_EFORMAT },
        { "no index", { "x", "--listen-plain", "127.0.0.1:0", "--nv-index", "1a50000" }, SR_EFORMAT },
        { "log level", { "x", "--listen-plain", "127.0.0.1:0", "--log-level", "all" }, SR_EFORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config c;
        enum config_action action;
        struct sr_why why = { 0 };
        T_ROW(load(&c, &action, &why, rows[i].argv) == SR_OK, rows[i].label);
        T_ROW(config_check(&c, &why) == rows[i].want, rows[i].label);
    }
}

static void help_names_every_key(void)
{
    SR_OWN(buf) b = { 0 };
    config_help(&b);
    wr_u8(&b, 0);
    T(buf_ok(&b) && strstr((const char *)b.p, "state-dir") && strstr((const char *)b.p, "sync-seconds"));
}

static void an_action_is_recognized_anywhere(void)
{
    struct config c;
    enum config_action action;
    struct sr_why why = { 0 };
    T(LOAD("--threads", "2", "--check-config") == SR_OK && action == CONFIG_CHECK);
    T(LOAD("--version") == SR_OK && action == CONFIG_VERSION);
    T(LOAD("--cid", "--help") == SR_OK && action == CONFIG_RUN && strcmp(c.cid, "--help") == 0);
}

int main(void)
{
    every_default_is_a_value_that_its_row_takes();
    flags_that_are_unknown_repeated_or_wrong_are_refused();
    a_file_names_the_line_that_is_wrong();
    flags_win_over_the_file();
    what_would_not_work_together_is_refused();
    help_names_every_key();
    an_action_is_recognized_anywhere();
    return t_end();
}
