/* TDX and SGX evidence from a root of our own: each row changes one thing of a good world, and the verifier
 * must say which. What no capture shows is here: a revoked PCK, a forged binding, documents one step off. */
#include "tests/dcap_maker.h"
#include "tests/t.h"

typedef void change_fn(struct world *w);

enum kind { TDX4 = 1, TDX5 = 2, SGX3 = 4, SGX4 = 8, SGX5 = 16, TDX = TDX4 | TDX5, ALL = 31 };
static const struct world_kind {
    enum kind bit;
    uint16_t version;
    bool tdx;
} kinds[] = {
    { TDX4, 4, true }, { TDX5, 5, true }, { SGX3, 3, false }, { SGX4, 4, false }, { SGX5, 5, false }
};

/* ---- the quote ---- */
static void nothing(struct world *w)
{
    (void)w;
}
static void no_nul(struct world *w)
{
    w->nul = false;
}
static void padded(struct world *w)
{
    w->padding = 70;
}
static void no_qe_auth(struct world *w)
{
    w->qe_auth_n = 0;
}
static void version_6(struct world *w)
{
    w->version = 6;
}
static void version_2(struct world *w)
{
    w->version = 2;
}
static void p384_key(struct world *w)
{
    w->key_type = 3;
}
static void other_vendor(struct world *w)
{
    w->vendor[0] ^= 1;
}
static void other_tee(struct world *w)
{
    w->tee = 0x82;
}
static void body_type_1(struct world *w)
{
    w->body_type = 1;
}
static void td_10(struct world *w) /* version 5 with a TD report 1.0, which has no service TD */
{
    w->body_type = 2;
    w->body_n = TD_REPORT_10_SIZE;
}
static void body_type_of_10(struct world *w)
{
    w->body_type = 2;
}
static void body_short(struct world *w)
{
    w->body_n -= 8;
}
static void sgx3_says_tdx(struct world *w)
{
    w->body[0] = 0;
    w->tee = 0x81;
}
static void cert_type_1(struct world *w)
{
    w->cert_type = 1;
}
static void cert_type_3(struct world *w)
{
    w->cert_type = 3;
}
static void cert_type_4(struct world *w)
{
    w->cert_type = 4;
}
static void cert_type_6(struct world *w)
{
    w->cert_type = 6;
}
static void cert_type_7(struct world *w)
{
    w->cert_type = 7;
}
static void swapped(struct world *w)
{
    w_chain_set(w, 1, 0, 2, -1);
}
static void four_certs(struct world *w)
{
    w_chain_set(w, 0, 1, 2, 2);
}
static void two_certs(struct world *w)
{
    w_chain_set(w, 0, 1, -1, -1);
}
static void other_report_data(struct world *w)
{
    w->body[w->tee ? 520 : 320] ^= 1;
}
static void quote_by_other(struct world *w)
{
    w->quote_by = w->other;
}
static void qe_by_other(struct world *w)
{
    w->qe_by = w->other;
}
static void bound_to_other(struct world *w)
{
    w->bound = w->other;
}
static void report_tail(struct world *w)
{
    w->qe[383] = 1;
}

