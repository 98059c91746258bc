/* SPDX-License-Identifier: MIT */
/*
 * coil/error.h - error codes and their names
 *
 * An error is a negative int: a negated errno value, or one of the codes below,
 * which lie beyond every errno.  Each code means the same everywhere:
 *
 *   -ECANCELED  the task was cancelled; the operation did not happen
 *   -ETIMEDOUT  a timeout scope or coil_wait_for() ended it
 *   -EAGAIN     a try_ function would have had to wait; a future is not done
 *   -EPIPE      the other side, or the queue, is shut down
 *   -ENOMEM     no memory; only from functions whose comment lists it
 *   -EDEADLK    nothing can ever run again, or a task waits for itself
 *   -EOWNERDEAD  the thread that ran the function ended before it returned
 *   -EPERM      misuse that changed nothing: releasing what is not held
 *   -EALREADY   it is done already and cannot be done again
 */
#ifndef COIL_ERROR_H
#define COIL_ERROR_H

#include <errno.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Resolver errors: getaddrinfo's EAI_ codes, which are negative in glibc. */
#define COIL_ERESOLVE_BASE 5000
#define COIL_ERESOLVE(eai) (-COIL_ERESOLVE_BASE + (eai))

/* coil_run(): the signal `number` ended the main task. */
#define COIL_ESIGNAL_BASE 5500
#define COIL_ESIGNAL(number) (-COIL_ESIGNAL_BASE - (number))

/* HTTP errors. */
#define COIL_EHTTP_MALFORMED (-6000) /* not HTTP/1, or not well formed */
#define COIL_EHTTP_TRUNCATED (-6001) /* the peer closed in mid message */
#define COIL_EHTTP_HEADERS_TOO_LARGE (-6002)
#define COIL_EHTTP_BODY_TOO_LARGE (-6003)
#define COIL_EHTTP_BAD_URL (-6004)
#define COIL_EHTTP_BAD_SCHEME (-6005) /* neither http nor https */
#define COIL_EHTTP_BAD_HEADER (-6006) /* must not be sent: injects */
#define COIL_EHTTP_NO_IDN (-6007)     /* a host that is not ASCII: no libidn2 */
#define COIL_EHTTP_BAD_CODING (-6008) /* a compressed body is broken */
#define COIL_EHTTP_NO_CODING (-6009)  /* a coding that is not built in */
#define COIL_EHTTP_BOMB (-6010)       /* a small body that becomes a huge one */
/* The client's limits of time. */
#define COIL_EHTTP_CONNECT_TIMEOUT (-6020)
#define COIL_EHTTP_FIRST_BYTE_TIMEOUT (-6021) /* no answer to the request */
#define COIL_EHTTP_IDLE_TIMEOUT (-6022)       /* no more of the answer */
#define COIL_EHTTP_TOO_MANY_REDIRECTS (-6023)
#define COIL_EHTTP_BAD_REDIRECT (-6024) /* to what is not to be fetched */
#define COIL_EHTTP_DOWNGRADE (-6025)    /* a redirect from https to http */

/*
 * The text of `error`, one of the codes above, negated errno values and
 * resolver errors included.  Never NULL; static storage; any thread.
 */
COIL_API const char *coil_strerror(int error) COIL_ANY_THREAD;

/* The number of the signal if `error` is a COIL_ESIGNAL(), else 0. */
COIL_API int coil_error_signal(int error) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
