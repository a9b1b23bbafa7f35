/* Tokens of third parties: what counts, what never does, and every other bit of one that is good. */
#include "proto/kbs_token.h"
#include "proto/policy_explain.h"
#include "tests/token_maker.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES  "1111111111111111111111111111111111111111111111111111111111111111"

enum { NOW = 1800000000 };
#define TIMES "\"exp\":1800000200,\"iat\":1799999990,"
#define SAYS  "\"measurement\":\"abcd\",\"debug\":false,\"svn\":7,\"advisory_ids\":[\"A-1\",\"A-2\"]"

static struct token_says good(void)
{
    return (struct token_says){ TOKEN_ISS, TIMES, "", "snp", SAYS, JWK_EC };
}

static enum sr_err parse_joining(const char *join, const char *issuers, const char *type, struct policy **ret,
                                 struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    wr_fmt(&text,
           "{\"version\":1,\"number\":1,\"previous\":\"" ZEROS "\",\"min_epoch\":1,\"channel_binding\":"
           "\"optional\",\"join\":[%s],\"release\":[{\"name\":\"r\",\"type\":\"%s\",\"tenant\":\"acme\","
           "\"keys\":"
           "[\"key/*\"],\"usages\":[\"secret\"],\"where\":[{\"claim\":\"measurement\",\"op\":\"eq\","
           "\"value\":\"abcd\"}]}],\"tenants\":[{\"name\":\"acme\",\"admins\":[\"" ONES "\"],"
           "\"max_secrets\":1,\"max_bytes\":1}]%s%s%s}",
           join, type, issuers ? ",\"token_issuers\":[" : "", issuers ? issuers : "", issuers ? "]" : "");
    SR_TRY(json_canonical(buf_span(&text), &document, why));
    return policy_parse(buf_span(&document), ret, why);
}

static enum sr_err parse(const char *issuers, const char *type, struct policy **ret, struct sr_why *why)
{
    return parse_joining("", issuers, type, ret, why);
}

/* One issuer "as" about SNP, with one key. */
static struct policy *one_issuer(const char *more, enum token_key k, const char *alg, const char *kid)
{
    SR_OWN(buf) key = { 0 };
    SR_OWN(buf) row = { 0 };
    struct policy *p = NULL;
    struct sr_why why = { 0 };
    token_key_row(k, alg, kid, &key);
    wr_u8(&key, 0);
    token_issuer_row(&(struct token_issuer){ "as", TOKEN_ISS, "snp", (const char *)key.p, more }, &row);
    wr_u8(&row, 0);
    T_ROW(parse((const char *)row.p, "token.as", &p, &why) == SR_OK, why.text);
    return p;
}

static struct kbs_token *room(void)
{
    static struct kbs_token t;
    return &t;
}

static enum sr_reason reading(const struct policy *p, struct span token)
{
    struct sr_why why = { 0 };
    enum sr_err e = kbs_token_read(token, p, NOW, room(), &why);
    return e == SR_OK ? R_NONE : why.reason;
}

static void signed_token(const struct token_says *s, enum token_key k, const char *alg, const char *header,
                         struct buf *ret)
{
    SR_OWN(buf) payload = { 0 };
    token_payload(s, &payload);
    token_make(k, alg, header, buf_span(&payload), ret);
}

static bool claim_is(const char *name, const char *text)
{
    const struct claim *c = claims_find(&room()->claims, span_of(name));
    return c && c->kind == CLAIM_TEXT && strcmp(c->text, text) == 0;
}

static void test_taken(void)
{
    static const struct {
        enum token_key key;
        const char *alg;
    } algs[] = { { TK_P256, "ES256" }, { TK_P384, "ES384" }, { TK_RSA, "RS256" },
                 { TK_RSA, "RS384" },  { TK_RSA, "PS256" },  { TK_RSA, "PS384" } };
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        SR_OWN(policy_hold) p = { one_issuer("", algs[i].key, algs[i].alg, NULL) };
        SR_OWN(buf) token = { 0 };
        char header[64];
        struct token_says s = good();
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"any\"}", algs[i].alg);
        signed_token(&s, algs[i].key, algs[i].alg, header, &token);
        T_ROW(reading(p.p, buf_span(&token)) == R_NONE, algs[i].alg);
        T(claim_is("type", "token.as") && claim_is("evidence", "snp") && claim_is("measurement", "abcd") &&
          claim_is("advisories", "A-1,A-2"));
        const struct claim *debug = claims_find(&room()->claims, SPAN_STR("debug")),
                           *svn = claims_find(&room()->claims, SPAN_STR("svn"));
        T(debug && debug->kind == CLAIM_BOOL && debug->num == 0 && svn && svn->kind == CLAIM_UINT &&
          svn->num == 7 && room()->claims.n == 6);
        T(room()->key.kind == JWK_P256 && room()->made == 1799999990 && room()->expires == 1800000200);
    }
}

