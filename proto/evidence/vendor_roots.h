#pragma once
/* vendor_roots.h - the roots of TEE vendors, pinned by the SHA-256 of their SubjectPublicKeyInfo. A network
 * names the roots it trusts in its genesis record; these are what operators put there, and what `sealring
 * verify-evidence` trusts when nothing else is said. */
#include "proto/evidence.h"

/* Empty for a type whose vendors have no root here. */
struct pins vendor_roots(struct span type);
