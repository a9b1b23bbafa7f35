#pragma once
/* boot_clock.h - the clock that leases of keys go by: nobody sets it, and it goes on while the machine
 * sleeps.
 */
#include <stdint.h>

uint64_t boot_clock_ms(void); /* CLOCK_BOOTTIME, milliseconds */
