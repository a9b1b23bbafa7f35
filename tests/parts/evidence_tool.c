/* evidence_tool TYPE[@ROOT] TIME REASON MODE COUNT SEED OTHER EVIDENCE COLLATERAL... - what becomes of
 * captured evidence when it is changed. ROOT: a root of our own in DER, instead of the vendor's. REASON is
 * what it must be found to be as it is. Modes: bits     every COUNTth bit of the evidence flipped lengths
 * every shorter length, and 1 to 64 bytes more files    every COUNTth bit of each file of collateral flipped
 *   mutate   COUNT structured changes: pieces of OTHER (genuine too), certificates moved, doubled or left
 * out, bytes set, moved, one more or less, the time one second beyond an edge serve    reads lines "E HEX"
 * (this evidence), "F N HEX" (that Nth file of collateral), "T SECONDS" (at that time) and answers each with
 * reason, TCB status and advisories; the TCB status alone refuses nothing Prints how many were accepted that
 * are not the same evidence, and where. */
#include "client/evidence_input.h"
#include "crypto/text.h"
#include "proto/appraisal.h"
#include "proto/evidence/vendor_roots.h"

#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 16 };
struct tool {
    struct span type;
    time_t at;
    struct pins roots;
    struct buf evidence, other, file[FILES_MAX];
    size_t nfile;
    struct collateral *set;
    unsigned long tried, accepted;
    uint64_t random;
};

static void die(const char *what)
{
    fprintf(stderr, "evidence_tool: %s\n", what);
    exit(2);
}

static struct collateral *make_set(struct tool *t)
{
    struct span files[FILES_MAX];
    struct collateral *c = NULL;
    for (size_t i = 0; i < t->nfile; i++)
        files[i] = buf_span(&t->file[i]);
    if (collateral_make(files, t->nfile, &t->roots, &c, NULL) != SR_OK)
        die("collateral");
    return c;
}

/* Report data is taken from the evidence itself: it is the other checks that are asked. */
static enum sr_reason judge(const struct tool *t, struct span evidence, time_t at)
{
    static struct claims c;
    struct sr_why why = { 0 };
    struct verify_in in = { .evidence = evidence, .now = at, .roots = t->roots, .collateral = t->set };
    const struct verifier *v = verifier_find(t->type);
    if (v->report_data(evidence, &in.rd, &why) != SR_OK)
        return why.reason;
    if (evidence_verify(t->type, &in, &c, &why) != SR_OK ||
        appraisal_check(APPRAISAL_BASELINE, &c, NULL, NULL, &why) != SR_OK)
        return why.reason;
    return R_NONE;
}

/* ---- for another implementation to be compared with ---- */

static const char *text_of(const struct claims *c, const char *name)
{
    const struct claim *one = claims_find(c, span_of(name));
    return one && one->kind == CLAIM_TEXT && one->text[0] ? one->text : "-";
}

static void answer(const struct tool *t, struct span evidence, time_t at)
{
    static struct claims c;
    const struct waivers w = { { "tcb-status" }, 1 };
    struct sr_why why = { 0 };
    struct verify_in in = { .evidence = evidence, .now = at, .roots = t->roots, .collateral = t->set };
    const struct verifier *v = verifier_find(t->type);
    if (v->report_data(evidence, &in.rd, &why) != SR_OK || evidence_verify(t->type, &in, &c, &why) != SR_OK ||
        appraisal_check(APPRAISAL_BASELINE, &c, &w, NULL, &why) != SR_OK)
        printf("%s - -\n", sr_reason_text(why.reason));
    else
        printf("none %s %s\n", text_of(&c, "tcb.status"), text_of(&c, "tcb.advisories"));
    fflush(stdout);
}

static void take_hex(const char *hex, struct buf *ret)
{
    size_t n = strlen(hex) / 2;
    uint8_t *at = wr_room(ret, n);
    if ((n && !at) || hex_read(span_of(hex), at, n) != SR_OK)
        die("hex");
}

static void replaced(struct tool *t, size_t file, const char *hex)
{
    SR_OWN(buf) other = { 0 };
    if (file >= t->nfile)
        die("no such file");
    struct buf kept = t->file[file];
    struct collateral *set = t->set;
    take_hex(hex, &other);
    t->file[file] = other;
    t->set = make_set(t);
    answer(t, buf_span(&t->evidence), t->at);
    collateral_free(t->set);
    t->set = set;
    t->file[file] = kept;
}

