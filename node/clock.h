#pragma once
/* clock.h - the two clocks: one that never steps, for deadlines, and the wall's, for certificates and logs.
 */
#include <stdint.h>

uint64_t clock_boot_ms(void); /* CLOCK_BOOTTIME, milliseconds */
uint64_t clock_unix(void);    /* seconds since 1970 */
