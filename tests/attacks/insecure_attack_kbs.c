/* Attacks by and on guests of Confidential Containers, at a member's own routes. The guests' evidence is of
 * the sample TEE, which says what it likes but is bound as all others are; so this area alone is built as the
 * insecure programs are. */
#include "node/keyring_kbs.h"
#include "tests/attacks/guests.h"
#include "tests/jose_keys.h"

struct guest_side {
    struct caller c;
    struct buf nonce;
    struct jwk key;
};
static void guest_side_drop(struct guest_side *g)
{
    buf_drop(&g->nonce);
}

static void guest_opens(struct shop *s, struct guest_side *g, const char *key)
{
    SR_OWN(buf) b = { 0 };
    maker_need(jwk_read(span_of(key), &g->key, NULL) == SR_OK, "a key");
    maker_need(call(s, &g->c, POST, "/kbs/v0/auth",
                    SPAN_STR("{\"version\":\"0.4.0\",\"tee\":\"sample\",\"extra-params\":\"\"}"), &b,
                    NULL) == SR_OK,
               "auth");
    wr_span(&g->nonce, member_of(buf_span(&b), "nonce"));
}

/* What a machine shows that was asked this nonce, for this key. */
static void evidence(struct span nonce, const struct jwk *key, const char *additional, struct buf *ret)
{
    SR_OWN(kbs_attestation) a = { .key = *key };
    struct kbs_digests d;
    wr_text(&a.additional, additional);
    maker_need(kbs_digests(KBS_0_4_0, nonce, &a, &d) == SR_OK, "digest");
    wr_text(ret, "{\"svn\":\"1\",\"report_data\":\"");
    wr_base64(ret, (struct span){ d.rd[0].b, 48 });
    wr_text(ret, "\"}");
}

static void body(struct span nonce, const struct jwk *key, struct span shown, const char *additional,
                 struct buf *ret)
{
    wr_fmt(ret, "{\"runtime-data\":{\"nonce\":\"%.*s\",\"tee-pubkey\":", (int)nonce.n, (const char *)nonce.p);
    jwk_write(key, JWK_SORTED, ret);
    wr_text(ret, "},\"tee-evidence\":{\"primary_evidence\":");
    wr_span(ret, shown);
    wr_fmt(ret, ",\"additional_evidence\":%s}}", *additional ? additional : "\"\"");
}

static enum sr_err attests(struct shop *s, struct guest_side *g, struct span shown, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) b = { 0 };
    body(buf_span(&g->nonce), &g->key, shown, "", &text);
    return call(s, &g->c, POST, "/kbs/v0/attest", buf_span(&text), &b, why);
}

static bool honest_guest(struct lab *l)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    struct sr_why why = { 0 };
    guest_opens(&s, &g, JWK_EC);
    evidence(buf_span(&g.nonce), &g.key, "", &shown);
    T_ROW(attests(&s, &g, buf_span(&shown), &why) == SR_OK, why.text);
    bool good = fetches(&s, &g.c, "/kbs/v0/resource/acme/key/one", &why);
    T_ROW(good, why.text);
    return good;
}

/* ---- evidence ---- */

/* The host of a guest that attested once lets it attest again in the same session, to another token. */
static bool nonce_twice(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    guest_opens(&s, &g, JWK_EC);
    struct guest_side again = g;
    evidence(buf_span(&g.nonce), &g.key, "", &shown);
    T(attests(&s, &g, buf_span(&shown), why) == SR_OK);
    return attests(&s, &again, buf_span(&shown), why) == SR_OK &&
           fetches(&s, &again.c, "/kbs/v0/resource/acme/key/one", why);
}

/* Evidence of another day, for the same key. */
static bool old_evidence(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    guest_opens(&s, &g, JWK_EC);
    evidence(SPAN_STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), &g.key, "", &shown);
    return attests(&s, &g, buf_span(&shown), why) == SR_OK &&
           fetches(&s, &g.c, "/kbs/v0/resource/acme/key/one", why);
}

