/* SPDX-License-Identifier: MIT */
/*
 * download.c - a large file over HTTP, which never is in memory as a whole
 *
 *     download URL FILE
 *
 * The body goes to FILE.part, which gets its name when it is complete: whoever
 * finds FILE finds all of it.  After an error, or Ctrl-C, nothing is left behind.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <coil.h>
#include <coil/http_client.h>

static int copy_body(struct coil_http_response *response,
                     struct coil_file *file)
{
    char buffer[16384];
    size_t size = 0;
    ptrdiff_t n;

    while ((n = coil_http_read(response, buffer, sizeof buffer)) > 0) {
        ptrdiff_t written = coil_file_write(file, buffer, (size_t)n);

        if (written < 0)
            return (int)written;
        size += (size_t)n;
    }
    if (n == 0)
        printf("%zu bytes\n", size);
    return (int)n;
}

static int save_body(struct coil_http_response *response, const char *path)
{
    char part[4096];
    struct coil_file *file;
    int rc, end;

    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return -ENAMETOOLONG;
    rc = coil_file_open(&file, part, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (rc < 0)
        return rc;
    rc = copy_body(response, file);
    end = coil_file_close(file);
    if (rc == 0)
        rc = end;
    if (rc == 0 && rename(part, path) < 0)
        rc = -errno;
    if (rc < 0)
        unlink(part);
    return rc;
}

static int download(void *arg)
{
    char **argv = arg;
    const struct coil_http_request request = { .url = argv[1] };
    struct coil_http_response *response = NULL;
    struct coil_http_client *client;
    int rc = coil_http_client_new(&client, NULL);

    if (rc < 0)
        return rc;
    rc = coil_http_open(client, &request, &response);
    if (rc == 0 && response->status != 200) {
        fprintf(stderr, "%s: %d %s\n", argv[1], response->status,
                response->reason);
        rc = 1;
    }
    if (rc == 0)
        rc = save_body(response, argv[2]);
    coil_http_response_free(response);
    coil_http_client_free(client);
    return rc;
}

int main(int argc, char **argv)
{
    return argc == 3 ? coil_run_status(coil_run(download, argv)) : 2;
}