/* What stands in the policy for one token, and the same for all that is not quite it. */
static const struct row {
    const char *label;
    const char *header; /* NULL: {"alg":"ES256"} */
    const char *alg;    /* NULL: ES256 */
    enum token_key key;
    struct token_says says; /* NULL members: as good() */
    enum sr_reason want;
} rows[] = {
    { "as it is", NULL, NULL, TK_P256, { 0 }, R_NONE },
    { "a key that signs for itself, in its header",
      "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}}",
      NULL,
      TK_OTHER_P256,
      { 0 },
      R_TOKEN },
    { "a certificate, a link",
      "{\"alg\":\"ES256\",\"x5c\":[\"AA==\"],\"jku\":\"https://evil\",\"x5u\":\"x\"}",
      NULL,
      TK_OTHER_P256,
      { 0 },
      R_TOKEN },
    { "the same on a good one: nobody looks",
      "{\"alg\":\"ES256\",\"jku\":\"https://evil\",\"jwk\":{\"kty\":\"EC\"}}",
      NULL,
      TK_P256,
      { 0 },
      R_NONE },
    { "none", "{\"alg\":\"none\"}", "none", TK_P256, { 0 }, R_TOKEN },
    { "HS256 under the public key", "{\"alg\":\"HS256\"}", "HS256", TK_P256, { 0 }, R_TOKEN },
    { "another algorithm, its own key", "{\"alg\":\"RS256\"}", "RS256", TK_RSA, { 0 }, R_TOKEN },
    { "ES384 said, ES256 done", "{\"alg\":\"ES384\"}", NULL, TK_P256, { 0 }, R_TOKEN },
    { "EdDSA", "{\"alg\":\"EdDSA\"}", NULL, TK_P256, { 0 }, R_TOKEN },
    { "crit", "{\"alg\":\"ES256\",\"crit\":[\"b64\"]}", NULL, TK_P256, { 0 }, R_TOKEN },
    { "right issuer, other key", NULL, NULL, TK_OTHER_P256, { 0 }, R_TOKEN },
    { "an issuer that nobody named", NULL, NULL, TK_P256, { .iss = "https://as.example.org/" }, R_TOKEN },
    { "over", NULL, NULL, TK_P256, { .times = "\"exp\":1799999999,\"iat\":1799999990," }, R_TOKEN_EXPIRED },
    { "at its last second",
      NULL,
      NULL,
      TK_P256,
      { .times = "\"exp\":1800000000,\"iat\":1799999990," },
      R_NONE },
    { "too old, whatever it says",
      NULL,
      NULL,
      TK_P256,
      { .times = "\"exp\":1900000000,\"iat\":1799999699," },
      R_TOKEN_EXPIRED },
    { "as old as may be",
      NULL,
      NULL,
      TK_P256,
      { .times = "\"exp\":1900000000,\"iat\":1799999700," },
      R_NONE },
    { "no exp", NULL, NULL, TK_P256, { .times = "\"iat\":1799999990," }, R_TOKEN },
    { "no iat", NULL, NULL, TK_P256, { .times = "\"exp\":1800000200," }, R_TOKEN },
    { "exp is a text",
      NULL,
      NULL,
      TK_P256,
      { .times = "\"exp\":\"1800000200\",\"iat\":1799999990," },
      R_TOKEN },
    { "made later", NULL, NULL, TK_P256, { .times = "\"exp\":1800000200,\"iat\":1800000061," }, R_TOKEN },
    { "clocks differ", NULL, NULL, TK_P256, { .times = "\"exp\":1800000200,\"iat\":1800000060," }, R_NONE },
    { "not before",
      NULL,
      NULL,
      TK_P256,
      { .times = "\"exp\":1800000200,\"iat\":1799999990,\"nbf\":1800000061," },
      R_TOKEN },
    { "nbf is null",
      NULL,
      NULL,
      TK_P256,
      { .times = "\"exp\":1800000200,\"iat\":1799999990,\"nbf\":null," },
      R_TOKEN },
    { "exp twice", NULL, NULL, TK_P256, { .times = TIMES "\"exp\":1900000000," }, R_TOKEN },
    { "for somebody", NULL, NULL, TK_P256, { .more = "\"aud\":\"https://other\"," }, R_TOKEN },
    { "about another type", NULL, NULL, TK_P256, { .evidence = "tdx" }, R_TOKEN },
    { "no guest's key", NULL, NULL, TK_P256, { .key = "null" }, R_TOKEN },
    { "a key that is none", NULL, NULL, TK_P256, { .key = "{\"kty\":\"EC\"}" }, R_TOKEN },
    { "the padding of 0.1", NULL, NULL, TK_P256, { .key = JWK_OLD }, R_TOKEN },
    { "RSA", NULL, NULL, TK_P256, { .key = JWK_OAEP }, R_NONE },
    { "a value that no claim can be",
      NULL,
      NULL,
      TK_P256,
      { .claims = "\"measurement\":{\"a\":1}" },
      R_TOKEN },
    { "a negative number", NULL, NULL, TK_P256, { .claims = "\"svn\":-1" }, R_TOKEN },
    { "half a number", NULL, NULL, TK_P256, { .claims = "\"svn\":1.5" }, R_TOKEN },
    { "escapes", NULL, NULL, TK_P256, { .claims = "\"measurement\":\"\\u0061\"" }, R_TOKEN },
    { "a set with a comma in an element",
      NULL,
      NULL,
      TK_P256,
      { .claims = "\"advisory_ids\":[\"a,b\"]" },
      R_TOKEN },
    { "a set of numbers", NULL, NULL, TK_P256, { .claims = "\"advisory_ids\":[1]" }, R_TOKEN },
    { "an empty set", NULL, NULL, TK_P256, { .claims = "\"advisory_ids\":[]" }, R_NONE },
    { "nothing of what is taken", NULL, NULL, TK_P256, { .claims = "\"other\":null" }, R_NONE },
};

