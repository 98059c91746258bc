/* SPDX-License-Identifier: MIT */
/* hostile.h - answers that nobody should send */
#ifndef BENCH_FETCH_HOSTILE_H
#define BENCH_FETCH_HOSTILE_H

#include <coil/http_server.h>

/* A handler of "/hostile/{kind}".  What is endless ends when the client goes. */
int hostile_answer(struct coil_http_exchange *exchange, void *unused);

/* The kinds, each on a line of standard output. */
void hostile_print_kinds(void);

#endif