/* ---- certificates ---- */
static void pck_by_other(struct world *w)
{
    w->pck_cert.issuer_key = w->other;
}
static void ca_by_other(struct world *w)
{
    w->ca_cert.issuer_key = w->other;
}
static void root_by_other(struct world *w) /* the pinned key in a certificate that it did not sign */
{
    w->root_cert.issuer_key = w->other;
}
static void key_ids(struct world *w, uint8_t of_ca, uint8_t in_pck, uint8_t n)
{
    uint8_t ski[22] = { 0x04, n }, aki[24] = { 0x30, (uint8_t)(n + 2), 0x80, n };
    memset(ski + 2, of_ca, n);
    memset(aki + 4, in_pck, n);
    made_ext(&w->ca_cert, "2.5.29.14", ski, n + 2u);
    made_ext(&w->pck_cert, "2.5.29.35", aki, n + 4u);
}
static void key_ids_agree(struct world *w)
{
    key_ids(w, 7, 7, 20);
}
static void key_ids_differ(struct world *w)
{
    key_ids(w, 7, 8, 20);
}
static void key_ids_differ_forged(struct world *w)
{
    key_ids(w, 7, 8, 20);
    w->pck_cert.issuer_key = w->other;
}
static void key_ids_empty_forged(struct world *w)
{
    key_ids(w, 7, 7, 0);
    w->pck_cert.issuer_key = w->other;
}
static void pck_expired(struct world *w)
{
    w->pck_cert.until = W_NOW - 1;
}
static void pck_future(struct world *w)
{
    w->pck_cert.from = W_NOW + 1;
}
static void ca_expired(struct world *w)
{
    w->ca_cert.until = W_NOW - 1;
}
static void root_expired(struct world *w)
{
    w->root_cert.until = W_NOW - 1;
}
static void pck_is_ca(struct world *w)
{
    w->pck_cert.ca = true;
    w->pck_cert.usage |= KU_KEY_CERT_SIGN;
}
static void pck_cannot_sign(struct world *w)
{
    w->pck_cert.usage = KU_KEY_AGREEMENT;
}
static void ca_is_none(struct world *w)
{
    w->ca_cert.ca = false;
}
static void pck_critical(struct world *w)
{
    made_ext(&w->pck_cert, "1.2.3.4", "\x05\0", 2)->critical = true;
}
static void forged_root(struct world *w) /* the right names, and every signature good */
{
    w->root = w->root_cert.key = w->root_cert.issuer_key = w->ca_cert.issuer_key = w->other;
    w->root_crl.key = w->signer_cert.issuer_key = w->other;
}
static void tcb_signer_as_pck(struct world *w)
{
    w->pck_cert.cn = "Intel SGX TCB Signing";
    w->pck_cert.issuer = "Intel SGX Root CA";
    w->pck_cert.issuer_key = w->root;
}
static void pck_revoked(struct world *w)
{
    w->ca_crl.revoked = w->pck_cert.serial;
}
static void another_revoked(struct world *w)
{
    w->ca_crl.revoked = w->pck_cert.serial + 1;
}
static void ca_revoked(struct world *w)
{
    w->root_crl.revoked = w->ca_cert.serial;
}
static void signer_revoked(struct world *w)
{
    w->root_crl.revoked = w->signer_cert.serial;
}
static void revoked_in_old_list(struct world *w)
{
    w->ca_crl.revoked = w->pck_cert.serial;
    w->ca_crl.until = W_NOW - 1;
}
static void ca_list_stale(struct world *w)
{
    w->ca_crl.until = W_NOW - 1;
}
static void ca_list_early(struct world *w)
{
    w->ca_crl.from = W_NOW + 1;
}
static void root_list_stale(struct world *w)
{
    w->root_crl.until = W_NOW - 1;
}
static void ca_list_forged(struct world *w)
{
    w->ca_crl.key = w->other;
}
static void ca_list_by_root(struct world *w)
{
    w->ca_crl.key = w->root;
}
static void no_ca_list(struct world *w)
{
    w->omit[F_CA_CRL] = true;
}
static void no_root_list(struct world *w)
{
    w->omit[F_ROOT_CRL] = true;
}
static void no_signer(struct world *w)
{
    w->omit[F_SIGNER] = true;
}
static void no_root(struct world *w)
{
    w->omit[F_ROOT] = true;
}
static void no_ca(struct world *w)
{
    w->omit[F_CA] = true;
}
static void pck_by_another_ca(struct world *w) /* a CA that is good, but not the one beside the PCK */
{
    w->omit[F_OTHER_CA] = false;
    w->pck_cert.issuer_key = w->other;
}
static void pck_bare(struct world *w)
{
    w->pck_bare = true;
}
static void processor_ca_list(struct world *w)
{
    w->ca_crl.issuer = "Intel SGX PCK Processor CA";
}

/* ---- the PCK's extension ---- */
static void no_fmspc(struct world *w)
{
    w->pck_drop = 4;
}
static void no_tcb(struct world *w)
{
    w->pck_drop = 2;
}
static void two_pceids(struct world *w)
{
    w->pck_twice = 3;
}
static void cpusvn_differs(struct world *w)
{
    w->cpusvn[3] ^= 1;
}

/* ---- documents ---- */
static void tcb_by_other(struct world *w)
{
    w->tcb.signer = w->other;
}
static void tcb_by_pck(struct world *w)
{
    w->tcb.signer = w->pck;
}
static void tcb_by_revoked_signer(struct world *w) /* of two signers */
{
    w->omit[F_OTHER_CA] = false;
    w->other_ca = w->signer_cert;
    w->other_ca.key = w->tcb.signer = w->other;
    w->root_crl.revoked = ++w->other_ca.serial;
}
static void tcb_stale(struct world *w)
{
    w->tcb.next = "2027-01-15T07:59:59Z";
}
static void tcb_early(struct world *w)
{
    w->tcb.issue = "2027-01-15T08:00:01Z";
}
static void tcb_version_2(struct world *w)
{
    w->tcb.version = 2;
}
static void tcb_other_tee(struct world *w)
{
    w->tcb.id = w->tee ? "SGX" : "TDX";
}
static void tcb_other_fmspc(struct world *w)
{
    w->fmspc_text[0] = 'A';
}
static void no_tcb_info(struct world *w)
{
    w->omit[F_TCB] = true;
}
static void components_15(struct world *w)
{
    w->components = 15;
}
static void components_17(struct world *w)
{
    w->components = 17;
}
static void unknown_status(struct world *w)
{
    w->level[1].status = "Fine";
}
static void written_relaunch(struct world *w)
{
    w->level[1].status = "TDRelaunchAdvised";
}
static void twice(struct world *w)
{
    w->json_twist = ",\"tcbType\":0";
}
static void bad_date(struct world *w)
{
    w->tcb.next = "2027-02-31T00:00:00Z";
}
static void more_members(struct world *w)
{
    w->json_twist = ",\"somethingNew\":{\"x\":[1,2]}";
}
static void levels_swapped(struct world *w)
{
    struct w_level first = w->level[0];
    w->level[0] = w->level[1];
    w->level[1] = first;
}
static void qe_by_other_signer(struct world *w)
{
    w->identity.signer = w->other;
}
static void qe_stale(struct world *w)
{
    w->identity.next = "2027-01-15T07:59:59Z";
}
static void qe_other_id(struct world *w)
{
    w->identity.id = w->tee ? "QE" : "TD_QE";
}
static void qe_qve(struct world *w)
{
    w->identity.id = "QVE";
}
static void no_qe(struct world *w)
{
    w->omit[F_QE] = true;
}

