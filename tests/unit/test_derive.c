/* Derived keys against rows from tests/vectors-src/derive.py, which shares no code with us. */
#include "crypto/derive.h"
#include "tests/hex.h"

static const struct row {
    uint8_t master;
    const char *tenant, *path;
    uint32_t version;
    const char *kind;
    size_t raw_size;
    const char *root, *private, *public;
} rows[] = {
#include "tests/unit/rows_derive.inc"
};
enum { ROWS = sizeof rows / sizeof *rows };

static struct key master_of(const struct row *r)
{
    struct key k;
    for (size_t i = 0; i < sizeof k.b; i++)
        k.b[i] = (uint8_t)(r->master ? r->master : i);
    return k;
}

static void keys_are_those_of_the_other_implementation(const struct row *r)
{
    struct key master = master_of(r);
    SR_OWN(key) root = { 0 };
    SR_OWN(secret) key = { 0 };
    SR_OWN(buf) pub = { 0 };
    const struct derived_kind *kind = derived_kind_named(span_of(r->kind));
    T_ROW(kind != NULL, r->kind);
    T_ROW(derive_tenant_root(&master, span_of(r->tenant), &root) == SR_OK, r->tenant);
    T_ROW(is_hex(key_span(&root), r->root), r->tenant);
    T_ROW(derive_workload_key(&root, span_of(r->path), r->version, kind, r->raw_size, &key) == SR_OK,
          r->kind);
    T_ROW(is_hex(secret_span(&key), r->private), r->private);
    enum sr_err e = derive_workload_pub(&root, span_of(r->path), r->version, kind, &pub);
    T_ROW(e == (kind->type == DERIVED_RAW ? SR_EFORMAT : SR_OK), r->kind);
    T_ROW(is_hex(buf_span(&pub), r->public), r->public);
    T_ROW(pub.n == kind->public_size, r->kind);
}

/* Every row's key differs from every other's, also where one is a prefix of the other: the size is an input.
 */
static void no_two_inputs_give_one_key(void)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = i + 1; j < ROWS; j++)
            T_ROW(strncmp(rows[i].private, rows[j].private, 32) != 0, rows[i].private);
}

static const struct key any_root = { { 7 } };

static void sizes_out_of_range_are_refused(void)
{
    static const struct {
        enum derived_type type;
        size_t size;
        enum sr_err err;
    } sizes[] = {
        { DERIVED_RAW, 0, SR_EFORMAT },       { DERIVED_RAW, 15, SR_EFORMAT },
        { DERIVED_RAW, 16, SR_OK },           { DERIVED_RAW, 64, SR_OK },
        { DERIVED_RAW, 65, SR_EFORMAT },      { DERIVED_RAW, SIZE_MAX, SR_EFORMAT },
        { DERIVED_ED25519, 32, SR_EFORMAT },  { DERIVED_ED25519, 0, SR_OK },
        { DERIVED_X25519, 32, SR_EFORMAT },   { DERIVED_P256, 32, SR_EFORMAT },
        { DERIVED_SECP256K1, 1, SR_EFORMAT },
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        SR_OWN(secret) s = { 0 };
        const struct derived_kind *k = derived_kind(sizes[i].type);
        T_ROW(derive_workload_key(&any_root, SPAN_STR("p"), 1, k, sizes[i].size, &s) == sizes[i].err,
              k->name);
        T_ROW(sizes[i].err == SR_OK || s.p == NULL, k->name);
    }
}

static void names_out_of_range_are_refused(void)
{
    static const char long_path[DERIVED_PATH_MAX + 1];
    const struct derived_kind *k = derived_kind(DERIVED_ED25519);
    SR_OWN(secret) s = { 0 };
    struct key root;
    T(derive_workload_key(&any_root, SPAN(long_path), 1, k, 0, &s) == SR_EFORMAT);
    T(derive_workload_key(&any_root, (struct span){ 0 }, 1, k, 0, &s) == SR_EFORMAT);
    T(derive_workload_key(&any_root, (struct span){ (const uint8_t *)long_path, DERIVED_PATH_MAX }, 1, k, 0,
                          &s) == SR_OK);
    T(derive_tenant_root(&any_root, (struct span){ 0 }, &root) == SR_EFORMAT);
    T(derive_tenant_root(&any_root, (struct span){ (const uint8_t *)long_path, DERIVED_TENANT_MAX + 1 },
                         &root) == SR_EFORMAT);
}

static void kinds_have_one_name_each(void)
{
    for (enum derived_type t = 0; t < DERIVED_COUNT; t++) {
        const struct derived_kind *k = derived_kind(t);
        T(k && k->type == t && k->make && derived_kind_named(span_of(k->name)) == k);
        T(!k->public_of == !k->public_size);
    }
    T(derived_kind(DERIVED_COUNT) == NULL);
    T(derived_kind_named(SPAN_STR("P256")) == NULL);
    T(derived_kind_named(SPAN_STR("")) == NULL);
}

/* The edges of the reduction: 0 and n - 1 must give 1, n - 2 must give n - 1, never 0 and never n. */
static void scalars_stay_between_1_and_n_minus_1(void)
{
    static const struct {
        enum derived_type type;
        const char *okm, *scalar; /* the low 32 bytes of okm; the upper 16 are zero */
    } edges[] = {
        { DERIVED_P256, "0000000000000000000000000000000000000000000000000000000000000000",
          "0000000000000000000000000000000000000000000000000000000000000001" },
        { DERIVED_P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
          "0000000000000000000000000000000000000000000000000000000000000001" },
        { DERIVED_P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
          "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550" },
        { DERIVED_SECP256K1, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
          "0000000000000000000000000000000000000000000000000000000000000001" },
        { DERIVED_SECP256K1, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd036413f",
          "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140" },
    };
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        uint8_t okm[48] = { 0 };
        SR_OWN(secret) s = { 0 };
        const struct derived_kind *k = derived_kind(edges[i].type);
        unhex_n(okm + 16, 32, edges[i].okm);
        T_ROW(k->make(k, SPAN(okm), &s) == SR_OK, edges[i].okm);
        T_ROW(is_hex(secret_span(&s), edges[i].scalar), edges[i].okm);
    }
}

int main(void)
{
    T(secret_init() == SR_OK);
    for (size_t i = 0; i < ROWS; i++)
        keys_are_those_of_the_other_implementation(&rows[i]);
    no_two_inputs_give_one_key();
    sizes_out_of_range_are_refused();
    names_out_of_range_are_refused();
    kinds_have_one_name_each();
    scalars_stay_between_1_and_n_minus_1();
    return t_end();
}
