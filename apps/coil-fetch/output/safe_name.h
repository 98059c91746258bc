/* SPDX-License-Identifier: MIT */
/*
 * safe_name.h - names of files made of what others said
 *
 * A safe path is relative and stays below its directory.  Its components are
 * UTF-8 of at most SAFE_COMPONENT bytes; none is "." or "..", none has a control
 * character or what turns the direction of text, and none looks like a temporary
 * file of coil-fetch (".x.part", ".x.meta").  What may not stand there is
 * percent-encoded.
 */
#ifndef COIL_FETCH_OUTPUT_SAFE_NAME_H
#define COIL_FETCH_OUTPUT_SAFE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

enum {
    SAFE_COMPONENT = 240, /* a name may have 255: a suffix finds room */
    SAFE_PATH = 1024,
};

/*
 * Add `size` bytes of a URL, percent-decoded where that does no harm.  "/" stays
 * if `keeps_slashes`, and is %2F otherwise.
 */
void safe_name_add(struct text *text, const char *bytes, size_t size,
                   bool keeps_slashes);

/* Add bytes that are not of a URL: "%" is a character like others. */
void safe_name_add_plain(struct text *text, const char *bytes, size_t size,
                         bool keeps_slashes);

/*
 * Make a safe path of `path`, whose characters are safe already: each component is
 * looked at.  Empty ones are dropped; behind a last "/", and for an empty path, it
 * is index.html.  A long component is cut and gets a hash of the whole, and so
 * does a long path.  Returns 0; -ENOMEM; -ENOTSUP: OpenSSL has no SHA-256.
 */
int safe_name_finish(struct text *out, const char *path);

/* 16 hexadecimal digits of SHA-256.  Returns as above. */
int safe_name_hash(char out[17], const char *bytes, size_t size);

#endif
