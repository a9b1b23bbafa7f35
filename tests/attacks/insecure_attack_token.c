/* Attacks with tokens of third parties, whom operators named in the policy: whose word counts, for whom, how
 * long, and as what. Two are named: "as", and "lab" of the same operators, which takes nothing seriously. */
#include "tests/attacks/guests.h"
#include "tests/token_maker.h"

#define LAB_ISS "https://lab.example.org"
#define WORDS                                                                                                \
    "{\"keys\":[\"words/*\"],\"name\":\"words\",\"tenant\":\"acme\",\"type\":\"token.as\",\"usages\":"       \
    "[\"secret\"],\"where\":[{\"claim\":\"measurement\",\"op\":\"eq\",\"value\":\"abcd\"}]},"

static void issuers(struct buf *ret)
{
    SR_OWN(buf) as = { 0 };
    SR_OWN(buf) lab = { 0 };
    token_key_row(TK_P256, "ES256", NULL, &as);
    token_key_row(TK_OTHER_P256, "ES256", NULL, &lab);
    wr_u8(&as, 0);
    wr_u8(&lab, 0);
    wr_text(ret, "\"token_issuers\":[");
    token_issuer_row(&(struct token_issuer){ "as", TOKEN_ISS, "sample", (const char *)as.p, "" }, ret);
    wr_u8(ret, ',');
    token_issuer_row(&(struct token_issuer){ "lab", LAB_ISS, "sample", (const char *)lab.p, "" }, ret);
    wr_text(ret, "],");
}

static void believe(const struct member *m, struct buf *document)
{
    SR_OWN(buf) named = { 0 };
    (void)m;
    issuers(&named);
    insert(document, "\"version\":1}", buf_span(&named));
    insert(document, "{\"keys\":[\"key/*\"]", SPAN_STR(WORDS));
}

/* A token, and how it came about. */
struct bearing {
    const char *iss, *more, *header, *alg;
    enum token_key key;
    long ago, lives; /* seconds: since it was made, and from then on */
};
static struct bearing usual(void)
{
    return (struct bearing){ TOKEN_ISS, "", "{\"alg\":\"ES256\"}", "ES256", TK_P256, 5, 120 };
}

static void make(const struct bearing *b, struct buf *ret)
{
    SR_OWN(buf) payload = { 0 };
    char times[80];
    long made = (long)time(NULL) - b->ago;
    snprintf(times, sizeof times, "\"exp\":%ld,\"iat\":%ld,", made + b->lives, made);
    struct token_says s = {
        b->iss, times, b->more, "sample", "\"measurement\":\"abcd\",\"svn\":\"1\"", JWK_EC
    };
    token_payload(&s, &payload);
    token_make(b->key, b->alg, b->header, buf_span(&payload), ret);
}

/* Does a guest that bears it get what is for guests of "as"? */
static bool token_opens(struct lab *l, struct span token, const char *path, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    struct caller c = { 0 };
    put(s.m, "words/one");
    take_policy(s.m, believe);
    bear(&c, token);
    return fetches(&s, &c, path, why);
}

static bool opens(struct lab *l, const struct bearing *b, struct sr_why *why)
{
    SR_OWN(buf) token = { 0 };
    make(b, &token);
    return token_opens(l, buf_span(&token), "/kbs/v0/resource/acme/words/one", why);
}

static bool believed(struct lab *l)
{
    struct sr_why why = { 0 };
    struct bearing b = usual();
    bool good = opens(l, &b, &why);
    T_ROW(good, why.text);
    return good;
}

/* ---- whose word ---- */

/* Signed by a key that it brings along, as servers once believed it. */
static bool own_jwk(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) header = { 0 };
    BIGNUM *n = NULL;
    uint8_t modulus[256];
    struct bearing b = usual();
    T(EVP_PKEY_get_bn_param(token_key(TK_RSA), "n", &n) == 1 && BN_bn2binpad(n, modulus, 256) == 256);
    BN_free(n);
    wr_text(&header,
            "{\"alg\":\"RS256\",\"jku\":\"https://evil.example.org/keys\",\"jwk\":{\"alg\":\"RS256\","
            "\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"");
    wr_base64url(&header, SPAN(modulus));
    wr_text(&header, "\"},\"kid\":\"mine\"}");
    wr_u8(&header, 0);
    b.key = TK_RSA;
    b.alg = "RS256";
    b.header = (const char *)header.p;
    return opens(l, &b, why);
}

/* A victim's token, with the attacker's key where the victim's was. */
static bool their_tee_key(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) token = { 0 };
    SR_OWN(buf) payload = { 0 };
    SR_OWN(buf) changed = { 0 };
    struct bearing b = usual();
    make(&b, &token);
    uint8_t *first = memchr(token.p, '.', token.n), *second = memchr(first + 1, '.', token.n);
    T(base64url_read((struct span){ first + 1, (size_t)(second - first - 1) }, &payload) == SR_OK);
    uint8_t *at = memmem(payload.p, payload.n, JWK_EC, sizeof JWK_EC - 1);
    SR_OWN(buf) mine = { 0 };
    wr_span(&mine, (struct span){ payload.p, (size_t)(at - payload.p) });
    wr_text(&mine, JWK_EC521);
    at += sizeof JWK_EC - 1;
    wr_span(&mine, (struct span){ at, (size_t)(payload.p + payload.n - at) });
    wr_span(&changed, (struct span){ token.p, (size_t)(first + 1 - token.p) });
    wr_base64url(&changed, buf_span(&mine));
    wr_span(&changed, (struct span){ second, (size_t)(token.p + token.n - second) });
    return token_opens(l, buf_span(&changed), "/kbs/v0/resource/acme/words/one", why);
}

