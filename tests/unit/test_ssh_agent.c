/* SSH keys and what an agent answers: OpenSSH's own bytes are read, and nothing near them; then a socket
 * behind which an agent of every kind sits. */
#include "client/signer.h"

#include "crypto/text.h"
#include "tests/t.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- keys: made by ssh-keygen, the fingerprint by ssh-keygen -l ---- */

#define LINE     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDa2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2 anna@example"
#define BLOB_HEX "0000000b7373682d6564323535313900000020"

static struct sign_pub of_byte(uint8_t b)
{
    struct sign_pub k;
    memset(k.b, b, sizeof k.b);
    return k;
}

static void lines_are_read(void)
{
    static const struct row {
        const char *line;
        bool good;
    } rows[] = {
        { LINE, true },
        { LINE "\n", true },
        { "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDa2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2", true },
        { "", false },
        { "\n", false },
        { "ssh-ed25519", false },
        { "ssh-ed25519 ", false },
        { LINE "\n\n", false },
        { LINE "\r\n", false },
        { LINE "\nssh-ed25519 x", false },
        { " " LINE, false },
        { "restrict " LINE, false },
        { "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIDa2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2", false },
        { "ssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAIDa2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2", false },
        { "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDa2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2====", false },
        { "ssh-ed25519 "
          "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIDa2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2"
          "AAAABHNzaDo=",
          false },
    };
    struct sign_pub want = of_byte(0x36), got;
    memset(want.b + 1, 0xb6, sizeof want.b - 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum sr_err e = ssh_key_line_read(span_of(rows[i].line), &got);
        T_ROW((e == SR_OK) == rows[i].good, rows[i].line);
        T_ROW(e != SR_OK || span_eq(SPAN(got.b), SPAN(want.b)), rows[i].line);
    }
    T(ssh_key_line_read(SPAN(LINE), &got) == SR_EFORMAT); /* with its NUL */
}

