#pragma once
/* terms.h - what a policy says about members, besides its rules (specs/membership.md): as operators decide
 * it, and as it stood in each policy that they signed. */
#include "crypto/sign.h"

#include <stdbool.h>
#include <stdint.h>

enum { EXPELLED_KEYS = 128 };

struct terms {
    bool odd, frozen;                      /* the odd code may join; nobody may */
    unsigned lease_s, quorum;              /* member_lease, lease_quorum; 0: not there */
    unsigned delay_s;                      /* join_delay */
    unsigned rule_lease_s, tenant_lease_s; /* of what workloads are given */
    unsigned machines;                     /* expelled by their hardware: bit i is machine i */
    size_t keys_n;                         /* expelled by key */
    struct sign_pub keys[EXPELLED_KEYS];
};

struct buf;
struct host;
/* Appends those members of the document that they are, each after a comma. */
void terms_write(const struct terms *t, struct buf *ret);
/* "lease":N, for a rule or tenant; nothing for 0. */
void terms_write_lease(unsigned seconds, struct buf *ret);
bool terms_expel_key(const struct terms *t, const uint8_t key[32]);
bool terms_expel_machine(const struct terms *t, const struct host *m);
