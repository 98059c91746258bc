/* SPDX-License-Identifier: MIT */
/* A file is read line by line. */
#include "fetch/file_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/file.h>

#include "file_test.h"

struct taken {
    char text[400];
    size_t count;
    size_t sizes;
    int64_t last_offset;
    int rc;
};

static int take(void *arg, char *line, size_t size, int64_t offset)
{
    struct taken *taken = arg;

    taken->count++;
    taken->sizes += size;
    taken->last_offset = offset;
    if (size < 10)
        snprintf(taken->text + strlen(taken->text),
                 sizeof taken->text - strlen(taken->text), "%d:%.*s;",
                 (int)offset, (int)size, line);
    return taken->rc;
}

static int read_lines(const char *name, struct taken *taken, bool takes_torn,
                      int64_t *end)
{
    struct file_lines lines = { take, taken, takes_torn, -1 };
    struct coil_file *file;
    int rc;

    memset(taken, 0, offsetof(struct taken, rc));
    ASSERT_EQ(coil_file_open(&file, in_directory(name), O_RDONLY, 0), 0);
    rc = file_lines_read(&lines, file);
    coil_file_abort(file);
    *end = lines.end;
    return rc;
}

FILE_TEST(fetch_file_lines_of_a_file)
{
    struct taken taken = { .rc = 0 };
    int64_t end;

    put_file("a", "one\n\ntwo\nto");
    ASSERT_EQ(read_lines("a", &taken, false, &end), 0);
    ASSERT_STR_EQ(taken.text, "0:one;4:;5:two;");
    ASSERT_EQ(end, 9);
    ASSERT_EQ(read_lines("a", &taken, true, &end), 0);
    ASSERT_STR_EQ(taken.text, "0:one;4:;5:two;9:to;");
    ASSERT_EQ(end, 9);
    put_file("a", "");
    ASSERT_EQ(read_lines("a", &taken, true, &end), 0);
    ASSERT_STR_EQ(taken.text, "");
    ASSERT_EQ(end, 0);
}

FILE_TEST(fetch_file_lines_ends_with_an_error)
{
    struct taken taken = { .rc = -EPERM };
    int64_t end;

    put_file("a", "one\ntwo\n");
    ASSERT_EQ(read_lines("a", &taken, false, &end), -EPERM);
    ASSERT_STR_EQ(taken.text, "0:one;");
    put_file("a", "one");
    ASSERT_EQ(read_lines("a", &taken, true, &end), -EPERM);
}

/* Lines around the limit, and far beyond it. */
FILE_TEST(fetch_file_lines_that_are_too_long_are_passed_over)
{
    static const size_t sizes[] = { FILE_LINES_MAX_SIZE - 1,
                                    FILE_LINES_MAX_SIZE,
                                    FILE_LINES_MAX_SIZE + 1,
                                    5 * FILE_LINES_MAX_SIZE };
    char *text = calloc(1, 6 * FILE_LINES_MAX_SIZE);

    ASSERT_NOT_NULL(text);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct taken taken = { .rc = 0 };
        bool fits = sizes[i] < FILE_LINES_MAX_SIZE;
        int64_t end;

        memset(text, 'x', sizes[i]);
        strcpy(text + sizes[i], "\nb\n");
        put_file("a", text);
        ASSERT_EQ(read_lines("a", &taken, true, &end), 0);
        ASSERT_EQ(taken.count, fits ? 2u : 1u);
        ASSERT_EQ(taken.last_offset, (int64_t)sizes[i] + 1);
        ASSERT_EQ(end, (int64_t)sizes[i] + 3);
        text[sizes[i]] = '\0';
        put_file("a", text);
        ASSERT_EQ(read_lines("a", &taken, true, &end), 0);
        ASSERT_EQ(taken.count, fits ? 1u : 0u);
    }
    free(text);
}
