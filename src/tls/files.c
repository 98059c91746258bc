/* SPDX-License-Identifier: MIT */
#include "tls/files.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"

static int copy(const char **out, const char *name)
{
    if (!name)
        return 0;
    *out = coil__strndup(name, strlen(name));
    return *out ? 0 : -ENOMEM;
}

static int copy_names(struct coil__tls_file_names *names,
                      const struct coil_tls_certificate *certificate,
                      const char *status_file)
{
    int rc = copy(&names->certificate.chain_file, certificate->chain_file);

    if (rc == 0)
        rc = copy(&names->certificate.key_file, certificate->key_file);
    if (rc == 0)
        rc = copy(&names->status_file, status_file);
    return rc;
}

int coil__tls_files_init(struct coil__tls_files *files,
                         const struct coil_tls_server_options *options)
{
    int rc = 0;

    while (rc == 0 && files->count < COIL_TLS_MAX_CERTIFICATES &&
           options->certificates[files->count].chain_file) {
        rc = copy_names(&files->each[files->count],
                        &options->certificates[files->count],
                        options->status_files[files->count]);
        files->count++;
    }
    return rc;
}

void coil__tls_files_fini(struct coil__tls_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        struct coil__tls_file_names *names = &files->each[i];

        coil__free((char *)names->certificate.chain_file);
        coil__free((char *)names->certificate.key_file);
        coil__free((char *)names->status_file);
    }
}