/* ---- the quoting enclave, the module, the platform ---- */
static void qe_signer(struct world *w)
{
    w->qe[128] ^= 1;
}
static void qe_product(struct world *w)
{
    w->qe[256] ^= 4;
}
static void qe_debug(struct world *w)
{
    w->qe[48] |= SGX_DEBUG;
}
static void qe_misc(struct world *w)
{
    w->qe[16] = 1;
}
static void qe_mode64_off(struct world *w)
{
    w->qe[48] = 0x11;
}
static void qe_below(struct world *w)
{
    w->qe[258] = 6;
}
static void qe_above(struct world *w)
{
    w->qe[258] = 8;
}
static void qe_out_of_date(struct world *w)
{
    w->qe_status = "OutOfDate";
}
static void qe_is_revoked(struct world *w)
{
    w->qe_status = "Revoked";
}
static void module_out_of_date(struct world *w)
{
    w->module_status = "OutOfDate";
}
static void module_is_revoked(struct world *w)
{
    w->module_status = "Revoked";
}
static void module_below(struct world *w)
{
    w->body[0] = 4;
}
static void module_unknown(struct world *w)
{
    w->body[1] = 2;
}
static void module_signer(struct world *w)
{
    w->body[64] = 1;
}
static void module_attributes(struct world *w)
{
    w->body[112] = 1;
}
static void module_attributes_unmasked(struct world *w) /* a document that looks at none of them */
{
    w->body[112] = 1;
    w->module_mask = "0000000000000000";
}
static void platform_below(struct world *w)
{
    w->svn[7] = w->cpusvn[7] = 191;
}
static void platform_at_second(struct world *w)
{
    w->level[0].sgx[7]++;
    w->level[1].sgx[7]++;
}
static void platform_above(struct world *w)
{
    w->svn[0] = w->cpusvn[0] = 255;
}
static void pcesvn_below(struct world *w)
{
    w->pcesvn = 12;
}
static void platform_second_pce(struct world *w)
{
    w->pcesvn = 12;
    w->level[1].pcesvn = 12;
}
static void microcode_below(struct world *w)
{
    w->body[2] = 3;
}
static void module_components_skipped(struct world *w)
{
    w->level[0].tdx[0] = 9;
}
static void platform_revoked(struct world *w)
{
    platform_at_second(w);
    w->level[1].status = "Revoked";
}
static void hardening(struct world *w)
{
    w->level[0].status = "SWHardeningNeeded";
    w->level[0].advisories = "\"INTEL-SA-00615\"";
}
static void configuration(struct world *w)
{
    w->level[0].status = "ConfigurationNeeded";
}
static void relaunch(struct world *w) /* the TD began with module 4; 5 runs now */
{
    w->body[0] = 4;
    w->module_svn = 4;
    w->module_status = "OutOfDate";
    w->level[0].tdx[0] = w->level[1].tdx[0] = 4;
}

/* ---- the TD and the enclave ---- */
static void debug(struct world *w)
{
    w->body[w->tee ? 120 : 48] |= w->tee ? 1 : SGX_DEBUG;
}
static void debug_bit_7(struct world *w)
{
    w->body[120] |= 0x80;
}
static void migratable(struct world *w)
{
    w->body[123] |= 0x20;
}
static void sept_ve(struct world *w)
{
    w->body[123] = 0;
}
static void service_td(struct world *w)
{
    w->body[647] = 1;
}

/* the event log */
static void measured(struct world *w)
{
    w_measured(w);
}
static void log_of_another(struct world *w)
{
    w_measured(w);
    w->body[328 + 3 * 48] ^= 1;
}
static void log_cut(struct world *w)
{
    w_measured(w);
    w->log.n--;
}
static void log_long(struct world *w)
{
    w_measured(w);
    while (w->log.n <= CC_LOG_MAX)
        wr_u8(&w->log, 0xff);
}
static void log_without_head(struct world *w)
{
    w_measured(w);
    w->log.p[4] = 1;
}