/* A victim's evidence with the attacker's key beside it. */
static bool other_tee_key(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    struct jwk victim;
    guest_opens(&s, &g, JWK_EC521);
    T(jwk_read(SPAN_STR(JWK_EC), &victim, NULL) == SR_OK);
    evidence(buf_span(&g.nonce), &victim, "", &shown);
    return attests(&s, &g, buf_span(&shown), why) == SR_OK &&
           fetches(&s, &g.c, "/kbs/v0/resource/acme/key/one", why);
}

/* A device that nobody looked at comes in with a good guest. */
static bool unverified_device(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) b = { 0 };
    guest_opens(&s, &g, JWK_EC);
    evidence(buf_span(&g.nonce), &g.key, "{\"nvidia\":{}}", &shown);
    body(buf_span(&g.nonce), &g.key, buf_span(&shown), "\"{\\\"nvidia\\\":{}}\"", &text);
    return call(&s, &g.c, POST, "/kbs/v0/attest", buf_span(&text), &b, why) == SR_OK &&
           fetches(&s, &g.c, "/kbs/v0/resource/acme/key/one", why);
}

/* A host talks its guest into the padding of 0.1, whose oracle it has, in a session of today. */
static bool old_padding(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    guest_opens(&s, &g, JWK_OLD);
    evidence(buf_span(&g.nonce), &g.key, "", &shown);
    return attests(&s, &g, buf_span(&shown), why) == SR_OK &&
           fetches(&s, &g.c, "/kbs/v0/resource/acme/key/one", why);
}

/* ---- sessions and tokens ---- */

/* An attested session of anybody's making. */
static struct guest_hold made_up(uint64_t expires)
{
    struct guest_hold h = guest_hold_new();
    maker_need(h.g != NULL && jwk_read(SPAN_STR(JWK_EC521), &h.g->s.key, NULL) == SR_OK, "a guest");
    h.g->s.version = KBS_0_4_0;
    h.g->s.tee = kbs_tee_named("sample");
    h.g->s.expires = expires;
    h.g->s.attested = true;
    claims_put_text(&h.g->claims, "type", SPAN_STR("sample"));
    claims_put_text(&h.g->claims, "svn", SPAN_STR("1"));
    return h;
}

/* A token with all the right words, by a key of the attacker's; as servers once took that trusted a header.
 */
static bool own_token(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_hold) h = made_up(soon());
    SR_OWN(jws_key) mine = { 0 };
    SR_OWN(buf) session = { 0 };
    SR_OWN(buf) payload = { 0 };
    SR_OWN(buf) token = { 0 };
    struct caller c = { 0 };
    static const uint8_t scalar[32] = { 1 };
    T(jws_key_make(SPAN(scalar), &mine) == SR_OK &&
      kbs_session_encode(&h.g->s, &h.g->claims, &session) == SR_OK);
    wr_text(&payload, "{\"sealring\":\"");
    wr_base64url(&payload, buf_span(&session));
    wr_text(&payload, "\"}");
    T(jws_sign_es256(&mine, "epoch-1", buf_span(&payload), &token) == SR_OK);
    bear(&c, buf_span(&token));
    return fetches(&s, &c, "/kbs/v0/resource/acme/key/one", why);
}

/* The payload of a token, and the signature of another, which the member has seen and found good. */
static bool token_like_one_seen(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_hold) mine = made_up(soon());
    SR_OWN(guest_hold) wanted = made_up(soon());
    SR_OWN(buf) token = { 0 };
    SR_OWN(buf) other = { 0 };
    struct caller c = { 0 };
    claims_clear(&mine.g->claims);
    claims_put_text(&mine.g->claims, "type", SPAN_STR("sample"));
    claims_put_text(&mine.g->claims, "svn", SPAN_STR("2")); /* which policy lets have nothing */
    T(kbs_token_write(&s.m->core, mine.g, &token) == SR_OK &&
      kbs_token_write(&s.m->core, wanted.g, &other) == SR_OK);
    bear(&c, buf_span(&token));
    T(!fetches(&s, &c, "/kbs/v0/resource/acme/key/one", why) && why->reason != R_TOKEN);
    *why = (struct sr_why){ 0 };
    const uint8_t *sig = memrchr(token.p, '.', token.n), *end = memrchr(other.p, '.', other.n);
    SR_OWN(buf) forged = { 0 };
    wr_span(&forged, (struct span){ other.p, (size_t)(end - other.p) });
    wr_span(&forged, (struct span){ sig, (size_t)(token.p + token.n - sig) });
    bear(&c, buf_span(&forged));
    return fetches(&s, &c, "/kbs/v0/resource/acme/key/one", why);
}

