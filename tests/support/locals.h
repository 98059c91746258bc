/* SPDX-License-Identifier: MIT */
/* locals.h - a task-local name, and functions that say and set it */
#ifndef COIL_TESTS_LOCALS_H
#define COIL_TESTS_LOCALS_H

#include <coil/local.h>
#include <coil/thread.h>

#include "jobs.h"

extern struct coil_local local_name;

const char *get_name(void);
void set_name(const char *value);
int say_local_name(void *arg);

/* Say the name, take another, say that a turn later. */
int take_name(void *arg);

/* A callback: say the name, and take `arg` if there is one. */
void use_name(void *arg);

#endif