static void strict(struct world *w)
{
    w->appraisal = APPRAISAL_STRICT;
}
static void strict_hardening(struct world *w)
{
    w->appraisal = APPRAISAL_STRICT;
    hardening(w);
}
static void strict_debug(struct world *w)
{
    w->appraisal = APPRAISAL_STRICT;
    debug(w);
}

static const struct row {
    const char *name;
    change_fn *change;
    enum kind kinds;
    enum sr_reason reason;
} rows[] = {
    { "as it is", nothing, ALL, R_NONE },
    { "without the NUL", no_nul, ALL, R_NONE },
    { "padded with zeros", padded, ALL, R_NONE },
    { "no QE authentication data", no_qe_auth, ALL, R_NONE },
    { "version 6", version_6, ALL, R_QUOTE_FORMAT },
    { "version 2", version_2, ALL, R_QUOTE_FORMAT },
    { "attestation key type 3", p384_key, ALL, R_QUOTE_FORMAT },
    { "another vendor", other_vendor, ALL, R_QUOTE_FORMAT },
    { "another TEE type", other_tee, ALL, R_QUOTE_FORMAT },
    { "version 5 with another body type", body_type_1, TDX5, R_QUOTE_FORMAT },
    { "version 5 with a TD report 1.0", td_10, TDX5, R_NONE },
    { "version 5 with the body type of another size", body_type_of_10, TDX5, R_QUOTE_FORMAT },
    { "a body of another size", body_short, ALL, R_QUOTE_FORMAT },
    { "version 3 with the TEE type of TDX", sgx3_says_tdx, SGX3, R_QUOTE_FORMAT },
    { "certification data 1", cert_type_1, ALL, R_CERT_DATA },
    { "certification data 3", cert_type_3, ALL, R_CERT_DATA },
    { "certification data 4", cert_type_4, ALL, R_CERT_DATA },
    { "certification data 6 within 6", cert_type_6, ALL, R_QUOTE_FORMAT },
    { "certification data 7", cert_type_7, ALL, R_CERT_DATA },
    { "CA before leaf", swapped, ALL, R_CERT_DATA },
    { "four certificates", four_certs, ALL, R_CERT_DATA },
    { "two certificates", two_certs, ALL, R_CERT_DATA },
    { "other report data", other_report_data, ALL, R_REPORT_DATA },
    { "signed by another key than it holds", quote_by_other, ALL, R_QUOTE_SIGNATURE },
    { "QE report signed by another", qe_by_other, ALL, R_QE_REPORT_SIGNATURE },
    { "QE vouches for another key", bound_to_other, ALL, R_QE_BINDING },
    { "QE report data with a tail", report_tail, ALL, R_QE_BINDING },
    { "PCK signed by another", pck_by_other, ALL, R_CERT_SIGNATURE },
    { "CA signed by another", ca_by_other, ALL, R_CERT_SIGNATURE },
    { "the root's key in a certificate that it did not sign", root_by_other, ALL, R_CERT_SIGNATURE },
    { "key identifiers that agree", key_ids_agree, ALL, R_NONE },
    { "key identifiers that differ", key_ids_differ, ALL, R_COLLATERAL_MISSING },
    { "key identifiers that differ, forged", key_ids_differ_forged, ALL, R_COLLATERAL_MISSING },
    { "empty key identifiers, forged", key_ids_empty_forged, ALL, R_CERT_SIGNATURE },
    { "PCK expired", pck_expired, ALL, R_CERT_TIME },
    { "PCK not yet valid", pck_future, ALL, R_CERT_TIME },
    { "CA expired", ca_expired, ALL, R_CERT_TIME },
    { "root expired", root_expired, ALL, R_CERT_TIME },
    { "PCK is a CA", pck_is_ca, ALL, R_CERT_CA },
    { "PCK may not sign", pck_cannot_sign, ALL, R_CERT_PURPOSE },
    { "CA is none", ca_is_none, ALL, R_CERT_CA },
    { "PCK with an unknown critical extension", pck_critical, ALL, R_CERT_CRITICAL },
    { "a forged hierarchy of the right names", forged_root, ALL, R_CERT_ANCHOR },
    { "a TCB signer in place of the PCK", tcb_signer_as_pck, ALL, R_CERT_DATA },
    { "PCK revoked", pck_revoked, ALL, R_CERT_REVOKED },
    { "another PCK revoked", another_revoked, ALL, R_NONE },
    { "CA revoked", ca_revoked, ALL, R_CERT_REVOKED },
    { "TCB signer revoked", signer_revoked, ALL, R_CERT_REVOKED },
    { "PCK revoked by a list out of date", revoked_in_old_list, ALL, R_CERT_REVOKED },
    { "CA's list out of date", ca_list_stale, ALL, R_COLLATERAL_TIME },
    { "CA's list from tomorrow", ca_list_early, ALL, R_COLLATERAL_TIME },
    { "root's list out of date", root_list_stale, ALL, R_COLLATERAL_TIME },
    { "CA's list forged", ca_list_forged, ALL, R_CRL_SIGNATURE },
    { "CA's list signed by the root", ca_list_by_root, ALL, R_CRL_SIGNATURE },
    { "no list by the CA", no_ca_list, ALL, R_COLLATERAL_MISSING },
    { "no list by the root", no_root_list, ALL, R_COLLATERAL_MISSING },
    { "the other CA's list", processor_ca_list, ALL, R_COLLATERAL_MISSING },
    { "no signing certificate", no_signer, ALL, R_COLLATERAL_MISSING },
    { "no root in the collateral", no_root, ALL, R_COLLATERAL_MISSING },
    { "no CA in the collateral", no_ca, ALL, R_NONE },
    { "PCK by another CA than the one beside it", pck_by_another_ca, ALL, R_CERT_CHAIN },
    { "PCK without Intel's extension", pck_bare, ALL, R_PCK_EXTENSION },
    { "PCK without FMSPC", no_fmspc, ALL, R_PCK_EXTENSION },
    { "PCK without TCB", no_tcb, ALL, R_PCK_EXTENSION },
    { "PCK with two PCE-IDs", two_pceids, ALL, R_PCK_EXTENSION },
    { "CPUSVN is not the components", cpusvn_differs, ALL, R_PCK_EXTENSION },
    { "TCB info signed by another", tcb_by_other, ALL, R_COLLATERAL_SIGNATURE },
    { "TCB info signed by a PCK", tcb_by_pck, ALL, R_COLLATERAL_SIGNATURE },
    { "TCB info signed by a signer that is revoked", tcb_by_revoked_signer, ALL, R_CERT_REVOKED },
    { "TCB info out of date", tcb_stale, ALL, R_COLLATERAL_TIME },
    { "TCB info from tomorrow", tcb_early, ALL, R_COLLATERAL_TIME },
    { "TCB info version 2", tcb_version_2, ALL, R_COLLATERAL_FORMAT },
    { "TCB info of the other TEE", tcb_other_tee, TDX, R_COLLATERAL_MISSING },
    { "SGX with the TCB info of TDX", tcb_other_tee, SGX3, R_COLLATERAL_FORMAT },
    { "TCB info of another FMSPC", tcb_other_fmspc, ALL, R_COLLATERAL_MISSING },
    { "no TCB info", no_tcb_info, ALL, R_COLLATERAL_MISSING },
    { "15 components", components_15, ALL, R_COLLATERAL_FORMAT },
    { "17 components", components_17, ALL, R_COLLATERAL_FORMAT },
    { "a status that nobody knows", unknown_status, ALL, R_COLLATERAL_FORMAT },
    { "a status that is never written", written_relaunch, ALL, R_COLLATERAL_FORMAT },
    { "a member twice", twice, ALL, R_COLLATERAL_MISSING },
    { "a 31st of February", bad_date, ALL, R_COLLATERAL_FORMAT },
    { "a member that is new", more_members, ALL, R_NONE },
    { "worse level first", levels_swapped, ALL, R_COLLATERAL_FORMAT },
    { "QE identity signed by another", qe_by_other_signer, ALL, R_COLLATERAL_SIGNATURE },
    { "QE identity out of date", qe_stale, ALL, R_COLLATERAL_TIME },
    { "QE identity of the other TEE", qe_other_id, ALL, R_COLLATERAL_MISSING },
    { "identity of the QVE", qe_qve, ALL, R_COLLATERAL_FORMAT },
    { "no QE identity", no_qe, ALL, R_COLLATERAL_MISSING },
    { "QE of another signer", qe_signer, ALL, R_QE_IDENTITY },
    { "QE of another product", qe_product, ALL, R_QE_IDENTITY },
    { "QE with debug", qe_debug, ALL, R_QE_IDENTITY },
    { "QE with another MISCSELECT", qe_misc, ALL, R_QE_IDENTITY },
    { "QE without MODE64BIT, which is masked", qe_mode64_off, ALL, R_NONE },
    { "QE below every level", qe_below, ALL, R_TCB_UNSUPPORTED },
    { "QE above", qe_above, ALL, R_NONE },
    { "QE out of date", qe_out_of_date, ALL, R_TCB_STATUS },
    { "QE revoked", qe_is_revoked, ALL, R_TCB_REVOKED },
    { "module out of date", module_out_of_date, TDX4, R_TCB_STATUS },
    { "module revoked", module_is_revoked, TDX, R_TCB_REVOKED },
    { "module below every level", module_below, TDX, R_TCB_UNSUPPORTED },
    { "module of an unknown version", module_unknown, TDX, R_TDX_MODULE },
    { "module of another signer", module_signer, TDX, R_TDX_MODULE },
    { "module with attributes", module_attributes, TDX, R_TDX_MODULE },
    { "module with attributes that the document does not look at", module_attributes_unmasked, TDX,
      R_TDX_MODULE },
    { "platform one SVN below every level", platform_below, ALL, R_TCB_UNSUPPORTED },
    { "platform at the second level", platform_at_second, ALL, R_TCB_STATUS },
    { "platform above", platform_above, ALL, R_NONE },
    { "PCE below every level", pcesvn_below, ALL, R_TCB_UNSUPPORTED },
    { "PCE at the second level", platform_second_pce, ALL, R_TCB_STATUS },
    { "late microcode below", microcode_below, TDX, R_TCB_UNSUPPORTED },
    { "the module's components left to its identity", module_components_skipped, TDX, R_NONE },
    { "platform revoked", platform_revoked, ALL, R_TCB_REVOKED },
    { "SWHardeningNeeded", hardening, ALL, R_NONE },
    { "ConfigurationNeeded", configuration, ALL, R_TCB_STATUS },
    { "relaunch advised", relaunch, TDX5, R_TCB_STATUS },
    { "debug", debug, ALL, R_DEBUG },
    { "the last debug bit", debug_bit_7, TDX, R_DEBUG },
    { "migratable", migratable, TDX, R_MIGRATABLE },
    { "SEPT_VE_DISABLE off", sept_ve, TDX, R_SEPT_VE },
    { "a service TD", service_td, TDX5, R_SERVICE_TD },
    { "an event log", measured, TDX, R_NONE },
    { "an event log of another", log_of_another, TDX, R_EVENT_LOG },
    { "an event log cut short", log_cut, TDX, R_EVENT_LOG },
    { "an event log too long", log_long, TDX, R_EVENT_LOG },
    { "an event log without its head", log_without_head, TDX, R_EVENT_LOG },
    { "strict", strict, ALL, R_NONE },
    { "strict: SWHardeningNeeded", strict_hardening, ALL, R_TCB_STATUS },
    { "strict: debug", strict_debug, ALL, R_DEBUG },
};

