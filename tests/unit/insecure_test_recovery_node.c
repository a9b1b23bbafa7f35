/* The node's side of a recovery, whole nodes in this process: it waits for t shares, and what ends it early
 * leaves nothing or is gone on from. Evidence is insecure: what is tried is everything around it. */
#include "bootstrap/recovery.h"
#include "node/recoverable.h"
#include "node/recovery_key.h"
#include "node/rotation.h"
#include "proto/policy_next.h"
#include "proto/recovery_transfer.h"
#include "proto/rotation.h"
#include "tests/recovery_net.h"
#include "tests/rotation_ring.h"

#include <fcntl.h>

static const char ceremony_hex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

enum { LOST_AT = 3 }; /* the epoch that it had come to */

/* A network that was, and what is left of it. */
struct lost {
    struct running *machine; /* its folder; the node is stopped */
    struct buf bundle, file;
    struct recovery_file parsed; /* borrows from file */
    struct recovery_epochs epochs;
    struct genesis_checked genesis;
    struct claims first;
    struct sha256 cid;
    struct recovery_maker r; /* the holders' keys */
    struct secret derived;
    struct master_bundle masters;
};

static void derive(const struct core *c, struct secret *ret)
{
    const struct keyring_want want = { SPAN_STR("demo"), SPAN_STR("app/disk"), 1, derived_kind(DERIVED_RAW),
                                       32 };
    T(keyring_workload(maker_keyring(&c->home), &want, ret, NULL) == SR_OK);
}

static void rotate(struct running *m)
{
    SR_OWN(buf) drawn = { 0 };
    SR_OWN(buf) approved = { 0 };
    SR_OWN(rotation_file) f = { 0 };
    const struct genesis_params *p = &m->core->home.genesis.params;
    struct sr_why why = { 0 };
    T_ROW(rotation_draw(m->core->rotation, &drawn, &why) == SR_OK &&
              rotation_file_parse(buf_span(&drawn), &f, &why) == SR_OK,
          why.text);
    T(f.draw.recovery.n == (p->recovery.n ? EPOCH_RECOVERY_SIZE : 0));
    T(rotation_approve(&f, &m->admin, &m->admin_pub, &why) == SR_OK);
    rotation_file_write(&f, &approved);
    T_ROW(rotation_link(m->core->rotation, buf_span(&approved), &why) == SR_OK, why.text);
}

/* The one on its disk: as it would write it now, or none. */
static void keeps(struct running *m, struct span file)
{
    char path[CONFIG_TEXT + 32];
    SR_OWN(buf) kept = { 0 };
    struct sr_why why = { 0 };
    snprintf(path, sizeof path, "%s/recovery.file", m->config.state_dir);
    T_ROW(recoverable_keep(&m->node, m->core, &why) == SR_OK, why.text);
    T((file_read(path, RECOVERY_FILE_MAX, &kept, NULL) == SR_OK) == (file.n > 0) &&
      span_eq(buf_span(&kept), file));
    if (!file.n)
        return;
    T(unlink(path) == 0 && recoverable_keep(&m->node, m->core, &why) == SR_OK);
    T(access(path, F_OK) != 0); /* nothing new, nothing written */
}

/* What operators and holders keep. */
static void keep_file(struct lost *l, struct running *m)
{
    struct sr_why why = { 0 };
    SR_OWN(buf) same = { 0 };
    if (!l->genesis.recovery.n) {
        T(recoverable_file(&m->node, m->core, &l->file, &why) == SR_ENOENT && why.reason == R_RECOVERY_NONE);
        keeps(m, (struct span){ 0 });
        wr_span(&l->file, buf_span(&l->bundle));
    } else {
        T_ROW(recoverable_file(&m->node, m->core, &l->file, &why) == SR_OK, why.text);
        T(recoverable_file(&m->node, m->core, &same, &why) == SR_OK &&
          span_eq(buf_span(&same), buf_span(&l->file)));
        keeps(m, buf_span(&l->file));
    }
    T_ROW(recovery_file_decode(buf_span(&l->file), &l->parsed, &why) == SR_OK &&
              recovery_file_check(&l->parsed, &l->cid, &l->genesis.genesis, &l->epochs, &why) == SR_OK &&
              recovery_file_whole(&l->parsed, &l->epochs, 1, &why) == SR_OK,
          why.text);
}

