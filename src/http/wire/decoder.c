/* SPDX-License-Identifier: MIT */
#include "http/wire/decoder.h"

#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "http/wire/coding.h"
#include "http/wire/text.h"

enum {
    BETWEEN = 4096,     /* bytes kept between two stages */
    HARMLESS = 1 << 20, /* so much may become of anything */
};

struct stage {
    struct coil__http_coder coder;
    uint64_t given; /* how many bytes have come out */
    bool is_done;

    /* What has come out, and the next stage has not taken. */
    unsigned char *data;
    const unsigned char *at;
    size_t size;
};

struct coil__http_decoder {
    size_t max_ratio;
    uint64_t taken; /* how many bytes have come in */
    size_t count;
    struct stage stages[COIL__HTTP_MAX_STAGES]; /* the first takes what comes */
};

/* ---- which codings ---------------------------------------------------- */

struct list {
    enum coil__http_coding codings[COIL__HTTP_MAX_STAGES]; /* as applied */
    size_t count;
};

static int take_list(struct list *list, const char *at)
{
    for (;;) {
        struct coil__http_slice name = coil__http_next_item(&at);
        enum coil__http_coding coding;

        if (name.size == 0)
            return 0;
        coding = coil__http_coding_of(name.at, name.size);
        if (coding == COIL__HTTP_IDENTITY)
            continue;
        if (coding == COIL__HTTP_CODINGS ||
            list->count == COIL__HTTP_MAX_STAGES)
            return COIL_EHTTP_NO_CODING;
        list->codings[list->count++] = coding;
    }
}

static int make_stage(struct stage *stage, enum coil__http_coding coding,
                      bool is_last)
{
    int rc = coil__http_make_decoder(&stage->coder, coding);

    if (rc < 0 || is_last)
        return rc;
    stage->data = coil__alloc(BETWEEN);
    return stage->data ? 0 : -ENOMEM;
}

/* What was applied last is taken off first. */
static int make(struct coil__http_decoder **out, const struct list *list,
                size_t max_ratio)
{
    struct coil__http_decoder *decoder = coil__alloc(sizeof *decoder);
    int rc = 0;

    if (!decoder)
        return -ENOMEM;
    decoder->max_ratio = max_ratio;
    decoder->count = list->count;
    for (size_t i = 0; i < list->count && rc == 0; i++)
        rc = make_stage(&decoder->stages[i], list->codings[list->count - 1 - i],
                        i + 1 == list->count);
    if (rc < 0) {
        coil__http_decoder_free(decoder);
        return rc;
    }
    *out = decoder;
    return 0;
}

int coil__http_decoder_new(struct coil__http_decoder **out,
                           const struct coil_http_header *headers,
                           size_t header_count, size_t max_ratio)
{
    struct list list = { .count = 0 };
    int rc = 0;

    *out = NULL;
    for (size_t i = 0; i < header_count && rc == 0; i++)
        if (coil__http_equal(headers[i].name, "Content-Encoding"))
            rc = take_list(&list, headers[i].value);
    if (rc < 0 || list.count == 0)
        return rc;
    return make(out, &list, max_ratio);
}

void coil__http_decoder_free(struct coil__http_decoder *decoder)
{
    if (!decoder)
        return;
    for (size_t i = 0; i < decoder->count; i++) {
        struct stage *stage = &decoder->stages[i];

        if (stage->coder.state)
            stage->coder.free(stage->coder.state);
        coil__free(stage->data);
    }
    coil__free(decoder);
}

/* ---- decoding --------------------------------------------------------- */

static bool is_bomb(const struct coil__http_decoder *decoder,
                    const struct stage *stage)
{
    return stage->given > HARMLESS &&
           stage->given / decoder->max_ratio > decoder->taken;
}

/*
 * Run the coder of a stage once.  Returns how many bytes came out, or an error;
 * `*may_end` says whether the input may be over now.
 */
static ptrdiff_t run(struct coil__http_decoder *decoder, struct stage *stage,
                     struct coil__http_coder_io *io, bool *may_end)
{
    size_t in_size = io->in_size;
    size_t room = io->out_size;
    int rc = stage->coder.run(stage->coder.state, io, COIL__HTTP_PUSH_NONE);
    size_t given = room - io->out_size;

    if (rc < 0)
        return rc;
    *may_end = rc == 1;
    if (stage == decoder->stages)
        decoder->taken += in_size - io->in_size;
    stage->given += given;
    if (is_bomb(decoder, stage))
        return COIL_EHTTP_BOMB;
    /* It neither takes nor gives: it is broken. */
    if (given == 0 && in_size > 0 && io->in_size == in_size)
        return COIL_EHTTP_BAD_CODING;
    return (ptrdiff_t)given;
}

struct source {
    const unsigned char *at;
    size_t size;
    bool is_last;
};

/*
 * The input of the first stage is over.  A body without any byte is one as well,
 * whatever its coding.
 */
static int finish(struct coil__http_decoder *decoder, struct stage *stage,
                  bool may_end)
{
    if (!may_end && decoder->taken > 0)
        return COIL_EHTTP_TRUNCATED;
    stage->is_done = true;
    return 0;
}

/* What stage `n` gives.  As coil__http_decoder_run(). */
static ptrdiff_t pull(struct coil__http_decoder *decoder, size_t n,
                      struct source *source, unsigned char *out, size_t size)
{
    struct stage *stage = &decoder->stages[n];
    struct stage *before = n > 0 ? stage - 1 : NULL;

    while (!stage->is_done) {
        struct coil__http_coder_io io = { .out = out, .out_size = size };
        ptrdiff_t pulled = 1;
        bool may_end = false;
        ptrdiff_t given;

        if (before && before->size == 0) {
            pulled = pull(decoder, n - 1, source, before->data, BETWEEN);
            if (pulled < 0)
                return pulled;
            before->at = before->data;
            before->size = (size_t)pulled;
        }
        io.in = before ? before->at : source->at;
        io.in_size = before ? before->size : source->size;
        given = run(decoder, stage, &io, &may_end);
        if (before) {
            before->at = io.in;
            before->size = io.in_size;
        } else {
            source->at = io.in;
            source->size = io.in_size;
        }
        if (given != 0)
            return given;
        if (io.in_size > 0)
            continue;
        if (before ? before->is_done : source->is_last)
            return finish(decoder, stage, may_end);
        if (!before || pulled == 0)
            return 0;
    }
    return 0;
}

ptrdiff_t coil__http_decoder_run(struct coil__http_decoder *decoder,
                                 const unsigned char **in, size_t *in_size,
                                 bool is_last, void *buffer, size_t size)
{
    struct source source = { *in, *in_size, is_last };
    ptrdiff_t n;

    if (size == 0)
        return 0;
    n = pull(decoder, decoder->count - 1, &source, buffer, size);
    *in = source.at;
    *in_size = source.size;
    return n;
}

bool coil__http_decoder_is_done(const struct coil__http_decoder *decoder)
{
    return decoder->stages[decoder->count - 1].is_done;
}
