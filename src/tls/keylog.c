/* SPDX-License-Identifier: MIT */
#include "tls/keylog.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Opened once, and closed with the process. */
static int file = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_file(void)
{
    const char *path = secure_getenv("SSLKEYLOGFILE");

    if (path && *path)
        file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* One call for a line, so that lines of other threads do not mix with it. */
static void log_line(const SSL *ssl, const char *line)
{
    char end[] = "\n";
    struct iovec parts[] = { { (void *)line, strlen(line) }, { end, 1 } };
    ssize_t written = writev(file, parts, 2);

    (void)ssl;
    (void)written;
}

void coil__tls_log_keys(SSL_CTX *context)
{
    pthread_once(&once, open_file);
    if (file >= 0)
        SSL_CTX_set_keylog_callback(context, log_line);
}
