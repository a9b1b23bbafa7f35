#include "crypto/mode.h"

const struct mode sr_mode = { .name = "insecure",
                              .label_prefix = "sealring-insecure/v1/",
                              .cid_prefix = "srx1" };