#define OR(value, else_) ((value) ? (value) : (else_))

static void test_rows(void)
{
    SR_OWN(policy_hold) p = { one_issuer("", TK_P256, "ES256", NULL) };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        SR_OWN(buf) token = { 0 };
        struct token_says g = good(), s = { OR(r->says.iss, g.iss),       OR(r->says.times, g.times),
                                            OR(r->says.more, g.more),     OR(r->says.evidence, g.evidence),
                                            OR(r->says.claims, g.claims), OR(r->says.key, g.key) };
        signed_token(&s, r->key, OR(r->alg, "ES256"), OR(r->header, "{\"alg\":\"ES256\"}"), &token);
        T_ROW(reading(p.p, buf_span(&token)) == r->want, r->label);
    }
}

/* kid picks among the pinned keys; a key pinned for one algorithm is none of another. */
static void test_kid(void)
{
    SR_OWN(policy_hold) p = { one_issuer("", TK_P256, "ES256", "k1") };
    SR_OWN(policy_hold) ps = { one_issuer("", TK_RSA, "PS256", NULL) };
    SR_OWN(buf) right = { 0 };
    SR_OWN(buf) wrong = { 0 };
    SR_OWN(buf) without = { 0 };
    SR_OWN(buf) rs = { 0 };
    struct token_says s = good();
    signed_token(&s, TK_P256, "ES256", "{\"alg\":\"ES256\",\"kid\":\"k1\"}", &right);
    signed_token(&s, TK_P256, "ES256", "{\"alg\":\"ES256\",\"kid\":\"k2\"}", &wrong);
    signed_token(&s, TK_P256, "ES256", "{\"alg\":\"ES256\"}", &without);
    signed_token(&s, TK_RSA, "RS256", "{\"alg\":\"RS256\"}", &rs);
    T(reading(p.p, buf_span(&right)) == R_NONE);
    T(reading(p.p, buf_span(&wrong)) == R_TOKEN && reading(p.p, buf_span(&without)) == R_TOKEN);
    T(reading(ps.p, buf_span(&rs)) == R_TOKEN);
}

