/* SPDX-License-Identifier: MIT */
/*
 * show.h - what is shown of a file
 */
#ifndef COIL_RECORD_SHOW_H
#define COIL_RECORD_SHOW_H

#include <stdio.h>

#include "file.h"

/* Each returns false if there is no memory. */

/* A line for each record. */
bool show_dump(const struct file *file);

/* Sums: tasks, waits, the longest steps, stalls. */
bool show_top(const struct file *file);

/* A picture, as SVG. */
bool show_picture(const struct file *files, size_t count, FILE *out);

/* "coil-record: …": whose file it is and what is in it, as a line. */
void show_head(const struct file *file, FILE *out);

#endif
