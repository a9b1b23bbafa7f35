#pragma once
/* policy_explain.h - policies in words: why a verdict came out as it did, what a draft says and which of its
 * lines deserve a second look. For commands and administrators; what it writes may name every claim that was
 * compared, so it is never sent to the peer who was refused. specs/policy.md, "Explaining". */
#include "proto/policy.h"

/* One line for the verdict, then one for each rule with the check that failed first: the claim, the operator,
 * what the policy wants and what was found. Only while policy and claims live. */
void policy_explain_text(const struct policy *p, const struct policy_verdict *v, struct buf *ret);
/* The same as canonical JSON: {"allowed","list","reason","rule","rules":[...]}. */
void policy_explain_json(const struct policy *p, const struct policy_verdict *v, struct buf *ret);

/* Reads a draft as an operator writes it (any layout, any order of members), and appends the canonical
 * document, ready to be hashed and signed. Errors as policy_parse(). */
enum sr_err policy_draft(struct span text, struct buf *ret, struct sr_why *why);

/* A summary, and a line "warning: ..." for what is valid but seldom meant. Returns how many warnings. left:
 * how many of the members known would still be members under it; NULL: nobody was asked. */
size_t policy_check_text(const struct policy *p, const size_t *left, struct buf *ret);
/* The same as canonical JSON: {"hash","number",...,"warnings":[...]}. */
size_t policy_check_json(const struct policy *p, const size_t *left, struct buf *ret);
