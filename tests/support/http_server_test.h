/* SPDX-License-Identifier: MIT */
/*
 * http_server_test.h - a server with a few routes, and a client of bytes
 */
#ifndef COIL_TESTS_HTTP_SERVER_TEST_H
#define COIL_TESTS_HTTP_SERVER_TEST_H

#include <stdio.h>
#include <stdlib.h>

#include <coil/error.h>
#include <coil/http_server.h>
#include <coil/task_group.h>

#include "reports.h"
#include "stream_test.h"

/* ---- a server with a few routes --------------------------------------- */

extern char seen[8192]; /* what handlers noted */

int hello(struct coil_http_exchange *x, void *arg);

/* Note the parts of the request. */
int look(struct coil_http_exchange *x, void *arg);

int echo(struct coil_http_exchange *x, void *arg);

/* Tries to send what must not be sent, and says that it is refused. */
int inject(struct coil_http_exchange *x, void *arg);

int hijack(struct coil_http_exchange *x, void *arg);

/* Returns an error before it answers. */
int fail_at_once(struct coil_http_exchange *x, void *arg);

extern size_t large_size;

extern struct coil_http_server *server;
extern struct coil_task *serving;
extern struct coil_address address;

int serve(void *arg);

void serve_with(const struct coil_http_server_options *options);
void serve_defaults(void);
void end_server(void);

/* ---- a client of bytes ------------------------------------------------ */

struct coil_stream *dial(void);

/* Read until the server closes. */
size_t read_rest(struct coil_stream *s, char *out, size_t size);

/* Remove the Date lines, because they differ. */
void drop_dates(char *text);

/* All that the server sends after `request`, until it closes. */
const char *ask_bytes(const char *request, size_t size);

const char *ask(const char *request);
const char *get(const char *target);
int status_in(const char *answer);
const char *body_in(const char *answer);

#define CLOSE "Connection: close\r\n"
#define HOST "Host: h\r\n"

#endif