static bool claim_is(const struct claims *c, const char *name, const char *text)
{
    const struct claim *one = claims_find(c, span_of(name));
    return one && one->kind == CLAIM_TEXT && strcmp(one->text, text) == 0;
}

/* -1: there is none. */
static int claim_truth(const struct claims *c, const char *name)
{
    const struct claim *one = claims_find(c, span_of(name));
    return one && one->kind == CLAIM_BOOL ? (int)one->num : -1;
}

static void one(const struct row *r, const struct world_kind *k)
{
    SR_OWN(world) w = world_make(k->version, k->tdx);
    struct claims c;
    char name[160];
    r->change(&w);
    world_build(&w);
    enum sr_reason got = world_judge(&w, W_NOW, &c);
    snprintf(name, sizeof name, "version %d: %s: %s, not %s", k->version, r->name, sr_reason_text(got),
             sr_reason_text(r->reason));
    T_ROW(got == r->reason, name);
    static struct claims known; /* the set has the PCK certificate too: nothing may come out otherwise */
    w.omit[F_PCK] = false;
    T_ROW(world_judge(&w, W_NOW, &known) == got, name);
    T_ROW(got != R_NONE || (c.n == known.n && memcmp(c.c, known.c, c.n * sizeof *c.c) == 0), name);
    if (r->change == measured)
        T(claim_truth(&c, "event_log") == 1 && claim_truth(&c, "secure_boot") == 1);
    if (r->change == nothing && k->tdx)
        T(claim_truth(&c, "event_log") == 0 && claim_truth(&c, "secure_boot") == -1);
    if (r->change == relaunch)
        T(claim_is(&c, "tcb.status", "TDRelaunchAdvised"));
    if (r->change == hardening)
        T(claim_is(&c, "tcb.advisories", "INTEL-SA-00615") &&
          claim_is(&c, "tcb.status", "SWHardeningNeeded"));
    if (r->change == platform_at_second)
        T(claim_is(&c, "tcb.status", "OutOfDate"));
}

