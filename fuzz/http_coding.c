/* SPDX-License-Identifier: MIT */
/*
 * http_coding.c - what a server may send as a compressed body
 *
 * The first byte chooses the codings, the second how the rest is cut.  However it
 * is cut, the same comes out, and nothing takes for ever: what is decoded is
 * bounded by the ratio.  What a client may send as Accept-Encoding is read, too.
 */
#include <stdlib.h>
#include <string.h>

#include <coil/http.h>

#include "fuzz.h"
#include "http/wire/coding.h"
#include "http/wire/decoder.h"

enum { RATIO = 50, ENOUGH = 4 << 20, KEPT = 1 << 16 };

struct outcome {
    ptrdiff_t rc;
    uint64_t size;
    uint32_t hash;
};

static const char *codings_of(uint8_t byte)
{
    static const char *const codings[] = {
        "gzip", "deflate", "br", "zstd", "gzip, deflate", "br, gzip, zstd",
    };

    return codings[byte % (sizeof codings / sizeof codings[0])];
}

static struct outcome decode(const char *codings, const uint8_t *data,
                             size_t size, size_t piece, size_t room)
{
    static uint8_t out[KEPT];
    struct coil_http_header header = { "Content-Encoding", codings };
    struct outcome outcome = { .hash = 2166136261u };
    struct coil__http_decoder *decoder;

    outcome.rc = coil__http_decoder_new(&decoder, &header, 1, RATIO);
    if (outcome.rc < 0)
        return outcome;
    while (outcome.rc >= 0 && !coil__http_decoder_is_done(decoder) &&
           outcome.size < ENOUGH) {
        size_t now = size < piece ? size : piece;
        size_t left = now;

        outcome.rc = coil__http_decoder_run(decoder, &data, &left, now == size,
                                            out, room);
        size -= now - left;
        for (ptrdiff_t i = 0; i < outcome.rc; i++)
            outcome.hash = (outcome.hash ^ out[i]) * 16777619u;
        if (outcome.rc > 0)
            outcome.size += (uint64_t)outcome.rc;
    }
    coil__http_decoder_free(decoder);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole;
    struct outcome cut;
    const char *codings;
    char text[300];

    if (size < 2)
        return 0;
    codings = codings_of(data[0]);
    whole = decode(codings, data + 2, size - 2, SIZE_MAX, KEPT);
    cut = decode(codings, data + 2, size - 2, data[1] % 16 + 1,
                 (size_t)data[1] * 16 + 1);
    if (whole.size < ENOUGH && cut.size < ENOUGH && whole.rc >= 0 &&
        (cut.rc < 0 || whole.size != cut.size || whole.hash != cut.hash))
        abort();
    if (whole.rc < 0 && cut.rc >= 0 && cut.size < ENOUGH)
        abort();

    if (size < sizeof text) {
        memcpy(text, data, size);
        text[size] = '\0';
        if (coil__http_choose_coding(text, size % 2) > COIL__HTTP_CODINGS)
            abort();
    }
    return 0;
}
