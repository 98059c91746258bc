/* SPDX-License-Identifier: MIT */
#include <coil/tls_context.h>

#include <pthread.h>

int coil_tls_context_default(struct coil_tls_context **out)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct coil_tls_context *context;
    int rc = 0;

    pthread_mutex_lock(&lock);
    if (!context)
        rc = coil_tls_context_new_client(&context, NULL);
    *out = context;
    pthread_mutex_unlock(&lock);
    return rc;
}
