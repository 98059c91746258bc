/* SPDX-License-Identifier: MIT */
#include "backend/sys_unix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct path {
    char text[sizeof(struct sockaddr_un)]; /* "": it has no file */
};

/* An abstract name begins with NUL.  The address has a name. */
static struct path path_of(const struct coil_address *address)
{
    size_t offset = offsetof(struct sockaddr_un, sun_path);
    struct path path = { "" };

    memcpy(path.text, (const char *)&address->storage + offset,
           address->length - offset);
    return path;
}

/* Which file it is, if it is a socket; a link is none. */
static bool is_socket(const struct path *path, struct stat *st)
{
    return path->text[0] && lstat(path->text, st) == 0 && S_ISSOCK(st->st_mode);
}

static int name_file(const struct path *path, struct coil_unix_file *file)
{
    struct stat st;

    if (file->mode >= 0 && chmod(path->text, (mode_t)file->mode) < 0)
        return -errno;
    file->is_there = !file->stays && is_socket(path, &st);
    if (file->is_there) {
        file->inode = st.st_ino;
        file->device = st.st_dev;
    }
    return 0;
}

/*
 * The file gets the permissions of the descriptor, less the umask: so they are
 * never wider than what is asked for, not even before chmod().
 */
int coil__sys_bind_unix(int fd, const struct coil_address *address,
                        struct coil_unix_file *file)
{
    struct path path = path_of(address);
    struct stat st;
    int rc = 0;

    if (file->replaces && is_socket(&path, &st))
        (void)unlink(path.text);
    if (file->mode >= 0)
        (void)fchmod(fd, (mode_t)file->mode);
    if (bind(fd, (const struct sockaddr *)&address->storage, address->length))
        return -errno;
    if (path.text[0])
        rc = name_file(&path, file);
    if (rc == 0 && file->listens && listen(fd, SOMAXCONN) < 0)
        rc = -errno;
    if (rc < 0)
        (void)unlink(path.text);
    return rc;
}

void coil__sys_unbind_unix(int fd, struct coil_unix_file *file)
{
    struct coil_address address = { .length = sizeof address.storage };
    struct path path;
    struct stat st;

    if (!file->is_there)
        return;
    file->is_there = false;
    if (getsockname(fd, (struct sockaddr *)&address.storage, &address.length))
        return;
    path = path_of(&address);
    if (is_socket(&path, &st) && st.st_ino == file->inode &&
        st.st_dev == file->device)
        (void)unlink(path.text);
}
