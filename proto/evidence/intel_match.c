#include "proto/evidence/intel_match.h"

#include <string.h>

enum { SVN_MODULE = 0, SVN_MODULE_MAJOR = 1, SVN_LATE_MICROCODE = 2 }; /* places in TEE_TCB_SVN */

static bool masked_eq(struct span have, const uint8_t *want, const uint8_t *mask)
{
    for (size_t i = 0; i < have.n; i++)
        if ((have.p[i] & mask[i]) != (want[i] & mask[i]))
            return false;
    return true;
}

enum sr_err intel_qe_match(const struct qe_identity *id, const struct sgx_report *qe, struct sr_why *why)
{
    if (!span_eq(qe->mrsigner, SPAN(id->mrsigner)) || qe->isvprodid != id->isvprodid)
        return sr_fail(why, SR_EPROOF, R_QE_IDENTITY, "quoting enclave: another signer or product");
    if (!masked_eq(qe->miscselect, id->miscselect, id->miscselect_mask) ||
        !masked_eq(qe->attributes, id->attributes, id->attributes_mask) || (qe->flags & SGX_DEBUG))
        return sr_fail(why, SR_EPROOF, R_QE_IDENTITY, "quoting enclave: other attributes");
    return SR_OK;
}

static bool is_zero(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            return false;
    return true;
}

/* With a major version of 0 the document's one module counts, and has no levels of its own. */
static const struct tdx_module *module_of(const struct tcb_info *info, const struct td_report *td)
{
    uint8_t major = td->tee_tcb_svn.p[SVN_MODULE_MAJOR];
    return major ? tcb_info_module(info, major) : &info->module;
}

enum sr_err intel_module_match(const struct tcb_info *info, const struct td_report *td, struct sr_why *why)
{
    const struct tdx_module *m = module_of(info, td);
    if (!m)
        return sr_fail(why, SR_EPROOF, R_TDX_MODULE, "TDX module: of a version that Intel does not list");
    if (!span_eq(td->mrsignerseam, SPAN(m->mrsigner)) ||
        !masked_eq(td->seam_attributes, m->attributes, m->mask))
        return sr_fail(why, SR_EPROOF, R_TDX_MODULE, "TDX module: another signer or other attributes");
    if (!is_zero(td->seam_attributes))
        return sr_fail(why, SR_EPROOF, R_TDX_MODULE, "TDX module: attributes that no released module has");
    return SR_OK;
}

static bool reaches(const uint8_t *have, const uint8_t *level, size_t from)
{
    for (size_t i = from; i < TCB_COMPONENTS; i++)
        if (have[i] < level[i])
            return false;
    return true;
}

static bool reaches_sgx(const struct intel_pck *pck, const struct tcb_level *l)
{
    return reaches(pck->svn, l->sgx, 0) && pck->pcesvn >= l->pcesvn;
}

/* With a module that has an identity of its own its two components are left to that. */
static bool reaches_tdx(const struct td_report *td, const struct tcb_level *l)
{
    return reaches(td->tee_tcb_svn.p, l->tdx, td->tee_tcb_svn.p[SVN_MODULE_MAJOR] ? SVN_LATE_MICROCODE : 0);
}

static const struct tcb_level *platform_level(const struct tcb_info *info, const struct intel_pck *pck,
                                              const struct td_report *td)
{
    for (size_t i = 0; i < info->nlevel; i++)
        if (reaches_sgx(pck, &info->level[i]) && (!td || reaches_tdx(td, &info->level[i])))
            return &info->level[i];
    return NULL;
}

/* ---- relaunch: the platform is good and the module was updated under a running TD ---- */

