#include "crypto/text.h"
#include "proto/log.h"
#include "tests/t.h"
#include "tests/vectors/log.h"

#include <stdlib.h>

enum { N = 700 };

/* A log in memory, and the lies it may tell. */
static struct book {
    struct sign_key key;
    struct log_id id;
    char origin[NOTE_NAME_MAX + 1];
    struct buf leaf[N];
    uint64_t size;    /* as the checkpoint has it */
    uint64_t altered; /* this leaf says something else; N: none */
} book = { .altered = N };

static struct span leaf_at(const struct book *b, uint64_t i)
{
    return i == b->altered ? buf_span(&b->leaf[(i + 7) % N]) : buf_span(&b->leaf[i]);
}

static struct sha256 subtree(const struct book *b, uint64_t lo, uint64_t n)
{
    struct merkle_tree t = { 0 };
    for (uint64_t i = lo; i < lo + n; i++) {
        struct sha256 h = merkle_leaf(leaf_at(b, i));
        (void)merkle_append(&t, &h);
    }
    return merkle_root(&t);
}

static struct checkpoint checkpoint_at(const struct book *b, uint64_t size)
{
    struct checkpoint c = { .size = size, .root = subtree(b, 0, size) };
    strcpy(c.origin, b->origin);
    return c;
}

static unsigned gets;

static enum sr_err get(void *ctx, const char *path, struct buf *ret)
{
    const struct book *b = ctx;
    struct tile t;
    gets++;
    if (strcmp(path, "checkpoint") == 0) {
        struct checkpoint c = checkpoint_at(b, b->size);
        checkpoint_sign(&c, &b->key, &b->id.pub, ret);
        return SR_OK;
    }
    SR_TRY(tile_parse(span_of(path), &t));
    if (t.width > tile_width(t.level, t.index, b->size))
        return SR_ENOENT;
    uint64_t n = t.level ? TILE_WIDTH : 1, first = t.index * TILE_WIDTH;
    for (uint64_t i = first; i < first + t.width; i++) {
        struct sha256 h = subtree(b, i * n, n);
        if (t.kind == TILE_ENTRIES)
            tile_put_entry(ret, leaf_at(b, i));
        else
            wr_span(ret, SPAN(h.b));
    }
    return SR_OK;
}

static void fill_book(void)
{
    struct key seed = { { 7 } };
    struct sha256 cid = { { 1, 2, 3 } };
    static const uint8_t member[16] = { 9 };
    SR_OWN(buf) origin = { 0 };
    sign_from_seed(&seed, &book.key, &book.id.pub);
    log_origin(&cid, member, &origin);
    memcpy(book.origin, origin.p, origin.n);
    book.id.origin = book.origin;
    for (uint64_t i = 0; i < N; i++) {
        struct leaf l = { .type = i ? LEAF_POLICY : LEAF_GENESIS,
                          .time = 1700000000 + i,
                          .policy_number = i };
        l.cid = cid;
        memcpy(l.member_key.b, book.id.pub.b, sizeof l.member_key.b);
        T(leaf_encode(&l, &book.leaf[i]) == SR_OK);
    }
    book.size = N;
}

static struct log_reader reader(void)
{
    return (struct log_reader){ .get = get, .ctx = &book, .id = book.id };
}

static enum sr_err count(void *ctx, uint64_t index, const struct leaf *l)
{
    uint64_t *n = ctx;
    T(l->policy_number == index);
    ++*n;
    return SR_OK;
}

static void a_whole_log_verifies_and_shows_every_leaf(void)
{
    struct log_reader r = reader();
    struct checkpoint c;
    uint64_t n = 0;
    struct log_audit a = { .reader = &r, .visit = count, .ctx = &n };
    T(log_fetch_checkpoint(&r, &c, NULL) == SR_OK && c.size == N);
    T(log_verify(&a, &c, NULL) == SR_OK);
    T(n == N);
}

static void an_older_checkpoint_saves_what_was_read_before(void)
{
    static const uint64_t sizes[] = { 0, 1, 255, 256, 257, 512, 513, 699, 700 };
    struct log_reader r = reader();
    struct checkpoint c = checkpoint_at(&book, N);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct checkpoint old = checkpoint_at(&book, sizes[i]);
        uint64_t n = 0;
        struct log_audit a = { .reader = &r, .old = &old, .visit = count, .ctx = &n };
        T(log_verify(&a, &c, NULL) == SR_OK);
        T(n == N - sizes[i]);
    }
}

