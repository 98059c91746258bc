/* SPDX-License-Identifier: MIT */
#include "http/wire/coding_zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <coil/error.h>

#include "base/memory.h"

enum {
    MAX_WINDOW = 23, /* 8 MiB */
    LEVEL = 3,
    MAGIC_SIZE = 4,
};

struct zstd {
    ZSTD_DCtx *context;
    size_t wanted;  /* 0: between frames */
    bool has_begun; /* the first frame has */
    bool is_beyond; /* behind the last frame */
    unsigned char magic[MAGIC_SIZE];
    size_t magic_size; /* of the bytes after a frame that may begin another */
};

static int error_of(size_t rc)
{
    return ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation
               ? -ENOMEM
               : COIL_EHTTP_BAD_CODING;
}

/* ---- decoding --------------------------------------------------------- */

static int run_decoder(struct zstd *s, struct coil__http_coder_io *io)
{
    ZSTD_inBuffer in = { .src = io->in, .size = io->in_size };
    ZSTD_outBuffer out = { .dst = io->out, .size = io->out_size };
    size_t rc = ZSTD_decompressStream(s->context, &out, &in);

    io->in += in.pos;
    io->in_size -= in.pos;
    io->out += out.pos;
    io->out_size -= out.pos;
    if (ZSTD_isError(rc))
        return error_of(rc);
    s->wanted = rc;
    return rc == 0;
}

/* Whether so many bytes may begin a frame, or one that is to be skipped. */
static bool may_begin(const unsigned char *magic, size_t size)
{
    static const unsigned char frame[] = { 0x28, 0xb5, 0x2f, 0xfd };
    static const unsigned char skipped[] = { 0x50, 0x2a, 0x4d, 0x18 };
    bool is_frame = true;
    bool is_skipped = true;

    for (size_t i = 0; i < size; i++) {
        is_frame = is_frame && magic[i] == frame[i];
        is_skipped =
            is_skipped && (i == 0 ? magic[i] & 0xf0 : magic[i]) == skipped[i];
    }
    return is_frame || is_skipped;
}

/*
 * Collect the magic number of a frame, which may come in pieces.  Returns whether
 * it is complete.  The library is not asked, since it takes the formats of its
 * youth, too.
 */
static bool has_magic(struct zstd *s, struct coil__http_coder_io *io)
{
    while (s->magic_size < MAGIC_SIZE && io->in_size > 0 && !s->is_beyond) {
        s->magic[s->magic_size++] = *io->in++;
        io->in_size--;
        s->is_beyond = !may_begin(s->magic, s->magic_size);
    }
    if (!s->is_beyond)
        return s->magic_size == MAGIC_SIZE;
    io->in += io->in_size;
    io->in_size = 0;
    return false;
}

static int decode(void *state, struct coil__http_coder_io *io,
                  enum coil__http_push push)
{
    struct zstd *s = state;
    struct coil__http_coder_io magic = { .in = s->magic,
                                         .in_size = MAGIC_SIZE };
    int rc;

    (void)push;
    if (s->wanted > 0)
        return run_decoder(s, io);
    if (!has_magic(s, io)) {
        if (!s->has_begun)
            return s->is_beyond ? COIL_EHTTP_BAD_CODING : 0;
        return 1;
    }
    s->has_begun = true;
    s->magic_size = 0;
    magic.out = io->out;
    magic.out_size = 0;
    rc = run_decoder(s, &magic);
    return rc < 0 ? rc : run_decoder(s, io);
}

static void free_decoder(void *state)
{
    struct zstd *s = state;

    ZSTD_freeDCtx(s->context);
    coil__free(s);
}

int coil__http_zstd_decoder(struct coil__http_coder *coder)
{
    struct zstd *s = coil__alloc(sizeof *s);

    if (!s)
        return -ENOMEM;
    s->context = coil__alloc_fails() ? NULL : ZSTD_createDCtx();
    if (!s->context) {
        coil__free(s);
        return -ENOMEM;
    }
    ZSTD_DCtx_setParameter(s->context, ZSTD_d_windowLogMax, MAX_WINDOW);
    *coder = (struct coil__http_coder){ decode, free_decoder, s };
    return 0;
}

/* ---- encoding --------------------------------------------------------- */

static int encode(void *state, struct coil__http_coder_io *io,
                  enum coil__http_push push)
{
    static const ZSTD_EndDirective directives[] = { ZSTD_e_continue,
                                                    ZSTD_e_flush, ZSTD_e_end };
    ZSTD_inBuffer in = { .src = io->in, .size = io->in_size };
    ZSTD_outBuffer out = { .dst = io->out, .size = io->out_size };
    size_t rc = ZSTD_compressStream2(state, &out, &in, directives[push]);

    io->in += in.pos;
    io->in_size -= in.pos;
    io->out += out.pos;
    io->out_size -= out.pos;
    if (ZSTD_isError(rc))
        return error_of(rc);
    return io->in_size == 0 && (push == COIL__HTTP_PUSH_NONE || rc == 0);
}

static void free_encoder(void *state)
{
    ZSTD_freeCCtx(state);
}

int coil__http_zstd_encoder(struct coil__http_coder *coder, int level)
{
    ZSTD_CCtx *state = coil__alloc_fails() ? NULL : ZSTD_createCCtx();

    if (!state)
        return -ENOMEM;
    ZSTD_CCtx_setParameter(state, ZSTD_c_compressionLevel,
                           level > 0 ? level : LEVEL);
    *coder = (struct coil__http_coder){ encode, free_encoder, state };
    return 0;
}

const char *coil__http_zstd_version(void)
{
    return ZSTD_versionString();
}
