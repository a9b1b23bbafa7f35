#pragma once
/* url.h - the one form of a node's address: scheme, host, perhaps a port, and nothing else. Members call the
 * addresses that other machines say they have; with a path, a query or a user name in them, whoever joins
 * could have members send requests of its choice to servers that only they reach. */
#include "crypto/bytes.h"

enum { URL_MAX = 255 /* bytes */ };

/* https://HOST[:PORT] or http://HOST[:PORT]. HOST: letters, digits, '.', '-' and '_', or an IPv6 address in
 * brackets. PORT: 1 to 65535, without leading zeros. */
bool url_of_node(struct span text);
