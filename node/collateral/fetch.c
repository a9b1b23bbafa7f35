#include "node/collateral/fetch.h"

#include "crypto/text.h"
#include "node/collateral/answer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 10000, CONNECT_MS = 5000 };

/* ---- where ---- */

/* "127.0.0.1:8081/x" and "[::1]:8081": the host alone must be a loopback address, not look like one. */
static bool is_loopback(const char *authority)
{
    char host[64];
    struct in_addr v4;
    size_t n = strcspn(authority, ":/");
    if (strncmp(authority, "[::1]", 5) == 0)
        return authority[5] == ':' || authority[5] == '/' || authority[5] == '\0';
    if (n >= sizeof host)
        return false;
    memcpy(host, authority, n);
    host[n] = '\0';
    return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

enum sr_err coll_source_check(const char *base, struct sr_why *why)
{
    bool https = strncmp(base, "https://", 8) == 0, http = strncmp(base, "http://", 7) == 0;
    const char *authority = base + (https ? 8 : 7);
    if (!https && !(http && is_loopback(authority)))
        return sr_fail(why, SR_EFORMAT, R_CONFIG,
                       "%.100s: wanted https://..., or http:// to a loopback address", base);
    if (!*authority || *authority == '/' || strpbrk(base, "?#@\\ ") || strlen(base) > 255)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "%.100s: no plain base address", base);
    return SR_OK;
}

/* ---- what ---- */

static const char *tee_word(const struct coll_want *w)
{
    return w->tee == INTEL_TDX ? "tdx" : "sgx";
}

static int chain_path(const struct coll_want *w, char *to, size_t n)
{
    return snprintf(to, n, "/vcek/v1/%s/cert_chain", amd_product_name(w->product));
}

static int vlek_chain_path(const struct coll_want *w, char *to, size_t n)
{
    return snprintf(to, n, "/vlek/v1/%s/cert_chain", amd_product_name(w->product));
}

static int amd_list_path(const struct coll_want *w, char *to, size_t n)
{
    return snprintf(to, n, "/vcek/v1/%s/crl", amd_product_name(w->product));
}

/* Turin's hwID is 8 bytes, and its TCB has one component more. */
static int vcek_path(const struct coll_want *w, char *to, size_t n)
{
    char chip[2 * AMD_CHIP_ID_SIZE + 1], fmc[16] = "";
    bool turin = w->product == AMD_TURIN;
    hex_text((struct span){ w->chip_id, turin ? 8 : AMD_CHIP_ID_SIZE }, chip);
    if (turin)
        snprintf(fmc, sizeof fmc, "fmcSPL=%02u&", w->tcb.fmc);
    return snprintf(to, n, "/vcek/v1/%s/%s?%sblSPL=%02u&teeSPL=%02u&snpSPL=%02u&ucodeSPL=%02u",
                    amd_product_name(w->product), chip, fmc, w->tcb.bootloader, w->tcb.tee, w->tcb.snp,
                    w->tcb.microcode);
}

static int tcb_path(const struct coll_want *w, char *to, size_t n)
{
    char fmspc[13];
    hex_text(SPAN(w->fmspc), fmspc);
    return snprintf(to, n, "/%s/certification/v4/tcb?fmspc=%s", tee_word(w), fmspc);
}

static int qe_path(const struct coll_want *w, char *to, size_t n)
{
    return snprintf(to, n, "/%s/certification/v4/qe/identity", tee_word(w));
}

static int pck_list_path(const struct coll_want *w, char *to, size_t n)
{
    return snprintf(to, n, "/sgx/certification/v4/pckcrl?ca=%s&encoding=der",
                    w->ca == PCK_PROCESSOR ? "processor" : "platform");
}

static int root_list_path(const struct coll_want *w, char *to, size_t n)
{
    (void)w;
    return snprintf(to, n, "/sgx/certification/v4/rootcacrl");
}

enum source { SOURCE_KDS = 1, SOURCE_PCCS };