/* A token that was good a moment ago, and was shown while it was. */
static bool token_seen_once(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_hold) h = made_up(soon() - 120);
    SR_OWN(buf) token = { 0 };
    SR_OWN(jws) j = { 0 };
    struct caller c = { 0 };
    T(kbs_token_write(&s.m->core, h.g, &token) == SR_OK &&
      jws_read(buf_span(&token), JWS_ES256, &j, NULL) == SR_OK);
    SR_OWN(epochs_hold) now = epochs_holder_get(s.m->core.home.epochs);
    T(keyring_kbs_verify(now.e->keyring, 1, &j, NULL) == SR_OK); /* as when it was shown */
    bear(&c, buf_span(&token));
    return fetches(&s, &c, "/kbs/v0/resource/acme/key/one", why);
}

/* A cookie found in an old trace. */
static bool old_session(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_hold) h = made_up(soon() - 120);
    SR_OWN(reply) r = { 0 };
    struct caller c = { 0 };
    T(kbs_cookie_write(&s.m->core, &h.g->s, &h.g->claims, &r) == SR_OK);
    snprintf(c.cookie, sizeof c.cookie, "%.*s", (int)strcspn(r.cookie, ";"), r.cookie);
    return fetches(&s, &c, "/kbs/v0/resource/acme/key/one", why);
}

static void gives_for_a_while(const struct member *m, struct buf *document)
{
    (void)m;
    insert(document, "\"name\":\"guests\"", SPAN_STR("\"lease\":60,"));
}

static bool within_its_lease(struct lab *l)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    struct sr_why why = { 0 };
    take_policy(s.m, gives_for_a_while);
    guest_opens(&s, &g, JWK_EC);
    evidence(buf_span(&g.nonce), &g.key, "", &shown);
    T(attests(&s, &g, buf_span(&shown), &why) == SR_OK);
    bool good = fetches(&s, &g.c, "/kbs/v0/resource/acme/key/one", &why);
    T_ROW(good, why.text);
    return good;
}

/* A host stops its guest from attesting again, and lives on the token of four minutes ago. */
static bool token_after_lease(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_hold) h = made_up(soon());
    SR_OWN(buf) token = { 0 };
    struct caller c = { 0 };
    take_policy(s.m, gives_for_a_while);
    T(kbs_token_write(&s.m->core, h.g, &token) == SR_OK);
    bear(&c, buf_span(&token));
    return fetches(&s, &c, "/kbs/v0/resource/acme/key/one", why);
}

/* The same with the cookie of the session. */
static bool session_after_lease(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_hold) h = made_up(soon());
    SR_OWN(reply) r = { 0 };
    struct caller c = { 0 };
    take_policy(s.m, gives_for_a_while);
    T(kbs_cookie_write(&s.m->core, &h.g->s, &h.g->claims, &r) == SR_OK);
    snprintf(c.cookie, sizeof c.cookie, "%.*s", (int)strcspn(r.cookie, ";"), r.cookie);
    return fetches(&s, &c, "/kbs/v0/resource/acme/key/one", why);
}

/* A cookie that another network's member sealed, whose guests the attacker owns. */
static bool other_network(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_hold) h = made_up(soon());
    SR_OWN(reply) r = { 0 };
    struct caller c = { 0 };
    struct core theirs = s.m->core;
    theirs.home.cid.b[0] ^= 1; /* the same masters, by a mistake of operators: the cid alone differs */
    T(kbs_cookie_write(&theirs, &h.g->s, &h.g->claims, &r) == SR_OK);
    snprintf(c.cookie, sizeof c.cookie, "%.*s", (int)strcspn(r.cookie, ";"), r.cookie);
    return fetches(&s, &c, "/kbs/v0/resource/acme/key/one", why);
}