static bool is_out_of_date(enum tcb_status s)
{
    return s == TCB_OUT_OF_DATE || s == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

static bool module_is_newest(const struct tcb_info *info, const struct td_report *td)
{
    const uint8_t *now = td->tee_tcb_svn2.p;
    const struct tdx_module *m = tcb_info_module(info, now[SVN_MODULE_MAJOR]);
    return m && now[SVN_MODULE] >= m->levels.l[0].isvsvn &&
           now[SVN_LATE_MICROCODE] >= info->level[0].tdx[SVN_LATE_MICROCODE];
}

static enum tcb_status relaunched(const struct tcb_info *info, const struct intel_pck *pck,
                                  const struct td_report *td, const struct tcb_result *r)
{
    const struct tcb_level *sgx = platform_level(info, pck, NULL);
    if (!td || td->tee_tcb_svn2.n == 0 || !is_out_of_date(r->status) || r->module != TCB_OUT_OF_DATE ||
        r->qe != TCB_UP_TO_DATE || is_out_of_date(sgx->verdict.status) || !module_is_newest(info, td))
        return r->status;
    bool configure = sgx->verdict.status == TCB_CONFIGURATION_NEEDED ||
                     sgx->verdict.status == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
    return configure ? TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED : TCB_TD_RELAUNCH_ADVISED;
}

/* ---- all of it ---- */

static void add_advisories(struct tcb_advisories *to, const struct tcb_advisories *from,
                           const struct tcb_verdict *v)
{
    for (size_t i = v->advisory; i < (size_t)v->advisory + v->advisory_n; i++) {
        bool known = false;
        for (size_t k = 0; k < to->n && !known; k++)
            known = strcmp(to->id[k], from->id[i]) == 0;
        if (!known && to->n < TCB_ADVISORIES_MAX)
            memcpy(to->id[to->n++], from->id[i], TCB_ADVISORY_SIZE);
    }
}

static void take(struct tcb_result *r, const struct tcb_advisories *from, const struct tcb_verdict *v)
{
    if (v->date < r->date)
        r->date = v->date;
    add_advisories(&r->advisories, from, v);
}

static enum sr_err no_level(struct sr_why *why, const char *part)
{
    return sr_fail(why, SR_EPROOF, R_TCB_UNSUPPORTED, "%s: no level of the document is at or below it", part);
}

static enum sr_err match_module(const struct tcb_info *info, const struct td_report *td, struct tcb_result *r,
                                struct sr_why *why)
{
    const struct tdx_module *m = module_of(info, td);
    if (td->tee_tcb_svn.p[SVN_MODULE_MAJOR] == 0)
        return SR_OK;
    const struct isv_level *l = m ? isv_level_find(&m->levels, td->tee_tcb_svn.p[SVN_MODULE]) : NULL;
    if (!l)
        return no_level(why, "TDX module");
    r->module = l->verdict.status;
    take(r, &info->advisories, &l->verdict);
    return SR_OK;
}

enum sr_err intel_tcb_match(const struct tcb_info *info, const struct qe_identity *id,
                            const struct intel_pck *pck, const struct sgx_report *qe,
                            const struct td_report *td, struct tcb_result *ret, struct sr_why *why)
{
    const struct tcb_level *level = platform_level(info, pck, td);
    const struct isv_level *enclave = isv_level_find(&id->levels, qe->isvsvn);
    if (!level)
        return no_level(why, "platform");
    if (!enclave)
        return no_level(why, "quoting enclave");
    *ret = (struct tcb_result){ .date = level->verdict.date };
    ret->platform = level->verdict.status;
    ret->qe = enclave->verdict.status;
    take(ret, &info->advisories, &level->verdict);
    if (td)
        SR_TRY(match_module(info, td, ret, why));
    take(ret, &id->advisories, &enclave->verdict);
    ret->status = tcb_status_merge(tcb_status_merge(ret->platform, ret->module), ret->qe);
    ret->status = relaunched(info, pck, td, ret);
    if (ret->status == TCB_REVOKED)
        return sr_fail(why, SR_EPROOF, R_TCB_REVOKED, "Intel has revoked this TCB level");
    return SR_OK;
}
