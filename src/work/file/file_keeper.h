/* SPDX-License-Identifier: MIT */
/* work/file/file_keeper.h - who waits for the file, and who writes it: keeper.h */
#ifndef COIL_WORK_FILE_KEEPER_H
#define COIL_WORK_FILE_KEEPER_H

#include "work/file/file_world.h"

/* A handle's.  The world is given; NULL: there is no memory. */
struct coil__work_keeper *coil__file_keeper_new(struct coil__file_world *world);

#endif
