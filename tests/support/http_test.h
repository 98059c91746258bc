/* SPDX-License-Identifier: MIT */
/*
 * http_test.h - a server that says what a test tells it to
 *
 *     static const struct line lines[] = {
 *         { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", KEEP },
 *         { "garbage", CLOSE },
 *     };
 *     struct fake fake;
 *
 *     fake_start(&fake, lines, 2);
 *     ... fake.url, fake.heard ...
 *     fake_end(&fake);
 *
 * It answers each request, on whatever connection it comes, with the next line.
 */
#ifndef COIL_TESTS_HTTP_TEST_H
#define COIL_TESTS_HTTP_TEST_H

#include <stdio.h>
#include <stdlib.h>

#include <coil/error.h>
#include <coil/task_group.h>

#include "stream_test.h"

enum then {
    KEEP,  /* wait for another request */
    CLOSE, /* end the connection properly */
    BREAK, /* drop it */
    HANG,  /* be silent until the test ends */
};

struct line {
    const char *text;
    enum then then;
};

struct fake {
    struct coil_listener *listener;
    struct coil_task *task;
    struct coil_task_group *group;
    const struct line *lines;
    size_t count;
    size_t said;
    size_t connections;
    bool is_slow;        /* byte by byte, one a second */
    const char *late;    /* the answer to a second request */
    const char *unasked; /* sent a second after each line */
    char url[64];
    char heard[4096]; /* the last request's head */
    char body[4096];
};

struct fake_connection {
    struct fake *fake;
    struct coil_stream *stream;
};

void fake_start_at(struct fake *fake, const char *host, uint16_t port,
                   const struct line *lines, size_t count);

void fake_start(struct fake *fake, const struct line *lines, size_t count);
void fake_end(struct fake *fake);

#endif
