/* kbs_replay - a member that serves the KBS protocol over HTTP, and believes in a moment and in roots of the
 * test's choice. Not in the product: its clock stands still, and over captured evidence it asks for the
 * report data that the evidence holds, since nobody can make that answer a challenge of today.
 *
 *   kbs_replay TYPE captured TIME ROOTS MEASUREMENT EVIDENCE FOLDER
 *   kbs_replay TYPE made FOLDER
 *
 * captured: EVIDENCE is a file as the verifier takes it, FOLDER has its collateral; "none" for MEASUREMENT
 * lets in any. made: keys and collateral of our own are written to FOLDER; a line "evidence RD" on stdin, 96
 * hex digits, is answered with evidence over them in hex. Both print "ready PORT MEASUREMENT" and end with
 * stdin. */
#include "node/http.h"
#include "proto/evidence/vendor_roots.h"
#include "tests/attacks/guests.h"
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"

#include <sys/stat.h>

static struct {
    uint64_t now;
    bool captured;
    struct sha512 rd; /* of the captured evidence */
    const char *type, *measurement;
} replay;

/* ---- what stands in for the library's ---- */

uint64_t __wrap_clock_unix(void);
uint64_t __wrap_clock_unix(void)
{
    return replay.now;
}

enum sr_err __real_kbs_digests(enum kbs_version v, struct span nonce, const struct kbs_attestation *a,
                               struct kbs_digests *ret);
enum sr_err __wrap_kbs_digests(enum kbs_version v, struct span nonce, const struct kbs_attestation *a,
                               struct kbs_digests *ret);
enum sr_err __wrap_kbs_digests(enum kbs_version v, struct span nonce, const struct kbs_attestation *a,
                               struct kbs_digests *ret)
{
    SR_TRY(__real_kbs_digests(v, nonce, a, ret));
    if (replay.captured)
        *ret = (struct kbs_digests){ .n = 1, .rd = { replay.rd } };
    return SR_OK;
}

/* ---- evidence of our own ---- */

static struct snp_world snp;
static struct world dcap;

static bool is_snp(void)
{
    return strcmp(replay.type, "snp") == 0;
}

static void write_file(const char *folder, int i, struct span bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%d", folder, i);
    FILE *f = fopen(path, "we");
    maker_need(f && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fclose(f) == 0, path);
}

/* The keys' names in the genesis record; the report's measurement. */
static struct sha256 make_world(const char *folder, char measurement[97])
{
    bool tdx = strcmp(replay.type, "tdx") == 0;
    if (is_snp()) {
        snp = snp_world_make(&s_products[1], 3, false);
        snp_world_build(&snp);
        for (int i = 0; i < S_COUNT; i++)
            write_file(folder, i, buf_span(&snp.file[i]));
        hex_text((struct span){ snp.report + 0x90, 48 }, measurement);
        return made_pin(s_key(K_ROOT));
    }
    dcap = world_make(tdx ? 4 : 3, tdx);
    world_build(&dcap);
    for (int i = 0; i < F_COUNT; i++)
        if (!dcap.omit[i])
            write_file(folder, i, buf_span(&dcap.file[i]));
    hex_text((struct span){ dcap.body + (tdx ? 136 : 64), tdx ? 48 : 32 }, measurement);
    return made_pin(w_key(0));
}

static void make_evidence(const char *hex)
{
    uint8_t rd[64] = { 0 };
    SR_OWN(buf) out = { 0 };
    maker_need(hex_read((struct span){ (const uint8_t *)hex, 96 }, rd, 48) == SR_OK, "report data");
    if (is_snp()) {
        memcpy(snp.report + 0x50, rd, 64);
        s_sign(&snp);
        wr_hex(&out, SPAN(snp.report));
    } else {
        memcpy(dcap.body + (strcmp(replay.type, "tdx") == 0 ? 520 : 320), rd, 64);
        buf_drop(&dcap.evidence);
        w_quote(&dcap, &dcap.evidence);
        wr_hex(&out, buf_span(&dcap.evidence));
    }
    printf("%.*s\n", (int)out.n, (const char *)out.p);
    fflush(stdout);
}

