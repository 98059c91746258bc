/* SPDX-License-Identifier: MIT */
/*
 * sink.h - where a story goes: a trace in some format
 *
 * A track is a row of the picture: a loop, or a task.  On each, slices lie in each
 * other.
 */
#ifndef COIL_RECORD_SINK_H
#define COIL_RECORD_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct arg {
    const char *key;
    const char *text; /* NULL: `number` */
    int64_t number;
};

enum { ARGS_MAX = 6 };

struct args {
    struct arg all[ARGS_MAX];
    unsigned count;
};

static inline void arg_text(struct args *args, const char *key,
                            const char *text)
{
    if (args->count < ARGS_MAX)
        args->all[args->count++] = (struct arg){ key, text, 0 };
}

static inline void arg_number(struct args *args, const char *key,
                              int64_t number)
{
    if (args->count < ARGS_MAX)
        args->all[args->count++] = (struct arg){ key, NULL, number };
}

struct track {
    uint64_t pid;
    uint64_t number; /* of the loop, or of the task */
    bool is_task;
    unsigned file; /* tracks of different files differ */
};

enum flow { FLOW_NONE, FLOW_BEGINS, FLOW_ENDS };

struct sink {
    void (*process)(struct sink *sink, const struct track *loop,
                    const char *name);
    void (*track)(struct sink *sink, const struct track *track,
                  const char *name);
    void (*begin)(struct sink *sink, const struct track *track, int64_t time,
                  const char *name, const char *category,
                  const struct args *args);
    void (*end)(struct sink *sink, const struct track *track, int64_t time);
    void (*instant)(struct sink *sink, const struct track *track, int64_t time,
                    const char *name, const struct args *args, enum flow flow,
                    uint64_t flow_id);
    void (*finish)(struct sink *sink);
    FILE *out;
    uint64_t written; /* for commas and the like */
};

void sink_chrome(struct sink *sink, FILE *out);
void sink_perfetto(struct sink *sink, FILE *out);

#endif
