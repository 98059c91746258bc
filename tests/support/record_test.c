/* SPDX-License-Identifier: MIT */
#include "record_test.h"

#include <dirent.h>
#include <limits.h>

#include <coil/run.h>

#include "folder.h"
#include "record/recorder.h"

struct program record_program;
int record_status;

static char folder[64];

const char *record_folder(void)
{
    if (!COIL__RECORDER)
        SKIP("built without the recorder");
    if (folder[0])
        return folder;
    strcpy(folder, "/tmp/coil-record-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(folder));
    return folder;
}

void record_end(void)
{
    remove_folder(record_folder());
    folder[0] = '\0';
}

struct body {
    int (*fn)(void *arg);
    void *arg;
};

static void run(void *arg)
{
    const struct body *body = arg;

    setenv("COIL_RECORD", record_folder(), 1);
    exit(coil_run_status(coil_run(body->fn, body->arg)));
}

void record_run(int (*fn)(void *arg), void *arg)
{
    struct body body = { fn, arg };

    record_folder();
    child_run(&the_child, run, &body);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(char names[][NAME_MAX + 1], char **sorted, int most)
{
    DIR *dir = opendir(record_folder());
    const struct dirent *entry;
    int n = 0;

    ASSERT_NOT_NULL(dir);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        ASSERT_LT(n, most);
        strcpy(names[n], entry->d_name);
        sorted[n] = names[n];
        n++;
    }
    closedir(dir);
    if (n > 0)
        qsort(sorted, (size_t)n, sizeof *sorted, by_name);
    return n;
}

enum { FILES_MAX = 16 };

int record_count(void)
{
    char names[FILES_MAX][NAME_MAX + 1];
    char *sorted[FILES_MAX];

    return list(names, sorted, FILES_MAX);
}

const char *record_path(int n)
{
    static char path[sizeof folder + NAME_MAX + 2];
    char names[FILES_MAX][NAME_MAX + 1];
    char *sorted[FILES_MAX];

    ASSERT_LT(n, list(names, sorted, FILES_MAX));
    snprintf(path, sizeof path, "%s/%s", record_folder(), sorted[n]);
    return path;
}

const char *record_show(const char *const *words, const char *path)
{
    const char *argv[8] = { program_path("apps/coil-record") };
    int n = 1;

    while (*words)
        argv[n++] = *words++;
    argv[n++] = path;
    argv[n] = NULL;
    record_status = program_run(&record_program, argv, NULL);
    return record_program.out;
}

const char *record_dump(void)
{
    const char *text =
        record_show((const char *const[]){ "dump", NULL }, record_folder());

    if (record_status != 0)
        FAIL("coil-record: %d, %s", record_status, record_program.err);
    return text;
}

const char *record_find(const char *pattern)
{
    const char *argv[] = {
        "sh",
        "-c",
        "\"$0\" dump \"$1\" | grep -E \"$2\"",
        program_path("apps/coil-record"),
        record_folder(),
        pattern,
        NULL,
    };

    record_status = program_run(&record_program, argv, NULL);
    return record_program.out;
}
