/* state_secrets DIR - the secrets of an insecure node, from a copy of its state folder: lines of "name hex".
 * It is linked with the insecure mode alone, so there is nothing that it could open of a production node.
 * What it prints is what e2e/secrets.sh searches for. */
#include "crypto/text.h"
#include "node/home.h"
#include "node/keyring_parts.h"

#include <stdio.h>

static void line(const char *name, struct span s)
{
    printf("%s ", name);
    for (size_t i = 0; i < s.n; i++)
        printf("%02x", s.p[i]);
    putchar('\n');
}

/* The 32 bytes that an Ed25519 key is made from are the first half of how libsodium keeps it. */
static struct span seed(const struct sign_key *k)
{
    return (struct span){ k->b, 32 };
}

static void print(const struct home *h)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(h->epochs);
    const struct keyring_parts *p = now.e->keyring->parts;
    for (size_t i = 0; i < p->masters.n; i++) {
        const struct epoch_keys *e = &p->keys[i];
        line("master", key_span(&p->masters.epoch[i].master));
        line("row-key", key_span(&e->kek));
        line("release-seed", seed(&e->release));
        line("ak-ca-seed", seed(&e->akca));
        line("member-ca-seed", seed(&e->member_ca));
        line("network-key", SPAN(e->network.b));
    }
    line("index-key", key_span(&p->lasting.index));
    line("log-salt", key_span(&p->lasting.log_salt));
    line("kbs-writer", key_span(&p->lasting.kbs_writer));
    line("member-seed", seed(&h->member));
}

static enum sr_err run(const char *dir, struct sr_why *why)
{
    struct platform_options o = { .dir = dir, .deadline_ms = 5000 };
    struct tpm_actor_options actor = { .queue = 1, .deadline_ms = 5000 };
    struct platform platform = { 0 };
    struct tpm_actor *tpm = NULL;
    struct store *store = NULL;
    struct home h = { 0 };
    char url[4096];
    snprintf(url, sizeof url, "sqlite:%s/store.db", dir);
    SR_TRY(store_open(url, &store, why));
    SR_TRY(platform_open(SPAN_STR("insecure"), &o, &platform, why));
    SR_TRY(tpm_actor_start(&platform, &actor, &tpm));
    SR_TRY(home_load(store, tpm, NULL, &h, why));
    print(&h);
    home_drop(&h);
    tpm_actor_stop(tpm);
    store_close(store);
    return SR_OK;
}

int main(int argc, char **argv)
{
    struct sr_why why = { 0 };
    if (argc != 2 || secret_init() != SR_OK)
        return 2;
    enum sr_err e = run(argv[1], &why);
    if (e != SR_OK)
        fprintf(stderr, "state_secrets: %s: %s\n", sr_reason_text(why.reason), why.text);
    return e != SR_OK;
}
