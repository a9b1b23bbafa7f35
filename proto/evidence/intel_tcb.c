#include "proto/evidence/intel_tcb.h"
#include "proto/evidence/intel_json.h"

#include <string.h>

/* The statuses that stand in documents. The two of a relaunch are found, never written. */
static const struct status_row {
    const char *text;
    enum tcb_status after_out_of_date; /* when a part of such a platform is OutOfDate */
} statuses[TCB_STATUS_COUNT] = {
    [TCB_UP_TO_DATE] = { "UpToDate", TCB_OUT_OF_DATE },
    [TCB_SW_HARDENING_NEEDED] = { "SWHardeningNeeded", TCB_OUT_OF_DATE },
    [TCB_CONFIGURATION_NEEDED] = { "ConfigurationNeeded", TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = { "ConfigurationAndSWHardeningNeeded",
                                                    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
    [TCB_TD_RELAUNCH_ADVISED] = { "TDRelaunchAdvised", TCB_OUT_OF_DATE },
    [TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = { "TDRelaunchAdvisedConfigurationNeeded",
                                                       TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
    [TCB_OUT_OF_DATE] = { "OutOfDate", TCB_OUT_OF_DATE },
    [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = { "OutOfDateConfigurationNeeded",
                                               TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
    [TCB_REVOKED] = { "Revoked", TCB_REVOKED },
};

const char *tcb_status_text(enum tcb_status s)
{
    return statuses[s].text;
}

enum tcb_status tcb_status_merge(enum tcb_status platform, enum tcb_status part)
{
    if (part == TCB_REVOKED || platform == TCB_REVOKED)
        return TCB_REVOKED;
    return part == TCB_OUT_OF_DATE ? statuses[platform].after_out_of_date : platform;
}

static enum tcb_status read_status(struct intel_json *r, const struct json *object)
{
    struct span text = ij_text(r, object, "tcbStatus");
    for (int s = 0; s < TCB_STATUS_COUNT; s++)
        if (s != TCB_TD_RELAUNCH_ADVISED && s != TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED &&
            span_eq(text, span_of(statuses[s].text)))
            return (enum tcb_status)s;
    r->bad = true;
    return TCB_REVOKED;
}

static bool is_advisory(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] == '-' || (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'A' && s.p[i] <= 'Z')))
            return false;
    return s.n > 0 && s.n < TCB_ADVISORY_SIZE;
}

static struct tcb_verdict read_verdict(struct intel_json *r, const struct json *level,
                                       struct tcb_advisories *all)
{
    struct tcb_verdict v = { .status = read_status(r, level), .date = ij_time(r, level, "tcbDate") };
    v.advisory = (uint16_t)all->n;
    if (!json_get(level, "advisoryIDs"))
        return v;
    const struct json *list = ij_array(r, level, "advisoryIDs", TCB_ADVISORIES_MAX);
    for (const struct json *one = json_first(list); one && !r->bad; one = json_next(one)) {
        struct span id = json_str(one);
        if (json_type(one) != JSON_STR || !is_advisory(id) || all->n == TCB_ADVISORIES_MAX) {
            r->bad = true;
            return v;
        }
        memcpy(all->id[all->n++], id.p, id.n);
        v.advisory_n++;
    }
    return v;
}

static void read_isv_levels(struct intel_json *r, const struct json *object, struct isv_levels *ret,
                            struct tcb_advisories *all)
{
    const struct json *list = ij_array(r, object, "tcbLevels", TCB_LEVELS_MAX);
    for (const struct json *one = json_first(list); one && !r->bad; one = json_next(one)) {
        struct isv_level l = { 0 };
        l.isvsvn = (uint16_t)ij_u64(r, ij_any(r, one, "tcb"), "isvsvn", UINT16_MAX);
        l.verdict = read_verdict(r, one, all);
        if (ret->n && l.isvsvn >= ret->l[ret->n - 1].isvsvn)
            r->bad = true;
        ret->l[ret->n++] = l;
    }
    if (ret->n == 0)
        r->bad = true;
}

const struct isv_level *isv_level_find(const struct isv_levels *l, uint16_t isvsvn)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->l[i].isvsvn <= isvsvn)
            return &l->l[i];
    return NULL;
}

static void read_components(struct intel_json *r, const struct json *tcb, const char *name, uint8_t *ret)
{
    size_t n = 0;
    const struct json *list = ij_array(r, tcb, name, TCB_COMPONENTS);
    for (const struct json *one = json_first(list); one && !r->bad; one = json_next(one))
        ret[n++] = (uint8_t)ij_u64(r, one, "svn", UINT8_MAX);
    if (n != TCB_COMPONENTS) /* a shorter list would compare less */
        r->bad = true;
}

static bool none_below(const uint8_t *a, const uint8_t *b)
{
    for (size_t i = 0; i < TCB_COMPONENTS; i++)
        if (a[i] < b[i])
            return false;
    return true;
}

/* Listed best first: a level that is in nothing below one before it could never be matched. */
static bool is_reachable(const struct tcb_info *t, const struct tcb_level *l)
{
    for (const struct tcb_level *better = t->level; better < l; better++)
        if (none_below(l->sgx, better->sgx) && none_below(l->tdx, better->tdx) && l->pcesvn >= better->pcesvn)
            return false;
    return true;
}

static void read_levels(struct intel_json *r, const struct json *root, struct tcb_info *t)
{
    const struct json *list = ij_array(r, root, "tcbLevels", TCB_LEVELS_MAX);
    for (const struct json *one = json_first(list); one && !r->bad; one = json_next(one)) {
        struct tcb_level *l = &t->level[t->nlevel];
        const struct json *tcb = ij_any(r, one, "tcb");
        read_components(r, tcb, "sgxtcbcomponents", l->sgx);
        if (t->tee == INTEL_TDX)
            read_components(r, tcb, "tdxtcbcomponents", l->tdx);
        l->pcesvn = (uint16_t)ij_u64(r, tcb, "pcesvn", UINT16_MAX);
        l->verdict = read_verdict(r, one, &t->advisories);
        if (!is_reachable(t, l))
            r->bad = true;
        t->nlevel++;
    }
    if (t->nlevel == 0)
        r->bad = true;
}

static void read_module_body(struct intel_json *r, const struct json *object, struct tdx_module *m)
{
    ij_hex(r, object, "mrsigner", m->mrsigner, sizeof m->mrsigner);
    ij_hex(r, object, "attributes", m->attributes, sizeof m->attributes);
    ij_hex(r, object, "attributesMask", m->mask, sizeof m->mask);
}

/* "TDX_03", the number in hex of either case. */
static uint8_t read_module_id(struct intel_json *r, const struct json *object)
{
    struct span id = ij_text(r, object, "id");
    unsigned version = 0;
    char text[7] = { 0 };
    if (id.n != 6)
        r->bad = true;
    if (r->bad)
        return 0;
    memcpy(text, id.p, id.n);
    if (strspn(text + 4, "0123456789abcdefABCDEF") != 2 || strncasecmp(text, "TDX_", 4) != 0 ||
        sscanf(text + 4, "%2x", &version) != 1)
        r->bad = true;
    return (uint8_t)version;
}

static void read_modules(struct intel_json *r, const struct json *root, struct tcb_info *t)
{
    read_module_body(r, ij_any(r, root, "tdxModule"), &t->module);
    if (!json_get(root, "tdxModuleIdentities"))
        return;
    const struct json *list = ij_array(r, root, "tdxModuleIdentities", TCB_MODULES_MAX);
    for (const struct json *one = json_first(list); one && !r->bad; one = json_next(one)) {
        struct tdx_module *m = &t->modules[t->nmodules];
        m->version = read_module_id(r, one);
        if (tcb_info_module(t, m->version))
            r->bad = true;
        read_module_body(r, one, m);
        read_isv_levels(r, one, &m->levels, &t->advisories);
        t->nmodules++;
    }
}

const struct tdx_module *tcb_info_module(const struct tcb_info *t, uint8_t version)
{
    for (size_t i = 0; i < t->nmodules; i++)
        if (t->modules[i].version == version)
            return &t->modules[i];
    return NULL;
}

static void read_header(struct intel_json *r, const struct json *root, uint64_t version, uint32_t *ret_eval,
                        struct validity *ret_valid)
{
    if (ij_u64(r, root, "version", version) != version)
        r->bad = true;
    *ret_eval = (uint32_t)ij_u64(r, root, "tcbEvaluationDataNumber", UINT32_MAX);
    ret_valid->from = ij_time(r, root, "issueDate");
    ret_valid->until = ij_time(r, root, "nextUpdate");
}

enum sr_err tcb_info_read(struct span object, struct tcb_info *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    struct intel_json r = { 0 };
    if (json_parse(object, &doc, NULL) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_COLLATERAL_FORMAT, "TCB info: not JSON as we take it");
    const struct json *root = json_root(&doc);
    *ret = (struct tcb_info){ 0 };
    struct span id = ij_text(&r, root, "id");
    ret->tee = span_eq(id, SPAN_STR("TDX")) ? INTEL_TDX : INTEL_SGX;
    if (ret->tee == INTEL_SGX && !span_eq(id, SPAN_STR("SGX")))
        r.bad = true;
    read_header(&r, root, 3, &ret->eval, &ret->valid);
    ij_hex(&r, root, "fmspc", ret->fmspc, sizeof ret->fmspc);
    ij_hex(&r, root, "pceId", ret->pceid, sizeof ret->pceid);
    (void)ij_u64(&r, root, "tcbType", 0); /* 0: compared as intel_tcb_match() does */
    read_levels(&r, root, ret);
    if (ret->tee == INTEL_TDX)
        read_modules(&r, root, ret);
    return r.bad ? sr_fail(why, SR_EFORMAT, R_COLLATERAL_FORMAT, "TCB info: a field is not as it must be")
                 : SR_OK;
}

static void reverse(uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        uint8_t t = b[i];
        b[i] = b[n - 1 - i];
        b[n - 1 - i] = t;
    }
}