/* ---- bytes ---- */

static void shorter_and_longer(const struct world_kind *k)
{
    SR_OWN(world) w = world_make(k->version, k->tdx);
    struct claims c;
    struct dcap_quote q;
    world_build(&w);
    for (size_t n = 0; n < w.evidence.n; n++)
        T(dcap_quote_read((struct span){ w.evidence.p, n }, &q, NULL) == SR_EFORMAT);
    for (int i = 0; i < 64; i++)
        wr_u8(&w.evidence, 0);
    T(world_judge(&w, W_NOW, &c) == R_NONE); /* generators pad with zeros */
    for (size_t n = 1; n <= 64; n++) {
        w.evidence.p[w.evidence.n - n] = 1;
        T(world_judge(&w, W_NOW, &c) == R_QUOTE_FORMAT);
        w.evidence.p[w.evidence.n - n] = 0;
    }
}

/* Every bit takes minutes under a sanitizer: the quick run takes each fifth. */
static size_t bit_step(void)
{
    return getenv("SEALRING_ALL_BITS") ? 1 : 5;
}

/* pck_known: the set has the certificate of the PCK. */
static void every_bit(const struct world_kind *k, bool pck_known)
{
    SR_OWN(world) w = world_make(k->version, k->tdx);
    w.omit[F_PCK] = !pck_known;
    struct sha256 root = made_pin(w_key(0));
    struct verify_in in = { .now = W_NOW, .roots = { &root, 1 } };
    struct claims c = { 0 };
    size_t accepted = 0;
    world_build(&w);
    struct collateral *set = world_collateral(&w, &in.roots);
    const struct verifier *v = verifier_find(k->tdx ? SPAN_STR("tdx") : SPAN_STR("sgx"));
    in.collateral = set;
    in.evidence = buf_span(&w.evidence);
    memset(in.rd.b, 0xda, sizeof in.rd.b);
    T(v->verify(&in, &c, NULL) == SR_OK);
    for (size_t bit = 0; bit < w.evidence.n * 8; bit += bit_step()) {
        w.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        (void)v->report_data(in.evidence, &in.rd, NULL); /* whatever it says: the other checks must see it */
        c.n = 0;
        if (v->verify(&in, &c, NULL) == SR_OK) {
            printf("version %d: bit %zu of byte %zu\n", k->version, bit % 8, bit / 8);
            accepted++;
        }
        w.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(in.rd.b, 0xda, sizeof in.rd.b);
    }
    T(accepted == 0);
    collateral_free(set);
}

