/* SPDX-License-Identifier: MIT */
/*
 * coil/record.h - the flight recorder
 *
 * A loop that is recorded writes down what happens into a file of a fixed size,
 * in which the newest overwrites the oldest: which tasks are made, begin, wait,
 * for what and for whom, who wakes or cancels them, how they end, and when the
 * loop waits itself.  The file is a mapping of the process's memory, so it is
 * whole up to the last event when the process is killed.  coil-record shows it
 * (docs/recorder.md).
 *
 * With COIL_RECORD=DIR in the environment, each loop is recorded from its
 * beginning; COIL_RECORD_SIZE is the size of its file in bytes ("4M"), 8 MiB
 * unless set; COIL_RECORD_LEVEL=all records short waits as well.
 *
 * What a wait costs: nothing, unless the loop looks outside meanwhile.  So by
 * default, waits that are over before the loop has looked outside, which is within
 * 100 microseconds if it is busy, are not recorded.
 */
#ifndef COIL_RECORD_H
#define COIL_RECORD_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_record_options {
    size_t size; /* of the file; 0: as COIL_RECORD_SIZE says */
    bool all;    /* short waits, too, as COIL_RECORD_LEVEL=all */
};

/*
 * Record the loop that runs in this thread from now on, into a new file in the
 * folder `dir`, coil-PID-LOOP.rec.  Only its owner may read the file.  `options`
 * may be NULL.
 *
 * Returns 0, or -EALREADY if the loop is recorded, -EINVAL if no loop runs here or
 * the size is below 256 KiB or above 1 GiB, -ENOTSUP if coil was built
 * without the recorder (COIL_RECORDER=OFF), -ENOMEM, or the error of making the
 * file: -ENOENT, -EACCES, -ENOSPC, -EFBIG …; then there is no file.
 */
COIL_API int coil_record_start(const char *dir,
                               const struct coil_record_options *options)
    COIL_MUST_CHECK;

/* Stop recording the running loop, and leave its file.  No-op if it is off. */
COIL_API void coil_record_stop(void);

/*
 * The file of the running loop, or NULL if the loop is not recorded.  Valid until
 * the recorder is stopped or the loop closed.
 */
COIL_API const char *coil_record_path(void);

/*
 * A span is a part of what a task does, by a name of the program's own.  Spans of
 * a task lie in each other: the last one that has begun ends first.  A span goes
 * on while its task waits.  Outside of a task they belong to the loop's
 * callbacks.  `name` is copied; there is room for some thousand different names.
 *
 * These functions do next to nothing unless the loop is recorded, and may be
 * called anywhere.
 */
COIL_API void coil_span_begin(const char *name);
COIL_API void coil_span_end(void);

/* Note a text at this moment: the first 120 bytes of it. */
COIL_API void coil_note(const char *text);

#ifdef __cplusplus
}
#endif

#endif