static void wants_a_witness(const struct member *m, struct buf *document)
{
    (void)m;
    insert(document, "\"join\":", SPAN_STR("\"witnesses\":{\"need\":1,\"restart\":0,\"wait_ms\":100},"));
}

/* The host keeps every witness away: of what the guest gets nobody will know. */
static bool resource_unwitnessed(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    take_policy(s.m, wants_a_witness);
    guest_opens(&s, &g, JWK_EC);
    evidence(buf_span(&g.nonce), &g.key, "", &shown);
    T(attests(&s, &g, buf_span(&shown), why) == SR_OK);
    return fetches(&s, &g.c, "/kbs/v0/resource/acme/key/one", why);
}

/* An attested guest asks for what is not its own. */
static bool other_resource(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    guest_opens(&s, &g, JWK_EC);
    evidence(buf_span(&g.nonce), &g.key, "", &shown);
    T(attests(&s, &g, buf_span(&shown), why) == SR_OK);
    return fetches(&s, &g.c, "/kbs/v0/resource/acme/other/one", why);
}

/* ---- administrators ---- */

static bool asks(struct lab *l, bool stranger, uint64_t exp, struct sr_why *why)
{
    SR_OWN(shop) s = shop_open(l);
    SR_OWN(buf) b = { 0 };
    SR_OWN(sign_key) other = { 0 };
    struct sign_pub pub;
    struct caller c = { 0 };
    sign_random(&other, &pub);
    bearer_of(&c, stranger ? &other : &s.m->admin, exp);
    return call(&s, &c, GET, "/kbs/v0/resource-policy", (struct span){ 0 }, &b, why) == SR_OK;
}

static bool administrator(struct lab *l)
{
    struct sr_why why = { 0 };
    bool good = asks(l, false, soon(), &why);
    T_ROW(good, why.text);
    return good;
}

static bool stranger(struct lab *l, struct sr_why *why)
{
    return asks(l, true, soon(), why);
}

/* A bearer that an administrator once made, or made for ever. */
static bool old_bearer(struct lab *l, struct sr_why *why)
{
    return asks(l, false, soon() - 120, why);
}

/* ---- reference values ---- */

#define REFS                                                                                                 \
    "{\"keys\":[\"ref/"                                                                                      \
    "*\"],\"name\":\"refs\",\"tenant\":\"acme\",\"type\":\"sample\",\"usages\":[\"secret\"],"                \
    "\"where\":[{\"claim\":\"svn\",\"op\":\"ref\",\"value\":\"svns\"}]},"

/* Both tenants may set "svns", by members' hands too; a rule of acme's compares with it. */
static void lets_set(const struct member *m, struct buf *document)
{
    SR_OWN(buf) writer = { 0 };
    struct sign_pub key = keyring_kbs_writer(maker_epochs_of(&m->core.home)->keyring);
    const struct sign_pub *const admins[] = { &m->admin_pub, &m->stranger_pub };
    static const char *const names[] = { "\"name\":\"acme\"", "\"name\":\"mine\"" };
    wr_hex(&writer, SPAN(key.b));
    wr_text(&writer, "\",\"");
    insert(document, "{\"keys\":[\"key/*\"]", SPAN_STR(REFS));
    for (size_t i = 0; i < 2; i++) {
        char admin[65];
        hex_text(SPAN(admins[i]->b), admin);
        insert(document, admin, buf_span(&writer));
        insert(document, names[i], SPAN_STR("\"reference_values\":[\"svns\"],"));
    }
}

static struct shop shop_with_references(struct lab *l)
{
    struct shop s = shop_open(l);
    put(s.m, "ref/one");
    take_policy(s.m, lets_set);
    return s;
}

/* As kbs-client does it. */
static enum sr_err sets(struct shop *s, const struct sign_key *admin, const char *payload)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) b = { 0 };
    struct caller c = { 0 };
    struct sr_why why = { 0 };
    bearer_of(&c, admin, soon());
    wr_text(&text, "{\"version\":\"0.1.0\",\"type\":\"sample\",\"payload\":\"");
    wr_base64(&text, span_of(payload));
    wr_text(&text, "\"}");
    return call(s, &c, POST, "/kbs/v0/reference-value", buf_span(&text), &b, &why);
}

