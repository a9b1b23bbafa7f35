/* Backups: what is written reads back, and nothing else does. */
#include "proto/backup.h"

#include <stdlib.h>

#include "tests/backup_maker.h"

static enum sr_reason verdict(struct span file)
{
    SR_OWN(backup) b = { 0 };
    struct sr_why why = { 0 };
    return backup_net_verify(file, &b, &why) == SR_OK ? R_NONE : why.reason;
}

static void what_is_written_reads_back(void)
{
    SR_OWN(backup_net) n = { 0 };
    SR_OWN(buf) file = { 0 };
    SR_OWN(backup) b = { 0 };
    struct sr_why why = { 0 };
    backup_net_make(&n);
    struct sha256 hash = backup_net_file(&n, 5, &(struct backup_twist){ 0 }, &file);
    struct sha256 whole = sha256(buf_span(&file));
    T(sha256_eq(&hash, &whole));
    T_ROW(backup_net_verify(buf_span(&file), &b, &why) == SR_OK, why.text);
    T(sha256_eq(&b.file, &hash) && sha256_eq(&b.m.cid, &n.cid) && b.head.size == 5 && b.m.revision == 77);
    T(b.m.rows == 8 && b.m.time == 5000 && b.genesis.params.operators.k == 2);
}

static void each_length_and_each_bit(void)
{
    SR_OWN(backup_net) n = { 0 };
    SR_OWN(buf) file = { 0 };
    size_t shorter = 0, bent = 0;
    backup_net_make(&n);
    backup_net_file(&n, 3, &(struct backup_twist){ 0 }, &file);
    for (size_t i = 0; i < file.n; i++)
        shorter += verdict((struct span){ file.p, i }) == R_BACKUP_FORMAT;
    T(shorter == file.n);
    for (size_t bit = 0; bit < file.n * 8; bit++) {
        file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        bent += verdict(buf_span(&file)) != R_NONE;
        file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(bent == file.n * 8);
    wr_u8(&file, 0);
    T(verdict(buf_span(&file)) == R_BACKUP_FORMAT);
}

static void what_does_not_prove_itself(void)
{
    SR_OWN(backup_net) n = { 0 };
    SR_OWN(buf) strange = { 0 };
    struct sha256 other = { { 1 } };
    struct span none = { 0 };
    backup_net_make(&n);
    const struct member_cert c = {
        .cid = n.cid, .epoch = 1, .key = n.genesis.params.operators.key[0], .address = "https://one:1"
    };
    T(member_cert_make(&c, &n.keys.member_ca, &strange) == SR_OK);
    struct span other_cert = buf_span(&strange);
    const struct {
        const char *what;
        struct backup_twist twist;
        enum sr_reason refused;
    } rows[] = {
        { "nothing changed", { 0 }, R_NONE },
        { "signed by somebody else", { .signer = &n.operators[0] }, R_BACKUP_PROOF },
        { "another network's id", { .cid = &other }, R_GENESIS_MISMATCH },
        { "another member's certificate", { .cert = &other_cert }, R_BACKUP_PROOF },
        { "no certificate", { .cert = &none }, R_MALFORMED },
        { "no record", { .record = &none }, R_BACKUP_PROOF },
        { "a head over more than there is", { .size = 9 }, R_BACKUP_PROOF },
        { "no sealed head", { .no_head = true }, R_BACKUP_PROOF },
        { "a leaf left out", { .leaf_missing = true }, R_BACKUP_PROOF },
        { "a leaf changed", { .leaf_other = true }, R_BACKUP_PROOF },
        { "a log that begins in the middle", { .first_other = true }, R_BACKUP_PROOF },
        { "rows out of order", { .order = true }, R_BACKUP_FORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) file = { 0 };
        backup_net_file(&n, 4, &rows[i].twist, &file);
        enum sr_reason got = verdict(buf_span(&file));
        T_ROW(got == rows[i].refused, rows[i].what);
        if (got != rows[i].refused)
            printf("  %s\n", sr_reason_text(got));
    }
}

static void a_log_of_no_leaves_is_none(void)
{
    SR_OWN(backup_net) n = { 0 };
    SR_OWN(buf) file = { 0 };
    backup_net_make(&n);
    backup_net_file(&n, 0, &(struct backup_twist){ 0 }, &file);
    T(verdict(buf_span(&file)) == R_BACKUP_PROOF);
}

static void rows_that_no_keystore_has(void)
{
    static const struct {
        const char *key;
        size_t n;
    } rows[] = { { "", 0 }, { "A1", 2 }, { "HH", 2 }, { "\0", 1 }, { "{", 1 } };
    struct label_text l = label_text(L_BACKUP);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) file = { 0 };
        wr_lp(&file, (struct span){ (const uint8_t *)l.b, l.n });
        wr_u8(&file, 1);
        wr_lp(&file, (struct span){ (const uint8_t *)rows[i].key, rows[i].n });
        wr_lp(&file, (struct span){ 0 });
        wr_u8(&file, 0);
        T_ROW(verdict(buf_span(&file)) == R_BACKUP_FORMAT, rows[i].key);
    }
    struct backup_writer w = { .write = backup_net_append, .ctx = NULL };
    T(backup_row(&w, (struct span){ 0 }, (struct span){ 0 }) == SR_EBUG);
    T(backup_row(&w, SPAN_STR("L1"), SPAN_STR("short")) == SR_EBUG);
}

int main(void)
{
    T(secret_init() == SR_OK);
    what_is_written_reads_back();
    each_length_and_each_bit();
    what_does_not_prove_itself();
    a_log_of_no_leaves_is_none();
    rows_that_no_keystore_has();
    return t_end();
}
