/* SPDX-License-Identifier: MIT */
/* work_file_test.c - what the tests of queues in files share */
#include "work_file_test.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>


int try_open_file(const char *name, const struct coil_work_options *options)
{
    char url[PATH_MAX];

    snprintf(url, sizeof url, "file:%s", in_directory(name));
    return coil_work_open(&work, url, options);
}

void open_file(const char *name, const struct coil_work_options *options)
{
    ASSERT_EQ(try_open_file(name, options), 0);
}

void reopen_file(const char *name, const struct coil_work_options *options)
{
    close_work();
    open_file(name, options);
}

static char *journal_of(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/work.journal", name);
    return in_directory(path);
}

char *read_journal(const char *name, size_t *size)
{
    FILE *f = fopen(journal_of(name), "r");
    struct stat status;
    char *bytes;

    ASSERT_NOT_NULL(f);
    ASSERT_EQ(fstat(fileno(f), &status), 0);
    *size = (size_t)status.st_size;
    bytes = malloc(*size + 1);
    ASSERT_NOT_NULL(bytes);
    ASSERT_EQ(fread(bytes, 1, *size, f), *size);
    fclose(f);
    return bytes;
}

void write_journal(const char *name, const char *bytes, size_t size)
{
    FILE *f;

    if (mkdir(in_directory(name), 0700) < 0)
        ASSERT_EQ(errno, EEXIST);
    f = fopen(journal_of(name), "w");
    ASSERT_NOT_NULL(f);
    ASSERT_EQ(fwrite(bytes, 1, size, f), size);
    ASSERT_EQ(fclose(f), 0);
}

void crash(const char *name, const char *copy,
           const struct coil_work_options *options, struct coil_work **old)
{
    size_t size;
    char *bytes = read_journal(name, &size);

    write_journal(copy, bytes, size);
    free(bytes);
    *old = work;
    open_file(copy, options);
}