static void test_audience(void)
{
    static const struct {
        const char *aud;
        enum sr_reason want;
    } auds[] = { { "\"aud\":\"sealring\",", R_NONE },
                 { "\"aud\":[\"x\",\"sealring\"],", R_NONE },
                 { "\"aud\":[],", R_TOKEN },
                 { "", R_TOKEN },
                 { "\"aud\":null,", R_TOKEN },
                 { "\"aud\":\"sealring2\",", R_TOKEN },
                 { "\"aud\":{\"sealring\":1},", R_TOKEN } };
    SR_OWN(policy_hold) p = { one_issuer("\"aud\":\"sealring\",", TK_P256, "ES256", NULL) };
    for (size_t i = 0; i < sizeof auds / sizeof *auds; i++) {
        SR_OWN(buf) token = { 0 };
        struct token_says s = good();
        s.more = auds[i].aud;
        signed_token(&s, TK_P256, "ES256", "{\"alg\":\"ES256\"}", &token);
        T_ROW(reading(p.p, buf_span(&token)) == auds[i].want, auds[i].aud);
    }
}

/* Two rows of one issuer, by what a token is about; a token that both could mean is of neither. */
static void test_two(void)
{
    SR_OWN(buf) key = { 0 };
    SR_OWN(buf) both = { 0 };
    SR_OWN(buf) snp = { 0 };
    SR_OWN(buf) tdx = { 0 };
    SR_OWN(buf) two = { 0 };
    SR_OWN(policy_hold) p = { 0 };
    struct token_says s = good();
    token_key_row(TK_P256, "ES256", NULL, &key);
    wr_u8(&key, 0);
    token_issuer_row(&(struct token_issuer){ "as", TOKEN_ISS, "snp", (const char *)key.p, "" }, &both);
    wr_u8(&both, ',');
    token_issuer_row(&(struct token_issuer){ "as-tdx", TOKEN_ISS, "tdx", (const char *)key.p, "" }, &both);
    wr_u8(&both, 0);
    T(parse((const char *)both.p, "token.as", &p.p, NULL) == SR_OK);
    signed_token(&s, TK_P256, "ES256", "{\"alg\":\"ES256\"}", &snp);
    s.evidence = "tdx";
    signed_token(&s, TK_P256, "ES256", "{\"alg\":\"ES256\"}", &tdx);
    s.evidence = "snp\":{},\"tdx";
    signed_token(&s, TK_P256, "ES256", "{\"alg\":\"ES256\"}", &two);
    T(reading(p.p, buf_span(&snp)) == R_NONE && claim_is("type", "token.as"));
    T(reading(p.p, buf_span(&tdx)) == R_NONE && claim_is("type", "token.as-tdx"));
    T(reading(p.p, buf_span(&two)) == R_TOKEN);
}

