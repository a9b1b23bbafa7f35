/* tsm_release - a workload that asks as it should, with evidence over its own challenge or over another.
 *   tsm_release NODE CID REPORT-DIR WANT own|other
 * Prints "ok" or the reason code of the refusal. */
#include "client/workload.h"

#include <stdio.h>
#include <string.h>

struct release {
    struct remote remote;
    struct machine machine;
    struct network network;
    struct want_list wants;
    struct buf w1, w2, w3, evidence;
};

static enum sr_err ask(struct release *r, bool other, struct sr_why *why)
{
    const struct workload w = { .cid = r->remote.cid,
                                .type = span_of(platform_name(&r->machine.platform)),
                                .epochs = r->network.epochs,
                                .nepochs = r->network.n };
    static const char type[] = "application/octet-stream";
    struct release_challenged challenged;
    SR_OWN(release_offer) offer = { 0 };
    SR_OWN(kem_key) key = { 0 };
    struct release_wait wait;
    struct binding binding = { .bound = true };
    random_fill(key.b, sizeof key.b);
    SR_TRY(remote_post(&r->remote, "/sealring/v1/release/challenge", type, (struct span){ 0 }, &r->w1, why));
    SR_TRY(http_client_binding(r->remote.http, binding.exporter));
    SR_TRY(release_read_challenge(&w, buf_span(&r->w1), &challenged, why));
    SR_TRY(release_rd(&w, &challenged, &key, &r->wants, &binding, &offer, why));
    struct sha512 rd = offer.rd;
    rd.b[0] ^= other;
    SR_TRY(platform_quote(&r->machine.platform, &rd, (struct span){ 0 }, &r->evidence, why));
    SR_TRY(release_w2(&w, &offer, buf_span(&r->evidence), &r->w2, &wait));
    return remote_post(&r->remote, "/sealring/v1/release", type, buf_span(&r->w2), &r->w3, why);
}

int main(int argc, char **argv)
{
    static struct release r;
    struct sr_why why = { 0 };
    if (argc != 6 || secret_init() != SR_OK)
        return 64;
    const struct remote_options ro = { .node = argv[1], .cid = argv[2] };
    const struct machine_options mo = { .tsm_dir = argv[3] };
    r.wants.n = 1;
    enum sr_err e = want_parse_text(argv[4], &r.wants.want[0], &why);
    if (e == SR_OK)
        e = remote_open(&ro, &r.remote, &why);
    if (e == SR_OK)
        e = machine_open(&mo, &r.machine, &why);
    if (e == SR_OK)
        e = network_learn(&r.remote, &r.network, &why);
    if (e == SR_OK)
        e = ask(&r, strcmp(argv[5], "other") == 0, &why);
    puts(e == SR_OK ? "ok" : sr_reason_text(why.reason));
    machine_drop(&r.machine);
    remote_drop(&r.remote);
    return e != SR_OK;
}
