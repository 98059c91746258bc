/* SPDX-License-Identifier: MIT */
#include <coil/error.h>

#include "base/shortage.h"
#include "base/unreachable.h"

/* The other side has not answered in time, or the connection was cut. */
static bool is_of_http(int error)
{
    return error == COIL_EHTTP_TRUNCATED ||
           error == COIL_EHTTP_CONNECT_TIMEOUT ||
           error == COIL_EHTTP_FIRST_BYTE_TIMEOUT ||
           error == COIL_EHTTP_IDLE_TIMEOUT || error == COIL_ETLS_TRUNCATED;
}

/* The server is there, and says that it cannot do it now. */
static bool is_of_redis(int error)
{
    switch (error) {
    case COIL_EREDIS_LOADING:
    case COIL_EREDIS_READONLY: /* a fail-over is under way */
    case COIL_EREDIS_OOM:
    case COIL_EREDIS_BUSY:
    case COIL_EREDIS_MASTERDOWN:
    case COIL_EREDIS_NOREPLICAS:
    case COIL_EREDIS_TRYAGAIN:
    case COIL_EREDIS_CLUSTERDOWN:
        return true;
    default:
        return false;
    }
}

bool coil_is_transient(int error)
{
    return coil__is_unreachable(error) || is_of_http(error) ||
           is_of_redis(error) || error == -EAGAIN || error == -EHOSTDOWN ||
           (error != -ENOSPC && coil__is_shortage(error));
}
