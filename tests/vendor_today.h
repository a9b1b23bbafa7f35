#pragma once
/* vendor_today.h - evidence of SNP and TDX that is good today, for what looks at the clock. */
#include "tests/dcap_maker.h"
#include "tests/snp_maker.h"

/* An SNP report of today, whose folder is complete. */
static inline struct snp_world snp_today(void)
{
    struct snp_world w = snp_world_make(&s_products[1], 5, false);
    struct made_spec *certs[] = { &w.root, &w.ca, &w.vek };
    for (size_t i = 0; i < 3; i++) {
        certs[i]->from = time(NULL) - S_DAY;
        certs[i]->until = time(NULL) + S_DAY;
    }
    w.crl.from = time(NULL) - S_DAY;
    w.crl.until = time(NULL) + S_DAY;
    snp_world_build(&w);
    return w;
}

static inline void time_text(time_t at, char ret[32])
{
    struct tm tm;
    gmtime_r(&at, &tm);
    strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* A PCK certificate that names a place for revocation lists (RFC 5280, 4.2.1.13). */
static inline void w_names_place(struct world *w, const char *url)
{
    struct buf b[5] = { 0 };
    w_tlv(&b[0], 0x86, span_of(url));
    w_tlv(&b[1], 0xa0, buf_span(&b[0]));
    w_tlv(&b[2], 0xa0, buf_span(&b[1]));
    w_tlv(&b[3], 0x30, buf_span(&b[2]));
    w_tlv(&b[4], 0x30, buf_span(&b[3]));
    made_ext(&w->pck_cert, "2.5.29.31", b[4].p, b[4].n);
    for (int i = 0; i < 5; i++)
        buf_drop(&b[i]);
}

/* A platform of today with the collateral of a day ago. url: a place for lists that the quote names; NULL:
 * none. */
static inline struct world tdx_today_naming(unsigned eval, const char *status, const char *url)
{
    static char issue[32], next[32];
    struct world w = world_make(4, true);
    time_t now = time(NULL);
    struct made_spec *certs[] = { &w.root_cert, &w.ca_cert, &w.pck_cert, &w.signer_cert };
    time_text(now - W_DAY, issue);
    time_text(now + W_DAY, next);
    for (size_t i = 0; i < 4; i++) {
        certs[i]->serial = 200 + (long)i;
        certs[i]->from = now - W_DAY;
        certs[i]->until = now + W_DAY;
    }
    w.root_crl.from = w.ca_crl.from = now - W_DAY;
    w.root_crl.until = w.ca_crl.until = now + W_DAY;
    w.tcb.issue = w.identity.issue = issue;
    w.tcb.next = w.identity.next = next;
    w.tcb.eval = eval;
    w.level[0].status = status;
    if (url)
        w_names_place(&w, url);
    world_build(&w);
    return w;
}

static inline struct world tdx_today(unsigned eval, const char *status)
{
    return tdx_today_naming(eval, status, NULL);
}
