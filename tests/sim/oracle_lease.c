/* oracle_lease.c - a member serves while enough others have said lately that it is one, and no longer:
 * counted from what left them, on the world's clock. */
#include "tests/sim/oracle_members.h"

#include "proto/signed.h"
#include "proto/vouch.h"
#include "tests/sim/net.h"

#include <string.h>

enum { WORDS = 64, MS = 1000, SURE_US = 15 * 1000000 };

/* That voucher's newest yes to a question of this process. */
struct word {
    struct sign_pub voucher;
    unsigned boot;
    uint64_t sent_us;
};
static struct words {
    size_t n;
    struct word v[WORDS];
} words[HOSTS_MAX];

static void keep(struct words *all, const struct word *w)
{
    size_t i = 0;
    while (i < all->n && memcmp(&all->v[i].voucher, &w->voucher, sizeof w->voucher) != 0)
        i++;
    if (i == WORDS || (i < all->n && all->v[i].boot == w->boot && all->v[i].sent_us > w->sent_us))
        return;
    all->v[i] = *w;
    all->n += i == all->n;
}

/* A yes is the truth: this voucher goes by no later policy. */
static void true_word(const struct host *m, const struct packet *p, uint64_t holds)
{
    struct vouch_request q;
    if (vouch_request_read(buf_span(&p->body), &q, NULL) != SR_OK)
        violated("harness", "a question can't be read");
    if (q.number < holds)
        violated("vouch_true", "m%d says that it knows nothing later than policy %llu, and holds %llu", m->id,
                 (unsigned long long)q.number, (unsigned long long)holds);
}

void oracle_vouched(const struct host *m, const struct packet *p, const struct oracle_asked *asked,
                    struct span body)
{
    struct signed_header h;
    struct vouch_answer a;
    const struct known_log *log = &world()->oracle.log[m->id];
    if (!span_eq(buf_span(&p->path), SPAN_STR("/sealring/v1/vouch")) || p->copy || !host_of(p->from) ||
        signed_parse(buf_span(&p->authorization), &h, NULL) != SR_OK)
        return;
    const struct sha256 cid = atomic_load(&m->node->core)->home.cid;
    const struct vouch_about about = { &cid, &h.key, buf_span(&p->body) };
    if (vouch_answer_check(body, &about, &log->member, &a, NULL) != SR_OK)
        violated("vouch_true", "m%d gives a word that it did not sign", m->id);
    if (a.verdict != VOUCH_YES)
        return;
    true_word(m, p, asked->holds);
    keep(&words[p->from], &(struct word){ log->member, p->from_boot, p->sent_us });
}

/* A member pulls masters as it joined: its key may stand there again. */
static bool is_first(const struct known_log *log, const struct known_leaf *leaf)
{
    for (const struct known_leaf *k = log->v; k < leaf; k++)
        if (k->leaf->type == LEAF_MEMBER && sha256_eq(&k->leaf->member_key, &leaf->leaf->member_key))
            return false;
    return true;
}

/* How many the policy wants; if it leaves that to the number of members, the least that it can be: itself,
 * and those that this log let in a while ago. */
static size_t needed(const struct host *m, const struct terms *t, uint64_t at)
{
    const struct known_log *log = &world()->oracle.log[m->id];
    size_t members = 1;
    for (const struct known_leaf *k = log->v; k < log->v + log->n; k++)
        members += k->leaf->type == LEAF_MEMBER && k->at + SURE_US < at && is_first(log, k) &&
                   !terms_expel_key(t, k->leaf->member_key.b);
    return t->quorum ? t->quorum : members / 2;
}

static size_t vouched(const struct host *m, const struct terms *t, uint64_t at)
{
    const struct words *all = &words[m->id];
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        n += all->v[i].boot == m->boots && !terms_expel_key(t, all->v[i].voucher.b) &&
             at <= all->v[i].sent_us + (uint64_t)t->lease_s * MS * MS + MS;
    return n;
}

void oracle_served(const struct host *m, uint64_t policy, uint64_t at)
{
    const struct terms *t = oracle_terms(policy);
    size_t want = t->lease_s ? needed(m, t, at) : 0, have = want ? vouched(m, t, at) : 0;
    if (have < want)
        violated("lease", "m%d serves with the word of %zu others, and policy %llu wants %zu for %u s", m->id,
                 have, (unsigned long long)policy, want, t->lease_s);
}

void oracle_held(const struct host *m, struct span leaf, uint64_t lease_s)
{
    struct leaf l;
    if (leaf_decode(leaf, &l, NULL) != SR_OK)
        violated("harness", "the leaf of a release can't be read");
    const struct terms *t = oracle_terms(l.policy_number);
    unsigned most = !t->rule_lease_s || (t->tenant_lease_s && t->tenant_lease_s < t->rule_lease_s)
                        ? t->tenant_lease_s
                        : t->rule_lease_s;
    if (most && (lease_s == 0 || lease_s > most))
        violated("key_lease", "m%d lets a workload hold a key for %llu s, and policy %llu says %u", m->id,
                 (unsigned long long)lease_s, (unsigned long long)l.policy_number, most);
}
