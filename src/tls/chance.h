/* SPDX-License-Identifier: MIT */
/*
 * tls/chance.h - random numbers of OpenSSL that a history keeps
 */
#ifndef COIL_TLS_CHANCE_H
#define COIL_TLS_CHANCE_H

/*
 * If the running loop keeps a history (coil/history.h), let its file have what OpenSSL
 * draws from now on, in the threads whose loops do so.  Then a replay makes the same keys,
 * and understands what was sent to it.  Repeated calls are harmless.
 */
void coil__tls_keep_chance(void);

#endif
