/* SPDX-License-Identifier: MIT */
#include "file/open_file.h"

#include <unistd.h>

#include "base/memory.h"

struct coil_file *coil__file_new(int fd)
{
    struct coil_file *file = coil__alloc(sizeof *file);

    if (!file)
        return NULL;
    atomic_init(&file->refs, 1);
    pthread_mutex_init(&file->position, NULL);
    file->fd = fd;
    return file;
}

void coil__file_hold(struct coil_file *file)
{
    if (file)
        atomic_fetch_add(&file->refs, 1);
}

void coil__file_release(struct coil_file *file)
{
    if (!file || atomic_fetch_sub(&file->refs, 1) > 1)
        return;
    if (file->fd >= 0)
        close(file->fd);
    pthread_mutex_destroy(&file->position);
    coil__free(file);
}

int64_t coil__file_place(const struct coil_file *file)
{
    int64_t at = file->is_shared ? lseek(file->fd, 0, SEEK_CUR) : file->at;

    return at < 0 ? 0 : at;
}

void coil__file_move(struct coil_file *file, int64_t at)
{
    file->at = at;
    if (file->is_shared)
        (void)lseek(file->fd, (off_t)at, SEEK_SET);
}
