/* SPDX-License-Identifier: MIT */
#include "http/wire/decoded.h"

#include <coil/error.h>
#include <coil/sleep.h>

#include "base/memory.h"

enum {
    RAW = 16 * 1024,
    MUCH = 64 * 1024, /* takes some 200 µs to decode */
};

int coil__http_decoded_begin(struct coil__http_decoded *decoded,
                             const struct coil_http_header *headers,
                             size_t header_count, size_t max_ratio)
{
    int rc;

    *decoded = (struct coil__http_decoded){ .decoder = NULL };
    rc = coil__http_decoder_new(&decoded->decoder, headers, header_count,
                                max_ratio);
    if (rc == COIL_EHTTP_NO_CODING)
        return 0;
    if (rc < 0 || !decoded->decoder)
        return rc;
    decoded->raw = coil__alloc(RAW);
    if (decoded->raw)
        return 0;
    coil__http_decoded_end(decoded);
    return -ENOMEM;
}

void coil__http_decoded_end(struct coil__http_decoded *decoded)
{
    coil__http_decoder_free(decoded->decoder);
    coil__free(decoded->raw);
    *decoded = (struct coil__http_decoded){ .decoder = NULL };
}

/* Report a cancellation, and give way after much work. */
static int begin_step(struct coil__http_decoded *decoded)
{
    if (decoded->at_once < MUCH)
        return coil_checkpoint();
    decoded->at_once = 0;
    return coil_yield();
}

ptrdiff_t coil__http_decoded_read(struct coil__http_decoded *decoded,
                                  coil__http_read_fn read, void *arg,
                                  void *buffer, size_t size)
{
    ptrdiff_t n = begin_step(decoded);

    if (n < 0 || size == 0)
        return n;
    for (;;) {
        n = coil__http_decoder_run(decoded->decoder, &decoded->at,
                                   &decoded->size, decoded->is_last, buffer,
                                   size);
        if (n > 0)
            decoded->at_once += (size_t)n;
        if (n != 0 || coil__http_decoder_is_done(decoded->decoder))
            return n;
        n = read(arg, decoded->raw, RAW);
        if (n < 0)
            return n;
        decoded->at = decoded->raw;
        decoded->size = (size_t)n;
        decoded->is_last = n == 0;
        decoded->at_once = 0;
    }
}