/* Every bit of every file: with it the evidence is refused, or the file is one that could be missing. */
static void every_bit_of_collateral(enum dcap_file f, size_t step)
{
    SR_OWN(world) w = world_make(4, true);
    struct claims c;
    size_t accepted = 0;
    world_build(&w);
    for (size_t bit = f; bit < w.file[f].n * 8; bit += step) {
        w.file[f].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (world_judge(&w, W_NOW, &c) == R_NONE)
            accepted++;
        w.file[f].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    T_ROW(accepted == 0 || f == F_CA, f == F_TCB ? "TCB info" : f == F_QE ? "QE identity" : "file");
}

static void edges_of_time(void)
{
    SR_OWN(world) w = world_make(4, true);
    struct claims c;
    world_build(&w);
    T(world_judge(&w, W_NOW - W_DAY, &c) == R_NONE);
    T(world_judge(&w, W_NOW - W_DAY - 1, &c) == R_COLLATERAL_TIME);
    T(world_judge(&w, W_NOW + W_DAY, &c) == R_NONE);
    T(world_judge(&w, W_NOW + W_DAY + 1, &c) == R_COLLATERAL_TIME);
}

/* The document with the higher number counts as long as both are good. */
static void newest_document_counts(void)
{
    SR_OWN(world) w = world_make(4, true);
    struct world newer = world_make(4, true);
    struct sha256 root = made_pin(w_key(0));
    const struct pins roots = { &root, 1 };
    struct collateral *set = NULL;
    const struct tcb_info *info = NULL;
    newer.tcb.eval = 21;
    world_build(&w);
    w_tcb_info(&newer, &newer.file[F_TCB]);
    for (int first = 0; first < 2; first++) {
        const struct span files[] = { buf_span(&w.file[F_ROOT]), buf_span(&w.file[F_SIGNER]),
                                      buf_span(first ? &newer.file[F_TCB] : &w.file[F_TCB]),
                                      buf_span(first ? &w.file[F_TCB] : &newer.file[F_TCB]) };
        T(collateral_make(files, 4, &roots, &set, NULL) == SR_OK);
        T(collateral_tcb(set, INTEL_TDX, w.fmspc, w.pceid, &roots, W_NOW, &info, NULL) == SR_OK);
        T(info && info->eval == 21);
        collateral_free(set);
    }
    world_drop(&newer);
}

/* Roots are a matter of the one who asks, also when the set was made for more. */
static void roots_of_the_asker(void)
{
    SR_OWN(world) w = world_make(4, true);
    struct sha256 root = made_pin(w_key(0)), other = made_pin(w_key(5));
    const struct pins roots = { &root, 1 };
    struct sr_why why = { 0 };
    struct claims c = { 0 };
    struct check_trail trail = { 0 };
    world_build(&w);
    struct collateral *set = world_collateral(&w, &roots);
    struct verify_in in = { .evidence = buf_span(&w.evidence),
                            .now = W_NOW,
                            .roots = { &other, 1 },
                            .collateral = set,
                            .trail = &trail };
    memset(in.rd.b, 0xda, sizeof in.rd.b);
    T(evidence_verify(SPAN_STR("tdx"), &in, &c, &why) == SR_EPROOF && why.reason == R_CERT_ANCHOR);
    reached("tdx", &trail, &why);
    in.roots = (struct pins){ 0 };
    T(evidence_verify(SPAN_STR("tdx"), &in, &c, &why) == SR_EPROOF && why.reason == R_CERT_ANCHOR);
    in.roots = roots;
    in.collateral = NULL;
    T(evidence_verify(SPAN_STR("tdx"), &in, &c, &why) == SR_EPROOF && why.reason == R_COLLATERAL_MISSING);
    in.collateral = set;
    trail.n = 0;
    T(evidence_verify(SPAN_STR("sgx"), &in, &c, &why) == SR_EFORMAT && why.reason == R_QUOTE_FORMAT);
    reached("sgx", &trail, &why);
    T(evidence_verify(SPAN_STR("tdx"), &in, &c, &why) == SR_OK);
    collateral_free(set);
}

/* Each of the 64 TDATTRIBUTES alone: any of the eight debug bits and MIGRATABLE refuse, SEPT_VE_DISABLE must
 * be set, others are for policies to compare. */
static void every_attribute(void)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        SR_OWN(world) w = world_make(4, true);
        struct claims c;
        char name[32];
        w.body[120 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        world_build(&w);
        enum sr_reason want = bit < 8 ? R_DEBUG : bit == 28 ? R_SEPT_VE : bit == 29 ? R_MIGRATABLE : R_NONE;
        snprintf(name, sizeof name, "attribute %u", bit);
        T_ROW(world_judge(&w, W_NOW, &c) == want, name);
    }
}

