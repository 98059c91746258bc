/* SPDX-License-Identifier: MIT */
/*
 * tls/files.h - the names of the files that a context reads, and reads again
 */
#ifndef COIL_TLS_FILES_H
#define COIL_TLS_FILES_H

#include <stddef.h>

#include <coil/tls_context.h>

/* A certificate of ours, and what is said about it. */
struct coil__tls_file_names {
    struct coil_tls_certificate certificate;
    const char *status_file; /* or NULL */
};

/* Zeroed, there are none. */
struct coil__tls_files {
    struct coil__tls_file_names each[COIL_TLS_MAX_CERTIFICATES];
    size_t count;
};

/* Copy the names of a server's files.  0; or -ENOMEM, and then only fini(). */
int coil__tls_files_init(struct coil__tls_files *files,
                         const struct coil_tls_server_options *options);
void coil__tls_files_fini(struct coil__tls_files *files);

#endif