enum sr_err qe_identity_read(struct span object, struct qe_identity *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    struct intel_json r = { 0 };
    if (json_parse(object, &doc, NULL) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_COLLATERAL_FORMAT, "QE identity: not JSON as we take it");
    const struct json *root = json_root(&doc);
    *ret = (struct qe_identity){ 0 };
    struct span id = ij_text(&r, root, "id");
    ret->id = span_eq(id, SPAN_STR("TD_QE")) ? QE_TD : QE_SGX;
    if (ret->id == QE_SGX && !span_eq(id, SPAN_STR("QE"))) /* "QVE" is no quoting enclave */
        r.bad = true;
    read_header(&r, root, 2, &ret->eval, &ret->valid);
    ij_hex(&r, root, "miscselect", ret->miscselect, 4);
    ij_hex(&r, root, "miscselectMask", ret->miscselect_mask, 4);
    reverse(ret->miscselect, 4); /* a number in the text, little-endian in a report */
    reverse(ret->miscselect_mask, 4);
    ij_hex(&r, root, "attributes", ret->attributes, 16);
    ij_hex(&r, root, "attributesMask", ret->attributes_mask, 16);
    ij_hex(&r, root, "mrsigner", ret->mrsigner, 32);
    ret->isvprodid = (uint16_t)ij_u64(&r, root, "isvprodid", UINT16_MAX);
    read_isv_levels(&r, root, &ret->levels, &ret->advisories);
    return r.bad ? sr_fail(why, SR_EFORMAT, R_COLLATERAL_FORMAT, "QE identity: a field is not as it must be")
                 : SR_OK;
}
