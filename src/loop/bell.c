/* SPDX-License-Identifier: MIT */
#include "loop/bell.h"

#include "base/futex.h"

atomic_bool coil__bell_is_awaited;
atomic_uint coil__bell;

void coil__bell_ring(void)
{
    atomic_store_explicit(&coil__bell_is_awaited, false, memory_order_relaxed);
    atomic_fetch_add(&coil__bell, 1);
    coil__futex_wake(&coil__bell);
}