static void one_altered_leaf_is_noticed_wherever_it_is(void)
{
    struct checkpoint c = checkpoint_at(&book, N), old = checkpoint_at(&book, 300);
    struct log_reader r = reader();
    static const uint64_t at[] = { 1, 5, 255, 256, 299, 300, 301, 511, 512, 699 };
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        struct sr_why why = { 0 };
        struct log_audit a = { .reader = &r };
        book.altered = at[i];
        T(log_verify(&a, &c, &why) == SR_EPROOF && why.reason == R_LOG_PROOF);
        a.old = &old; /* a checkpoint of the altered log is well signed: it is a fork of what we know */
        struct checkpoint forked = checkpoint_at(&book, N);
        enum sr_err e = log_verify(&a, &forked, &why);
        T(at[i] < 300 ? e == SR_EPROOF && why.reason == R_LOG_FORK : e == SR_OK);
        book.altered = N;
    }
    struct log_audit a = { .reader = &r };
    T(log_verify(&a, &c, NULL) == SR_OK);
}

static void a_smaller_log_and_another_root_of_the_same_size_are_forks(void)
{
    struct log_reader r = reader();
    struct checkpoint c = checkpoint_at(&book, N), small = checkpoint_at(&book, 600), other = c;
    struct sr_why why = { 0 };
    struct log_audit a = { .reader = &r, .old = &c };
    T(log_verify(&a, &small, &why) == SR_EPROOF && why.reason == R_LOG_FORK);
    other.root.b[0] ^= 1;
    T(log_verify(&a, &other, &why) == SR_EPROOF && why.reason == R_LOG_PROOF);
    a.old = &other;
    T(log_verify(&a, &c, &why) == SR_EPROOF && why.reason == R_LOG_FORK);
}

/* The first leaf must name this network and this key. */
static void the_first_leaf_introduces_the_member(void)
{
    struct log_reader r = reader();
    struct checkpoint c = checkpoint_at(&book, N);
    struct sr_why why = { 0 };
    struct log_audit a = { .reader = &r };
    r.id.pub.b[0] ^= 1;
    T(log_verify(&a, &c, &why) == SR_EPROOF && why.reason == R_LOG_LEAF);
    r = reader();
    char origin[NOTE_NAME_MAX + 1];
    strcpy(origin, book.origin);
    origin[12] = origin[12] == 'a' ? 'b' : 'a';
    r.id.origin = origin;
    T(log_verify(&a, &c, &why) == SR_EPROOF && why.reason == R_LOG_LEAF);
    book.altered = 0;
    r = reader();
    T(log_verify(&a, &c, &why) == SR_EPROOF && why.reason == R_LOG_LEAF);
    book.altered = N;
}

static void missing_and_malformed_parts_are_errors(void)
{
    struct log_reader r = reader();
    struct checkpoint c = checkpoint_at(&book, N), longer = c;
    struct sr_why why = { 0 };
    struct log_audit a = { .reader = &r };
    longer.size = N + 1;
    T(log_verify(&a, &longer, &why) == SR_ENOENT && why.reason == R_LOG_PROOF);
    SR_OWN(buf) leaf = { 0 };
    struct merkle_proof p;
    T(log_fetch_leaf(&r, &c, N, &leaf, &p, &why) == SR_ENOENT && why.reason == R_NOT_FOUND);
}

