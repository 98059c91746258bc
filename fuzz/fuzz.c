/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/testing.h>

/* Seed 0 cuts nothing; the others are drawn from the input. */
enum { SEEDS = 3 };

void fuzz_note(struct fuzz_trace *trace, const char *format, ...)
{
    size_t room = sizeof trace->text - trace->size;
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(trace->text + trace->size, room, format, arguments);
    va_end(arguments);
    if (n > 0)
        trace->size += (size_t)n < room ? (size_t)n : room - 1;
}

void fuzz_note_bytes(struct fuzz_trace *trace, const void *bytes, size_t size)
{
    size_t room = sizeof trace->text - trace->size;

    if (size > room)
        size = room;
    if (size > 0)
        memcpy(trace->text + trace->size, bytes, size);
    trace->size += size;
}

struct call {
    const struct fuzz_input *input;
    struct fuzz_trace *trace;
    int (*run)(const struct fuzz_input *input, struct fuzz_trace *trace);
};

static int call(void *arg)
{
    struct call *c = arg;

    return c->run(c->input, c->trace);
}

static uint64_t seed_of(const struct fuzz_input *input)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < input->size; i++)
        hash = (hash ^ input->data[i]) * 1099511628211u;
    return hash | 1;
}

static void show(const char *what, const struct fuzz_trace *trace)
{
    fprintf(stderr, "---- %s\n", what);
    fwrite(trace->text, 1, trace->size, stderr);
    fputc('\n', stderr);
}

void fuzz_compare(const struct fuzz_input *input,
                  int (*run)(const struct fuzz_input *input,
                             struct fuzz_trace *trace))
{
    static struct fuzz_trace whole;
    static struct fuzz_trace cut;
    uint64_t seed = seed_of(input);

    for (int i = 0; i < SEEDS; i++) {
        struct fuzz_trace *trace = i == 0 ? &whole : &cut;
        struct call c = { input, trace, run };
        int rc;

        trace->size = 0;
        rc = coil_test_run(call, &c, i == 0 ? 0 : seed + (uint64_t)i);
        if (rc < 0) {
            show("so far", trace);
            fprintf(stderr, "the run fails: %s\n", coil_strerror(rc));
            abort();
        }
        if (i > 0 && (whole.size != cut.size ||
                      memcmp(whole.text, cut.text, whole.size) != 0)) {
            show("in one piece", &whole);
            show("cut", &cut);
            abort();
        }
    }
}
