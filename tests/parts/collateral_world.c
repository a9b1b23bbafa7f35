/* collateral_world DIR - evidence of today from roots of our own, and all that a PCCS and a KDS would serve
 * for it, for tests/e2e/collateral_server.py: DIR/NAME.routes holds lines PATH HEADER BODY CHAIN, the last
 * two being files ("-": none). NAME: old, new (a later TCB evaluation), other (another root). */
#include "tests/vendor_today.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char *top;

static void put_file(const char *name, struct span s)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", top, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    MUST(fd >= 0 && write(fd, s.p, s.n) == (ssize_t)s.n && close(fd) == 0);
}

struct served {
    const char *path, *header;
    const struct buf *body, *one, *two;
};

static void put_routes(const char *name, const struct served *r, size_t n)
{
    SR_OWN(buf) list = { 0 };
    for (size_t i = 0; i < n; i++) {
        SR_OWN(buf) pem = { 0 };
        char body[64], chain[64];
        snprintf(body, sizeof body, "%s-%zu.body", name, i);
        snprintf(chain, sizeof chain, "%s-%zu.chain", name, i);
        put_file(body, buf_span(r[i].body));
        if (r[i].one)
            made_pem(buf_span(r[i].one), &pem);
        if (r[i].two)
            made_pem(buf_span(r[i].two), &pem);
        put_file(chain, buf_span(&pem));
        wr_fmt(&list, "%s %s %s %s\n", r[i].path, r[i].header ? r[i].header : "-", body, pem.n ? chain : "-");
    }
    char file[64];
    snprintf(file, sizeof file, "%s.routes", name);
    put_file(file, buf_span(&list));
}

static void put_world(const char *name, const struct world *w, const struct snp_world *amd)
{
    SR_OWN(buf) chain = { 0 };
    SR_OWN(buf) hex = { 0 };
    made_pem(buf_span(&amd->file[S_CA]), &chain);
    made_pem(buf_span(&amd->file[S_ROOT]), &chain);
    for (size_t i = 0; i < w->file[F_ROOT_CRL].n; i++)
        wr_fmt(&hex, "%02X", w->file[F_ROOT_CRL].p[i]);
    const struct buf *signer = &w->file[F_SIGNER], *root = &w->file[F_ROOT];
    const struct served r[] = {
        { "/tdx/certification/v4/tcb?fmspc=b0c06f000000", "TCB-Info-Issuer-Chain", &w->file[F_TCB], signer,
          root },
        { "/tdx/certification/v4/qe/identity", "SGX-Enclave-Identity-Issuer-Chain", &w->file[F_QE], signer,
          root },
        { "/sgx/certification/v4/pckcrl?ca=platform&encoding=der", "SGX-PCK-CRL-Issuer-Chain",
          &w->file[F_CA_CRL], &w->file[F_CA], root },
        { "/sgx/certification/v4/rootcacrl", NULL, &hex, NULL, NULL },
        { "/vcek/v1/Genoa/cert_chain", NULL, &chain, NULL, NULL },
        { "/vcek/v1/Genoa/crl", NULL, &amd->file[S_CRL], NULL, NULL },
        { "/vcek/v1/Genoa/"
          "0405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334"
          "3536"
          "3738393a3b3c3d3e3f40414243?blSPL=04&teeSPL=01&snpSPL=24&ucodeSPL=219",
          NULL, &amd->file[S_VEK], NULL, NULL },
    };
    put_routes(name, r, sizeof r / sizeof *r);
}

static void put_pin(const char *name, EVP_PKEY *key)
{
    SR_OWN(buf) text = { 0 };
    struct sha256 pin = made_pin(key);
    for (size_t i = 0; i < sizeof pin.b; i++)
        wr_fmt(&text, "%02x", pin.b[i]);
    put_file(name, buf_span(&text));
}

/* The same names, another root. */
static struct world other_world(void)
{
    struct world w = tdx_today(22, "UpToDate"), o = world_make(4, true);
    o.tcb = w.tcb;
    o.identity = w.identity;
    o.root = o.ca = o.signer = o.tcb.signer = o.identity.signer = o.other;
    o.root_cert.key = o.root_cert.issuer_key = o.ca_cert.issuer_key = o.signer_cert.issuer_key = o.other;
    o.ca_cert.key = o.signer_cert.key = o.pck_cert.issuer_key = o.other;
    o.root_crl = w.root_crl;
    o.ca_crl = w.ca_crl;
    o.root_crl.key = o.ca_crl.key = o.other;
    world_build(&o);
    world_drop(&w);
    return o;
}

/* A later TCB evaluation and nothing else. */
static void all_but_documents(struct world *to, const struct world *from)
{
    static const enum dcap_file same[] = { F_ROOT, F_CA, F_SIGNER, F_ROOT_CRL, F_CA_CRL };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        buf_drop(&to->file[same[i]]);
        wr_span(&to->file[same[i]], buf_span(&from->file[same[i]]));
    }
}

int main(int argc, char *argv[])
{
    MUST(argc == 2);
    top = argv[1];
    SR_OWN(snp_world) amd = snp_today();
    struct world old = tdx_today(20, "UpToDate"), new = tdx_today(21, "UpToDate"), other = other_world();
    all_but_documents(&new, &old);
    put_world("old", &old, &amd);
    put_world("new", &new, &amd);
    put_world("other", &other, &amd);
    put_file("snp.bin", buf_span(&amd.evidence));
    put_file("tdx.bin", buf_span(&old.evidence));
    put_file("old-tcb.json", buf_span(&old.file[F_TCB]));
    put_pin("amd.pin", s_key(K_ROOT));
    put_pin("intel.pin", old.root);
    world_drop(&old);
    world_drop(&new);
    world_drop(&other);
    return 0;
}
