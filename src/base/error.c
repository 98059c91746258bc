/* SPDX-License-Identifier: MIT */
#include <coil/error.h>

#include <netdb.h>
#include <signal.h>
#include <stddef.h>

#include "base/errno_text.h"

/* What COIL_ESIGNAL() may stand for, and Linux's errno. */
enum { SIGNAL_MAX = 127, ERRNO_MAX = 4095 };

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
        return "the server stopped in the middle of its answer";
    case COIL_EHTTP_TOO_MANY_REDIRECTS:
        return "too many redirects";
    case COIL_EHTTP_BAD_REDIRECT:
        return "a redirect to what must not be fetched";
    case COIL_EHTTP_DOWNGRADE:
        return "a redirect from https to http";
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