/* A guest of svn 1 asks for what is for guests of the svns that are set. */
static bool comes_in(struct shop *s, struct sr_why *why)
{
    SR_OWN(guest_side) g = { 0 };
    SR_OWN(buf) shown = { 0 };
    guest_opens(s, &g, JWK_EC);
    evidence(buf_span(&g.nonce), &g.key, "", &shown);
    T(attests(s, &g, buf_span(&shown), why) == SR_OK);
    return fetches(s, &g.c, "/kbs/v0/resource/acme/ref/one", why);
}

static bool as_it_was_set(struct lab *l)
{
    SR_OWN(shop) s = shop_with_references(l);
    struct sr_why why = { 0 };
    T(sets(&s, &s.m->admin, "{\"acme/svns\":[\"0\",\"1\"]}") == SR_OK);
    bool good = comes_in(&s, &why);
    T_ROW(good, why.text);
    return good;
}

/* The attacker's own tenant has a list of that name, and acme has none. */
static bool ref_of_another(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_with_references(l);
    T(sets(&s, &s.m->stranger, "{\"svns\":\"1\"}") == SR_OK);
    return comes_in(&s, why);
}

/* The attacker, an administrator of its own tenant, sets the other's. */
static bool ref_set_by_another(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_with_references(l);
    (void)!sets(&s, &s.m->stranger, "{\"acme/svns\":\"1\"}");
    return comes_in(&s, why);
}

/* svn 1 was let in once, and is no more: another member, or who stands between, passes on the old list. */
static bool ref_of_the_past(struct lab *l, struct sr_why *why)
{
    SR_OWN(shop) s = shop_with_references(l);
    SR_OWN(buf) old = { 0 };
    SR_OWN(policy_hold) policy = policy_holder_get(s.m->core.policy);
    struct package_stored done;
    struct sr_why refused = { 0 };
    put_value(s.m, "acme", "reference-values/svns", "{\"values\":[\"1\"]}", &old);
    T(sets(&s, &s.m->admin, "{\"svns\":[\"2\"]}") == SR_OK);
    (void)!secrets_take(s.m->core.secrets, policy.p, buf_span(&old), FROM_MEMBER, &done, &refused);
    return comes_in(&s, why);
}

static const struct attack rows[] = {
    { "nonce_twice", honest_guest, nonce_twice, R_NONCE_USED },
    { "old_evidence", honest_guest, old_evidence, R_REPORT_DATA },
    { "other_tee_key", honest_guest, other_tee_key, R_REPORT_DATA },
    { "unverified_device", honest_guest, unverified_device, R_COMPOSITE },
    { "old_padding", honest_guest, old_padding, R_JWK },
    { "own_token", honest_guest, own_token, R_TOKEN },
    { "token_like_one_seen", honest_guest, token_like_one_seen, R_TOKEN },
    { "token_seen_once", honest_guest, token_seen_once, R_TOKEN_EXPIRED },
    { "old_session", honest_guest, old_session, R_KBS_SESSION },
    { "token_after_lease", within_its_lease, token_after_lease, R_TOKEN_EXPIRED },
    { "session_after_lease", within_its_lease, session_after_lease, R_TOKEN_EXPIRED },
    { "cookie_of_another", honest_guest, other_network, R_KBS_SESSION },
    { "resource_unwitnessed", honest_guest, resource_unwitnessed, R_UNWITNESSED },
    { "other_resource", honest_guest, other_resource, R_KEY_DENIED },
    { "kbs_stranger", administrator, stranger, R_TOKEN },
    { "ref_of_another", as_it_was_set, ref_of_another, R_NO_RULE },
    { "ref_set_by_another", as_it_was_set, ref_set_by_another, R_NO_RULE },
    { "ref_of_the_past", as_it_was_set, ref_of_the_past, R_NO_RULE },
    { "old_bearer", administrator, old_bearer, R_TOKEN_EXPIRED },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
