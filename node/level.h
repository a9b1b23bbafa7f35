#pragma once
/* level.h - this member's level of rollback protection (proto/rollback.h): what it holds itself to, for its
 * evidence, and what it has at the moment, for status. specs/log.md, "Rollback". */
#include "proto/policy.h"
#include "proto/rollback.h"

struct config;
struct core;

/* What this process serves nobody without: a counter that it has, or that its configuration has it begin
 * before it serves; others' answers, when its configuration or p says so. c, p: NULL before there is one. */
struct rollback level_attested(const struct config *k, const struct core *c, const struct policy *p);

/* What it has now: all of what the policy in force asks of others, and a counter. */
enum rollback_level level_now(const struct core *c);

/* Does the configuration ask for others' answers where p asks for none? */
bool level_is_missed(const struct config *k, const struct policy *p);
