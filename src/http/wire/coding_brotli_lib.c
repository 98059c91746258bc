/* SPDX-License-Identifier: MIT */
#include "http/wire/coding_brotli.h"

#include <brotli/decode.h>
#include <brotli/encode.h>

#include <coil/error.h>

#include "base/memory.h"

enum { LEVEL = 5, WINDOW = 18 }; /* what suits answers that are made now */

static void *allocate(void *opaque, size_t size)
{
    (void)opaque;
    return coil__alloc(size);
}

static void release(void *opaque, void *address)
{
    (void)opaque;
    coil__free(address);
}

/* ---- decoding --------------------------------------------------------- */

static int decode(void *state, struct coil__http_coder_io *io,
                  enum coil__http_push push)
{
    BrotliDecoderErrorCode error;

    (void)push;
    if (BrotliDecoderIsFinished(state)) {
        io->in += io->in_size;
        io->in_size = 0;
        return 1;
    }
    switch (BrotliDecoderDecompressStream(state, &io->in_size, &io->in,
                                          &io->out_size, &io->out, NULL)) {
    case BROTLI_DECODER_RESULT_SUCCESS:
        return 1;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return 0;
    default:
        break;
    }
    error = BrotliDecoderGetErrorCode(state);
    if (error <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
        error >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES)
        return -ENOMEM;
    return COIL_EHTTP_BAD_CODING;
}

static void free_decoder(void *state)
{
    BrotliDecoderDestroyInstance(state);
}

int coil__http_brotli_decoder(struct coil__http_coder *coder)
{
    BrotliDecoderState *state =
        BrotliDecoderCreateInstance(allocate, release, NULL);

    if (!state)
        return -ENOMEM;
    *coder = (struct coil__http_coder){ decode, free_decoder, state };
    return 0;
}

/* ---- encoding --------------------------------------------------------- */

/*
 * The library, as Debian builds 1.0.9, calls exit() when an allocator gives it no
 * memory while it encodes.  So it has its own, which no test can make fail, and
 * a server has to ask for br: coil/http_compress.h.
 */

static int encode(void *state, struct coil__http_coder_io *io,
                  enum coil__http_push push)
{
    static const BrotliEncoderOperation operations[] = {
        BROTLI_OPERATION_PROCESS,
        BROTLI_OPERATION_FLUSH,
        BROTLI_OPERATION_FINISH,
    };

    if (!BrotliEncoderCompressStream(state, operations[push], &io->in_size,
                                     &io->in, &io->out_size, &io->out, NULL))
        return COIL_EHTTP_BAD_CODING;
    if (push == COIL__HTTP_PUSH_END)
        return BrotliEncoderIsFinished(state);
    return io->in_size == 0 && !BrotliEncoderHasMoreOutput(state);
}

static void free_encoder(void *state)
{
    BrotliEncoderDestroyInstance(state);
}

int coil__http_brotli_encoder(struct coil__http_coder *coder, int level)
{
    BrotliEncoderState *state =
        coil__alloc_fails() ? NULL
                            : BrotliEncoderCreateInstance(NULL, NULL, NULL);

    if (!state)
        return -ENOMEM;
    BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY,
                              level > 0 ? (uint32_t)level : LEVEL);
    BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, WINDOW);
    *coder = (struct coil__http_coder){ encode, free_encoder, state };
    return 0;
}

uint32_t coil__http_brotli_version(void)
{
    return BrotliDecoderVersion();
}
