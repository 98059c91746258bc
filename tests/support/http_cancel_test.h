/* SPDX-License-Identifier: MIT */
/*
 * http_cancel_test.h - let something happen after the first step of the
 * simulator, after the second, and so on, until it comes too late
 */
#ifndef COIL_TESTS_HTTP_CANCEL_TEST_H
#define COIL_TESTS_HTTP_CANCEL_TEST_H

#include <coil/http_client.h>

#include "http_test.h"

extern struct coil_http_client *client;

/* ---- something happens at the n-th step ------------------------------- */

void strike_at(size_t step, void (*what)(void));

/* Whether it came to that. */
bool end_strike(void);

extern bool was_struck;

void at_every_step(bool (*what)(size_t step), uint64_t seeds);

/* ---- a task that is cancelled ----------------------------------------- */

extern struct coil_task *cancelled;

void cancel_victim(void);

#endif