/* No shorter text and no other bit of a good token is another good one. */
static void test_changed(enum token_key k, const char *alg)
{
    SR_OWN(policy_hold) p = { one_issuer("", k, alg, NULL) };
    SR_OWN(buf) token = { 0 };
    char header[64];
    size_t taken = 0;
    struct token_says s = good();
    snprintf(header, sizeof header, "{\"alg\":\"%s\"}", alg);
    signed_token(&s, k, alg, header, &token);
    T_ROW(reading(p.p, buf_span(&token)) == R_NONE, alg);
    for (size_t cut = 0; cut < token.n; cut++)
        taken += reading(p.p, (struct span){ token.p, cut }) == R_NONE;
    for (size_t bit = 0; bit < token.n * 8; bit++) {
        token.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += reading(p.p, buf_span(&token)) == R_NONE;
        token.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T_ROW(taken == 0, alg);
}

/* Without issuers nobody's word counts; and no rule for what is verified here matches a word about it. */
static void test_policy(void)
{
    SR_OWN(policy_hold) none = { 0 };
    SR_OWN(policy_hold) empty = { 0 };
    SR_OWN(policy_hold) p = { one_issuer("", TK_P256, "ES256", NULL) };
    SR_OWN(policy_hold) native = { 0 };
    SR_OWN(buf) token = { 0 };
    struct token_says s = good();
    struct policy_want w = { SPAN_STR("acme"), SPAN_STR("key/one"), POLICY_SECRET, NULL };
    signed_token(&s, TK_P256, "ES256", "{\"alg\":\"ES256\"}", &token);
    T(parse(NULL, "token.as", &none.p, NULL) == SR_OK && parse("", "token.as", &empty.p, NULL) == SR_OK);
    T(parse(NULL, "snp", &native.p, NULL) == SR_OK);
    T(reading(none.p, buf_span(&token)) == R_TOKEN && reading(empty.p, buf_span(&token)) == R_TOKEN);
    T(reading(p.p, buf_span(&token)) == R_NONE);
    T(policy_release(p.p, &room()->claims, NULL, &w, NULL, NULL) == SR_OK);
    T(policy_release(native.p, &room()->claims, NULL, &w, NULL, NULL) == SR_EDENIED);
}

/* ---- rows of a policy ---- */

static const struct {
    const char *label, *find, *replace;
    enum sr_reason want;
} policy_rows[] = {
    { "as it is", "", "", R_NONE },
    { "no such member", "\"name\"", "\"nam\"", R_JSON_MEMBER },
    { "more than there is", "\"name\"", "\"jku\":\"x\",\"name\"", R_JSON_MEMBER },
    { "a name that is no word", "\"name\":\"as\"", "\"name\":\"As\"", R_POLICY_FORMAT },
    { "a name that is none", "\"name\":\"as\"", "\"name\":\"\"", R_POLICY_FORMAT },
    { "a name that is too long", "\"name\":\"as\"", "\"name\":\"abcdefghijklmnopqrstuvwxyz0\"",
      R_JSON_MEMBER },
    { "an empty iss", "\"iss\":\"" TOKEN_ISS "\"", "\"iss\":\"\"", R_POLICY_FORMAT },
    { "an iss with a quote", "\"iss\":\"" TOKEN_ISS "\"", "\"iss\":\"a\\\"b\"", R_POLICY_FORMAT },
    { "an empty aud", "\"iss\"", "\"aud\":\"\",\"iss\"", R_POLICY_FORMAT },
    { "for a minute", "\"max_age\":300", "\"max_age\":60", R_NONE },
    { "for less", "\"max_age\":300", "\"max_age\":59", R_POLICY_FORMAT },
    { "for a day", "\"max_age\":300", "\"max_age\":86400", R_NONE },
    { "for more", "\"max_age\":300", "\"max_age\":86401", R_POLICY_FORMAT },
    { "none", "\"alg\":\"ES256\"", "\"alg\":\"none\"", R_POLICY_FORMAT },
    { "HS256", "\"alg\":\"ES256\"", "\"alg\":\"HS256\"", R_POLICY_FORMAT },
    { "EdDSA", "\"alg\":\"ES256\"", "\"alg\":\"EdDSA\"", R_POLICY_FORMAT },
    { "a key of another algorithm", "\"alg\":\"ES256\"", "\"alg\":\"RS256\"", R_POLICY_FORMAT },
    { "a key that is none", "\"spki\":\"30", "\"spki\":\"31", R_POLICY_FORMAT },
    { "an empty kid", "\"alg\":\"ES256\"", "\"alg\":\"ES256\",\"kid\":\"\"", R_POLICY_FORMAT },
    { "type is ours", "\"claim\":\"debug\"", "\"claim\":\"type\"", R_POLICY_FORMAT },
    { "evidence is ours", "\"claim\":\"debug\"", "\"claim\":\"evidence\"", R_POLICY_FORMAT },
    { "a claim twice", "\"claim\":\"debug\"", "\"claim\":\"svn\"", R_POLICY_FORMAT },
    { "a claim's name that is none", "\"claim\":\"debug\"", "\"claim\":\"1debug\"", R_POLICY_FORMAT },
    { "a place without its slash", "\"at\":\"/submods", "\"at\":\"submods", R_POLICY_FORMAT },
    { "an empty name in a place", "\"at\":\"/submods", "\"at\":\"//submods", R_POLICY_FORMAT },
    { "a place that ends in a slash", "/svn\"", "/svn/\"", R_POLICY_FORMAT },
    { "an escape in a place", "/svn\"", "/s~1vn\"", R_POLICY_FORMAT },
    { "no place of a key", "\"tee_key\":\"/submods", "\"tee_key\":\"submods", R_POLICY_FORMAT },
};

static void check_row(size_t i, const char *base)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_hold) p = { 0 };
    struct sr_why why = { 0 };
    const char *at = strstr(base, policy_rows[i].find);
    T_ROW(at != NULL, policy_rows[i].label);
    wr_fmt(&text, "%.*s%s%s", (int)(at - base), base, policy_rows[i].replace,
           at + strlen(policy_rows[i].find));
    wr_u8(&text, 0);
    T_ROW((parse((const char *)text.p, "token.as", &p.p, &why) == SR_OK) == (policy_rows[i].want == R_NONE) &&
              why.reason == policy_rows[i].want,
          policy_rows[i].label);
}

