#pragma once
/* shelf.h - collateral that is kept: a folder of verified things, each the newest that was ever seen of its
 * kind. What is put on it is verified first and never replaces something newer, so that whoever hands over
 * old documents, be it once more after a restart, changes nothing. One user at a time.
 * specs/collateral.md, "What is kept". */
#include "node/collateral/folder.h"
#include "proto/evidence/collateral_items.h"

struct coll_shelf {
    char dir[512];
    unsigned mode; /* of its files */
    struct pins roots;
    struct coll_folder files;
    struct collateral *set; /* of the files, under the roots */
};
void coll_shelf_drop(struct coll_shelf *s);

/* Makes the folder when it is not there (as the umask lets, at most 0755) and reads it. roots are borrowed as
 * long as the shelf is used. What has come to be in it by other ways counts only if it verifies.
 * SR_ETOOBIG, SR_EIO, R_CONFIG. */
enum sr_err coll_shelf_open(const char *dir, unsigned mode, const struct pins *roots, struct coll_shelf *ret,
                            struct sr_why *why);

enum shelf_fate { SHELF_STORED, SHELF_KNOWN, SHELF_REFUSED };
/* What became of one thing. item: NULL for what can't be read. err and why: of SHELF_REFUSED, with
 *   R_COLLATERAL_OLDER    something newer is held
 *   R_COLLATERAL_FORMAT   nothing that is known here
 *   others                why it does not verify */
struct shelf_outcome {
    const char *name; /* as the caller named it */
    const struct coll_item *item;
    enum shelf_fate fate;
    enum sr_err err;
    const struct sr_why *why;
};
typedef void shelf_report(void *ctx, const struct shelf_outcome *o);

/* Puts what verifies and is not older; each thing's fate is told, in the order they came, before anything is
 * written of the next. An error is one of the shelf itself (SR_EIO, SR_ETOOBIG, SR_ENOMEM); what was
 * written before it stays. report may be NULL. */
enum sr_err coll_shelf_put(struct coll_shelf *s, const struct coll_folder *pieces, shelf_report *report,
                           void *ctx, struct sr_why *why);
