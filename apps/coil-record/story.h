/* SPDX-License-Identifier: MIT */
/*
 * story.h - the records of a file as slices, instants and arrows
 */
#ifndef COIL_RECORD_STORY_H
#define COIL_RECORD_STORY_H

#include "file.h"
#include "sink.h"

/* A step that takes as long is shown as a slice of its own. */
#define LONG_STEP ((int64_t)1000000)

/* Tell all of the file to the sink.  False: no memory. */
bool story_tell(const struct file *file, unsigned number, struct sink *sink);

#endif
