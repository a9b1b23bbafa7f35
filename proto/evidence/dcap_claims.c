#include "proto/evidence/dcap.h"

#include <stdio.h>
#include <string.h>

static bool is_zero(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            return false;
    return true;
}

static void put_components(struct claims *c, const char *prefix, const uint8_t *svn)
{
    char name[CLAIM_NAME_SIZE];
    snprintf(name, sizeof name, "%s00", prefix);
    char *digits = name + strlen(prefix);
    for (unsigned i = 0; i < TCB_COMPONENTS; i++) {
        digits[0] = (char)('0' + (i + 1) / 10);
        digits[1] = (char)('0' + (i + 1) % 10);
        claims_put_uint(c, name, svn[i]);
    }
}

static void put_advisories(struct claims *c, const struct tcb_advisories *a)
{
    SR_OWN(buf) text = { 0 };
    for (size_t i = 0; i < a->n; i++)
        wr_fmt(&text, "%s%s", i ? "," : "", a->id[i]);
    if (!buf_ok(&text))
        c->bad = true;
    claims_put_text(c, "tcb.advisories", buf_span(&text));
}

static void put_platform(const struct dcap *d, struct claims *c)
{
    const struct intel_pck *p = &d->pck;
    claims_put_hex(c, "hardware", SPAN(p->ppid));
    claims_put_hex(c, "ppid", SPAN(p->ppid));
    if (p->has_instance)
        claims_put_hex(c, "platform_instance", SPAN(p->instance));
    claims_put_hex(c, "fmspc", SPAN(p->fmspc));
    claims_put_hex(c, "pceid", SPAN(p->pceid));
    claims_put_text(c, "sgx_type", span_of(pck_sgx_type_text(p->type)));
    if (p->has_configuration) {
        claims_put_bool(c, "dynamic_platform", p->dynamic_platform);
        claims_put_bool(c, "cached_keys", p->cached_keys);
        claims_put_bool(c, "smt", p->smt);
    }
    put_components(c, "svn.sgx.", p->svn);
    claims_put_uint(c, "pcesvn", p->pcesvn);
    claims_put_hex(c, "root", SPAN(d->path.root->key.b));
}

static void put_tcb(const struct dcap *d, struct claims *c)
{
    claims_put_text(c, "tcb.status", span_of(tcb_status_text(d->tcb.status)));
    claims_put_text(c, "tcb.platform", span_of(tcb_status_text(d->tcb.platform)));
    claims_put_text(c, "tcb.qe", span_of(tcb_status_text(d->tcb.qe)));
    claims_put_uint(c, "tcb.date", (uint64_t)d->tcb.date);
    claims_put_uint(c, "tcb.evaluation", d->info->eval);
    claims_put_uint(c, "qe.evaluation", d->identity->eval);
    claims_put_uint(c, "qe.svn", d->quote.qe.isvsvn);
    put_advisories(c, &d->tcb.advisories);
}

static void put_sgx(const struct sgx_report *r, struct claims *c)
{
    claims_put_hex(c, "measurement", r->mrenclave);
    claims_put_hex(c, "mrenclave", r->mrenclave);
    claims_put_hex(c, "mrsigner", r->mrsigner);
    claims_put_uint(c, "isvprodid", r->isvprodid);
    claims_put_uint(c, "isvsvn", r->isvsvn);
    claims_put_hex(c, "isvextprodid", r->isvextprodid);
    claims_put_hex(c, "isvfamilyid", r->isvfamilyid);
    claims_put_hex(c, "configid", r->configid);
    claims_put_uint(c, "configsvn", r->configsvn);
    claims_put_hex(c, "attributes", r->attributes);
    claims_put_hex(c, "miscselect", r->miscselect);
    claims_put_hex(c, "cpusvn", r->cpusvn);
    claims_put_bool(c, "debug", (r->flags & SGX_DEBUG) != 0);
    claims_put_bool(c, "mode64bit", (r->flags & SGX_MODE64BIT) != 0);
    claims_put_bool(c, "provision_key", (r->flags & SGX_PROVISION_KEY) != 0);
    claims_put_bool(c, "einittoken_key", (r->flags & SGX_EINITTOKEN_KEY) != 0);
    claims_put_bool(c, "kss", (r->flags & SGX_KSS) != 0);
}