/* ---- the member ---- */

static void rule(const struct member *m, struct buf *document)
{
    SR_OWN(buf) text = { 0 };
    bool any = strcmp(replay.measurement, "none") == 0;
    (void)m;
    wr_fmt(&text,
           "{\"keys\":[\"replay/"
           "*\"],\"name\":\"replay\",\"tenant\":\"acme\",\"type\":\"%s\",\"usages\":[\"secret\"],"
           "\"where\":[{\"claim\":\"%s\",\"op\":\"eq\",\"value\":\"%s\"}]},",
           replay.type, any ? "type" : "measurement", any ? replay.type : replay.measurement);
    insert(document, "{\"keys\":[\"key/*\"]", buf_span(&text));
}

static void name_root(struct genesis_params *p, const char *type, const struct sha256 *pins, size_t n)
{
    p->ntypes = 1;
    snprintf(p->types[0].type, sizeof p->types[0].type, "%s", type);
    p->types[0].n = n;
    memcpy(p->types[0].root, pins, n * sizeof *pins);
}

static void stand_open(struct member *m, const char *folder)
{
    static const struct protocol *const kbs[] = { &protocol_kbs };
    char keep[512];
    const struct collateral_holder_options from = { .dir = folder, .keep = keep, .log = &m->node.log };
    struct http_options o = { .protocols = kbs, .n_protocols = 1, .n_listeners = 1, .admit = api_admit };
    struct http *h = NULL;
    struct sr_why why = { 0 };
    uint16_t port = 0;
    char line[256];
    snprintf(keep, sizeof keep, "%s/kept", folder);
    collateral_holder_free(m->node.collateral);
    maker_need(collateral_holder_new(&from, &m->node.collateral) == SR_OK &&
                   collateral_holder_trust(m->node.collateral, &m->core.home.genesis.params, &why) == SR_OK,
               why.text);
    o.listeners[0].kind = LISTEN_PLAIN;
    maker_need(http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &port, NULL) == SR_OK &&
                   http_start(&h, &m->node, &o, &why) == SR_OK,
               why.text);
    printf("ready %u %s\n", port, replay.measurement);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        if (strncmp(line, "evidence ", 9) == 0)
            make_evidence(line + 9);
    http_stop(h);
}

static void read_evidence(const char *path)
{
    static uint8_t bytes[1 << 20];
    struct sr_why why = { 0 };
    FILE *f = fopen(path, "re");
    const struct verifier *v = verifier_find(span_of(replay.type));
    maker_need(f != NULL && v && v->report_data, path);
    struct span all = { bytes, fread(bytes, 1, sizeof bytes, f) };
    fclose(f);
    maker_need(v->report_data(all, &replay.rd, &why) == SR_OK, why.text);
}

int main(int argc, char **argv)
{
    static struct lab l;
    char made[97];
    if (secret_init() != SR_OK || argc < 4)
        return 64;
    replay.type = argv[1];
    replay.captured = strcmp(argv[2], "captured") == 0;
    replay.now = S_NOW;
    if (argc != (replay.captured ? 8 : 4))
        return 64;
    lab_open(&l);
    struct member *m = member_open(&l);
    struct genesis_params *p = &m->core.home.genesis.params;
    if (replay.captured) {
        struct pins pins = vendor_roots(span_of(argv[4]));
        replay.now = strtoull(argv[3], NULL, 10);
        replay.measurement = argv[5];
        name_root(p, replay.type, pins.v, pins.n);
        read_evidence(argv[6]);
    } else {
        struct sha256 root = make_world(argv[3], made);
        replay.measurement = made;
        name_root(p, replay.type, &root, 1);
    }
    put_value(m, "acme", "replay/one", SECRET, NULL);
    take_policy(m, rule);
    stand_open(m, replay.captured ? argv[7] : argv[3]);
    member_close(m);
    lab_close(&l);
    return 0;
}
