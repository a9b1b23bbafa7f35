#pragma once
/* freeze.h - the emergency switch of one member: while it is on, this member grants no join, whatever the
 * policy says. Its machine's root turns it, by the admin socket. In the keystore, so that a restart does not
 * undo it, and in the log. specs/membership.md, "Freeze". */
#include "crypto/bytes.h"
#include "crypto/err.h"

struct core;

/* What the keystore says; nothing there is off. At the start, before anything is served. */
enum sr_err freeze_load(struct core *c, struct sr_why *why);
/* On counts before it is written down, off after; an error leaves it on in both cases. What is so already is
 * not written again. Errors of journal_submit(). */
enum sr_err freeze_turn(struct core *c, bool on, struct sr_why *why);
/* Any thread. */
bool freeze_is_on(const struct core *c);
