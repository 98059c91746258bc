/* SPDX-License-Identifier: MIT */
#include "tls/pem.h"

#include <errno.h>

#include <openssl/err.h>

#include "base/file.h"

int coil__tls_pem_open(struct coil__tls_pem *pem, const char *path)
{
    int rc;

    *pem = (struct coil__tls_pem){ .contents.is_secret = true };
    rc = coil__file_read(path, COIL__TLS_MAX_FILE, &pem->contents);
    if (rc < 0)
        goto free_contents;
    ERR_clear_error();
    pem->bio = BIO_new_mem_buf(coil__buffer_bytes(&pem->contents),
                               (int)pem->contents.size);
    if (pem->bio)
        return 0;
    rc = -ENOMEM;

free_contents:
    coil__buffer_fini(&pem->contents);
    return rc;
}

void coil__tls_pem_close(struct coil__tls_pem *pem)
{
    BIO_free(pem->bio);
    coil__buffer_fini(&pem->contents);
    ERR_clear_error();
}
