#include "crypto/mode.h"

const struct mode sr_mode = { .name = "production", .label_prefix = "sealring/v1/", .cid_prefix = "sr1" };