static void lose(struct lost *l, bool holders)
{
    SR_OWN(home) none = { 0 };
    struct core *c = NULL;
    struct sr_why why = { 0 };
    struct running *m = calloc(1, sizeof *m);
    maker_need(m != NULL, "memory");
    make_holders(&l->r);
    running_folder(m);
    running_genesis_files(m);
    if (holders)
        name_holders(m, &l->r.holders);
    running_configure(m);
    T_ROW(node_open(&m->node, &m->config, &why) == SR_OK &&
              genesis_run(&m->node, "http://127.0.0.1:1", &none, &c, &why) == SR_OK,
          why.text);
    maker_need(c != NULL, "genesis");
    running_member(m, c);
    wr_span(&l->bundle, buf_span(&c->bundle));
    l->cid = c->home.cid;
    derive(c, &l->derived);
    T(genesis_check(buf_span(&l->bundle), &l->cid, (struct span){ 0 }, &l->genesis, &why) == SR_OK &&
      genesis_verify(&l->genesis, NULL, &l->first, &why) == SR_OK);
    for (int i = 1; holders && i < LOST_AT; i++)
        rotate(m);
    keep_file(l, m);
    l->masters = maker_keyring(&c->home)->parts->masters;
    running_stop(m);
    l->machine = m;
    l->r.of = (struct recovery_of){ &l->cid, &l->r.holders };
}

static void lost_drop(struct lost *l)
{
    running_end(l->machine);
    buf_drop(&l->bundle);
    buf_drop(&l->file);
    secret_drop(&l->derived);
    master_bundle_drop(&l->masters);
}

static int open_log(const struct running *m)
{
    char path[128];
    snprintf(path, sizeof path, "%s/log", m->dir);
    return open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
}

static void end(struct running *m)
{
    int log = m->node.log.fd;
    running_end(m);
    close(log);
}

/* Within ten seconds. */
static bool said(const struct running *m, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/log", m->dir);
    for (int i = 0; i < 1000; i++, usleep(10000)) {
        SR_OWN(buf) log = { 0 };
        if (file_read(path, 1 << 20, &log, NULL) != SR_OK)
            continue;
        wr_u8(&log, 0);
        if (strstr((const char *)log.p, text))
            return true;
    }
    return false;
}

/* A machine that is to bring it back. */
static struct running *fresh(const struct lost *l)
{
    struct running *m = calloc(1, sizeof *m);
    enum config_action action;
    struct sr_why why = { 0 };
    char state[96], bundle[96], policy[96], shares[96], cid[CID_TEXT_MAX];
    maker_need(m != NULL, "memory");
    running_folder(m);
    snprintf(state, sizeof state, "%s/state", m->dir);
    snprintf(bundle, sizeof bundle, "%s/bundle", m->dir);
    snprintf(policy, sizeof policy, "%s/policy.json", m->dir);
    snprintf(shares, sizeof shares, "%s/shares", m->dir);
    maker_need(mkdir(shares, 0700) == 0, "folder of shares");
    cid_text(&l->cid, cid);
    running_write(m, "bundle", buf_span(&l->file));
    running_write(m, "policy.json", l->genesis.bundle.policy);
    char hex[sizeof ceremony_hex];
    memcpy(hex, ceremony_hex, sizeof hex);
    char *argv[] = { "running", "--platform",       "insecure",    "--state-dir",        state,  "--recover",
                     bundle,    "--recover-policy", policy,        "--recover-ceremony", hex,    "--cid",
                     cid,       "--listen-plain",   "127.0.0.1:0", "--recover-shares",   shares, NULL };
    T_ROW(config_load(&m->config, &action, sizeof argv / sizeof *argv - 1, argv, &why) == SR_OK &&
              config_check(&m->config, &why) == SR_OK,
          why.text);
    m->node.log = (struct logger){ LOG_INFO, open_log(m) };
    T_ROW(node_open(&m->node, &m->config, &why) == SR_OK, why.text);
    return m;
}

