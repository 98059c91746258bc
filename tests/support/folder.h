/* SPDX-License-Identifier: MIT */
/* folder.h - remove a test's folder with all that is in it */
#ifndef COIL_TESTS_FOLDER_H
#define COIL_TESTS_FOLDER_H

/* Links are not followed.  No process is started: that takes long under ASan. */
void remove_folder(const char *path);

#endif
