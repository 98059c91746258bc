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
 *   COIL_EUNKNOWN  something was sent over a network, and no answer came: it
 *               may or may not have happened
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

/*
 * What was sent was not answered: the other side may or may not have acted on it.
 * If a cancellation was the reason, the next suspending call reports that.
 */
#define COIL_EUNKNOWN (-5700)

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
#define COIL_EHTTP_SHORT_SOURCE (-6026) /* the request's body ended early */
#define COIL_EHTTP_NOT_PUBLIC (-6027)   /* an address that is not of all */
#define COIL_EHTTP_PROXY_REFUSED (-6028)
#define COIL_EHTTP_PROXY_AUTH (-6029) /* the proxy wants (another) password */

/* WebSocket errors. */
#define COIL_EWEBSOCKET_REFUSED (-6050) /* the server answered by no 101 */

/* TLS errors. */
#define COIL_ETLS_PROTOCOL (-6100)  /* what came is not what TLS allows */
#define COIL_ETLS_TRUNCATED (-6101) /* ended, and nobody said so: cut? */
#define COIL_ETLS_REFUSED (-6102)   /* the peer gave up (an alert) */
#define COIL_ETLS_NOT_TLS (-6103)   /* the peer speaks something else */
#define COIL_ETLS_NO_COMMON_VERSION (-6104)
#define COIL_ETLS_NO_COMMON_CIPHER (-6105)
#define COIL_ETLS_NO_COMMON_PROTOCOL (-6106)   /* ALPN */
#define COIL_ETLS_UNKNOWN_NAME (-6107)         /* the server: no such name */
#define COIL_ETLS_CERTIFICATE_REQUIRED (-6108) /* of us */
#define COIL_ETLS_CERTIFICATE_REFUSED (-6109)  /* ours, by the peer */
#define COIL_ETLS_FAILED (-6110)               /* the library: no memory … */
#define COIL_ETLS_BAD_CERTIFICATE_FILE (-6111)
#define COIL_ETLS_BAD_KEY_FILE (-6112)
#define COIL_ETLS_BAD_STATUS_FILE (-6113)
#define COIL_ETLS_NO_LIBRARY (-6114) /* coil_http_missing_tls() says more */

/* Why the peer's certificate is not accepted. */
#define COIL_ETLS_CERTIFICATE_MISSING (-6120)
#define COIL_ETLS_CERTIFICATE_EXPIRED (-6121)
#define COIL_ETLS_CERTIFICATE_NOT_YET_VALID (-6122)
#define COIL_ETLS_CERTIFICATE_WRONG_HOST (-6123)
#define COIL_ETLS_CERTIFICATE_SELF_SIGNED (-6124)
#define COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER (-6125)
#define COIL_ETLS_CERTIFICATE_UNTRUSTED_ROOT (-6126)
#define COIL_ETLS_CERTIFICATE_REVOKED (-6127)
#define COIL_ETLS_CERTIFICATE_NO_REVOCATION_LIST (-6128)
#define COIL_ETLS_CERTIFICATE_WEAK_KEY (-6129)
#define COIL_ETLS_CERTIFICATE_WEAK_SIGNATURE (-6130)
#define COIL_ETLS_CERTIFICATE_BAD_SIGNATURE (-6131)
#define COIL_ETLS_CERTIFICATE_WRONG_PURPOSE (-6132)
#define COIL_ETLS_CERTIFICATE_BAD_ISSUER (-6133)    /* may not issue others */
#define COIL_ETLS_CERTIFICATE_NOT_PERMITTED (-6134) /* by a name constraint */
#define COIL_ETLS_CERTIFICATE_CHAIN_TOO_LONG (-6135)
#define COIL_ETLS_CERTIFICATE_INVALID (-6136) /* something else */

/* What the peer has shown to prove that its certificate is not revoked (OCSP). */
#define COIL_ETLS_CERTIFICATE_STATUS_MISSING (-6137) /* and it must be there */
#define COIL_ETLS_CERTIFICATE_STATUS_INVALID (-6138) /* proves nothing */
#define COIL_ETLS_CERTIFICATE_STATUS_EXPIRED (-6139)
#define COIL_ETLS_CERTIFICATE_STATUS_NOT_YET_VALID (-6140)
#define COIL_ETLS_CERTIFICATE_STATUS_UNKNOWN (-6141) /* to its issuer */

/* Redis errors (coil/redis.h).  Errors that the server has replied: */
#define COIL_EREDIS (-6200)            /* one without a code of its own */
#define COIL_EREDIS_LOADING (-6201)    /* it reads its data, and is not ready */
#define COIL_EREDIS_READONLY (-6202)   /* a replica, which takes no writes */
#define COIL_EREDIS_OOM (-6203)        /* its memory is used up: no writes */
#define COIL_EREDIS_NOAUTH (-6204)     /* it wants a password */
#define COIL_EREDIS_WRONGPASS (-6205)  /* wrong user or password */
#define COIL_EREDIS_NOPERM (-6206)     /* the user has no right to do that */
#define COIL_EREDIS_MOVED (-6207)      /* another node of the cluster has it */
#define COIL_EREDIS_ASK (-6208)        /* the same, for this once */
#define COIL_EREDIS_BUSY (-6209)       /* a script runs for too long */
#define COIL_EREDIS_MASTERDOWN (-6210) /* a replica that has lost its master */
#define COIL_EREDIS_NOSCRIPT (-6211)   /* it does not know that script */
#define COIL_EREDIS_ABORTED (-6212) /* a transaction: nothing of it was done */
#define COIL_EREDIS_WRONGTYPE (-6213)  /* the key holds another kind of value */
#define COIL_EREDIS_MISCONF (-6214)    /* it cannot save, and takes no writes */
#define COIL_EREDIS_NOREPLICAS (-6215) /* too few replicas: no writes */
#define COIL_EREDIS_TRYAGAIN (-6216)   /* keys of the cluster are on the move */
#define COIL_EREDIS_CLUSTERDOWN (-6217)
/* Errors of our own side. */
#define COIL_EREDIS_MALFORMED (-6230) /* what came is not what Redis says */
#define COIL_EREDIS_TOO_LARGE (-6231) /* a reply beyond the limit */
#define COIL_EREDIS_BAD_URL (-6232)
#define COIL_EREDIS_NO_TLS (-6233) /* rediss, and TLS is not built in */

/*
 * The text of `error`, one of the codes above, negated errno values and
 * resolver errors included.  Never NULL; static storage; any thread.
 */
COIL_API const char *coil_strerror(int error) COIL_ANY_THREAD;

/*
 * Whether the same call may succeed a little later although nothing has changed
 * on our side, so that another try is worth it.  That holds for a host, a network
 * or a name server that did not answer, for a connection that broke, for a limit
 * of time (-ETIMEDOUT, those of HTTP), for a server that says that it is not ready
 * (Redis), and for what the process or the machine lacks just now: memory,
 * descriptors, buffers, threads (-EAGAIN).
 *
 * It does not hold for success, for -ECANCELED, for a refusal that lasts (a wrong
 * password, a certificate, a URL), or for a mistake.  It does not hold for
 * COIL_EUNKNOWN either: the call may have had its effect, and only the caller
 * knows whether that may happen twice.  The same question is the caller's after a
 * connection that broke once a request was sent.
 *
 * -EPIPE counts as a connection that broke.  From a queue or a channel it says
 * that it is shut down, and then another try is in vain.
 */
COIL_API bool coil_is_transient(int error) COIL_ANY_THREAD;

/* The number of the signal if `error` is a COIL_ESIGNAL(), else 0. */
COIL_API int coil_error_signal(int error) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
