/* SPDX-License-Identifier: MIT */
#include "redis/errors.h"

#include <netdb.h>
#include <string.h>

#include <coil/error.h>

struct code {
    const char *word;
    int error;
};

static const struct code codes[] = {
    { "LOADING", COIL_EREDIS_LOADING },
    { "READONLY", COIL_EREDIS_READONLY },
    { "OOM", COIL_EREDIS_OOM },
    { "NOAUTH", COIL_EREDIS_NOAUTH },
    { "WRONGPASS", COIL_EREDIS_WRONGPASS },
    { "NOPERM", COIL_EREDIS_NOPERM },
    { "MOVED", COIL_EREDIS_MOVED },
    { "ASK", COIL_EREDIS_ASK },
    { "BUSY", COIL_EREDIS_BUSY },
    { "MASTERDOWN", COIL_EREDIS_MASTERDOWN },
    { "NOSCRIPT", COIL_EREDIS_NOSCRIPT },
    { "EXECABORT", COIL_EREDIS_ABORTED },
    { "WRONGTYPE", COIL_EREDIS_WRONGTYPE },
    { "MISCONF", COIL_EREDIS_MISCONF },
    { "NOREPLICAS", COIL_EREDIS_NOREPLICAS },
    { "TRYAGAIN", COIL_EREDIS_TRYAGAIN },
    { "CLUSTERDOWN", COIL_EREDIS_CLUSTERDOWN },
};
enum { CODES = sizeof codes / sizeof *codes };

int coil__redis_error_of(const char *text, size_t size)
{
    const char *space = memchr(text, ' ', size);
    size_t length = space ? (size_t)(space - text) : size;

    for (size_t i = 0; i < CODES; i++)
        if (strlen(codes[i].word) == length &&
            memcmp(codes[i].word, text, length) == 0)
            return codes[i].error;
    return COIL_EREDIS;
}

bool coil__redis_is_lack(int error)
{
    return error == -ENOMEM || error == -ENOBUFS || error == -ENOSPC;
}

/* Nobody is there, or the network is not. */
static bool is_unreachable(int error)
{
    return error == -ECONNREFUSED || error == -ECONNRESET ||
           error == -ECONNABORTED || error == -ETIMEDOUT || error == -EPIPE ||
           error == -ENOENT || error == -EHOSTUNREACH ||
           error == -ENETUNREACH || error == -ENETDOWN ||
           error == -EADDRNOTAVAIL || error == COIL_ETLS_TRUNCATED ||
           error == COIL_ERESOLVE(EAI_AGAIN);
}

bool coil__redis_is_passing(int error)
{
    return is_unreachable(error) || coil__redis_is_lack(error) ||
           error == -EMFILE || error == -ENFILE ||
           error == COIL_EREDIS_LOADING || error == COIL_EREDIS_BUSY ||
           error == COIL_EREDIS_MASTERDOWN || error == COIL_EREDIS_CLUSTERDOWN;
}