/* recovery_run() in a thread of its own, as in a daemon. */
struct job {
    struct running *m;
    struct home home;
    struct core *core;
    enum sr_err e;
    struct sr_why why;
    pthread_t thread;
};

static void *job_run(void *arg)
{
    struct job *j = arg;
    j->e = recovery_run(&j->m->node, "http://127.0.0.1:1", &j->home, &j->core, &j->why);
    return NULL;
}

static void job_start(struct job *j)
{
    maker_need(pthread_create(&j->thread, NULL, job_run, j) == 0, "thread");
}

static void job_end(struct job *j)
{
    pthread_join(j->thread, NULL);
    if (j->core)
        running_member(j->m, j->core);
    home_drop(&j->home);
}

static bool read_request(const struct running *m, struct buf *ret)
{
    char path[128];
    snprintf(path, sizeof path, "%s/state/recovery.request", m->dir);
    for (int i = 0; i < 1000; i++, usleep(10000))
        if (file_read(path, RECOVERY_REQUEST_MAX, ret, NULL) == SR_OK)
            return true;
    return false;
}

static void give(const struct lost *l, const struct running *m, size_t holder)
{
    SR_OWN(buf) request = { 0 };
    SR_OWN(buf) message = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_signed) policy = { 0 };
    struct recovery_request q;
    struct recovery_ceremony value;
    struct claims claims = { 0 };
    struct share share;
    struct kem_key eph;
    struct sr_why why = { 0 };
    char name[32];
    T(file_read(m->config.recover_policy, POLICY_MAX, &text, NULL) == SR_OK); /* the same as the node's */
    T(read_request(m, &request) && recovery_request_decode(buf_span(&request), &q, NULL) == SR_OK);
    T(hex_read(span_of(ceremony_hex), value.b, sizeof value.b) == SR_OK);
    T(recovery_request_policy(buf_span(&text), &l->genesis.genesis, &l->cid, &policy, NULL) == SR_OK);
    const struct recovery_judge by = { .genesis = &l->genesis.genesis,
                                       .cid = &l->cid,
                                       .ceremony = &value,
                                       .policy = policy.policy,
                                       .epochs = &l->epochs,
                                       .first = &l->first,
                                       .now = (time_t)clock_unix() };
    T_ROW(recovery_request_judge(&by, &q, &claims, &why) == SR_OK, why.text);
    T(recovery_open_share(&l->genesis.recovery, &l->r.of, &l->r.holder[holder], &share, NULL) == SR_OK);
    random_fill(eph.b, sizeof eph.b);
    const struct recovery_session to = recovery_transfer_session(&q, buf_span(&request));
    T(recovery_transfer_make(&to, &share, &eph, &message) == SR_OK);
    snprintf(name, sizeof name, "shares/%zu", holder);
    running_write(m, name, buf_span(&message));
}

static void recovered(const struct lost *l, const struct job *j)
{
    SR_OWN(secret) derived = { 0 };
    T_ROW(j->e == SR_OK && j->core, j->why.text);
    if (!j->core)
        return;
    derive(j->core, &derived);
    T(span_eq(secret_span(&derived), secret_span(&l->derived)) && sha256_eq(&j->core->home.cid, &l->cid));
    const struct master_bundle *masters = &maker_keyring(&j->core->home)->parts->masters;
    T(masters->n == LOST_AT && memcmp(masters->epoch, l->masters.epoch, sizeof masters->epoch) == 0);
    SR_OWN(buf) first = { 0 };
    struct leaf leaf = { 0 };
    T(journal_read_leaf(j->core->journal, 0, &first) == SR_OK &&
      leaf_decode(buf_span(&first), &leaf, NULL) == SR_OK);
    T(leaf.type == LEAF_RECOVERY && leaf.epoch == LOST_AT &&
      memcmp(&leaf.commit, &l->epochs.pub[LOST_AT - 1].commit, sizeof leaf.commit) == 0);
}

