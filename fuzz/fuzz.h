/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - one input, under several cuts
 *
 * A fuzzer is a function that is given bytes somebody might send.  It runs them
 * through a network in memory (coil/testing.h) and keeps a text of what came of
 * it.  The same bytes must come to the same however the network cuts them, and
 * whoever runs first: that is what the seeds of the simulator choose.
 */
#ifndef COIL_FUZZ_H
#define COIL_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Larger inputs are not tried: they must fit into a pipe of the simulator. */
enum { FUZZ_INPUT_MAX = 16 << 10 };

struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* What came of a run.  Zeroed is empty. */
struct fuzz_trace {
    char text[64 << 10];
    size_t size;
};

/* As printf().  What is beyond its end is left out. */
void fuzz_note(struct fuzz_trace *trace, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void fuzz_note_bytes(struct fuzz_trace *trace, const void *bytes, size_t size);

/*
 * Call run(input, trace) as the main task of runs with seed 0 and others, and
 * stop the program, with both traces, if they differ or if one fails.
 */
void fuzz_compare(const struct fuzz_input *input,
                  int (*run)(const struct fuzz_input *input,
                             struct fuzz_trace *trace));

#endif
