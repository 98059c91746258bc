/* SPDX-License-Identifier: MIT */
/* files.h - where bodies go, and what is known of those of earlier runs */
#ifndef COIL_FETCH_RUN_FILES_H
#define COIL_FETCH_RUN_FILES_H

#include <coil/base.h>

struct run;

/*
 * Open what the options name: places for files, the archive, the cache, netrc.  The
 * journal is open.  Returns 0; or an error, after a message.
 */
int files_open(struct run *run) COIL_SUSPENDS;

/* Close them.  Returns 0, or the first error, after a message. */
int files_close(struct run *run) COIL_SUSPENDS;

#endif