/* The laboratory's key, which is pinned as well, under the name of the other. */
static bool right_iss_other_key(struct lab *l, struct sr_why *why)
{
    struct bearing b = usual();
    b.key = TK_OTHER_P256;
    return opens(l, &b, why);
}

/* A vendor signs for all its customers with one key: the attacker is another customer. */
static bool issuer_unnamed(struct lab *l, struct sr_why *why)
{
    struct bearing b = usual();
    b.iss = "https://as.example.org/another-customer";
    return opens(l, &b, why);
}

static bool alg_none(struct lab *l, struct sr_why *why)
{
    struct bearing b = usual();
    b.alg = "none";
    b.header = "{\"alg\":\"none\"}";
    return opens(l, &b, why);
}

/* The public key, which everybody has, as the secret of a MAC. */
static bool alg_mac(struct lab *l, struct sr_why *why)
{
    struct bearing b = usual();
    b.alg = "HS256";
    b.header = "{\"alg\":\"HS256\"}";
    return opens(l, &b, why);
}

/* ---- when, and for whom ---- */

static bool token_over(struct lab *l, struct sr_why *why)
{
    struct bearing b = usual();
    b.ago = 200;
    return opens(l, &b, why);
}

/* One that its issuer made for a year, and found in a log. */
static bool token_too_old(struct lab *l, struct sr_why *why)
{
    struct bearing b = usual();
    b.ago = 3600;
    b.lives = 31536000;
    return opens(l, &b, why);
}

/* A guest gave it to another service, whose word about the same issuer's guests it is. */
static bool token_for_another(struct lab *l, struct sr_why *why)
{
    struct bearing b = usual();
    b.more = "\"aud\":\"https://other-service.example.org\",";
    return opens(l, &b, why);
}

static void believe_for_a_while(const struct member *m, struct buf *document)
{
    believe(m, document);
    insert(document, "\"name\":\"words\"", SPAN_STR("\"lease\":60,"));
    uint8_t *age = memmem(document->p, document->n, "\"max_age\":300", 13);
    maker_need(age != NULL, "max_age");
    age[10] = '9'; /* three times as long as a session of our own */
}

static bool opens_for_a_while(struct lab *l, long ago, long lives, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(buf) token = { 0 };
    struct caller c = { 0 };
    struct bearing b = usual();
    b.ago = ago;
    b.lives = lives;
    make(&b, &token);
    put(s.m, "words/one");
    take_policy(s.m, believe_for_a_while);
    bear(&c, buf_span(&token));
    return fetches(&s, &c, "/kbs/v0/resource/acme/words/one", why);
}

static bool word_within_lease(struct lab *l)
{
    struct sr_why why = { 0 };
    bool good = opens_for_a_while(l, 5, 120, &why);
    T_ROW(good, why.text);
    return good;
}

/* Young, if it were for when it ends alone. */
static bool word_after_lease(struct lab *l, struct sr_why *why)
{
    return opens_for_a_while(l, 180, 31536000, why);
}

/* ---- as what ---- */

/* The issuer says "sample" and the svn that the rule for verified evidence of that type wants. */
static bool word_as_evidence(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) token = { 0 };
    struct bearing b = usual();
    make(&b, &token);
    return token_opens(l, buf_span(&token), "/kbs/v0/resource/acme/key/one", why);
}

/* The laboratory's honest word, where the other's is wanted. */
static bool word_of_the_lab(struct lab *l, struct sr_why *why)
{
    struct bearing b = usual();
    b.iss = LAB_ISS;
    b.key = TK_OTHER_P256;
    return opens(l, &b, why);
}

static const struct attack rows[] = {
    { "own_jwk", believed, own_jwk, R_TOKEN },
    { "their_tee_key", believed, their_tee_key, R_TOKEN },
    { "right_iss_other_key", believed, right_iss_other_key, R_TOKEN },
    { "issuer_unnamed", believed, issuer_unnamed, R_TOKEN },
    { "alg_none", believed, alg_none, R_TOKEN },
    { "alg_mac", believed, alg_mac, R_TOKEN },
    { "token_over", believed, token_over, R_TOKEN_EXPIRED },
    { "token_too_old", believed, token_too_old, R_TOKEN_EXPIRED },
    { "word_after_lease", word_within_lease, word_after_lease, R_TOKEN_EXPIRED },
    { "token_for_another", believed, token_for_another, R_TOKEN },
    { "word_as_evidence", believed, word_as_evidence, R_NO_RULE },
    { "word_of_the_lab", believed, word_of_the_lab, R_NO_RULE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