static void two_holders_bring_it_back(const struct lost *l)
{
    struct job j = { .m = fresh(l) };
    job_start(&j);
    give(l, j.m, 2);
    give(l, j.m, 0);
    job_end(&j);
    recovered(l, &j);
    if (!j.core)
        return;
    struct sr_why why = { 0 };
    T(recovery_was_this(&j.m->node, &j.core->home, &why) == SR_OK);
    struct sha256 other = l->cid;
    other.b[0] ^= 1;
    cid_text(&other, j.m->config.cid);
    T(recovery_was_this(&j.m->node, &j.core->home, &why) == SR_ESTALE && why.reason == R_STATE_EXISTS);
    running_again(j.m); /* as a member, without anybody's share */
    SR_OWN(buf) file = { 0 };
    struct recovery_file f;
    struct recovery_epochs epochs;
    j.m->admin = l->machine->admin;
    j.m->admin_pub = l->machine->admin_pub;
    struct sr_why none = { 0 };
    T(recoverable_keep(&j.m->node, j.m->core, &none) == SR_OK);
    rotate(j.m);
    T(recoverable_file(&j.m->node, j.m->core, &file, &why) == SR_OK &&
      recovery_file_decode(buf_span(&file), &f, &why) == SR_OK &&
      recovery_file_check(&f, &l->cid, &l->genesis.genesis, &epochs, &why) == SR_OK &&
      recovery_file_whole(&f, &epochs, 1, &why) == SR_OK);
    keeps(j.m, buf_span(&file));
    T(epochs.n == LOST_AT + 1 && sha256_eq(&epochs.chain, &l->epochs.chain) == false);
    end(j.m);
}

static void one_holder_leaves_nothing(const struct lost *l)
{
    struct job j = { .m = fresh(l) };
    SR_OWN(home) home = { 0 };
    struct sr_why why = { 0 };
    job_start(&j);
    give(l, j.m, 1);
    T(said(j.m, "msg=recovery-share"));
    T(node_state(&j.m->node) == NODE_EMPTY && !atomic_load(&j.m->node.core));
    node_stop(&j.m->node);
    job_end(&j);
    T(j.e == SR_EBUSY && j.why.reason == R_RECOVERY_SHARES && strstr(j.why.text, "1 of 2"));
    T(home_load(j.m->node.store, j.m->node.tpm, NULL, &home, &why) == SR_ENOENT);
    end(j.m);
}

/* Killed between the sealed masters and the leaf: another ceremony, and the same member key. */
static void a_ceremony_cut_short_is_gone_on_from(const struct lost *l)
{
    struct job j = { .m = fresh(l) };
    struct sign_key member;
    struct sign_pub member_pub;
    sign_random(&member, &member_pub);
    struct home_parts parts = { .record = l->genesis.bundle.record,
                                .chain = l->parsed.chain,
                                .member = &member,
                                .member_pub = &member_pub };
    T(keyring_install(&l->masters, l->genesis.genesis.params.salt, &parts.keyring) == SR_OK);
    T(home_make(j.m->node.store, j.m->node.tpm, &parts, &j.home, &j.why) == SR_OK);
    job_start(&j);
    give(l, j.m, 0);
    give(l, j.m, 1);
    job_end(&j);
    recovered(l, &j);
    T(j.core && span_eq(SPAN(j.core->home.member_pub.b), SPAN(member_pub.b)));
    end(j.m);
}

