/* SPDX-License-Identifier: MIT */
#include <coil/http_compress.h>

#include <coil/http_router.h>

#include "base/platform.h"
#include "http/server/http_exchange.h"

int coil_http_compress(struct coil_http_exchange *x, void *options)
{
    const struct coil_http_compress_options *o = options;

    x->is_compressible = true;
    x->gives_br = o && o->brotli;
    return coil__keep_frame(coil_http_exchange_next(x));
}
