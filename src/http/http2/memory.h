/* SPDX-License-Identifier: MIT */
/*
 * http/http2/memory.h - the memory of nghttp2
 *
 * Failures of memory can be tried out (coil/testing.h).  When nghttp2 has lacked
 * memory, versions of it keep pointers to what they have freed.  So all its pieces
 * are known, and a session that has lacked memory is not asked to free them.
 */
#ifndef COIL_HTTP_HTTP2_MEMORY_H
#define COIL_HTTP_HTTP2_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/list.h>

struct coil__http2_memory {
    struct coil_list pieces;
    bool has_lacked; /* nghttp2 must not be called any more */
};

/* The functions that nghttp2 calls; `memory` is a struct coil__http2_memory. */
void *coil__http2_malloc(size_t size, void *memory);
void *coil__http2_calloc(size_t count, size_t size, void *memory);
void *coil__http2_realloc(void *bytes, size_t size, void *memory);
void coil__http2_free(void *bytes, void *memory);

/* Free what nghttp2 has. */
void coil__http2_memory_fini(struct coil__http2_memory *memory);

#endif