/* A member's own file, but for the master of epoch 2. */
static void leave_one_out(const struct lost *l, struct buf *ret)
{
    struct recovery_file f = l->parsed;
    SR_OWN(home) h = { 0 };
    struct sr_why why = { 0 };
    struct running *m = l->machine;
    f.later.p += RECOVERY_LATER_SIZE;
    f.later.n -= RECOVERY_LATER_SIZE;
    T(node_open(&m->node, &m->config, &why) == SR_OK &&
      home_load(m->node.store, m->node.tpm, NULL, &h, &why) == SR_OK);
    T(recovery_file_sign(&f, &l->cid, &h.member, &f.sig) == SR_OK && recovery_file_encode(&f, ret) == SR_OK);
    home_drop(&h);
    running_stop(m);
}

/* The policy after p with one member changed; p goes. */
static struct policy *changed(struct policy *p, const char *member, const char *value)
{
    const struct policy_edit edit = { member, span_of(value), POLICY_SET };
    SR_OWN(buf) document = { 0 };
    struct policy *next = NULL;
    maker_need(policy_next(p, &edit, &document, NULL) == SR_OK &&
                   policy_parse(buf_span(&document), &next, NULL) == SR_OK,
               "policy");
    policy_unref(p);
    return next;
}

/* Signed: masters before that epoch are destroyed. */
static void destroying(const struct lost *l, const char *epoch, struct buf *ret)
{
    SR_OWN(policy_signed) s = { 0 };
    T(policy_parse(l->genesis.bundle.policy, &s.policy, NULL) == SR_OK);
    s.policy = changed(changed(s.policy, "min_epoch", epoch), "destroy_before", epoch);
    struct approval sig = policy_sign(s.policy, &l->cid, &l->machine->admin, &l->machine->admin_pub);
    T(policy_signed_add(&s, &sig, NULL) == SR_OK);
    policy_signed_write(&s, ret);
}

/* What policy destroys is not asked for, does not come back, and is in no file afterwards. */
static void destroyed_masters_stay_away(const struct lost *l)
{
    struct job j = { .m = fresh(l) };
    SR_OWN(buf) file = { 0 };
    SR_OWN(buf) policy = { 0 };
    SR_OWN(buf) after = { 0 };
    struct recovery_file f;
    struct recovery_sealed s;
    struct sr_why why = { 0 };
    leave_one_out(l, &file);
    destroying(l, "3", &policy);
    running_write(j.m, "bundle", buf_span(&file));
    running_write(j.m, "policy.json", buf_span(&policy));
    job_start(&j);
    give(l, j.m, 0);
    give(l, j.m, 2);
    job_end(&j);
    T_ROW(j.e == SR_OK && j.core, j.why.text);
    if (j.core) {
        const struct master_bundle *b = &maker_keyring(&j.core->home)->parts->masters;
        T(b->n == 1 && b->epoch[0].epoch == LOST_AT && master_bundle_lasts(b));
        T(span_eq(key_span(&b->epoch[0].master), key_span(&l->masters.epoch[LOST_AT - 1].master)));
        T(recoverable_file(&j.m->node, j.core, &after, &why) == SR_OK &&
          recovery_file_decode(buf_span(&after), &f, &why) == SR_OK);
        T(!recovery_file_master(&f, 2, &s) && recovery_file_master(&f, LOST_AT, &s));
    }
    end(j.m);
}

static void what_is_not_whole_asks_nobody(const struct lost *l)
{
    struct job j = { .m = fresh(l) };
    SR_OWN(buf) file = { 0 };
    leave_one_out(l, &file);
    running_write(j.m, "bundle", buf_span(&file));
    job_start(&j);
    job_end(&j);
    T(j.e == SR_EPROOF && j.why.reason == R_RECOVERY_EPOCH && strstr(j.why.text, "epoch 2"));
    end(j.m);
    j = (struct job){ .m = fresh(l) };
    file.p[file.n - 1] ^= 1;
    running_write(j.m, "bundle", buf_span(&file));
    job_start(&j);
    job_end(&j);
    T(j.e == SR_EPROOF && j.why.reason == R_RECOVERY_FILE);
    end(j.m);
}