/* Something behind a document, or a document that looks like another one inside. */
static void documents_with_more(void)
{
    static const char *const tails[] = { "{}", "x", "null", "\n{\"tcbInfo\":{}}", "," };
    for (size_t i = 0; i < 2 * sizeof tails / sizeof *tails; i++) {
        SR_OWN(world) w = world_make(4, true);
        struct claims c;
        const char *tail = tails[i / 2];
        world_build(&w);
        wr_text(&w.file[i % 2 ? F_TCB : F_QE], tail);
        enum sr_reason got = world_judge(&w, W_NOW, &c);
        T_ROW(got == R_COLLATERAL_MISSING, tail);
    }
}

/* A set takes no more than it says, and what is over says so: n copies of one file are one certificate, but
 * as many lists and documents. */
static void limits_of_a_set(void)
{
    static struct span files[COLLATERAL_FILES_MAX + 1];
    static struct buf certs[COLLATERAL_CERTS_MAX + 1];
    SR_OWN(world) w = world_make(4, true);
    struct sha256 root = made_pin(w_key(0));
    const struct pins roots = { &root, 1 };
    world_build(&w);
    for (size_t i = 0; i <= COLLATERAL_CERTS_MAX; i++) {
        w.signer_cert.serial = (long)i;
        make_cert(&w.signer_cert, &certs[i]);
    }
    const struct limit_row {
        enum dcap_file file; /* F_SIGNER: all different */
        size_t most;
    } limits[] = { { F_SIGNER, COLLATERAL_CERTS_MAX },
                   { F_CA_CRL, COLLATERAL_CRLS_MAX },
                   { F_TCB, COLLATERAL_TCB_MAX },
                   { F_QE, COLLATERAL_QE_MAX },
                   { F_COUNT, COLLATERAL_FILES_MAX } };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        for (size_t over = 0; over < 2; over++) {
            struct sr_why why = { 0 };
            struct collateral *set = NULL;
            size_t n = limits[i].most + over;
            for (size_t k = 0; k < n; k++)
                files[k] = limits[i].file == F_SIGNER  ? buf_span(&certs[k])
                           : limits[i].file == F_COUNT ? SPAN_STR("none of it")
                                                       : buf_span(&w.file[limits[i].file]);
            enum sr_err e = collateral_make(files, n, &roots, &set, &why);
            T(e == (over ? SR_ETOOBIG : SR_OK) && (!over || why.reason == R_TOO_LARGE));
            if (over)
                reached_text("collateral", &why);
            collateral_free(set);
        }
    for (size_t i = 0; i <= COLLATERAL_CERTS_MAX; i++)
        buf_drop(&certs[i]);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            if (rows[i].kinds & kinds[k].bit)
                one(&rows[i], &kinds[k]);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        shorter_and_longer(&kinds[k]);
        if (getenv("SEALRING_ALL_BITS") ||
            kinds[k].bit & (TDX | SGX3)) /* the others differ in their headers alone */
            every_bit(&kinds[k], kinds[k].bit == TDX5);
    }
    for (int f = 0; f < F_COUNT; f++)
        if (f != F_OTHER_CA && f != F_PCK)
            every_bit_of_collateral((enum dcap_file)f, getenv("SEALRING_ALL_BITS") ? 7 : 211);
    edges_of_time();
    newest_document_counts();
    roots_of_the_asker();
    every_attribute();
    documents_with_more();
    limits_of_a_set();
    return t_end();
}