static void put_td_attributes(uint64_t attributes, struct claims *c)
{
    static const struct bit_row {
        const char *name;
        unsigned bit;
    } bits[] = {
        { "lass", TD_LASS },
        { "sept_ve_disable", TD_SEPT_VE_DISABLE },
        { "migratable", TD_MIGRATABLE },
        { "pks", TD_PKS },
        { "kl", TD_KL },
        { "perfmon", TD_PERFMON },
    };
    char hex[17];
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)attributes);
    claims_put_text(c, "td_attributes", span_of(hex));
    claims_put_bool(c, "debug", (attributes & TD_DEBUG_BITS) != 0);
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        claims_put_bool(c, bits[i].name, attributes >> bits[i].bit & 1);
}

static void put_td(const struct td_report *r, struct claims *c)
{
    claims_put_hex(c, "measurement", r->mrtd);
    claims_put_hex(c, "mrtd", r->mrtd);
    for (unsigned i = 0; i < 4; i++) {
        char name[CLAIM_NAME_SIZE];
        snprintf(name, sizeof name, "rtmr%u", i);
        claims_put_hex(c, name, r->rtmr[i]);
    }
    claims_put_hex(c, "mrconfigid", r->mrconfigid);
    claims_put_hex(c, "mrowner", r->mrowner);
    claims_put_hex(c, "mrownerconfig", r->mrownerconfig);
    claims_put_hex(c, "mrseam", r->mrseam);
    claims_put_hex(c, "xfam", r->xfam);
    put_td_attributes(r->attributes, c);
    put_components(c, "svn.tdx.", r->tee_tcb_svn.p);
    claims_put_bool(c, "service_td", !is_zero(r->mrservicetd));
    if (r->mrservicetd.n)
        claims_put_hex(c, "mrservicetd", r->mrservicetd);
    if (r->tee_tcb_svn2.n)
        claims_put_hex(c, "tee_tcb_svn2", r->tee_tcb_svn2);
}

void dcap_quote_claims(const struct dcap_quote *q, struct claims *ret)
{
    bool td = q->tee == INTEL_TDX;
    claims_put_text(ret, "type", td ? SPAN_STR("tdx") : SPAN_STR("sgx"));
    claims_put_uint(ret, "version", q->version);
    claims_put_hex(ret, "report_data", dcap_report_data(q));
    if (td)
        put_td(&q->td, ret);
    else
        put_sgx(&q->sgx, ret);
}

/* Of the log only what its digests prove. */
static void put_event_log(const struct dcap *d, struct claims *c)
{
    bool secure_boot;
    claims_put_bool(c, "event_log", d->in->event_log.n != 0);
    if (d->in->event_log.n == 0)
        return;
    for (unsigned i = 0; i < CC_REGISTERS; i++) {
        char name[CLAIM_NAME_SIZE];
        snprintf(name, sizeof name, "events.rtmr%u", i);
        claims_put_uint(c, name, d->replayed.events[i]);
    }
    if (cc_log_secure_boot(&d->log, &secure_boot) == SR_OK)
        claims_put_bool(c, "secure_boot", secure_boot);
}

void dcap_claims(const struct dcap *d, struct claims *ret)
{
    dcap_quote_claims(&d->quote, ret);
    if (d->quote.tee == INTEL_TDX) {
        claims_put_text(ret, "tcb.module", span_of(tcb_status_text(d->tcb.module)));
        put_event_log(d, ret);
    }
    put_platform(d, ret);
    put_tcb(d, ret);
}
