/* SPDX-License-Identifier: MIT */
/*
 * story.h - the records of a file as slices, instants and arrows
 */
#ifndef COIL_RECORD_STORY_H
#define COIL_RECORD_STORY_H

#include "file.h"
#include "sink.h"

/* Tell all of the file to the sink.  False: no memory. */
bool story_tell(const struct file *file, unsigned number, struct sink *sink);

#endif