static void what_does_not_fit_asks_nobody(const struct lost *l, const struct lost *without)
{
    struct job j = { .m = fresh(without) };
    job_start(&j);
    job_end(&j);
    T(j.e == SR_EDENIED && j.why.reason == R_RECOVERY_NONE);
    end(j.m);
    j = (struct job){ .m = fresh(l) };
    running_write(j.m, "bundle", buf_span(&without->bundle)); /* another network's */
    job_start(&j);
    job_end(&j);
    T(j.e == SR_EPROOF && j.why.reason == R_GENESIS_MISMATCH);
    end(j.m);
    j = (struct job){ .m = fresh(l) };
    running_write(j.m, "policy.json", without->genesis.bundle.policy);
    job_start(&j);
    job_end(&j);
    T(j.e == SR_EPROOF && j.why.reason == R_POLICY_CHAIN);
    end(j.m);
}

/* From whichever member the file is: it has every master, and its keeper's word. */
static void writes_a_whole_file(struct rotator *m, uint64_t epoch)
{
    const struct home *h = &m->r->core->home;
    SR_OWN(buf) file = { 0 };
    struct recovery_file f;
    struct recovery_epochs epochs;
    struct sr_why why = { 0 };
    T_ROW(recoverable_file(&m->r->node, m->r->core, &file, &why) == SR_OK &&
              recovery_file_decode(buf_span(&file), &f, &why) == SR_OK &&
              recovery_file_check(&f, &h->cid, &h->genesis, &epochs, &why) == SR_OK &&
              recovery_file_whole(&f, &epochs, 1, &why) == SR_OK,
          why.text);
    T(epochs.n == epoch && f.cert.n > 0 && f.later.n == (epoch - 1) * RECOVERY_LATER_SIZE);
}

static void every_member_writes_a_whole_file(void)
{
    struct rotation_ring *l = ring_open_with(3, with_holders);
    struct sr_why why = { 0 };
    rotator_silent(&l->m[2]);
    for (uint64_t e = 2; e <= 3; e++) {
        T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
        writes_a_whole_file(&l->m[0], e - 1); /* pending: nothing of it is in the file */
        ring_round(l);
        ring_round(l);
        writes_a_whole_file(&l->m[0], e); /* drew it */
        writes_a_whole_file(&l->m[1], e); /* pulled it */
    }
    rotator_reachable(&l->m[2]);
    ring_round(l);
    T(ring_all_at(l, 3));
    writes_a_whole_file(&l->m[2], 3); /* was away for both */
    rotator_again(&l->m[2]);
    writes_a_whole_file(&l->m[2], 3);
    writes_a_whole_file(ring_join(l), 3);
    ring_close(l);
}

static void nothing_is_sealed(struct rotator *m, enum sr_reason want)
{
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    T(recoverable_file(&m->r->node, m->r->core, &b, &why) != SR_OK && why.reason == want && b.n == 0);
    why = (struct sr_why){ 0 };
    T(rotation_draw(m->r->core->rotation, &b, &why) != SR_OK && why.reason == want && b.n == 0);
    T(rotation_view(m->r->core->rotation).state == ROTATION_IDLE);
}

/* No file from it, and no master that could not come back. */
static void a_bundle_that_does_not_verify_seals_nothing(void)
{
    struct rotation_ring *l = ring_open_with(1, with_holders);
    struct buf *bundle = &l->m[0].r->core->bundle, kept = *bundle;
    *bundle = (struct buf){ 0 };
    nothing_is_sealed(&l->m[0], R_NOT_FOUND);
    *bundle = kept;
    bundle->p[bundle->n - 1] ^= 1; /* of the set */
    nothing_is_sealed(&l->m[0], R_REPORT_DATA);
    bundle->p[bundle->n - 1] ^= 1;
    writes_a_whole_file(&l->m[0], 1);
    ring_close(l);
}