static void one_leaf_is_fetched_with_its_proof(void)
{
    struct log_reader r = reader();
    struct checkpoint c = checkpoint_at(&book, N);
    SR_OWN(buf) note = { 0 };
    T(get(&book, "checkpoint", &note) == SR_OK);
    for (uint64_t i = 0; i < N; i += 233) {
        SR_OWN(buf) leaf = { 0 }, path = { 0 };
        struct merkle_proof p;
        struct checkpoint shown;
        struct sr_why why = { 0 };
        T(log_fetch_leaf(&r, &c, i, &leaf, &p, NULL) == SR_OK);
        T(span_eq(buf_span(&leaf), buf_span(&book.leaf[i])));
        merkle_proof_write(&p, &path);
        struct log_shown s = { buf_span(&leaf), i, buf_span(&path), buf_span(&note) };
        T(log_check_shown(&s, &book.id, &shown, &why) == SR_OK && shown.size == N);
        s.index ^= 1;
        T(log_check_shown(&s, &book.id, &shown, &why) == SR_EPROOF && why.reason == R_LOG_PROOF);
        s.index ^= 1;
        s.leaf.n--;
        T(log_check_shown(&s, &book.id, &shown, &why) == SR_EPROOF && why.reason == R_LOG_PROOF);
        s.leaf.n++;
        s.path.n--;
        T(log_check_shown(&s, &book.id, &shown, &why) == SR_EPROOF && why.reason == R_LOG_PROOF);
    }
    struct merkle_proof p;
    SR_OWN(buf) leaf = { 0 };
    struct sr_why why = { 0 };
    book.altered = 3;
    T(log_fetch_leaf(&r, &c, 3, &leaf, &p, &why) == SR_EPROOF && why.reason == R_LOG_PROOF);
    book.altered = N;
    T(leaf.n == 0);
}

static void proof_files_are_those_of_the_other_implementation(void)
{
    struct log_proof p;
    struct note_key k;
    struct checkpoint c;
    SR_OWN(buf) again = { 0 };
    T(log_proof_read(span_of(vec_proof), &p) == SR_OK && p.index == 777);
    T(note_key_read(span_of(vec_log_vkey), &k) == SR_OK);
    T(checkpoint_open(p.note, vec_origin, &k.pub, &c, NULL) == SR_OK);
    struct sha256 h = merkle_leaf(SPAN_STR("leaf 777"));
    T(merkle_check_inclusion(&p.path, &h, p.index, c.size, &c.root) == SR_OK);
    log_proof_write(&p, &again);
    T(span_eq(buf_span(&again), span_of(vec_proof)));
}

/* Up to the note, which note_open reads: every flip and every shorter file is none or has other hashes. */
static void every_flip_of_a_proof_file_is_refused_or_fails(void)
{
    static char text[sizeof vec_proof];
    struct span s = { (uint8_t *)text, sizeof text - 1 };
    struct note_key k;
    unsigned accepted = 0;
    T(note_key_read(span_of(vec_log_vkey), &k) == SR_OK);
    struct sha256 h = merkle_leaf(SPAN_STR("leaf 777"));
    memcpy(text, vec_proof, sizeof text);
    for (size_t bit = 0; bit < s.n * 8; bit++) {
        struct log_proof p;
        struct checkpoint c;
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        accepted += log_proof_read(s, &p) == SR_OK &&
                    checkpoint_open(p.note, vec_origin, &k.pub, &c, NULL) == SR_OK &&
                    merkle_check_inclusion(&p.path, &h, p.index, c.size, &c.root) == SR_OK;
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
    T(accepted == 0);
    for (size_t n = 0; n < s.n; n++) {
        struct log_proof p;
        struct checkpoint c;
        accepted += log_proof_read((struct span){ s.p, n }, &p) == SR_OK &&
                    checkpoint_open(p.note, vec_origin, &k.pub, &c, NULL) == SR_OK;
    }
    T(accepted == 0);
}

static void origins_name_network_and_member(void)
{
    SR_OWN(buf) b = { 0 };
    struct sha256 cid;
    uint8_t member[16];
    for (size_t i = 0; i < 32; i++)
        cid.b[i] = (uint8_t)(1 + i);
    for (size_t i = 0; i < 16; i++)
        member[i] = (uint8_t)(9 + i);
    log_origin(&cid, member, &b);
    T(span_eq(buf_span(&b), span_of(vec_origin)));
}

int main(void)
{
    T(secret_init() == SR_OK);
    fill_book();
    a_whole_log_verifies_and_shows_every_leaf();
    an_older_checkpoint_saves_what_was_read_before();
    one_altered_leaf_is_noticed_wherever_it_is();
    a_smaller_log_and_another_root_of_the_same_size_are_forks();
    the_first_leaf_introduces_the_member();
    missing_and_malformed_parts_are_errors();
    one_leaf_is_fetched_with_its_proof();
    proof_files_are_those_of_the_other_implementation();
    every_flip_of_a_proof_file_is_refused_or_fails();
    origins_name_network_and_member();
    for (size_t i = 0; i < N; i++)
        buf_drop(&book.leaf[i]);
    return t_end();
}
