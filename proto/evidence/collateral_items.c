#include "proto/evidence/collateral_items.h"

#include "crypto/text.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {
    [ITEM_CERTIFICATE] = "certificate",
    [ITEM_LIST] = "revocation-list",
    [ITEM_TCB_INFO] = "tcb-info",
    [ITEM_QE_IDENTITY] = "qe-identity",
};

const char *item_kind_text(enum item_kind k)
{
    return kinds[k];
}

static struct coll_item of_cert(const struct coll_cert *c)
{
    return (struct coll_item){ .kind = ITEM_CERTIFICATE, .id = c->der, .standing = &c->standing, .cert = c };
}

static struct coll_item of_crl(const struct coll_crl *c)
{
    struct coll_item i = { .kind = ITEM_LIST, .id = c->der, .standing = &c->standing, .crl = c };
    i.numbered = cert_crl_number(&c->crl, &i.number) == SR_OK;
    return i;
}

static struct coll_item of_tcb(const struct coll_tcb *t)
{
    return (struct coll_item){ .kind = ITEM_TCB_INFO,
                               .id = t->file,
                               .standing = &t->standing,
                               .tcb = &t->info,
                               .numbered = true,
                               .number = t->info.eval };
}

static struct coll_item of_qe(const struct coll_qe *q)
{
    return (struct coll_item){ .kind = ITEM_QE_IDENTITY,
                               .id = q->file,
                               .standing = &q->standing,
                               .qe = &q->id,
                               .numbered = true,
                               .number = q->id.eval };
}

bool collateral_item(const struct collateral *c, size_t i, struct coll_item *ret)
{
    size_t lists = c->ncert, tcbs = lists + c->ncrl, qes = tcbs + c->ntcb;
    if (i >= qes + c->nqe)
        return false;
    *ret = i < lists  ? of_cert(&c->cert[i])
           : i < tcbs ? of_crl(&c->crl[i - lists])
           : i < qes  ? of_tcb(c->tcb[i - tcbs])
                      : of_qe(c->qe[i - qes]);
    return true;
}

/* ---- names ---- */

static const char *tee_text(enum intel_tee t)
{
    return t == INTEL_TDX ? "TDX" : "SGX";
}

static void common_name(const struct coll_cert *c, char ret[static 64])
{
    SR_OWN(buf) name = { 0 };
    bool known = c && cert_common_name(&c->cert, &name) == SR_OK;
    snprintf(ret, 64, "%.*s", known ? (int)name.n : 0, known ? (const char *)name.p : "");
    for (char *at = ret; *at; at++)
        if (*at < ' ' || *at > '~') /* what anybody may have written into a certificate */
            *at = '?';
}

static void cert_text(const struct coll_cert *c, char ret[static ITEM_TEXT_MAX])
{
    char name[64], chip[17];
    common_name(c, name);
    hex_text((struct span){ c->vek.chip_id, 8 }, chip);
    if (c->role != ROLE_AMD_VEK || c->standing.verdict != SR_OK)
        snprintf(ret, ITEM_TEXT_MAX, "%s: %s", cert_role_text(c->role), name);
    else if (c->vek.kind == VEK_VLEK)
        snprintf(ret, ITEM_TEXT_MAX, "%s VLEK of %.60s", amd_product_name(c->vek.product), c->vek.csp);
    else
        snprintf(ret, ITEM_TEXT_MAX, "%s VCEK of %s, boot loader %u tee %u snp %u microcode %u",
                 amd_product_name(c->vek.product), chip, c->vek.tcb.bootloader, c->vek.tcb.tee,
                 c->vek.tcb.snp, c->vek.tcb.microcode);
}

void coll_item_text(const struct coll_item *item, char ret[static ITEM_TEXT_MAX])
{
    char name[64];
    switch (item->kind) {
    case ITEM_CERTIFICATE: cert_text(item->cert, ret); break;
    case ITEM_LIST:
        common_name(item->crl->issuer, name);
        snprintf(ret, ITEM_TEXT_MAX, "revocation list of %s", *name ? name : "an issuer that is not here");
        break;
    case ITEM_TCB_INFO:
        hex_text(SPAN(item->tcb->fmspc), name);
        snprintf(ret, ITEM_TEXT_MAX, "%s TCB info %s", tee_text(item->tcb->tee), name);
        break;
    case ITEM_QE_IDENTITY:
        snprintf(ret, ITEM_TEXT_MAX, "%s QE identity", item->qe->id == QE_TD ? "TDX" : "SGX");
        break;
    }
}