static void serve(struct tool *t)
{
    static char line[1 << 20];
    while (fgets(line, sizeof line, stdin)) {
        SR_OWN(buf) evidence = { 0 };
        char *word[3] = { 0 };
        size_t n = 0;
        for (char *w = strtok(line, " \n"); w && n < 3; w = strtok(NULL, " \n"))
            word[n++] = w;
        t->tried++;
        if (n == 2 && *word[0] == 'T') {
            answer(t, buf_span(&t->evidence), (time_t)strtoll(word[1], NULL, 10));
        } else if (n == 3 && *word[0] == 'F') {
            replaced(t, strtoul(word[1], NULL, 10), word[2]);
        } else {
            take_hex(n == 2 ? word[1] : "", &evidence);
            answer(t, buf_span(&evidence), t->at);
        }
    }
}

static uint64_t draw(struct tool *t, uint64_t below) /* splitmix64: the same every time */
{
    uint64_t z = t->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return below ? (z ^ z >> 31) % below : 0;
}

static void bits(struct tool *t, size_t step)
{
    for (size_t bit = 0; bit < t->evidence.n * 8; bit += step) {
        t->evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        t->tried++;
        if (judge(t, buf_span(&t->evidence), t->at) == R_NONE) {
            printf("accepted: byte %zu of %zu, bit %zu\n", bit / 8, t->evidence.n, bit % 8);
            t->accepted++;
        }
        t->evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void lengths(struct tool *t)
{
    size_t all = t->evidence.n;
    for (size_t n = 0; n < all; n++) {
        t->tried++;
        if (judge(t, (struct span){ t->evidence.p, n }, t->at) == R_NONE) {
            printf("accepted: %zu of %zu bytes\n", n, all);
            t->accepted++;
        }
    }
    bool padding = !span_eq(t->type, SPAN_STR("snp")); /* zeros behind a quote are padding, by the format */
    for (int fill = padding; fill < 2; fill++)
        for (size_t n = 1; n <= 64; n++) {
            SR_OWN(buf) longer = { 0 };
            wr_span(&longer, buf_span(&t->evidence));
            for (size_t i = 0; i < n; i++)
                wr_u8(&longer, fill ? 0x5a : 0);
            t->tried++;
            if (judge(t, buf_span(&longer), t->at) == R_NONE) {
                printf("accepted: %zu bytes more\n", n);
                t->accepted++;
            }
        }
}

static void files(struct tool *t, size_t step)
{
    for (size_t f = 0; f < t->nfile; f++)
        for (size_t bit = f; bit < t->file[f].n * 8; bit += step) {
            collateral_free(t->set);
            t->file[f].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            t->set = make_set(t);
            t->tried++;
            if (judge(t, buf_span(&t->evidence), t->at) == R_NONE) {
                printf("accepted: file %zu, byte %zu of %zu, bit %zu\n", f, bit / 8, t->file[f].n, bit % 8);
                t->accepted++;
            }
            t->file[f].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
}

/* ---- structured changes ---- */

static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----\n";

/* The n-th certificate in the text of a quote. */
static struct span certificate(struct span s, size_t n)
{
    const uint8_t *at = s.p, *stop = s.p + s.n;
    for (size_t i = 0;; i++) {
        const uint8_t *from = memmem(at, (size_t)(stop - at), begin, sizeof begin - 1);
        const uint8_t *to = from ? memmem(from, (size_t)(stop - from), end, sizeof end - 1) : NULL;
        if (!to)
            return (struct span){ 0 };
        at = to + sizeof end - 1;
        if (i == n)
            return (struct span){ from, (size_t)(at - from) };
    }
}

/* The certificates in another order, one twice, or one less; sizes stay as they were declared. */
static void move_certificates(struct tool *t, struct buf *ret)
{
    struct span s = buf_span(&t->evidence), first = certificate(s, 0);
    if (!first.n)
        return;
    size_t head = (size_t)(first.p - s.p), n = 1 + draw(t, 4);
    wr_span(ret, (struct span){ s.p, head });
    for (size_t i = 0; i < n; i++)
        wr_span(ret, certificate(draw(t, 8) ? s : buf_span(&t->other), draw(t, 3)));
    while (ret->n < s.n)
        wr_u8(ret, 0);
    if (ret->n > s.n)
        ret->n = s.n;
}

/* A piece of the other one at the same place. */
static void splice(struct tool *t, struct buf *ret)
{
    wr_span(ret, buf_span(&t->evidence));
    size_t n = ret->n < t->other.n ? ret->n : t->other.n, from = draw(t, n),
           len = 1 + draw(t, draw(t, 2) ? 64 : 600);
    if (len > n - from)
        len = n - from;
    memcpy(ret->p + from, t->other.p + from, len);
}

static void set_bytes(struct tool *t, struct buf *ret)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
    wr_span(ret, buf_span(&t->evidence));
    size_t from = draw(t, ret->n), len = 1 + draw(t, 8);
    uint8_t v = values[draw(t, sizeof values)];
    for (size_t i = from; i < from + len && i < ret->n; i++)
        ret->p[i] = v;
}

static void add_one(struct tool *t, struct buf *ret)
{
    wr_span(ret, buf_span(&t->evidence));
    size_t at = draw(t, ret->n);
    ret->p[at] = (uint8_t)(ret->p[at] + (draw(t, 2) ? 1 : 255));
}

static void move_bytes(struct tool *t, struct buf *ret)
{
    wr_span(ret, buf_span(&t->evidence));
    size_t len = 1 + draw(t, 64), from = draw(t, ret->n - len), to = draw(t, ret->n - len);
    memmove(ret->p + to, ret->p + from, len);
}

static void (*const changes[])(struct tool *t, struct buf *ret) = { move_certificates, splice, set_bytes,
                                                                    add_one, move_bytes };

static bool is_same(const struct tool *t, const struct buf *b)
{
    size_t n = t->evidence.n < b->n ? t->evidence.n : b->n;
    return memcmp(t->evidence.p, b->p, n) == 0;
}

static void mutate(struct tool *t, size_t count)
{
    while (t->tried < count) {
        SR_OWN(buf) changed = { 0 };
        size_t which = draw(t, sizeof changes / sizeof *changes);
        changes[which](t, &changed);
        if (!changed.n || is_same(t, &changed))
            continue;
        t->tried++;
        if (judge(t, buf_span(&changed), t->at) == R_NONE) {
            printf("accepted: change %zu, try %lu\n", which, t->tried);
            t->accepted++;
        }
    }
}

static void read_into(const char *path, struct buf *ret)
{
    struct sr_why why = { 0 };
    if (evidence_read_file(path, ret, &why) != SR_OK)
        die(why.text);
}

static void read_raw(const char *path, struct buf *ret)
{
    uint8_t piece[4096];
    FILE *f = fopen(path, "re");
    if (!f)
        die(path);
    for (size_t n = fread(piece, 1, sizeof piece, f); n > 0; n = fread(piece, 1, sizeof piece, f))
        wr_span(ret, (struct span){ piece, n });
    fclose(f);
}

static struct pins own_root(const char *path, struct sha256 *ret)
{
    SR_OWN(buf) der = { 0 };
    SR_OWN(cert) c = { 0 };
    read_raw(path, &der);
    if (cert_read(buf_span(&der), &c, NULL) != SR_OK || cert_spki_hash(&c, ret) != SR_OK)
        die(path);
    return (struct pins){ ret, 1 };
}

int main(int argc, char *argv[])
{
    static struct tool t;
    if (argc < 9 || argc - 9 > FILES_MAX)
        die("TYPE TIME REASON MODE COUNT SEED OTHER EVIDENCE COLLATERAL...");
    static struct sha256 root;
    char *own = strchr(argv[1], '@');
    if (own)
        *own++ = 0;
    t.type = span_of(argv[1]);
    t.at = (time_t)strtoll(argv[2], NULL, 10);
    t.roots = own ? own_root(own, &root) : vendor_roots(t.type);
    size_t count = strtoul(argv[5], NULL, 10);
    t.random = strtoull(argv[6], NULL, 10);
    read_into(argv[7], &t.other);
    read_into(argv[8], &t.evidence);
    for (int i = 9; i < argc; i++)
        read_raw(argv[i], &t.file[t.nfile++]);
    t.set = make_set(&t);
    if (strcmp(argv[4], "serve") == 0) {
        serve(&t);
        return 0;
    }
    enum sr_reason honest = judge(&t, buf_span(&t.evidence), t.at);
    if (strcmp(sr_reason_text(honest), argv[3]) != 0)
        die(sr_reason_text(honest));
    if (strcmp(argv[4], "bits") == 0)
        bits(&t, count);
    else if (strcmp(argv[4], "lengths") == 0)
        lengths(&t);
    else if (strcmp(argv[4], "files") == 0)
        files(&t, count);
    else if (strcmp(argv[4], "mutate") == 0)
        mutate(&t, count);
    printf("tried %lu accepted %lu\n", t.tried, t.accepted);
    return t.tried ? 0 : 2;
}
