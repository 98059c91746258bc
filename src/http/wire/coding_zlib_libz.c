/* SPDX-License-Identifier: MIT */
#include "http/wire/coding_zlib.h"

#include <limits.h>
#include <zlib.h>

#include <coil/error.h>

#include "base/memory.h"

enum {
    WINDOW = 15,
    AS_GZIP = 16, /* added to the window: what zlib reads and writes */
    MEMORY = 8,
    MESSAGE_MEMORY = 5, /* there may be many WebSockets */
    GZIP_1 = 0x1f,      /* how a member begins */
};

struct zlib {
    z_stream z;
    bool is_gzip;
    bool has_format;     /* of deflate: whether it is raw is known */
    bool is_ended;       /* and nothing of another member has come */
    bool is_beyond;      /* what comes now is ignored */
    unsigned char first; /* byte of deflate, until its format is known */
    bool has_first;
};

static voidpf allocate(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return coil__alloc((size_t)items * size);
}

static void release(voidpf opaque, voidpf address)
{
    (void)opaque;
    coil__free(address);
}

static uInt clip(size_t size)
{
    return size < UINT_MAX ? (uInt)size : UINT_MAX;
}

static void lend(z_stream *z, const struct coil__http_coder_io *io)
{
    z->next_in = (Bytef *)(uintptr_t)io->in;
    z->avail_in = clip(io->in_size);
    z->next_out = io->out;
    z->avail_out = clip(io->out_size);
}

static void take_back(const z_stream *z, struct coil__http_coder_io *io)
{
    io->in_size -= (size_t)(z->next_in - io->in);
    io->in = z->next_in;
    io->out_size -= (size_t)(z->next_out - io->out);
    io->out = z->next_out;
}

/* ---- decoding --------------------------------------------------------- */

static void skip_rest(struct coil__http_coder_io *io)
{
    io->in += io->in_size;
    io->in_size = 0;
}

/* Inflate what is at `io`.  Returns as run(). */
static int inflate_some(struct zlib *s, struct coil__http_coder_io *io)
{
    int rc;

    lend(&s->z, io);
    rc = inflate(&s->z, Z_NO_FLUSH);
    take_back(&s->z, io);
    switch (rc) {
    case Z_STREAM_END:
        s->is_ended = true;
        return 1;
    case Z_OK:
    case Z_BUF_ERROR: /* no input, or no room: nothing has gone wrong */
        return 0;
    case Z_MEM_ERROR:
        return -ENOMEM;
    default:
        return COIL_EHTTP_BAD_CODING;
    }
}

/*
 * The first two bytes tell zlib's format (RFC 1950, 2.2) from raw deflate.  Those
 * of zlib are 8 in four bits, and a multiple of 31 together.
 */
static int find_format(struct zlib *s, struct coil__http_coder_io *io)
{
    struct coil__http_coder_io held = { .in = &s->first, .in_size = 1 };
    unsigned char nothing;
    unsigned both;

    if (!s->has_first) {
        s->first = *io->in++;
        io->in_size--;
        s->has_first = true;
    }
    if (io->in_size == 0)
        return 0;
    both = (unsigned)s->first << 8 | *io->in;
    if (((s->first & 15) != Z_DEFLATED || both % 31 != 0) &&
        inflateReset2(&s->z, -WINDOW) != Z_OK)
        return COIL_EHTTP_BAD_CODING;
    s->has_format = true;
    /* One byte makes no output; the room is there because zlib asks for it. */
    held.out = &nothing;
    held.out_size = 1;
    return inflate_some(s, &held);
}

static int decode(void *state, struct coil__http_coder_io *io,
                  enum coil__http_push push)
{
    struct zlib *s = state;

    (void)push;
    if (s->is_beyond)
        skip_rest(io);
    if (s->is_ended && io->in_size == 0)
        return 1;
    if (s->is_ended) {
        if (!s->is_gzip || *io->in != GZIP_1 || inflateReset(&s->z) != Z_OK) {
            s->is_beyond = true;
            skip_rest(io);
            return 1;
        }
        s->is_ended = false;
    }
    if (!s->is_gzip && !s->has_format) {
        int rc = io->in_size > 0 ? find_format(s, io) : 0;

        if (rc != 0 || !s->has_format)
            return rc;
    }
    return inflate_some(s, io);
}