/* 16 digits of a hash tell things apart; that nobody finds two that agree is not needed: what is stored is
 * judged by its bytes. */
static void short_hex(const struct sha256 *h, char ret[static 17])
{
    hex_text((struct span){ h->b, 8 }, ret);
}

static void cert_file(const struct coll_item *item, char ret[static ITEM_FILE_MAX])
{
    char hash[17];
    bool vek = item->cert->role == ROLE_AMD_VEK;
    short_hex(vek ? &item->cert->key : &item->id, hash);
    snprintf(ret, ITEM_FILE_MAX, vek ? "vek-%s.der" : "cert-%s.der", hash);
}

static void tcb_file(const struct coll_item *item, const char *root, char ret[static ITEM_FILE_MAX])
{
    char fmspc[13], pceid[5];
    hex_text(SPAN(item->tcb->fmspc), fmspc);
    hex_text(SPAN(item->tcb->pceid), pceid);
    snprintf(ret, ITEM_FILE_MAX, "tcb-%s-%s-%s-%.8s.json", item->tcb->tee == INTEL_TDX ? "tdx" : "sgx", fmspc,
             pceid, root);
}

void coll_item_file(const struct coll_item *item, char ret[static ITEM_FILE_MAX])
{
    char root[17], hash[17];
    short_hex(&item->standing->anchor, root);
    short_hex(&item->id, hash);
    switch (item->kind) {
    case ITEM_CERTIFICATE: cert_file(item, ret); break;
    case ITEM_LIST: snprintf(ret, ITEM_FILE_MAX, "list-%s.crl", hash); break;
    case ITEM_TCB_INFO: tcb_file(item, root, ret); break;
    case ITEM_QE_IDENTITY:
        snprintf(ret, ITEM_FILE_MAX, "qe-%s-%.8s.json", item->qe->id == QE_TD ? "tdx" : "sgx", root);
        break;
    }
}

/* ---- one after another ---- */

static enum item_order cert_order(const struct coll_cert *a, const struct coll_cert *b)
{
    if (a->role != ROLE_AMD_VEK || b->role != ROLE_AMD_VEK || !sha256_eq(&a->key, &b->key))
        return ITEM_UNRELATED;
    return a->standing.valid.until > b->standing.valid.until ? ITEM_NEWER : ITEM_SAME;
}

static enum item_order list_order(const struct coll_crl *a, const struct coll_crl *b)
{
    static const enum item_order orders[] = { ITEM_OLDER, ITEM_SAME, ITEM_NEWER };
    if (!a->issuer || !b->issuer || !sha256_eq(&a->issuer->key, &b->issuer->key))
        return ITEM_UNRELATED;
    return orders[cert_crl_order(&a->crl, &b->crl) + 1];
}

static enum item_order document_order(uint32_t eval, time_t issued, uint32_t than_eval, time_t than_issued)
{
    if (eval < than_eval || issued < than_issued)
        return ITEM_OLDER;
    return eval > than_eval || issued > than_issued ? ITEM_NEWER : ITEM_SAME;
}

static enum item_order tcb_order(const struct tcb_info *a, const struct tcb_info *b)
{
    if (a->tee != b->tee || memcmp(a->fmspc, b->fmspc, sizeof a->fmspc) != 0 ||
        memcmp(a->pceid, b->pceid, sizeof a->pceid) != 0)
        return ITEM_UNRELATED;
    return document_order(a->eval, a->valid.from, b->eval, b->valid.from);
}

static enum item_order qe_order(const struct qe_identity *a, const struct qe_identity *b)
{
    return a->id != b->id ? ITEM_UNRELATED : document_order(a->eval, a->valid.from, b->eval, b->valid.from);
}

enum item_order coll_item_order(const struct coll_item *item, const struct coll_item *than)
{
    if (item->kind != than->kind)
        return ITEM_UNRELATED;
    if (sha256_eq(&item->id, &than->id))
        return ITEM_SAME;
    if (!sha256_eq(&item->standing->anchor, &than->standing->anchor))
        return ITEM_UNRELATED;
    switch (item->kind) {
    case ITEM_CERTIFICATE: return cert_order(item->cert, than->cert);
    case ITEM_LIST: return list_order(item->crl, than->crl);
    case ITEM_TCB_INFO: return tcb_order(item->tcb, than->tcb);
    case ITEM_QE_IDENTITY: return qe_order(item->qe, than->qe);
    }
    return ITEM_UNRELATED;
}
