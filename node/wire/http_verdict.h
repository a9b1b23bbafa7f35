#pragma once
/* http_verdict.h - what an answer says to the caller, whatever engine brought it. For http_client.c, and for
 * what stands in its place in tests. */
#include "node/wire/http_client.h"

/* By ret->status, as http_client_call() returns it; of an error the reason is taken out of the body. base: of
 * the client, for why. */
enum sr_err http_verdict(const char *base, const struct http_call *call, struct http_reply *ret,
                         struct sr_why *why);
