#include "client/claims_file.h"
#include "client/cli.h"
#include "client/commands.h"
#include "client/genesis_input.h"
#include "client/keyfile.h"
#include "client/root_file.h"
#include "client/workload.h"
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/evidence/vendor_roots.h"
#include "proto/genesis_file.h"
#include "proto/json.h"
#include "proto/policy.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- genesis prepare ---- */

struct prepare_options {
    struct option_list operators, ak_cas, witnesses, recovery, tpm_roots, roots;
    uint64_t k, ak_ca_k, witness_k, recovery_t;
    const char *policy, *out, *opnonce;
};

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static enum sr_err read_keys(const struct option_list *paths, uint64_t k, struct key_set *ret,
                             struct sr_why *why)
{
    if (paths->n > GENESIS_KEYS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_GENESIS_FORMAT, "more than %d keys", GENESIS_KEYS_MAX);
    for (size_t i = 0; i < paths->n; i++)
        SR_TRY(keyfile_read_pub(paths->v[i], &ret->key[i], why));
    ret->n = paths->n;
    ret->k = (size_t)k;
    qsort(ret->key, ret->n, sizeof ret->key[0], by_bytes);
    return SR_OK;
}

static enum sr_err read_holders(const struct option_list *paths, uint64_t t, struct holder_set *ret,
                                struct sr_why *why)
{
    if (paths->n > HOLDERS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_GENESIS_FORMAT, "more than %d holders", HOLDERS_MAX);
    if (paths->n && (t < SHARE_LEAST || t > paths->n))
        return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT,
                       "--recovery-t is 2 to the number of holders: nobody recovers alone");
    if (!paths->n && t)
        return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT, "--recovery-t without --recovery");
    for (size_t i = 0; i < paths->n; i++)
        SR_TRY(keyfile_read_holder_pub(paths->v[i], &ret->v[i], why));
    ret->n = paths->n;
    ret->t = (size_t)t;
    qsort(ret->v, ret->n, sizeof ret->v[0], holder_cmp);
    return SR_OK;
}

static enum sr_err add_root(struct type_roots *t, const struct sha256 *spki, struct sr_why *why)
{
    if (t->n == GENESIS_ROOTS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_GENESIS_FORMAT, "more than %d roots", GENESIS_ROOTS_MAX);
    t->root[t->n++] = *spki;
    return SR_OK;
}

static enum sr_err read_root(const char *path_or_pin, struct type_roots *t, struct sr_why *why)
{
    return root_file_read(path_or_pin, t->root, GENESIS_ROOTS_MAX, &t->n, why);
}

static enum sr_err add_vendors(struct type_roots *t, struct sr_why *why)
{
    struct pins known = vendor_roots(span_of(t->type));
    for (size_t i = 0; i < known.n; i++)
        SR_TRY(add_root(t, &known.v[i], why));
    return known.n
               ? SR_OK
               : sr_fail(why, SR_EFORMAT, R_CONFIG, "%s=vendor: no roots of that type are known", t->type);
}

static enum sr_err roots_of_type(struct genesis_params *p, struct span type, struct type_roots **ret,
                                 struct sr_why *why)
{
    if (!evidence_type_ok(type))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--root is TYPE=ROOT, such as snp=vendor");
    for (size_t i = 0; i < p->ntypes; i++)
        if (span_eq(span_of(p->types[i].type), type)) {
            *ret = &p->types[i];
            return SR_OK;
        }
    if (p->ntypes == GENESIS_TYPES_MAX)
        return sr_fail(why, SR_ETOOBIG, R_GENESIS_FORMAT, "more than %d types", GENESIS_TYPES_MAX);
    *ret = &p->types[p->ntypes++];
    memcpy((*ret)->type, type.p, type.n);
    return SR_OK;
}

static enum sr_err read_typed(const char *type_root, struct genesis_params *p, struct sr_why *why)
{
    const char *eq = strchr(type_root, '=');
    struct span type = { (const uint8_t *)type_root, eq ? (size_t)(eq - type_root) : 0 };
    struct type_roots *to = NULL;
    SR_TRY(roots_of_type(p, type, &to, why));
    return strcmp(eq + 1, "vendor") == 0 ? add_vendors(to, why) : read_root(eq + 1, to, why);
}

static int by_type(const void *a, const void *b)
{
    const struct type_roots *x = a, *y = b;
    return span_cmp(span_of(x->type), span_of(y->type));
}

static enum sr_err read_roots(const struct prepare_options *o, struct genesis_params *p, struct sr_why *why)
{
    struct type_roots *tpm = NULL;
    for (size_t i = 0; i < o->tpm_roots.n; i++) {
        SR_TRY(roots_of_type(p, SPAN_STR("tpm"), &tpm, why));
        SR_TRY(read_root(o->tpm_roots.v[i], tpm, why));
    }
    for (size_t i = 0; i < o->roots.n; i++)
        SR_TRY(read_typed(o->roots.v[i], p, why));
    for (size_t i = 0; i < p->ntypes; i++)
        qsort(p->types[i].root, p->types[i].n, sizeof p->types[i].root[0], by_bytes);
    qsort(p->types, p->ntypes, sizeof p->types[0], by_type);
    return SR_OK;
}

