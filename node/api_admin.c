/* The administrator's Unix socket: root and our own user, by the kernel's word. */
#include "node/api.h"
#include "node/backup.h"
#include "node/freeze.h"
#include "node/reload.h"
#include "node/status.h"

#include <signal.h>
#include <unistd.h>

enum { IMPORT_PATH = 1024 };

static enum sr_err done(struct reply *r, const char *what)
{
    SR_OWN(buf) b = { 0 };
    jw_object(&b);
    jw_member_text(&b, "done", what);
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

static void say(struct node *n, const struct request *q, const char *what)
{
    struct logline l = log_start(&n->log, LOG_INFO, what);
    log_num(&l, "uid", q->peer.uid);
    log_num(&l, "pid", (uint64_t)q->peer.pid);
    log_end(&l);
}

static enum sr_err reload(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    say(n, q, "admin-reload");
    SR_TRY(reload_all(n, why));
    return done(r, "reload");
}

static enum sr_err drain(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    (void)why;
    say(n, q, "admin-drain");
    if (kill(getpid(), SIGTERM)) /* the main thread's order of stopping is the only one */
        return SR_EBUG;
    return done(r, "drain");
}

static enum sr_err turn(struct node *n, bool on, struct reply *r, struct sr_why *why)
{
    struct core *c = NULL;
    SR_TRY(node_core(n, &c, why));
    SR_TRY(freeze_turn(c, on, why));
    return done(r, on ? "freeze" : "thaw");
}

static enum sr_err freeze(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    say(n, q, "admin-freeze");
    return turn(n, true, r, why);
}

static enum sr_err thaw(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    say(n, q, "admin-thaw");
    return turn(n, false, r, why);
}

static enum sr_err status(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)q;
    (void)why;
    status_write(n, &b);
    return reply_json(r, 200, &b);
}

static enum sr_err backup(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    struct backup_made made;
    SR_TRY(node_core(n, &c, why));
    say(n, q, "admin-backup");
    SR_TRY(backup_make(n, c, &made, why));
    jw_object(&b);
    jw_member_u64(&b, "bytes", made.bytes);
    jw_member_text(&b, "file", made.path);
    jw_member_u64(&b, "leaf", made.index);
    jw_member_hex(&b, "root", SPAN(made.head.root.b));
    jw_member_u64(&b, "rows", made.rows);
    jw_member_hex(&b, "sha256", SPAN(made.file.b));
    jw_member_u64(&b, "size", made.head.size);
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

static enum sr_err import(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    struct backup_taken taken;
    char path[IMPORT_PATH] = { 0 };
    const struct json_field fields[] = { { "file", JSON_STR, path, sizeof path, false }, { 0 } };
    SR_TRY(node_core(n, &c, why));
    SR_TRY(json_read(q->body, fields, why));
    say(n, q, "admin-import");
    SR_TRY(backup_take(n, c, path, &taken, why));
    jw_object(&b);
    jw_member_u64(&b, "members", taken.members);
    jw_member_u64(&b, "packages", taken.packages);
    jw_member_u64(&b, "policies", taken.policies);
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

static const struct route routes[] = {
    { POST, "/sealring/v1/admin/reload", ACCESS_LOCAL, 0, NULL, reload },
    { POST, "/sealring/v1/admin/drain", ACCESS_LOCAL, 0, NULL, drain },
    { POST, "/sealring/v1/admin/freeze", ACCESS_LOCAL, 0, NULL, freeze },
    { POST, "/sealring/v1/admin/thaw", ACCESS_LOCAL, 0, NULL, thaw },
    { POST, "/sealring/v1/admin/backup", ACCESS_LOCAL, 0, NULL, backup },
    { POST, "/sealring/v1/admin/import", ACCESS_LOCAL, 2 * IMPORT_PATH, TYPE_JSON, import },
    { GET, "/sealring/v1/admin/status", ACCESS_LOCAL, 0, NULL, status },
};
const struct protocol protocol_admin = {
    .name = "admin", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
