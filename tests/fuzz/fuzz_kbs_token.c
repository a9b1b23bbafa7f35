/* Tokens of a third party: as they come from anybody, and what its issuer may have signed. The first byte
 * says which; a payload is signed with the pinned key, so that what is behind the signature is read as well.
 */
#include "crypto/text.h"
#include "proto/kbs_token.h"

#include <openssl/x509.h>
#include <stdlib.h>

enum { NOW = 1800000000 };
#define EAR   "/submods/cpu0/ear.veraison.annotated-evidence"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void must(bool good)
{
    if (!good)
        abort();
}

static struct policy *make_policy(const struct jws_key *key)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    struct policy *p = NULL;
    uint8_t *der = NULL;
    int n = i2d_PUBKEY(key->pkey, &der);
    must(n > 0);
    wr_text(&text,
            "{\"version\":1,\"number\":1,\"previous\":\"" ZEROS "\",\"min_epoch\":1,\"channel_binding\":"
            "\"optional\",\"join\":[],\"release\":[],\"tenants\":[],\"token_issuers\":[{\"name\":\"as\","
            "\"iss\":\"as\",\"evidence\":\"snp\",\"evidence_at\":\"" EAR "/snp\",\"tee_key\":\"" EAR
            "/runtime_data_claims/tee-pubkey\",\"max_age\":300,\"claims\":[{\"at\":\"" EAR
            "/snp/measurement\",\"claim\":\"measurement\"},{\"at\":\"" EAR
            "/snp/ids\",\"claim\":\"ids\"}],\"keys\":[{\"alg\":\"ES256\",\"spki\":\"");
    wr_hex(&text, (struct span){ der, (size_t)n });
    wr_text(&text, "\"}]}]}");
    OPENSSL_free(der);
    must(json_canonical(buf_span(&text), &document, NULL) == SR_OK &&
         policy_parse(buf_span(&document), &p, NULL) == SR_OK);
    return p;
}

/* What is taken is of the issuer's own type, in time, and has a key. */
static void try_token(const struct policy *p, struct span token)
{
    static struct kbs_token t;
    if (kbs_token_read(token, p, NOW, &t, NULL) != SR_OK)
        return;
    const struct claim *type = claims_find(&t.claims, SPAN_STR("type"));
    must(type && span_eq(span_of(type->text), SPAN_STR("token.as")));
    must(t.expires >= NOW && t.expires <= NOW + KBS_TOKEN_SKEW + 300 && t.key.kind != JWK_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t scalar[32] = { 1, 2, 3 };
    static struct jws_key key;
    static struct policy *policy;
    SR_OWN(buf) token = { 0 };
    if (!policy) {
        must(secret_init() == SR_OK && jws_key_make(SPAN(scalar), &key) == SR_OK);
        policy = make_policy(&key);
    }
    struct span rest = { data + 1, size ? size - 1 : 0 };
    if (size == 0)
        return 0;
    if (data[0] == 'T')
        try_token(policy, rest);
    else if (jws_sign_es256(&key, "k", rest, &token) == SR_OK)
        try_token(policy, buf_span(&token));
    return 0;
}