static enum sr_err read_first_policy(const char *path, struct sha256 *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) canonical = { 0 };
    SR_OWN(policy_hold) hold = { 0 };
    SR_TRY(cli_read_file(path, POLICY_MAX, &text, why));
    SR_TRY(json_canonical(buf_span(&text), &canonical, why));
    SR_TRY(policy_parse(buf_span(&canonical), &hold.p, why));
    if (policy_number(hold.p) != 1)
        return sr_fail(why, SR_EFORMAT, R_POLICY_CHAIN, "%s: the first policy has number 1", path);
    *ret = *policy_hash(hold.p);
    return SR_OK;
}

static enum sr_err take_opnonce(const char *hex, struct genesis_file *f, struct sr_why *why)
{
    struct span text = span_of(hex);
    f->opnonce_n = hex ? text.n / 2 : 32;
    if (!hex) {
        random_fill(f->opnonce, f->opnonce_n);
        return SR_OK;
    }
    if (text.n < 2 || f->opnonce_n > GENESIS_OPNONCE_MAX || hex_read(text, f->opnonce, f->opnonce_n) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT, "--opnonce is 1 to 64 bytes in hex");
    return SR_OK;
}

static enum sr_err prepare(const struct prepare_options *o, struct sha256 *ret_hash, struct sr_why *why)
{
    struct genesis_file f = { 0 };
    struct genesis_params *p = &f.params;
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) params = { 0 };
    random_fill(p->salt, sizeof p->salt);
    SR_TRY(take_opnonce(o->opnonce, &f, why));
    SR_TRY(read_keys(&o->operators, o->k, &p->operators, why));
    SR_TRY(read_keys(&o->ak_cas, o->ak_ca_k, &p->akcas, why));
    SR_TRY(read_keys(&o->witnesses, o->witness_k, &p->witnesses, why));
    SR_TRY(read_holders(&o->recovery, o->recovery_t, &p->recovery, why));
    SR_TRY(read_roots(o, p, why));
    SR_TRY(read_first_policy(o->policy, &p->first_policy, why));
    SR_TRY(genesis_file_write(&f, &text, why));
    SR_TRY(genesis_params_encode(p, &params, why));
    *ret_hash = genesis_params_hash(buf_span(&params));
    return cli_write_file(o->out, 0644, buf_span(&text), why);
}

static enum cli_exit print_hash(const struct cli *c, const char *name, const struct sha256 *hash)
{
    SR_OWN(buf) out = { 0 };
    if (cli_json(c)) {
        jw_object(&out);
        jw_member_hex(&out, name, SPAN(hash->b));
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "%s ", name);
        wr_hex(&out, SPAN(hash->b));
    }
    return cli_print(c, &out);
}

