/* Which TPM an EK certificate is of: TCG EK Credential Profile 2.5, 3.2.9. */
#include "crypto/cert.h"
#include "crypto/errmark.h"

#include <openssl/x509v3.h>
#include <string.h>

SR_DEFINE_OWN_PTR(GENERAL_NAMES, GENERAL_NAMES_free)
SR_DEFINE_OWN_PTR(ASN1_OBJECT, ASN1_OBJECT_free)

static const struct attribute_row {
    const char *oid;
    size_t at, size; /* of the member of struct ek_names */
} attributes[] = {
    { "2.23.133.2.1", offsetof(struct ek_names, manufacturer), sizeof((struct ek_names *)0)->manufacturer },
    { "2.23.133.2.2", offsetof(struct ek_names, model), sizeof((struct ek_names *)0)->model },
    { "2.23.133.2.3", offsetof(struct ek_names, version), sizeof((struct ek_names *)0)->version },
};

/* The one directoryName of the extension; NULL: none or several. */
static const X509_NAME *directory_name(const GENERAL_NAMES *all)
{
    const X509_NAME *found = NULL;
    for (int i = 0; all && i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
        if (g->type != GEN_DIRNAME)
            continue;
        if (found)
            return NULL;
        found = g->d.directoryName;
    }
    return found;
}

static bool is_printable(const unsigned char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return n > 0;
}

static bool attribute(const X509_NAME *name, const struct attribute_row *row, struct ek_names *ret)
{
    SR_OWN_PTR(ASN1_OBJECT) oid = OBJ_txt2obj(row->oid, 1);
    int at = oid ? X509_NAME_get_index_by_OBJ(name, oid, -1) : -1;
    if (at < 0 || X509_NAME_get_index_by_OBJ(name, oid, at) >= 0)
        return false;
    unsigned char *text = NULL;
    int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    bool good = n > 0 && (size_t)n < row->size && is_printable(text, (size_t)n);
    if (good)
        memcpy((char *)ret + row->at, text, (size_t)n);
    OPENSSL_free(text);
    return good;
}

/* "id:" and the vendor's four bytes in hex. */
static bool is_manufacturer(const char *text)
{
    return strlen(text) == 11 && strncmp(text, "id:", 3) == 0 &&
           strspn(text + 3, "0123456789ABCDEFabcdef") == 8;
}

enum sr_err cert_ek_names(const struct cert *c, struct ek_names *ret, struct sr_why *why)
{
    KEEP_ERROR_QUEUE;
    SR_OWN_PTR(GENERAL_NAMES)
    all = c->x509 ? X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL) : NULL;
    const X509_NAME *name = directory_name(all);
    struct ek_names names = { 0 };
    if (!name)
        return sr_fail(why, SR_EFORMAT, R_CERT_NAMES, "EK certificate: no one directoryName");
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (!attribute(name, &attributes[i], &names))
            return sr_fail(why, SR_EFORMAT, R_CERT_NAMES, "EK certificate: attribute %s", attributes[i].oid);
    if (!is_manufacturer(names.manufacturer))
        return sr_fail(why, SR_EFORMAT, R_CERT_NAMES, "EK certificate: manufacturer");
    *ret = names;
    return SR_OK;
}