static void free_decoder(void *state)
{
    struct zlib *s = state;

    inflateEnd(&s->z);
    coil__free(s);
}

static struct zlib *make(bool is_gzip)
{
    struct zlib *s = coil__alloc(sizeof *s);

    if (s)
        *s = (struct zlib){ .z = { .zalloc = allocate, .zfree = release },
                            .is_gzip = is_gzip };
    return s;
}

static int begin_decoder(struct coil__http_coder *coder, struct zlib *s,
                         int (*run)(void *state, struct coil__http_coder_io *io,
                                    enum coil__http_push push),
                         int bits)
{
    if (!s)
        return -ENOMEM;
    if (inflateInit2(&s->z, bits) != Z_OK) {
        coil__free(s);
        return -ENOMEM;
    }
    *coder = (struct coil__http_coder){ run, free_decoder, s };
    return 0;
}

int coil__http_zlib_decoder(struct coil__http_coder *coder, bool is_gzip)
{
    return begin_decoder(coder, make(is_gzip), decode,
                         is_gzip ? WINDOW + AS_GZIP : WINDOW);
}

/* ---- decoding messages ------------------------------------------------ */

/* Behind a last block another may follow, and refer to what was before. */
static int begin_again(struct zlib *s)
{
    unsigned char *window = coil__alloc((size_t)1 << WINDOW);
    uInt size = 0;
    int rc;

    if (!window)
        return -ENOMEM;
    rc = inflateGetDictionary(&s->z, window, &size);
    if (rc == Z_OK)
        rc = inflateReset(&s->z);
    if (rc == Z_OK)
        rc = inflateSetDictionary(&s->z, window, size);
    coil__free(window);
    s->is_ended = false;
    return rc == Z_OK ? 0 : COIL_EHTTP_BAD_CODING;
}

static int decode_raw(void *state, struct coil__http_coder_io *io,
                      enum coil__http_push push)
{
    struct zlib *s = state;
    int rc = 0;

    (void)push;
    if (s->is_ended)
        rc = begin_again(s);
    return rc < 0 ? rc : inflate_some(s, io);
}

int coil__http_raw_decoder(struct coil__http_coder *coder, int bits)
{
    return begin_decoder(coder, make(false), decode_raw, -bits);
}

/* ---- encoding --------------------------------------------------------- */

static int encode(void *state, struct coil__http_coder_io *io,
                  enum coil__http_push push)
{
    static const int flush[] = { Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH };
    struct zlib *s = state;
    int rc;

    lend(&s->z, io);
    rc = deflate(&s->z, flush[push]);
    take_back(&s->z, io);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return COIL_EHTTP_BAD_CODING;
    if (push == COIL__HTTP_PUSH_END)
        return rc == Z_STREAM_END;
    return io->in_size == 0 && io->out_size > 0;
}

static void free_encoder(void *state)
{
    struct zlib *s = state;

    deflateEnd(&s->z);
    coil__free(s);
}

static int begin_encoder(struct coil__http_coder *coder, struct zlib *s,
                         int level, int bits, int memory)
{
    if (!s)
        return -ENOMEM;
    if (deflateInit2(&s->z, level > 0 ? level : Z_DEFAULT_COMPRESSION,
                     Z_DEFLATED, bits, memory, Z_DEFAULT_STRATEGY) != Z_OK) {
        coil__free(s);
        return -ENOMEM;
    }
    *coder = (struct coil__http_coder){ encode, free_encoder, s };
    return 0;
}

int coil__http_zlib_encoder(struct coil__http_coder *coder, bool is_gzip,
                            int level)
{
    return begin_encoder(coder, make(is_gzip), level,
                         is_gzip ? WINDOW + AS_GZIP : WINDOW, MEMORY);
}

int coil__http_raw_encoder(struct coil__http_coder *coder, int level, int bits)
{
    return begin_encoder(coder, make(false), level, -bits, MESSAGE_MEMORY);
}

const char *coil__http_zlib_version(void)
{
    return zlibVersion();
}
