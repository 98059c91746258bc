/* SPDX-License-Identifier: MIT */
/*
 * Which errors are worth another try.
 */
#include <netdb.h>

#include <coil/error.h>

#include "test.h"

TEST(error_transient_says_what_may_pass)
{
    static const int passing[] = {
        -ECONNREFUSED,
        -ECONNRESET,
        -ECONNABORTED,
        -EPIPE,
        -ETIMEDOUT,
        -EHOSTUNREACH,
        -EHOSTDOWN,
        -ENETUNREACH,
        -ENETDOWN,
        -EAGAIN,
        -EMFILE,
        -ENFILE,
        -ENOBUFS,
        -ENOMEM,
        COIL_ERESOLVE(EAI_AGAIN),
        COIL_EHTTP_TRUNCATED,
        COIL_EHTTP_CONNECT_TIMEOUT,
        COIL_EHTTP_FIRST_BYTE_TIMEOUT,
        COIL_EHTTP_IDLE_TIMEOUT,
        COIL_ETLS_TRUNCATED,
        COIL_EREDIS_LOADING,
        COIL_EREDIS_BUSY,
        COIL_EREDIS_MASTERDOWN,
        COIL_EREDIS_TRYAGAIN,
        COIL_EREDIS_CLUSTERDOWN,
    };

    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        if (!coil_is_transient(passing[i]))
            FAIL("%s is not", coil_strerror(passing[i]));
    }
}

TEST(error_transient_says_what_lasts)
{
    static const int lasting[] = {
        0,
        1,
        -ECANCELED,
        -EINVAL,
        -EPERM,
        -EACCES,
        -ENOENT,
        -EBADF,
        -ENOSPC,
        -EADDRINUSE,
        -EDEADLK,
        -ENOTSUP,
        COIL_EUNKNOWN,
        COIL_ERESOLVE(EAI_NONAME),
        COIL_ESIGNAL(15),
        COIL_EHTTP_BAD_URL,
        COIL_EHTTP_BODY_TOO_LARGE,
        COIL_ETLS_CERTIFICATE_EXPIRED,
        COIL_EREDIS_WRONGPASS,
        COIL_EREDIS_WRONGTYPE,
        -99999,
    };

    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++) {
        if (coil_is_transient(lasting[i]))
            FAIL("%s is", coil_strerror(lasting[i]));
    }
}
