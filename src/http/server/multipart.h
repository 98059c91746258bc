/* SPDX-License-Identifier: MIT */
/*
 * http/server/multipart.h - take a body of several parts apart (RFC 2046, 5.1)
 *
 * The parser sees a window of the body: the bytes that are there, and that it
 * has not used yet.  It says what comes first in the window, and how many bytes
 * of it are used up.
 */
#ifndef COIL_HTTP_SERVER_MULTIPART_H
#define COIL_HTTP_SERVER_MULTIPART_H

#include <stddef.h>

#include "http/server/parameter.h"
#include "http/wire/text.h"

enum coil__multipart_event {
    COIL__MULTIPART_MORE, /* the window is too small */
    COIL__PART_BEGINS,    /* with these headers: whole lines, and their ends */
    COIL__PART_DATA,      /* the user may also use less of it */
    COIL__PART_ENDS,
    COIL__MULTIPART_ENDS, /* what follows means nothing */
    COIL__MULTIPART_BROKEN,
};

struct coil__multipart {
    char delimiter[4 + COIL__BOUNDARY_SIZE]; /* "\r\n--" and the boundary */
    size_t size;
    int state;
};

/* Begin with a boundary of 1 to 70 characters. */
void coil__multipart_begin(struct coil__multipart *multipart,
                           const char *boundary);

/*
 * Go on in the window at[0 … size-1].  `*used` bytes are to be left out of the
 * next window; `*slice` is a part of this one.
 */
enum coil__multipart_event
coil__multipart_run(struct coil__multipart *multipart, const char *at,
                    size_t size, size_t *used, struct coil__http_slice *slice);

#endif
