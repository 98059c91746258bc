/* SPDX-License-Identifier: MIT */
#include "http/client/connect.h"

#include <coil/connect.h>
#include <coil/error.h>
#include <coil/stream.h>

#include "http/client/limit.h"
#include "http/wire/secure.h"

/* TLS is with the origin itself, whatever lies between. */
static int secure(struct coil_stream *stream,
                  const struct coil__http_dial *dial)
{
    return coil__http_secure_client(stream, dial->origin->host,
                                    dial->origin->port, dial->dialer->tls);
}

static int take_steps(struct coil_stream **out,
                      const struct coil__http_dial *dial)
{
    const struct coil__http_origin *origin = dial->origin;
    struct coil_stream *stream;
    int rc = coil_tcp_connect(&stream, origin->host, origin->port);

    if (rc < 0)
        return rc;
    if (origin->is_secure)
        rc = secure(stream, dial);
    if (rc < 0) {
        coil_stream_abort(stream);
        return rc;
    }
    *out = stream;
    return 0;
}

int coil__http_connect(struct coil_stream **out,
                       const struct coil__http_dial *dial)
{
    struct coil__http_limit limit;
    int rc = coil__http_limit_begin(&limit, dial->limit);

    if (rc < 0)
        return rc;
    rc = take_steps(out, dial);
    rc = coil__http_limit_end(&limit, rc, COIL_EHTTP_CONNECT_TIMEOUT);
    return rc;
}
