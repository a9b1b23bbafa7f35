/* evidence_mutations COUNT SEED - genuine made-up evidence changed in structured ways, and signed again where
 * the change is to something that is signed: none may be accepted. Classes: fields of one report in another;
 * certificates moved, doubled, left out; one second beyond an edge of time; one SVN below; signed JSON one
 * level off; another number of components. Prints how many of each; those that must be accepted, for
 * comparison, are counted too. */
#include "proto/json.h"
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"

#include <stdio.h>

static struct {
    uint64_t random;
    unsigned long tried, accepted, honest, lost;
} run;

static uint64_t draw(uint64_t below) /* splitmix64: the same every time */
{
    uint64_t z = run.random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

static void refused(enum sr_reason got, const char *what)
{
    run.tried++;
    if (got == R_NONE) {
        run.accepted++;
        printf("accepted: %s, try %lu\n", what, run.tried);
    }
}

static void honest(enum sr_reason got, const char *what)
{
    run.honest++;
    if (got != R_NONE) {
        run.lost++;
        printf("refused: %s, %s\n", what, sr_reason_text(got));
    }
}

/* ---- fields of one genuine report in another ---- */

struct field {
    size_t at, n;
};
struct pair {
    struct buf a, b;
    struct collateral *set;
    struct sha256 root;
    const char *type;
    struct field field[64];
    size_t fields;
};

static void put_field(struct pair *p, size_t *at, size_t n)
{
    if (n)
        p->field[p->fields++] = (struct field){ *at, n };
    *at += n;
}

static void put_fields(struct pair *p, size_t *at, const uint16_t *sizes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_field(p, at, sizes[i]);
}

/* SNP: AMD 56860, the table of ATTESTATION_REPORT. */
static void snp_fields(struct pair *p)
{
    static const uint16_t sizes[] = { 4,  4,  8, 16, 16, 4,  4, 8, 8, 4, 4, 64, 48,  32, 48, 48,
                                      32, 32, 8, 3,  21, 64, 8, 4, 4, 8, 8, 8,  152, 72, 72, 368 };
    size_t at = 0;
    put_fields(p, &at, sizes, sizeof sizes / sizeof *sizes);
    MUST(at == SNP_REPORT_SIZE);
}

static void quote_fields(struct pair *p, const struct world *w)
{
    static const uint16_t header[] = { 2, 2, 4, 4, 16, 20 }, descriptor[] = { 2, 4 };
    static const uint16_t sgx[] = { 16, 4, 12, 16, 8, 8, 32, 32, 32, 32, 64, 2, 2, 2, 42, 16, 64 };
    static const uint16_t td[] = { 16, 48, 48, 8, 8, 8, 48, 48, 48, 48, 48, 48, 48, 48, 64, 16, 48 };
    static const uint16_t keys[] = { 4, 64, 64 };
    size_t at = 0;
    put_fields(p, &at, header, 6);
    put_fields(p, &at, descriptor, w->version == 5 ? 2 : 0);
    if (w->tee)
        put_fields(p, &at, td, w->body_n == TD_REPORT_15_SIZE ? 17 : 15);
    else
        put_fields(p, &at, sgx, 17);
    put_fields(p, &at, keys, 3);
    put_fields(p, &at, descriptor, w->version > 3 ? 2 : 0);
    put_fields(p, &at, sgx, 17);
    put_field(p, &at, 64);
    put_field(p, &at, 2);
    put_field(p, &at, w->qe_auth_n);
    put_fields(p, &at, descriptor, 2);
    put_field(p, &at, w->evidence.n - at);
}

static enum sr_reason judge(const struct pair *p, struct span evidence, time_t now)
{
    static struct claims c;
    struct sr_why why = { 0 };
    struct verify_in in = {
        .evidence = evidence, .now = now, .roots = { &p->root, 1 }, .collateral = p->set
    };
    const struct verifier *v = verifier_find(span_of(p->type));
    if (v->report_data(evidence, &in.rd, &why) != SR_OK ||
        evidence_verify(span_of(p->type), &in, &c, &why) != SR_OK ||
        appraisal_check(APPRAISAL_BASELINE, &c, NULL, NULL, &why) != SR_OK)
        return why.reason;
    return R_NONE;
}

/* Two reports of one product with different chips, keys, TCBs and everything else. */
static struct pair snp_pair(size_t product, uint32_t version)
{
    SR_OWN(snp_world) a = snp_world_make(&s_products[product], version, false);
    SR_OWN(snp_world) b = snp_world_make(&s_products[product], version, false);
    struct pair p = { .root = made_pin(s_key(K_ROOT)), .type = "snp" };
    const struct pins roots = { &p.root, 1 };
    b.vek.key = b.signed_by = s_key(K_OTHER_EC);
    for (size_t i = 0; i < b.chip_n; i++)
        b.chip[i] = (uint8_t)(0x80 + i);
    for (size_t i = 0; i < 5; i++)
        b.spl[i]++;
    memcpy(b.report + 0x1a0, b.chip, 64);
    for (size_t at = 0x10; at < 0x180; at++)
        if ((at < 0x30 || at >= 0x50) && at < 0x180)
            b.report[at] ^= 0x15;
    for (int i = 0; i < 4; i++)
        s_tcb(&b, (const size_t[]){ 0x38, 0x180, 0x1e0, 0x1f0 }[i], b.spl);
    snp_world_build(&a);
    snp_world_build(&b);
    const struct span files[] = { buf_span(&a.file[S_ROOT]), buf_span(&a.file[S_CA]),
                                  buf_span(&a.file[S_VEK]), buf_span(&b.file[S_VEK]) };
    MUST(collateral_make(files, 4, &roots, &p.set, NULL) == SR_OK);
    wr_span(&p.a, buf_span(&a.evidence));
    wr_span(&p.b, buf_span(&b.evidence));
    snp_fields(&p);
    return p;
}

/* Two quotes of two platforms: other PCK, attestation key, enclave or TD. */
static struct pair dcap_pair(uint16_t version, bool tdx)
{
    SR_OWN(world) a = world_make(version, tdx);
    SR_OWN(world) b = world_make(version, tdx);
    struct pair p = { .root = made_pin(w_key(0)), .type = tdx ? "tdx" : "sgx" };
    b.pck = b.qe_by = b.pck_cert.key = b.other;
    b.attestation = b.quote_by = b.bound = b.signer;
    memset(b.qe_auth, 0x5c, sizeof b.qe_auth);
    size_t from = tdx ? 136 : 64, until = tdx ? 584 : 96;
    for (size_t i = from; i < until; i++)
        b.body[i] ^= 0x3a;
    world_build(&a);
    world_build(&b);
    MUST(a.evidence.n == b.evidence.n || a.evidence.n + 8 > b.evidence.n);
    const struct pins roots = { &p.root, 1 };
    p.set = world_collateral(&a, &roots);
    wr_span(&p.a, buf_span(&a.evidence));
    wr_span(&p.b, buf_span(&b.evidence));
    quote_fields(&p, &a);
    return p;
}

static void splice(struct pair *p, time_t now)
{
    SR_OWN(buf) mixed = { 0 };
    size_t n = p->a.n < p->b.n ? p->a.n : p->b.n;
    wr_span(&mixed, buf_span(&p->a));
    for (uint64_t i = 1 + draw(3); i > 0; i--) {
        const struct field *f = &p->field[draw(p->fields)];
        size_t len = f->at + f->n > n ? n - f->at : f->n;
        memcpy(mixed.p + f->at, p->b.p + f->at, len);
    }
    if (memcmp(mixed.p, p->a.p, p->a.n) != 0)
        refused(judge(p, buf_span(&mixed), now), "fields of another report");
}

static void splices(unsigned long count)
{
    static const struct kind_row {
        uint16_t version;
        bool tdx;
    } kinds[] = { { 3, false }, { 4, true }, { 5, true } };
    for (size_t i = 0; i < 6; i++) {
        bool snp = i < 3;
        struct pair p =
            snp ? snp_pair(i, 3 + (uint32_t)i) : dcap_pair(kinds[i - 3].version, kinds[i - 3].tdx);
        time_t now = snp ? S_NOW : W_NOW;
        honest(judge(&p, buf_span(&p.a), now), "the one");
        honest(judge(&p, buf_span(&p.b), now), "the other");
        for (unsigned long k = 0; k < count / 6; k++)
            splice(&p, now);
        collateral_free(p.set);
        buf_drop(&p.a);
        buf_drop(&p.b);
    }
}

/* ---- worlds made again ---- */

static struct world some_world(void)
{
    static const uint16_t versions[] = { 3, 4, 5, 4, 5 };
    size_t i = draw(5);
    return world_make(versions[i], i == 1 || i == 2);
}

static enum sr_reason built(struct world *w, time_t now)
{
    struct claims c;
    world_build(w);
    return world_judge(w, now, &c);
}

static void certificates(void)
{
    SR_OWN(world) w = some_world();
    size_t n = draw(5);
    for (size_t i = 0; i < 5; i++)
        w.chain[i] = i < n ? (int)draw(4) : -1;
    if (n == 3 && w.chain[0] == 0 && w.chain[1] == 1 && w.chain[2] == 2)
        return;
    refused(built(&w, W_NOW), "certificates in another order");
}

/* An edge of each thing that has dates. */
static void date_text(time_t t, char ret[21])
{
    struct tm tm;
    MUST(gmtime_r(&t, &tm) && strftime(ret, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 20);
}

static void times(void)
{
    SR_OWN(world) w = some_world();
    char early[21], late[21];
    time_t edge = W_NOW - 3600 + (time_t)draw(7200);
    bool ends = draw(2);
    struct made_spec *certs[] = { &w.root_cert, &w.ca_cert, &w.pck_cert, &w.signer_cert };
    struct made_crl *lists[] = { &w.root_crl, &w.ca_crl };
    struct w_document *documents[] = { &w.tcb, &w.identity };
    size_t which = draw(8);
    date_text(edge, early);
    date_text(edge, late);
    if (which < 4)
        *(ends ? &certs[which]->until : &certs[which]->from) = edge;
    else if (which < 6)
        *(ends ? &lists[which - 4]->until : &lists[which - 4]->from) = edge;
    else
        *(ends ? &documents[which - 6]->next : &documents[which - 6]->issue) = ends ? late : early;
    honest(built(&w, edge), "at an edge of time");
    struct claims c;
    refused(world_judge(&w, ends ? edge + 1 : edge - 1, &c), "one second beyond an edge");
}

static void svns(void)
{
    SR_OWN(world) w = some_world();
    size_t i = draw(16);
    bool tdx = w.tee != 0;
    switch (draw(tdx ? 8 : 5)) {
    case 0: w.level[0].sgx[i] = w.level[1].sgx[i] = (uint8_t)(w.svn[i] + 1); break;
    case 1: w.level[0].pcesvn = w.level[1].pcesvn = w.pcesvn + 1; break;
    case 2: w.qe[258]--; break;
    case 3: w.cpusvn[i] = (uint8_t)(w.cpusvn[i] + (draw(2) ? 1 : 255)); break;
    case 4: w.pcesvn--; break;
    case 5: w.module_svn++; break;
    case 6:
        w.level[0].tdx[2 + i % 14] = w.level[1].tdx[2 + i % 14] = (uint8_t)(w.body[2 + i % 14] + 1);
        break;
    default: w.body[draw(2) * 2]--; break; /* with a major version of 0 another rule holds */
    }
    refused(built(&w, W_NOW), "one SVN too low");
}

static void components(void)
{
    SR_OWN(world) w = some_world();
    w.components = (int)draw(33);
    if (w.components != 16)
        refused(built(&w, W_NOW), "another number of components");
}

/* ---- signed JSON, one level off ---- */

static size_t value_end(struct span s, size_t at)
{
    int depth = 0;
    bool quoted = false;
    for (; at < s.n; at++) {
        char ch = (char)s.p[at];
        quoted = ch == '"' ? !quoted : quoted;
        if (quoted)
            continue;
        if (depth == 0 && (ch == ',' || ch == '}' || ch == ']'))
            return at;
        depth += ch == '{' || ch == '[' ? 1 : ch == '}' || ch == ']' ? -1 : 0;
    }
    return at;
}

static bool begins_value(struct span s, size_t at)
{
    char before = (char)s.p[at - 1], here = (char)s.p[at];
    return (before == ':' && here != '/') || ((before == '[' || before == ',') && here == '{');
}

/* One value wrapped into an array or an object, or an object's members put beside it. */
static void one_level_off(struct span object, struct buf *ret)
{
    static const char *const wraps[][2] = { { "[", "]" }, { "{\"tcb\":", "}" } };
    size_t at;
    do
        at = 1 + draw(object.n - 1);
    while (!begins_value(object, at) ||
           (object.p[at] >= '0' && object.p[at] <= '9' && object.p[at - 1] != ':'));
    size_t end = value_end(object, at), way = draw(3);
    bool unwrap = way == 2 && object.p[at] == '{';
    wr_span(ret, (struct span){ object.p, at });
    if (!unwrap)
        wr_text(ret, wraps[way % 2][0]);
    wr_span(ret, (struct span){ object.p + at + unwrap, end - at - 2 * unwrap });
    if (!unwrap)
        wr_text(ret, wraps[way % 2][1]);
    wr_span(ret, (struct span){ object.p + end, object.n - end });
}

static struct span inner(const struct buf *file, const char *member)
{
    struct span object = { 0 };
    MUST(json_member_bytes(buf_span(file), member, &object, NULL) == SR_OK);
    return object;
}

static void documents(void)
{
    SR_OWN(world) w = some_world();
    SR_OWN(buf) off = { 0 };
    SR_OWN(buf) file = { 0 };
    enum dcap_file f = draw(2) ? F_TCB : F_QE;
    const char *member = f == F_TCB ? "tcbInfo" : "enclaveIdentity";
    world_build(&w);
    one_level_off(inner(&w.file[f], member), &off);
    w_envelope(&file, member, w.signer, &off);
    buf_drop(&w.file[f]);
    w.file[f] = SR_TAKE(file);
    struct claims c;
    enum sr_reason got = world_judge(&w, W_NOW, &c);
    if (got == R_NONE)
        printf("%.*s\n", (int)off.n, (const char *)off.p);
    refused(got, "signed JSON one level off");
}

/* ---- SNP worlds made again ---- */

static struct snp_world some_snp(void)
{
    return snp_world_make(&s_products[draw(3)], 2 + (uint32_t)draw(4), draw(3) == 0);
}

static void snp_times(void)
{
    SR_OWN(snp_world) w = some_snp();
    struct claims c;
    struct made_spec *certs[] = { &w.root, &w.ca, &w.vek };
    time_t edge = S_NOW - 3600 + (time_t)draw(7200);
    bool ends = draw(2);
    size_t which = draw(3);
    *(ends ? &certs[which]->until : &certs[which]->from) = edge;
    snp_world_build(&w);
    honest(snp_world_judge(&w, edge, &c), "SNP at an edge of time");
    refused(snp_world_judge(&w, ends ? edge + 1 : edge - 1, &c), "SNP one second beyond an edge");
}

/* The TCB of the key is another than the reported one, or the order is one that cannot be. */
static void snp_svns(void)
{
    SR_OWN(snp_world) w = some_snp();
    struct claims c;
    uint8_t other[5];
    size_t i = draw(w.of->product == AMD_TURIN ? 5 : 4);
    memcpy(other, w.spl, sizeof other);
    switch (draw(4)) {
    case 0: w.spl[i]++; break;
    case 1: w.spl[i]--; break;
    case 2:
        other[i]--;
        s_tcb(&w, 0x1e0, other);
        break;
    default:
        other[i]--;
        s_tcb(&w, 0x38, other);
        break;
    }
    snp_world_build(&w);
    refused(snp_world_judge(&w, S_NOW, &c), "SNP one SVN off");
}

/* The host's table with its entries in the wrong places, doubled or missing. */
static void snp_tables(void)
{
    SR_OWN(snp_world) w = some_snp();
    struct claims c;
    enum snp_file place[4], content[4];
    size_t n = 1 + draw(4), at;
    bool good = n == 3;
    snp_world_build(&w);
    for (size_t i = 0; i < n; i++) {
        place[i] = (enum snp_file)draw(3);
        content[i] = draw(2) ? place[i] : (enum snp_file)draw(3);
        good = good && content[i] == place[i];
        for (size_t k = 0; k < i; k++)
            good = good && place[k] != place[i];
    }
    at = (n + 1) * 24;
    for (size_t i = 0; i < n; at += w.file[content[i]].n, i++)
        s_guid(&w.evidence, place[i], w.vlek, at, w.file[content[i]].n);
    for (int i = 0; i < 24; i++)
        wr_u8(&w.evidence, 0);
    for (size_t i = 0; i < n; i++)
        wr_span(&w.evidence, buf_span(&w.file[content[i]]));
    for (int f = 0; f < S_COUNT; f++)
        w.omit[f] = true;
    if (good)
        honest(snp_world_judge(&w, S_NOW, &c), "the host's table in another order");
    else
        refused(snp_world_judge(&w, S_NOW, &c), "the host's table with the wrong things");
}

static const struct class_row {
    const char *name;
    void (*run)(void);
    unsigned of_100; /* of what is not splices */
} classes[] = {
    { "certificates", certificates, 15 }, { "times", times, 15 },          { "SVNs", svns, 25 },
    { "components", components, 8 },      { "documents", documents, 25 },  { "SNP times", snp_times, 4 },
    { "SNP SVNs", snp_svns, 4 },          { "SNP tables", snp_tables, 4 },
};

int main(int argc, char *argv[])
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 6000;
    run.random = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    splices(count / 2);
    printf("splices: %lu\n", run.tried);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        unsigned long before = run.tried;
        for (unsigned long k = 0; k < count / 2 * classes[i].of_100 / 100; k++)
            classes[i].run();
        printf("%s: %lu\n", classes[i].name, run.tried - before);
    }
    printf("%lu changed, %lu of them accepted; %lu unchanged, %lu of them refused\n", run.tried, run.accepted,
           run.honest, run.lost);
    printf("%lu passed, %lu failed\n", run.tried + run.honest - run.accepted - run.lost,
           run.accepted + run.lost);
    return run.accepted || run.lost || run.tried < count * 3 / 4;
}
