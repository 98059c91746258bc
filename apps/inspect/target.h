/* SPDX-License-Identifier: MIT */
/*
 * target.h - another process that runs coil
 *
 * It is neither stopped nor attached to: its memory is read while it runs, so
 * whatever is read may be of different moments, or gone.
 */
#ifndef COIL_INSPECT_TARGET_H
#define COIL_INSPECT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <coil/introspection.h>

/* What the program exits with. */
enum {
    EXIT_OTHER = 1,
    EXIT_USAGE = 2,
    EXIT_NO_PROCESS = 3,
    EXIT_NO_PERMISSION = 4,
    EXIT_NO_COIL = 5,
    EXIT_OTHER_VERSION = 6,
};

struct target {
    const char *program; /* that looks, for its messages */
    pid_t pid;
    struct coil_introspection table; /* as it is there */
    bool lacks_field;                /* field() was asked for one that is not */
};

/* 0, or an exit status after a line on stderr. */
int target_open(struct target *target, const char *program, pid_t pid);

/* False: not all of it can be read (any more). */
bool target_read(const struct target *target, uintptr_t address, void *to,
                 size_t size);

/* A string, cut off where it does not fit; "?" if it cannot be read. */
void target_read_text(const struct target *target, uintptr_t address, char *to,
                      size_t size);

/* What a thread of it is called; "?" if that is not known. */
void target_thread_name(const struct target *target, int tid, char *to,
                        size_t size);

/* The value of a name in the table, else 0, which is noted. */
uint32_t target_field(struct target *target, const char *name);

/* The same of a name that older tables lack: false, and nothing is noted. */
bool target_has_field(const struct target *target, const char *name,
                      uint32_t *value);

#endif
