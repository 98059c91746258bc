/* SPDX-License-Identifier: MIT */
#include <coil/error.h>

#include <netdb.h>
#include <signal.h>
#include <stddef.h>

#include "base/errno_text.h"

/* What COIL_ESIGNAL() may stand for, and Linux's errno. */
enum { SIGNAL_MAX = 127, ERRNO_MAX = 4095 };

/* What TLS says. */
static const char *tls_text(int error)
{
    switch (error) {
    case COIL_ETLS_PROTOCOL:
        return "TLS: the peer does not keep to the protocol";
    case COIL_ETLS_TRUNCATED:
        return "TLS: the connection was cut";
    case COIL_ETLS_REFUSED:
        return "TLS: refused by the peer";
    case COIL_ETLS_NOT_TLS:
        return "TLS: the peer does not speak TLS";
    case COIL_ETLS_NO_COMMON_VERSION:
        return "TLS: no version in common";
    case COIL_ETLS_NO_COMMON_CIPHER:
        return "TLS: no cipher in common";
    case COIL_ETLS_NO_COMMON_PROTOCOL:
        return "TLS: no application protocol in common";
    case COIL_ETLS_UNKNOWN_NAME:
        return "TLS: the server does not know this name";
    case COIL_ETLS_CERTIFICATE_REQUIRED:
        return "TLS: the peer wants a certificate of ours";
    case COIL_ETLS_CERTIFICATE_REFUSED:
        return "TLS: the peer does not accept our certificate";
    case COIL_ETLS_FAILED:
        return "TLS: failed, perhaps for lack of memory";
    case COIL_ETLS_BAD_CERTIFICATE_FILE:
        return "TLS: no usable certificate in the file";
    case COIL_ETLS_BAD_KEY_FILE:
        return "TLS: no usable key for the certificate in the file";
    case COIL_ETLS_BAD_STATUS_FILE:
        return "TLS: no OCSP response about the certificate in the file";
    case COIL_ETLS_NO_LIBRARY:
        return "TLS: libcoil-tls or OpenSSL cannot be loaded";
    default:
        return NULL;
    }
}

/* What is wrong with the proof that a certificate was not revoked. */
static const char *status_text(int error)
{
    switch (error) {
    case COIL_ETLS_CERTIFICATE_STATUS_MISSING:
        return "the peer does not prove that its certificate was not revoked";
    case COIL_ETLS_CERTIFICATE_STATUS_INVALID:
        return "the OCSP response about the certificate is not to be trusted";
    case COIL_ETLS_CERTIFICATE_STATUS_EXPIRED:
        return "the OCSP response about the certificate has expired";
    case COIL_ETLS_CERTIFICATE_STATUS_NOT_YET_VALID:
        return "the OCSP response about the certificate is not valid yet";
    case COIL_ETLS_CERTIFICATE_STATUS_UNKNOWN:
        return "the issuer of the certificate does not know it";
    default:
        return NULL;
    }
}

/* Why a certificate is not accepted. */
static const char *certificate_text(int error)
{
    switch (error) {
    case COIL_ETLS_CERTIFICATE_MISSING:
        return "the peer has no certificate";
    case COIL_ETLS_CERTIFICATE_EXPIRED:
        return "the certificate has expired";
    case COIL_ETLS_CERTIFICATE_NOT_YET_VALID:
        return "the certificate is not valid yet";
    case COIL_ETLS_CERTIFICATE_WRONG_HOST:
        return "the certificate is for another host";
    case COIL_ETLS_CERTIFICATE_SELF_SIGNED:
        return "the certificate is self-signed";
    case COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER:
        return "the issuer of the certificate is unknown";
    case COIL_ETLS_CERTIFICATE_UNTRUSTED_ROOT:
        return "the certificate leads to a root that is not trusted";
    case COIL_ETLS_CERTIFICATE_REVOKED:
        return "the certificate was revoked";
    case COIL_ETLS_CERTIFICATE_NO_REVOCATION_LIST:
        return "there is no valid list of revoked certificates of its issuer";
    case COIL_ETLS_CERTIFICATE_WEAK_KEY:
        return "the key of the certificate is too weak";
    case COIL_ETLS_CERTIFICATE_WEAK_SIGNATURE:
        return "the certificate is signed by a method that is too weak";
    case COIL_ETLS_CERTIFICATE_BAD_SIGNATURE:
        return "the signature of the certificate is wrong";
    case COIL_ETLS_CERTIFICATE_WRONG_PURPOSE:
        return "the certificate is for another purpose";
    case COIL_ETLS_CERTIFICATE_BAD_ISSUER:
        return "an issuer of the certificate may not issue certificates";
    case COIL_ETLS_CERTIFICATE_NOT_PERMITTED:
        return "an issuer of the certificate may not issue it for this name";
    case COIL_ETLS_CERTIFICATE_CHAIN_TOO_LONG:
        return "the chain of certificates is too long";
    case COIL_ETLS_CERTIFICATE_INVALID:
        return "the certificate is invalid";
    default:
        return status_text(error);
    }
}

