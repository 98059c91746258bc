/* SPDX-License-Identifier: MIT */
#include "unix_test.h"

#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/coil-unix-XXXXXX";
static char names[32][64]; /* used in turn */

static void remove_all(void)
{
    for (size_t i = 0; i < 32; i++)
        (void)unlink(names[i]);
    (void)rmdir(directory);
}

const char *unix_name(const char *stem)
{
    static size_t next;
    static pid_t owner;
    char *name = names[next++ % 32];

    if (owner == 0) {
        ASSERT_NOT_NULL(mkdtemp(directory));
        atexit(remove_all);
        owner = getpid();
    }
    snprintf(name, sizeof names[0], "%s/%s", directory, stem);
    (void)unlink(name);
    return name;
}

bool has_file(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0;
}
