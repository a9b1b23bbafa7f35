#pragma once
/* version.h - what --version and status say. */
#define SEALRING_VERSION "0.1.0"
