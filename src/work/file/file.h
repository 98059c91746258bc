/* SPDX-License-Identifier: MIT */
/* work/file/file.h - the engine in memory whose jobs survive in a file */
#ifndef COIL_WORK_FILE_H
#define COIL_WORK_FILE_H

#include "work/engine/engine.h"

/*
 * As coil__work_memory_open(), of "file:PATH" or "file:///PATH".  The rules are those of
 * `options`, which are whole.
 */
int coil__work_file_open(struct coil__work_engine **out, const char *url,
                         const struct coil_work_options *options) COIL_SUSPENDS;

#endif
