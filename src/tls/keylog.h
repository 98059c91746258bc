/* SPDX-License-Identifier: MIT */
/*
 * tls/keylog.h - the keys of sessions, for tools that read recorded traffic
 */
#ifndef COIL_TLS_KEYLOG_H
#define COIL_TLS_KEYLOG_H

#include <openssl/ssl.h>

/*
 * If SSLKEYLOGFILE names a file, append the keys of all sessions of `context`
 * to it.  A program with more rights than its user has ignores the variable.
 */
void coil__tls_log_keys(SSL_CTX *context);

#endif
