/* SPDX-License-Identifier: MIT */
/*
 * label.h - how tasks and durations are written
 */
#ifndef COIL_INSPECT_LABEL_H
#define COIL_INSPECT_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name with '*' for each number: tasks that differ only in one are alike. */
void label_fold(char *to, size_t size, const char *name);

/* "worker-* (main.c:12)", or with `exact` the name as it is.  Kept for ever. */
const char *label_task(const char *name, const char *site, bool exact);

/* "1.20 s", "15.3 ms", "12 us". */
void label_duration(char *to, size_t size, int64_t ns);

#endif
