/* SPDX-License-Identifier: MIT */
/*
 * parcel.h - a job as the bytes in which it lies in a queue that machines share
 *
 *     {"v":1,"n":12,"request":{"url":"http://h/"},"at":{"to":["http://h/b"]}}
 *
 *     v         of the form; a greater one than 1 is refused
 *     n         the number of the URL in the list of the one who put it
 *     request   a line of input as json_line.h has it, of the URL as it was read
 *     at        how far it has come: "to", the URLs to which redirects have led, in
 *               their order; "get", a redirect has made it a GET; "elsewhere", it has
 *               left its origin; "attempts", the requests that were made for it
 *
 * Other members of the object and of "at" mean nothing.
 */
#ifndef COIL_FETCH_QUEUE_PARCEL_H
#define COIL_FETCH_QUEUE_PARCEL_H

#include <stddef.h>

#include "common/text.h"

struct job;

/*
 * Add the bytes of a job.  Returns 0; -EILSEQ: a text of the job is not UTF-8, which
 * JSON cannot have; -ENOMEM.
 */
int parcel_pack(struct text *out, const struct job *job);

/*
 * Add the name under which equal requests are one, on all machines: the URL; of a
 * request with a method, headers or a body of its own a hash of them, too,
 * which is the same on all machines of 64 bits that are little-endian.  Returns 0;
 * -ENOMEM.
 */
int parcel_name(struct text *out, const struct job *job);

/*
 * Make the job of such bytes.  `*out` is returned: release it with job_free().  Returns
 * 0; -EINVAL with no job and the reason in `why`, which is emptied first; -ENOMEM.
 */
int parcel_unpack(struct job **out, const char *bytes, size_t size,
                  struct text *why);

#endif
