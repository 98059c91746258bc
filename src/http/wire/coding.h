/* SPDX-License-Identifier: MIT */
/*
 * http/wire/coding.h - the content codings, and how two sides agree on one
 */
#ifndef COIL_HTTP_WIRE_CODING_H
#define COIL_HTTP_WIRE_CODING_H

#include <stdbool.h>
#include <stddef.h>

#include "http/wire/coder.h"

/* In the order in which a server likes them. */
enum coil__http_coding {
    COIL__HTTP_IDENTITY,
    COIL__HTTP_BR,
    COIL__HTTP_ZSTD,
    COIL__HTTP_GZIP,
    COIL__HTTP_DEFLATE,
    COIL__HTTP_CODINGS,
};

/* "gzip". */
const char *coil__http_coding_name(enum coil__http_coding coding);

/* Whether this build has the library that it takes. */
bool coil__http_has_coding(enum coil__http_coding coding);

/*
 * The coding called so, in any case; "x-gzip" is gzip.  COIL__HTTP_CODINGS: it is
 * unknown, or not built in.
 */
enum coil__http_coding coil__http_coding_of(const char *name, size_t size);

/*
 * What a client can decode, as the value of Accept-Encoding: "gzip, deflate, br,
 * zstd", as far as they are built in; "" if none is.
 */
#define COIL__HTTP_ACCEPT_SIZE 32
void coil__http_accept_codings(char value[COIL__HTTP_ACCEPT_SIZE]);

/*
 * The coding in which a server answers a request with this Accept-Encoding (RFC
 * 9110, 12.5.3): that with the greatest q among those that are built in, and of
 * equal ones the one the server likes best.  NULL, no header, is identity.
 * deflate is never chosen, since some readers take it raw, and others do not.
 * A value that is not well formed is identity.  COIL__HTTP_CODINGS: the client
 * refuses all, identity too.  br is not chosen unless the server `gives_br`.
 */
enum coil__http_coding coil__http_choose_coding(const char *accept,
                                                bool gives_br);

/*
 * Whether such a client takes `coding`, which need not be built in: for a body
 * that has been encoded before.
 */
bool coil__http_accepts_coding(const char *accept,
                               enum coil__http_coding coding);

/*
 * Make a coder.  `level` is that of the library; 0: what suits answers that are
 * made on the way.
 *
 * Returns 0; COIL_EHTTP_NO_CODING if it is not built in, and for identity;
 * -ENOMEM.
 */
int coil__http_make_decoder(struct coil__http_coder *coder,
                            enum coil__http_coding coding);
int coil__http_make_encoder(struct coil__http_coder *coder,
                            enum coil__http_coding coding, int level);

#endif
