#pragma once
/* secrets_parts.h - what is inside struct secrets. For secrets*.c alone. */
#include "node/secrets.h"
#include "node/secrets_quota.h"
#include "store/keystore.h"

struct secrets {
    struct node *node;
    struct core *core;
    struct quota *quota;
    struct package_known *known;
};

/* Is this the row of a path, and not of one version or a pointer? */
bool secrets_is_newest(const struct keystore_name *n);