/* Texts that say more here than those of errno. */
static const char *own_text(int error)
{
    switch (error) {
    case 0:
        return "success";
    case -ECANCELED:
        return "cancelled";
    case -ETIMEDOUT:
        return "timed out";
    case -EDEADLK:
        return "deadlock: it would wait for ever";
    case COIL_EUNKNOWN:
        return "sent, but not answered: it may or may not have happened";
    case COIL_ESIGNAL(SIGINT):
        return "interrupted by SIGINT";
    case COIL_ESIGNAL(SIGTERM):
        return "ended by SIGTERM";
    case COIL_EHTTP_MALFORMED:
        return "malformed HTTP";
    case COIL_EHTTP_TRUNCATED:
        return "the connection was closed in the middle of a message";
    case COIL_EHTTP_HEADERS_TOO_LARGE:
        return "HTTP headers too large";
    case COIL_EHTTP_BODY_TOO_LARGE:
        return "HTTP body too large";
    case COIL_EHTTP_BAD_URL:
        return "bad URL";
    case COIL_EHTTP_BAD_SCHEME:
        return "URL scheme not supported";
    case COIL_EHTTP_BAD_HEADER:
        return "bad HTTP header, method or target";
    case COIL_EHTTP_NO_IDN:
        return "host name not in ASCII, and no libidn2";
    case COIL_EHTTP_BAD_CODING:
        return "bad compressed HTTP body";
    case COIL_EHTTP_NO_CODING:
        return "HTTP content coding not supported";
    case COIL_EHTTP_BOMB:
        return "HTTP body grows too much when it is decompressed";
    default:
        return NULL;
    }
}

static const char *http_client_text(int error)
{
    switch (error) {
    case COIL_EHTTP_CONNECT_TIMEOUT:
        return "connecting took too long";
    case COIL_EHTTP_FIRST_BYTE_TIMEOUT:
        return "the server did not begin to answer in time";
    case COIL_EHTTP_IDLE_TIMEOUT:
        return "the server stopped in the middle of a message";
    case COIL_EHTTP_TOO_MANY_REDIRECTS:
        return "too many redirects";
    case COIL_EHTTP_BAD_REDIRECT:
        return "a redirect to what must not be fetched";
    case COIL_EHTTP_DOWNGRADE:
        return "a redirect from https to http";
    case COIL_EHTTP_SHORT_SOURCE:
        return "the body of the HTTP request ended too early";
    case COIL_EHTTP_NOT_PUBLIC:
        return "not a public address";
    case COIL_EHTTP_PROXY_REFUSED:
        return "the proxy does not connect";
    case COIL_EHTTP_PROXY_AUTH:
        return "the proxy wants a user and a password";
    case COIL_EWEBSOCKET_REFUSED:
        return "the server does not open a WebSocket";
    default:
        return NULL;
    }
}

/* What a Redis server replies, and what is wrong with it. */
static const char *redis_text(int error)
{
    switch (error) {
    case COIL_EREDIS:
        return "Redis: refused";
    case COIL_EREDIS_LOADING:
        return "Redis: the server is still loading its data";
    case COIL_EREDIS_READONLY:
        return "Redis: a replica takes no writes";
    case COIL_EREDIS_OOM:
        return "Redis: the server has used up its memory";
    case COIL_EREDIS_NOAUTH:
        return "Redis: a password is needed";
    case COIL_EREDIS_WRONGPASS:
        return "Redis: wrong user or password";
    case COIL_EREDIS_NOPERM:
        return "Redis: the user has no right to do that";
    case COIL_EREDIS_MOVED:
        return "Redis: the key has moved to another node of the cluster";
    case COIL_EREDIS_ASK:
        return "Redis: the key is moving to another node of the cluster";
    case COIL_EREDIS_BUSY:
        return "Redis: the server is busy with a script";
    case COIL_EREDIS_MASTERDOWN:
        return "Redis: the replica has lost its master";
    case COIL_EREDIS_NOSCRIPT:
        return "Redis: the server does not know the script";
    case COIL_EREDIS_ABORTED:
        return "Redis: the transaction was aborted";
    case COIL_EREDIS_WRONGTYPE:
        return "Redis: the key holds another kind of value";
    case COIL_EREDIS_MISCONF:
        return "Redis: the server cannot save its data";
    case COIL_EREDIS_NOREPLICAS:
        return "Redis: the server has too few replicas";
    case COIL_EREDIS_TRYAGAIN:
        return "Redis: keys are moving between nodes of the cluster";
    case COIL_EREDIS_CLUSTERDOWN:
        return "Redis: the cluster is down";
    case COIL_EREDIS_MALFORMED:
        return "Redis: the server does not keep to the protocol";
    case COIL_EREDIS_TOO_LARGE:
        return "Redis: the reply is too large";
    case COIL_EREDIS_BAD_URL:
        return "Redis: bad URL";
    case COIL_EREDIS_NO_TLS:
        return "Redis: rediss is not supported in this build";
    default:
        return NULL;
    }
}

const char *coil_strerror(int error)
{
    const char *text = own_text(error);
    int eai;

    if (!text)
        text = http_client_text(error);
    if (!text)
        text = tls_text(error);
    if (!text)
        text = certificate_text(error);
    if (!text)
        text = redis_text(error);
    if (text)
        return text;
    if (error > 0)
        return "success";
    eai = error + COIL_ERESOLVE_BASE;
    if (eai < 0 && eai > -200)
        return gai_strerror(eai);
    if (error < -ERRNO_MAX)
        return "unknown error";
    text = coil__errno_text(-error);
    return text ? text : "unknown error";
}

int coil_error_signal(int error)
{
    bool is_one = error < COIL_ESIGNAL(0) && error >= COIL_ESIGNAL(SIGNAL_MAX);

    return is_one ? -COIL_ESIGNAL_BASE - error : 0;
}
