/* SPDX-License-Identifier: MIT */
/*
 * bench_http.h - what the benchmarks of HTTP share: the document, and many tasks
 */
#ifndef BENCH_BENCH_HTTP_H
#define BENCH_BENCH_HTTP_H

#include <coil/http_respond.h>
#include <coil/task.h>

#include "bench.h"

enum { BENCH_TASKS_MAX = 1000 };

static const char bench_document[] =
    "{\"args\": {\"a\": \"1\"}, \"headers\": {\"Host\": \"127.0.0.1\", "
    "\"User-Agent\": \"coil\", \"Accept\": \"*/*\"}, "
    "\"origin\": \"127.0.0.1\", \"url\": \"http://127.0.0.1/get?a=1\", "
    "\"padding\": \"....................................\"}\n";

/* A handler: answer with the document. */
static inline int bench_answer(struct coil_http_exchange *exchange,
                               void *unused)
{
    (void)unused;
    return coil_http_respond(exchange, 200, "application/json", bench_document,
                             sizeof bench_document - 1);
}

/* Run `fn` in `count` tasks at once, until all have returned. */
static inline void bench_in_tasks(int count, coil_fn fn)
{
    struct coil_task *tasks[BENCH_TASKS_MAX];

    for (int i = 0; i < count; i++)
        bench_check(coil_task_create(&tasks[i], fn, NULL));
    for (int i = 0; i < count; i++) {
        bench_check(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
}

#endif