static enum cli_exit genesis_prepare(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct sha256 hash;
    struct prepare_options o = { .k = 1, .ak_ca_k = 1 };
    const struct option_row rows[] = {
        { "operator", OPTION_LIST, &o.operators, "PUB",
          "public key (file, hex or ssh-ed25519 line) that signs policies", NULL, true },
        { "k", OPTION_UINT, &o.k, "N", "how many operators must sign a policy (1)", NULL, false },
        { "ak-ca", OPTION_LIST, &o.ak_cas, "PUB", "public key that certifies the first machine", NULL, true },
        { "ak-ca-k", OPTION_UINT, &o.ak_ca_k, "N", "how many of those must (1)", NULL, false },
        { "tpm-root", OPTION_LIST, &o.tpm_roots, "FILE",
          "root of TPM endorsement keys: PEM, or its pin in hex", NULL, false },
        { "root", OPTION_LIST, &o.roots, "TYPE=ROOT",
          "root of another type of evidence: snp=FILE, snp=PIN, or snp=vendor for AMD's own", NULL, false },
        { "witness", OPTION_LIST, &o.witnesses, "PUB", "public key of a witness of the log", NULL, false },
        { "witness-k", OPTION_UINT, &o.witness_k, "N", "how many witnesses must cosign (0)", NULL, false },
        { "recovery", OPTION_LIST, &o.recovery, "PUB",
          "X25519, Ed25519 or RSA public key of a recovery holder; without any, no recovery, ever", NULL,
          false },
        { "recovery-t", OPTION_UINT, &o.recovery_t, "T", "how many holders together recover, 2 or more", NULL,
          false },
        { "policy", OPTION_TEXT, &o.policy, "FILE", "the first policy, number 1", NULL, true },
        { "opnonce", OPTION_TEXT, &o.opnonce, "HEX", "a value of today, to show that the key is younger",
          NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "genesis.json; - is standard output", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = prepare(&o, &hash, &why);
    return done == SR_OK ? print_hash(c, "params", &hash) : cli_fail(c, done, &why);
}

/* ---- verify-genesis ---- */

static void print_recovery(const struct holder_set *h, struct buf *out)
{
    if (!h->n) {
        wr_text(out, "if all members are lost, nobody can bring it back\n");
        return;
    }
    wr_fmt(out,
           "if all members are lost, %zu of these %zu holders together bring it back; each has a share\n",
           h->t, h->n);
    for (size_t i = 0; i < h->n; i++) {
        struct sha256 pin = holder_pin(&h->v[i]);
        wr_fmt(out, "  %zu %s ", i + 1, holder_kind_name(h->v[i].kind));
        wr_hex(out, SPAN(pin.b));
        wr_u8(out, '\n');
    }
}

/* The pin is SHA-256 of the SubjectPublicKeyInfo, as holders can make it of their key. */
static void write_holders(const struct holder_set *h, struct buf *out)
{
    jw_name(out, "holders");
    jw_array(out);
    for (size_t i = 0; i < h->n; i++) {
        struct sha256 pin = holder_pin(&h->v[i]);
        jw_object(out);
        jw_member_text(out, "kind", holder_kind_name(h->v[i].kind));
        jw_member_hex(out, "pin", SPAN(pin.b));
        jw_object_end(out);
    }
    jw_array_end(out);
}

static enum cli_exit print_verdict(const struct cli *c, const struct genesis_checked *g,
                                   const struct sha256 *cid, struct claims *claims)
{
    SR_OWN(buf) out = { 0 };
    SR_OWN(buf) object = { 0 };
    char text[CID_TEXT_MAX];
    cid_text(cid, text);
    if (cli_json(c)) {
        claims_write_json(claims, &object);
        jw_object(&out);
        jw_member_text(&out, "cid", text);
        jw_name(&out, "claims");
        jw_raw(&out, buf_span(&object));
        jw_member_u64(&out, "created", g->bundle.created);
        jw_member_hex(&out, "first_policy", SPAN(g->genesis.params.first_policy.b));
        write_holders(&g->genesis.params.recovery, &out);
        jw_member_u64(&out, "operators", g->genesis.params.operators.n);
        jw_member_u64(&out, "operators_k", g->genesis.params.operators.k);
        jw_member_u64(&out, "recovery_holders", g->genesis.params.recovery.n);
        jw_member_u64(&out, "recovery_t", g->genesis.params.recovery.t);
        jw_member_text(&out, "verdict", "accept");
        jw_object_end(&out);
        return cli_print(c, &out);
    }
    wr_fmt(&out, "genesis of %s verifies\npolicies need %zu of %zu operators\n", text,
           g->genesis.params.operators.k, g->genesis.params.operators.n);
    print_recovery(&g->genesis.params.recovery, &out);
    wr_text(&out, "the master was drawn inside:");
    claims_write_text(claims, &out);
    return cli_print(c, &out);
}

static enum cli_exit verify_genesis(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    const char *node = NULL, *cid_text_in = NULL, *ca = NULL, *opnonce = NULL, *collateral = NULL;
    struct sha256 cid;
    struct genesis_file nonce = { 0 };
    struct genesis_checked checked;
    struct claims claims = { 0 };
    SR_OWN(buf) bundle = { 0 };
    const struct option_row rows[] = {
        { "cid", OPTION_TEXT, &cid_text_in, "CID", "the network, pinned", "SEALRING_CID", true },
        { "node", OPTION_TEXT, &node, "URL", "a member to get the bundle from", "SEALRING_NODE", false },
        { "ca", OPTION_TEXT, &ca, "FILE", "check the node's TLS certificate too", "SEALRING_CA", false },
        { "opnonce", OPTION_TEXT, &opnonce, "HEX", "what the operators chose, if you know it", NULL, false },
        { "collateral", OPTION_TEXT, &collateral, "DIR",
          "vendors' certificates, lists and documents of that time, for snp, tdx and sgx", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 1, &args, &e))
        return e;
    if (args.n == 0 && !node)
        return cli_usage(c, "wants BUNDLE or --node");
    enum sr_err done = cid_parse(span_of(cid_text_in), &cid, &why);
    if (done == SR_OK && opnonce)
        done = take_opnonce(opnonce, &nonce, &why);
    if (done == SR_OK)
        done = genesis_input_get(args.n ? args.v[0] : NULL,
                                 &(struct remote_options){ .node = node, .cid = cid_text_in, .ca = ca },
                                 &bundle, &why);
    if (done == SR_OK)
        done = genesis_input_verify(buf_span(&bundle), &cid, (struct span){ nonce.opnonce, nonce.opnonce_n },
                                    collateral, &checked, &claims, &why);
    return done == SR_OK ? print_verdict(c, &checked, &cid, &claims) : cli_fail(c, done, &why);
}

const struct command commands_genesis[] = {
    { "genesis prepare", NULL, "make genesis.json: operators, thresholds, roots and the first policy",
      "Fixes what a network is before its key exists. The file is public; give it to every operator to "
      "review,\n"
      "then to sealring-bootstrap. Prints the hash of the parameters.",
      genesis_prepare },
    { "verify-genesis", "[BUNDLE]", "was this network's key born inside measured code?",
      "Checks offline that the genesis record is the one the cid names, that its evidence was made for it by "
      "an\n"
      "attestation key that the operators' AK-CAs certify, and what was measured then.",
      verify_genesis },
    { 0 },
};