static void the_blob_is_what_it_is(void)
{
    SR_OWN(buf) blob = { 0 };
    SR_OWN(buf) copy = { 0 };
    struct sign_pub k = of_byte(0x5a), got;
    char head[2 * 19 + 1];
    ssh_key_blob(&k, &blob);
    T(blob.n == SSH_KEY_BLOB);
    hex_text((struct span){ blob.p, 19 }, head);
    T_ROW(strcmp(head, BLOB_HEX) == 0, head);
    T(ssh_key_blob_read(buf_span(&blob), &got) == SR_OK && span_eq(SPAN(got.b), SPAN(k.b)));
    for (size_t n = 0; n < blob.n; n++)
        T(ssh_key_blob_read((struct span){ blob.p, n }, &got) == SR_EFORMAT);
    wr_span(&copy, buf_span(&blob));
    for (size_t bit = 0; bit < 19 * 8; bit++) { /* what follows is the key, any of which is one here */
        copy.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        T(ssh_key_blob_read(buf_span(&copy), &got) == SR_EFORMAT);
        copy.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    wr_u8(&copy, 0);
    T(ssh_key_blob_read(buf_span(&copy), &got) == SR_EFORMAT);
}

/* The vector is OpenSSH's: printf '<LINE>' | ssh-keygen -lf - */
static void fingerprints_are_those_of_ssh_keygen(void)
{
    struct sign_pub k;
    char text[SSH_KEY_FINGERPRINT];
    T(ssh_key_line_read(span_of(LINE), &k) == SR_OK);
    ssh_key_fingerprint(&k, text);
    T_ROW(strcmp(text, "SHA256:Klb/vM7JA1sVfEZQWP+DhcSLP/E3sZKykmOCyXElYXU") == 0, text);
}

/* ---- answers ---- */

static void put_key(struct buf *b, const char *kind, size_t n)
{
    SR_OWN(buf) blob = { 0 };
    wr_lp(&blob, span_of(kind));
    wr_u32be(&blob, (uint32_t)n);
    memset(wr_room(&blob, n), 0x11, n);
    wr_lp(b, buf_span(&blob));
    wr_lp(b, SPAN_STR("comment"));
}

static void keys_answer(struct buf *b)
{
    wr_u8(b, 12);
    wr_u32be(b, 3);
    put_key(b, "ssh-rsa", 260);
    put_key(b, "ssh-ed25519", 32);
    put_key(b, "ssh-ed25519-cert-v01@openssh.com", 32);
}

static void lists_of_keys_are_read(void)
{
    static struct ssh_agent_keys keys;
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    keys_answer(&b);
    T(ssh_agent_keys_read(buf_span(&b), &keys, &why) == SR_OK && keys.n == 1 && keys.v[0].b[5] == 0x11);
    for (size_t n = 0; n < b.n; n++) {
        T(ssh_agent_keys_read((struct span){ b.p, n }, &keys, &why) == SR_EFORMAT);
        T(why.reason == R_SSH_AGENT);
    }
    wr_u8(&b, 0);
    T(ssh_agent_keys_read(buf_span(&b), &keys, &why) == SR_EFORMAT);
}

/* Whatever is flipped: refused, or a list in which at most this one key was changed. */
static void flipped_bits_make_no_other_list(void)
{
    static struct ssh_agent_keys keys;
    SR_OWN(buf) b = { 0 };
    keys_answer(&b);
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (ssh_agent_keys_read(buf_span(&b), &keys, NULL) == SR_OK)
            T(keys.n <= 1);
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void bad_lists_are_refused(void)
{
    static struct ssh_agent_keys keys;
    struct sr_why why = { 0 };
    SR_OWN(buf) failure = { 0 };
    SR_OWN(buf) longer = { 0 };
    SR_OWN(buf) many = { 0 };
    SR_OWN(buf) counted = { 0 };
    wr_u8(&failure, 5);
    T(ssh_agent_keys_read(buf_span(&failure), &keys, &why) == SR_EDENIED && why.reason == R_SSH_AGENT);
    wr_u8(&failure, 0);
    T(ssh_agent_keys_read(buf_span(&failure), &keys, &why) == SR_EFORMAT);
    wr_u8(&longer, 12);
    wr_u32be(&longer, 1);
    put_key(&longer, "ssh-ed25519", 33);
    T(ssh_agent_keys_read(buf_span(&longer), &keys, &why) == SR_EFORMAT);
    wr_u8(&many, 12);
    wr_u32be(&many, SSH_AGENT_KEYS_MAX + 1);
    for (int i = 0; i <= SSH_AGENT_KEYS_MAX; i++)
        put_key(&many, "ssh-ed25519", 32);
    T(ssh_agent_keys_read(buf_span(&many), &keys, &why) == SR_ETOOBIG);
    wr_u8(&counted, 12);
    wr_u32be(&counted, UINT32_MAX); /* ends with the bytes, not with the number */
    put_key(&counted, "ssh-ed25519", 32);
    T(ssh_agent_keys_read(buf_span(&counted), &keys, &why) == SR_EFORMAT);
}

static void signature_answer(const struct sig *sig, struct buf *b)
{
    SR_OWN(buf) inner = { 0 };
    wr_lp(&inner, SPAN_STR("ssh-ed25519"));
    wr_lp(&inner, SPAN(sig->b));
    wr_u8(b, 14);
    wr_lp(b, buf_span(&inner));
}

static void every_changed_signature_is_refused(void)
{
    struct sign_key key;
    struct sign_pub pub;
    struct sig got;
    struct span text = SPAN_STR("text");
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    sign_random(&key, &pub);
    struct sig sig = sign_raw(&key, text);
    signature_answer(&sig, &b);
    T(ssh_agent_signature_read(buf_span(&b), &got, &why) == SR_OK &&
      sign_check_raw(&pub, text, &got) == SR_OK);
    for (size_t n = 0; n < b.n; n++)
        T(ssh_agent_signature_read((struct span){ b.p, n }, &got, &why) == SR_EFORMAT &&
          why.reason == R_SSH_AGENT);
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        T(ssh_agent_signature_read(buf_span(&b), &got, NULL) != SR_OK ||
          sign_check_raw(&pub, text, &got) != SR_OK);
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    wr_u8(&b, 0);
    T(ssh_agent_signature_read(buf_span(&b), &got, NULL) == SR_EFORMAT);
}

/* ---- an agent behind a socket ---- */

struct agent {
    char path[64];
    int listens;
    struct buf answers[2]; /* sent one for each request; empty: it closes */
    bool silent;           /* takes requests and says nothing */
    int ends_after;        /* closes after so many answers; 0: after two */
};

static void answer(struct buf *to, struct span body)
{
    wr_lp(to, body);
}

static void serve(const struct agent *a, int fd)
{
    uint8_t some[4096];
    for (int i = 0; i < 2; i++) {
        if (read(fd, some, sizeof some) <= 0)
            return;
        while (a->silent && read(fd, some, sizeof some) > 0) {
        }
        if (a->silent || a->answers[i].n == 0)
            return;
        if (write(fd, a->answers[i].p, a->answers[i].n) != (ssize_t)a->answers[i].n)
            return;
        if (i + 1 == a->ends_after)
            return;
    }
}

static void *run(void *arg)
{
    struct agent *a = arg;
    int fd = accept(a->listens, NULL, NULL);
    if (fd >= 0) {
        serve(a, fd);
        close(fd);
    }
    return NULL;
}

static void agent_listen(struct agent *a)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    strcpy(a->path, "/tmp/sealring-agent-XXXXXX");
    T(mkdtemp(a->path) != NULL);
    strcat(a->path, "/s");
    strcpy(at.sun_path, a->path);
    a->listens = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    T(bind(a->listens, (struct sockaddr *)&at, sizeof at) == 0 && listen(a->listens, 1) == 0);
}

static void agent_end(struct agent *a)
{
    close(a->listens);
    unlink(a->path);
    *strrchr(a->path, '/') = 0;
    rmdir(a->path);
    buf_drop(&a->answers[0]);
    buf_drop(&a->answers[1]);
}

/* Keys of the agent, in order, as its first answer. */
static void lists(struct agent *a, const struct sign_pub *keys, size_t n)
{
    SR_OWN(buf) body = { 0 };
    wr_u8(&body, 12);
    wr_u32be(&body, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        SR_OWN(buf) blob = { 0 };
        ssh_key_blob(&keys[i], &blob);
        wr_lp(&body, buf_span(&blob));
        wr_lp(&body, SPAN_STR(""));
    }
    answer(&a->answers[0], buf_span(&body));
}

static void signs(struct agent *a, const struct sig *sig)
{
    SR_OWN(buf) body = { 0 };
    signature_answer(sig, &body);
    answer(&a->answers[1], buf_span(&body));
}

static enum sr_err use(struct agent *a, const struct signer_options *o, struct span text, struct sig *ret,
                       struct sr_why *why)
{
    SR_OWN(signer) s = { 0 };
    SR_TRY(signer_open(o, &s, why));
    (void)a;
    return signer_sign(&s, text, ret, why);
}

static enum sr_err ask(struct agent *a, const struct signer_options *o, struct span text, struct sr_why *why)
{
    pthread_t t;
    struct sig sig;
    agent_listen(a);
    setenv("SSH_AUTH_SOCK", a->path, 1);
    T(pthread_create(&t, NULL, run, a) == 0);
    *why = (struct sr_why){ 0 };
    enum sr_err e = use(a, o, text, &sig, why);
    shutdown(a->listens, SHUT_RDWR);
    pthread_join(t, NULL);
    agent_end(a);
    return e;
}

struct people {
    struct sign_key key[3];
    struct sign_pub pub[3]; /* anna, ben: operators; a stranger */
};

static struct signer_options any_operator(const struct people *p)
{
    return (struct signer_options){
        .agent = "operator", .operators = p->pub, .operators_n = 2, .timeout_ms = 60000
    };
}

static void a_key_of_the_agent_signs(const struct people *p)
{
    char text[SSH_KEY_FINGERPRINT], hex[65];
    ssh_key_fingerprint(&p->pub[0], text);
    hex_text(SPAN(p->pub[0].b), hex);
    const char *const names[] = { "operator", text, hex };
    const struct sign_pub twice[] = { p->pub[0], p->pub[2], p->pub[0] };
    for (size_t i = 0; i < 3; i++) {
        struct agent a = { 0 };
        struct sr_why why;
        struct signer_options o = any_operator(p);
        struct sig sig = sign_raw(&p->key[0], SPAN_STR("text"));
        o.agent = names[i];
        lists(&a, twice, 3);
        signs(&a, &sig);
        T_ROW(ask(&a, &o, SPAN_STR("text"), &why) == SR_OK, why.text);
    }
}

static void keys_that_do_not_fit_are_not_asked(const struct people *p)
{
    struct sr_why why;
    struct signer_options o = any_operator(p);
    struct agent stranger = { 0 }, both = { 0 }, none = { 0 }, other = { 0 };
    lists(&stranger, &p->pub[2], 1);
    T(ask(&stranger, &o, SPAN_STR("text"), &why) == SR_EDENIED && why.reason == R_SSH_AGENT);
    lists(&both, p->pub, 3);
    T(ask(&both, &o, SPAN_STR("text"), &why) == SR_EDENIED && why.reason == R_SSH_AGENT);
    lists(&none, NULL, 0);
    T(ask(&none, &o, SPAN_STR("text"), &why) == SR_EDENIED && why.reason == R_SSH_AGENT);
    lists(&other, p->pub, 2);
    o.agent = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    T(ask(&other, &o, SPAN_STR("text"), &why) == SR_EDENIED && why.reason == R_SSH_AGENT);
}

/* The signature is another key's, over another text, or no point at all. */
static void a_wrong_signature_does_not_count(const struct people *p)
{
    struct sig wrong[3] = { sign_raw(&p->key[1], SPAN_STR("text")),
                            sign_raw(&p->key[0], SPAN_STR("texts")),
                            { { 0 } } };
    for (size_t i = 0; i < 3; i++) {
        struct agent a = { 0 };
        struct sr_why why;
        struct signer_options o = any_operator(p);
        lists(&a, p->pub, 1);
        signs(&a, &wrong[i]);
        T(ask(&a, &o, SPAN_STR("text"), &why) == SR_EPROOF && why.reason == R_SSH_AGENT);
    }
}

static void an_agent_that_misbehaves_ends_in_an_error(const struct people *p)
{
    static const struct row {
        const char *name;
        struct span bytes; /* in place of an answer, length and all */
        enum sr_err want;
        enum sr_reason reason;
    } rows[] = {
        { "closes", { NULL, 0 }, SR_EIO, R_NO_ANSWER },
        { "a length alone", SPAN_STR("\0\0"), SR_EIO, R_NO_ANSWER },
        { "less than it said", SPAN_STR("\0\0\0\x09\x0c\0"), SR_EIO, R_NO_ANSWER },
        { "nothing, at length", SPAN_STR("\0\0\0\0"), SR_EFORMAT, R_SSH_AGENT },
        { "over the limit", SPAN_STR("\0\x04\0\x01\x0c"), SR_EFORMAT, R_SSH_AGENT },
        { "4 GiB", SPAN_STR("\xff\xff\xff\xff\x0c"), SR_EFORMAT, R_SSH_AGENT },
        { "refuses", SPAN_STR("\0\0\0\x01\x05"), SR_EDENIED, R_SSH_AGENT },
        { "success, without a list", SPAN_STR("\0\0\0\x01\x06"), SR_EFORMAT, R_SSH_AGENT },
        { "another protocol", SPAN_STR("HTTP/1.1 400 Bad Request\r\n"), SR_EFORMAT, R_SSH_AGENT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int at = 0; at < 2; at++) {               /* in place of the list, or of the signature */
            struct agent a = { .ends_after = at + 1 }; /* a part of an answer is all there is */
            struct sr_why why;
            struct signer_options o = any_operator(p);
            if (at == 1)
                lists(&a, p->pub, 1);
            wr_span(&a.answers[at], rows[i].bytes);
            enum sr_err e = ask(&a, &o, SPAN_STR("text"), &why);
            T_ROW(e == rows[i].want && why.reason == rows[i].reason, rows[i].name);
        }
    }
}

static void an_agent_that_says_nothing_is_left(const struct people *p)
{
    struct agent a = { .silent = true };
    struct sr_why why;
    struct signer_options o = any_operator(p);
    o.timeout_ms = 20;
    T(ask(&a, &o, SPAN_STR("text"), &why) == SR_EIO && why.reason == R_NO_ANSWER);
}

static void no_agent_is_said_to_be_none(const struct people *p)
{
    struct signer_options o = any_operator(p);
    struct sr_why why = { 0 };
    struct sig sig;
    unsetenv("SSH_AUTH_SOCK");
    T(use(NULL, &o, SPAN_STR("text"), &sig, &why) == SR_EFORMAT && why.reason == R_CONFIG);
    setenv("SSH_AUTH_SOCK", "/nowhere/at/all", 1);
    T(use(NULL, &o, SPAN_STR("text"), &sig, &why) == SR_EIO && why.reason == R_NO_ANSWER);
    setenv("SSH_AUTH_SOCK",
           "/a/path/that/is/far/longer/than/what/a/unix/socket/can/have/for/its/name/which/is/one/hundred/"
           "and/eight/"
           "bytes/long",
           1);
    T(use(NULL, &o, SPAN_STR("text"), &sig, &why) == SR_EFORMAT && why.reason == R_CONFIG);
}

int main(void)
{
    struct people p;
    for (int i = 0; i < 3; i++)
        sign_random(&p.key[i], &p.pub[i]);
    lines_are_read();
    the_blob_is_what_it_is();
    fingerprints_are_those_of_ssh_keygen();
    lists_of_keys_are_read();
    flipped_bits_make_no_other_list();
    bad_lists_are_refused();
    every_changed_signature_is_refused();
    a_key_of_the_agent_signs(&p);
    keys_that_do_not_fit_are_not_asked(&p);
    a_wrong_signature_does_not_count(&p);
    an_agent_that_misbehaves_ends_in_an_error(&p);
    an_agent_that_says_nothing_is_left(&p);
    no_agent_is_said_to_be_none(&p);
    return t_end();
}