/* Its evidence verifies no more, as when the collateral of its day is gone. */
static void age(struct rotator *m)
{
    struct core *c = m->r->core;
    struct genesis_bundle b;
    T(genesis_bundle_decode(buf_span(&c->bundle), &b, NULL) == SR_OK);
    size_t at =
        (size_t)(b.evidence.p - c->bundle.p) + 64; /* in the report data, behind a few bytes of magic */
    c->bundle.p[at] ^= 1;
}

/* What that member would write if it could: its word for the bundle that it has. */
static void word_of(struct rotator *m, struct buf *ret)
{
    struct core *c = m->r->core;
    SR_OWN(buf) cert = { 0 };
    T(rotation_cert(c->rotation, &cert) == SR_OK);
    struct recovery_file f = { .bundle = buf_span(&c->bundle),
                               .chain = buf_span(&maker_epochs_of(&c->home)->chain),
                               .cert = buf_span(&cert) };
    T(recovery_file_sign(&f, &c->home.cid, &c->home.member, &f.sig) == SR_OK &&
      recovery_file_encode(&f, ret) == SR_OK);
}

static enum sr_reason told(struct rotator *m, struct span file)
{
    struct sr_why why = { .reason = R_NONE };
    T((recovery_key_told(m->r->core, file, &why) == SR_OK) == (why.reason == R_NONE));
    return why.reason;
}

/* Vendors' collateral of the day of genesis is gone: what was verified then counts, and what another member
 * verified. */
static void a_members_word_for_the_bundle_counts(void)
{
    struct rotation_ring *l = ring_open_with(2, with_holders);
    struct rotator *one = &l->m[0], *two = &l->m[1];
    SR_OWN(buf) before = { 0 };
    SR_OWN(buf) now = { 0 };
    SR_OWN(buf) honest = { 0 };
    struct sr_why why = { 0 };
    wr_span(&honest, buf_span(&two->r->core->bundle));
    age(one);
    word_of(one, &before);
    age(one); /* back */
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    ring_round(l);
    ring_round(l);
    T(ring_all_at(l, 2));
    age(one);
    age(two);
    word_of(one, &now);
    now.p[now.n - 1] ^= 1;
    T_ROW(told(two, buf_span(&now)) == R_RECOVERY_FILE, "not signed by a member");
    now.p[now.n - 1] ^= 1;
    T_ROW(told(two, buf_span(&honest)) == R_RECOVERY_FILE, "another bundle");
    T_ROW(told(two, buf_span(&two->r->core->bundle)) == R_RECOVERY_FILE, "our bundle alone");
    T_ROW(told(two, buf_span(&before)) == R_EPOCH, "by a member of an epoch that is over");
    ring_round(l); /* two asks, and one can not say */
    nothing_is_sealed(two, R_REPORT_DATA);
    T(told(one, buf_span(&now)) == R_NONE);
    ring_round(l); /* two asks */
    writes_a_whole_file(two, 2);
    ring_close(l);
}

int main(void)
{
    static struct lost l, without;
    if (secret_init() != SR_OK)
        return 1;
    lose(&l, true);
    lose(&without, false);
    two_holders_bring_it_back(&l);
    one_holder_leaves_nothing(&l);
    a_ceremony_cut_short_is_gone_on_from(&l);
    what_does_not_fit_asks_nobody(&l, &without);
    what_is_not_whole_asks_nobody(&l);
    destroyed_masters_stay_away(&l);
    every_member_writes_a_whole_file();
    a_bundle_that_does_not_verify_seals_nothing();
    a_members_word_for_the_bundle_counts();
    lost_drop(&l);
    lost_drop(&without);
    return t_end();
}
