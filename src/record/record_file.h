/* SPDX-License-Identifier: MIT */
/*
 * record/record_file.h - the file of a recorder is made
 */
#ifndef COIL_RECORD_RECORD_FILE_H
#define COIL_RECORD_RECORD_FILE_H

#include "record/ring.h"

/* Where the recorder is to write, and how much. */
struct coil_recording {
    const char *dir;
    size_t size;
    bool all;
    bool simulated;
};

enum {
    COIL__RECORD_SIZE_MIN = 256 << 10,
    COIL__RECORD_SIZE_MAX = 1 << 30,
    COIL__RECORD_SIZE = 8 << 20,
};

/*
 * Make a new file with all its room, map it, and fill in what does not change.
 * *path is to be freed.  0, -ENOMEM, or an error of the system; then there is no
 * file.
 */
int coil__record_file_make(struct coil_record_file **out, char **path,
                           const struct coil_recording *recording);

/* The clock of the side, CLOCK_MONOTONIC, whatever clock the loop has. */
coil_time coil__record_file_now(void);

/* Note when the record begins: `now` by the loop's clock, and by the others. */
void coil__record_file_stamp(struct coil_record_file *file, coil_time now);

#endif