/* Nobody joins by somebody's word, and an issuer without keys is none. */
static void test_never(const char *row)
{
    SR_OWN(buf) keyless = { 0 };
    SR_OWN(policy_hold) p = { 0 };
    struct sr_why why = { 0 };
    token_issuer_row(&(struct token_issuer){ "as", TOKEN_ISS, "snp", "", "" }, &keyless);
    wr_u8(&keyless, 0);
    T(parse((const char *)keyless.p, "token.as", &p.p, &why) == SR_EFORMAT && strstr(why.text, "keys: none"));
    T(parse_joining("{\"name\":\"j\",\"type\":\"token.as\",\"where\":[{\"claim\":\"svn\",\"op\":\"eq\","
                    "\"value\":1}]}",
                    row, "token.as", &p.p, &why) == SR_EFORMAT &&
      strstr(why.text, "nobody joins by a token"));
}

static void test_policy_rows(void)
{
    SR_OWN(buf) key = { 0 };
    SR_OWN(buf) row = { 0 };
    SR_OWN(buf) twice = { 0 };
    SR_OWN(buf) weak = { 0 };
    SR_OWN(buf) weak_row = { 0 };
    SR_OWN(policy_hold) p = { 0 };
    struct sr_why why = { 0 };
    token_key_row(TK_P256, "ES256", NULL, &key);
    wr_u8(&key, 0);
    token_issuer_row(&(struct token_issuer){ "as", TOKEN_ISS, "snp", (const char *)key.p, "" }, &row);
    wr_u8(&row, 0);
    for (size_t i = 0; i < sizeof policy_rows / sizeof *policy_rows; i++)
        check_row(i, (const char *)row.p);
    test_never((const char *)row.p);
    wr_fmt(&twice, "%s,%s", (const char *)row.p, (const char *)row.p);
    wr_u8(&twice, 0);
    T(parse((const char *)twice.p, "token.as", &p.p, &why) == SR_EFORMAT && why.reason == R_POLICY_FORMAT);
    token_key_row(TK_SHORT_RSA, "RS256", NULL, &weak);
    wr_u8(&weak, 0);
    token_issuer_row(&(struct token_issuer){ "as", TOKEN_ISS, "snp", (const char *)weak.p, "" }, &weak_row);
    wr_u8(&weak_row, 0);
    T(parse((const char *)weak_row.p, "token.as", &p.p, &why) == SR_EFORMAT);
}

static bool warns(const struct policy *p, const char *text)
{
    SR_OWN(buf) b = { 0 };
    (void)policy_check_text(p, NULL, &b);
    wr_u8(&b, 0);
    return strstr((const char *)b.p, text) != NULL;
}

static void test_warnings(void)
{
    SR_OWN(policy_hold) p = { one_issuer("", TK_P256, "ES256", NULL) };
    SR_OWN(policy_hold) nobody = { 0 };
    T(parse(NULL, "token.as", &nobody.p, NULL) == SR_OK);
    T(warns(p.p, "believes a third party") && warns(p.p, "does not compare debug") &&
      warns(p.p, "1 token issuers"));
    T(!warns(p.p, "does not name: nothing matches"));
    T(warns(nobody.p, "does not name: nothing matches") && !warns(nobody.p, "token issuers,"));
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 2;
    test_taken();
    test_rows();
    test_kid();
    test_audience();
    test_two();
    test_changed(TK_P256, "ES256");
    test_changed(TK_RSA, "PS256");
    test_policy();
    test_policy_rows();
    test_warnings();
    return t_end();
}