/* chain: the header that brings who signed. */
static const struct want_row {
    enum source from;
    bool of_product;
    const char *chain;
    int (*path)(const struct coll_want *w, char *to, size_t n);
} rows[DOC_COUNT] = {
    [DOC_AMD_CHAIN] = { SOURCE_KDS, true, NULL, chain_path },
    [DOC_VLEK_CHAIN] = { SOURCE_KDS, true, NULL, vlek_chain_path },
    [DOC_AMD_LIST] = { SOURCE_KDS, true, NULL, amd_list_path },
    [DOC_VCEK] = { SOURCE_KDS, true, NULL, vcek_path },
    [DOC_TCB_INFO] = { SOURCE_PCCS, false, "tcb-info-issuer-chain", tcb_path },
    [DOC_QE_IDENTITY] = { SOURCE_PCCS, false, "sgx-enclave-identity-issuer-chain", qe_path },
    [DOC_PCK_LIST] = { SOURCE_PCCS, false, "sgx-pck-crl-issuer-chain", pck_list_path },
    [DOC_ROOT_LIST] = { SOURCE_PCCS, false, NULL, root_list_path },
};

static const char *base_of(const struct coll_sources *s, const struct coll_want *w)
{
    const char *base = rows[w->kind].from == SOURCE_KDS ? s->kds : s->pccs;
    return base ? base : "";
}

bool coll_want_path(const struct coll_want *w, char ret[static COLL_PATH_MAX])
{
    const struct want_row *r = &rows[w->kind];
    if (r->of_product && w->product == AMD_NONE)
        return false;
    int n = r->path(w, ret, COLL_PATH_MAX);
    return n > 0 && n < COLL_PATH_MAX;
}

bool coll_want_served(const struct coll_sources *s, const struct coll_want *w)
{
    return base_of(s, w)[0] != '\0';
}

/* ---- one answer ---- */

static enum sr_err add_chain(const char *path, const struct http_reply *reply, struct coll_folder *ret,
                             struct sr_why *why)
{
    SR_OWN(buf) pem = { 0 };
    if (!reply->kept.n)
        return sr_fail(why, SR_EFORMAT, R_COLLATERAL_FORMAT, "%.100s: no issuer chain came with it", path);
    SR_TRY(coll_chain_decode(buf_span(&reply->kept), &pem, why));
    return coll_folder_split(ret, path, buf_span(&pem), why);
}

static enum sr_err take(const char *path, const struct want_row *r, const struct http_reply *reply,
                        struct coll_folder *ret, struct sr_why *why)
{
    SR_OWN(buf) body = { 0 };
    if (r->chain)
        SR_TRY(add_chain(path, reply, ret, why));
    SR_TRY(coll_body_decode(buf_span(&reply->body), &body));
    return coll_folder_split(ret, path, buf_span(&body), why);
}

enum sr_err coll_fetch(const struct coll_sources *s, const struct coll_want *w, struct coll_folder *ret,
                       struct sr_why *why)
{
    char path[COLL_PATH_MAX], base[256];
    SR_OWN(http_reply) reply = { 0 };
    SR_OWN(coll_folder) got = { 0 };
    SR_OWN(http_client_hold) http = { 0 };
    const struct want_row *r = &rows[w->kind];
    SR_TRY(coll_source_check(base_of(s, w), why));
    if (!coll_want_path(w, path))
        return sr_fail(why, SR_EFORMAT, R_PRODUCT, "no such product");
    snprintf(base, sizeof base, "%s", base_of(s, w));
    if (base[strlen(base) - 1] == '/')
        base[strlen(base) - 1] = '\0';
    struct http_client_options o = { .base = base,
                                     .peer = HTTP_VENDOR,
                                     .ca_file = s->ca_file && s->ca_file[0] ? s->ca_file : NULL,
                                     .timeout_ms = s->timeout_ms ? s->timeout_ms : TIMEOUT_MS,
                                     .connect_ms = CONNECT_MS,
                                     .reply_max = COLLATERAL_FILE_MAX,
                                     .stop = s->stop,
                                     .stop_ctx = s->stop_ctx };
    const struct http_call call = { .method = "GET", .path = path, .keep = r->chain };
    SR_TRY(http_client_new(&o, &http.c));
    SR_TRY(http_client_call(http.c, &call, &reply, why));
    SR_TRY(take(path, r, &reply, &got, why));
    for (size_t i = 0; i < got.n; i++)
        SR_TRY(coll_folder_add(ret, got.file[i].name, buf_span(&got.file[i].bytes), why));
    return SR_OK;
}
