/* FIPS 180-4 examples, RFC 4231 (HMAC), RFC 5869 (HKDF), and the labelled forms against their definition. */
#include "crypto/hash.h"
#include "tests/hex.h"

static void sha2_gives_the_published_digests(void)
{
    static const struct {
        const char *text, *d256, *d512;
    } rows[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63"
          "b931bd"
          "47417a81a538327af927da3e" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd45"
          "4d4423"
          "643ce80e2a9ac94fa54ca49f" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sha256 a = sha256(span_of(rows[i].text));
        struct sha512 b = sha512(span_of(rows[i].text));
        T_ROW(is_hex(SPAN(a.b), rows[i].d256) && is_hex(SPAN(b.b), rows[i].d512), rows[i].text);
    }
    struct sha256 none = sha256((struct span){ 0 });
    T(is_hex(SPAN(none.b), rows[0].d256));
}

/* RFC 4231, test cases 1 to 4, 6 and 7 (5 is truncated). */
static void hmac_gives_the_published_macs(void)
{
    static const struct {
        const char *key; /* hex; NULL: 131 times aa */
        const char *msg, *mac;
    } rows[] = {
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
          "dd",
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { "0102030405060708090a0b0c0d0e0f10111213141516171819",
          "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
          "cd",
          "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
        { NULL,
          "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b657920"
          "4"
          "669727374",
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { NULL,
          "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b6579"
          "20"
          "616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320"
          "74"
          "6f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974"
          "68"
          "6d2e",
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    };
    uint8_t aa[131];
    memset(aa, 0xaa, sizeof aa);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) k = { 0 };
        SR_OWN(buf) m = { 0 };
        struct span key = rows[i].key ? unhex(&k, rows[i].key) : SPAN(aa);
        struct sha256 mac = hmac_sha256(key, unhex(&m, rows[i].msg));
        T_ROW(is_hex(SPAN(mac.b), rows[i].mac), rows[i].mac);
    }
}

/* RFC 5869, A.1 to A.3. */
static void hkdf_gives_the_published_keys(void)
{
    static const struct {
        const char *ikm, *salt, *info, *prk, *okm;
    } rows[] = {
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
          "f0f1f2f3f4f5f6f7f8f9", "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
        { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30"
          "313233"
          "3435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
          "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f90"
          "919293"
          "9495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
          "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0"
          "e1e2e3"
          "e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
          "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
          "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da"
          "327560"
          "0c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87" },
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
          "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) a = { 0 };
        SR_OWN(buf) b = { 0 };
        SR_OWN(buf) c = { 0 };
        SR_OWN(key) prk = { 0 };
        uint8_t out[82];
        size_t n = strlen(rows[i].okm) / 2;
        struct span ikm = unhex(&a, rows[i].ikm), salt = unhex(&b, rows[i].salt),
                    info = unhex(&c, rows[i].info);
        T_ROW(hkdf_extract(ikm, salt, &prk) == SR_OK && is_hex(key_span(&prk), rows[i].prk), rows[i].prk);
        T_ROW(hkdf_expand(&prk, info, out, n) == SR_OK && is_hex((struct span){ out, n }, rows[i].okm),
              rows[i].okm);
        memset(out, 0, sizeof out);
        T_ROW(hkdf(ikm, salt, info, out, n) == SR_OK && is_hex((struct span){ out, n }, rows[i].okm),
              rows[i].okm);
    }
}

/* RFC 5869, 2.3: L <= 255 * HashLen. */
static void hkdf_stops_at_its_limit(void)
{
    static uint8_t out[8161];
    T(hkdf(SPAN_STR("ikm"), (struct span){ 0 }, SPAN_STR("info"), out, 8160) == SR_OK);
    T(hkdf(SPAN_STR("ikm"), (struct span){ 0 }, SPAN_STR("info"), out, 8161) != SR_OK);
}

/* H(LP(label) || LP(a) || raw || u64), written out by hand. */
static void labelled_hashes_are_their_definition(void)
{
    SR_OWN(buf) b = { 0 };
    struct label_text t = label_text(L_GENESIS);
    wr_lp(&b, (struct span){ (const uint8_t *)t.b, t.n });
    wr_lp(&b, SPAN_STR("abc"));
    wr_text(&b, "raw");
    wr_u64be(&b, UINT64_C(0x0102030405060708));
    struct hash256 h = hash256_start(L_GENESIS);
    hash256_lp(&h, SPAN_STR("abc"));
    hash256_raw(&h, SPAN_STR("raw"));
    hash256_u64(&h, UINT64_C(0x0102030405060708));
    struct hash512 g = hash512_start(L_GENESIS);
    hash512_lp(&g, SPAN_STR("abc"));
    hash512_raw(&g, SPAN_STR("raw"));
    hash512_u64(&g, UINT64_C(0x0102030405060708));
    struct sha256 a = hash256_end(&h), want = sha256(buf_span(&b));
    struct sha512 c = hash512_end(&g), wide = sha512(buf_span(&b));
    T(sha256_eq(&a, &want));
    T(span_eq(SPAN(c.b), SPAN(wide.b)));
    want.b[31] ^= 1;
    T(!sha256_eq(&a, &want));
}

/* Without the length prefix "ab" || "c" and "a" || "bc" would be one input. */
static void parts_can_not_be_shifted(void)
{
    struct hash256 x = hash256_start(L_GENESIS), y = hash256_start(L_GENESIS), z = hash256_start(L_GENESIS);
    hash256_lp(&x, SPAN_STR("ab"));
    hash256_lp(&x, SPAN_STR("c"));
    hash256_lp(&y, SPAN_STR("a"));
    hash256_lp(&y, SPAN_STR("bc"));
    hash256_lp(&z, SPAN_STR("abc"));
    hash256_lp(&z, (struct span){ 0 });
    struct sha256 a = hash256_end(&x), b = hash256_end(&y), c = hash256_end(&z);
    T(!sha256_eq(&a, &b) && !sha256_eq(&a, &c) && !sha256_eq(&b, &c));
}

int main(void)
{
    T(secret_init() == SR_OK);
    sha2_gives_the_published_digests();
    hmac_gives_the_published_macs();
    hkdf_gives_the_published_keys();
    hkdf_stops_at_its_limit();
    labelled_hashes_are_their_definition();
    parts_can_not_be_shifted();
    return t_end();
}
