/* SPDX-License-Identifier: MIT */
#include "redis/errors.h"

#include <string.h>

#include <coil/error.h>

#include "base/shortage.h"
#include "base/unreachable.h"

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

bool coil__redis_is_passing(int error)
{
    return coil__is_unreachable(error) || coil__is_shortage(error) ||
           error == -ENOENT || error == COIL_ETLS_TRUNCATED ||
           error == COIL_EREDIS_LOADING || error == COIL_EREDIS_BUSY ||
           error == COIL_EREDIS_MASTERDOWN || error == COIL_EREDIS_CLUSTERDOWN;
}
