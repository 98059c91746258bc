/* SPDX-License-Identifier: MIT */
/*
 * coil-record - what a flight recorder has recorded
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/base.h>

#include "file.h"
#include "show.h"
#include "sink.h"
#include "story.h"

static const char usage[] =
    "Usage: coil-record dump FILE...\n"
    "       coil-record top FILE...\n"
    "       coil-record convert --perfetto|--chrome|--svg [-o OUT] FILE...\n"
    "Show what the flight recorder of coil has written (COIL_RECORD=DIR).\n"
    "\n"
    "  dump         a line for each record\n"
    "  top          who ran, who waited and for what, the longest steps, stalls\n"
    "  convert      a trace of all files, or a picture\n"
    "  --perfetto   for ui.perfetto.dev\n"
    "  --chrome     JSON, for chrome://tracing and other viewers\n"
    "  --svg        a picture that needs no program but a browser\n"
    "  -o OUT       write to OUT instead of standard output\n"
    "  --help       print this and exit\n"
    "  --version    print the version and exit\n"
    "\n"
    "A FILE that is a folder stands for all files in it that end in .rec.\n"
    "A file may be read while it is written, and after its process was killed.\n"
    "\n"
    "Exit status: 0, or 2 for a wrong call, 3 if a file cannot be read, 4 if it\n"
    "is no record, 5 if it is of an unknown version, 1 for anything else.\n";

enum format { NO_FORMAT, PERFETTO, CHROME, SVG };

struct options {
    const char *command;
    enum format format;
    const char *out;
};

/* The names of the files, of which each is to be freed. */
struct paths {
    char **all;
    size_t count;
};

enum { OPTION_HELP = 256, OPTION_VERSION };

static const struct option long_options[] = {
    { "perfetto", no_argument, NULL, PERFETTO },
    { "chrome", no_argument, NULL, CHROME },
    { "svg", no_argument, NULL, SVG },
    { "output", required_argument, NULL, 'o' },
    { "help", no_argument, NULL, OPTION_HELP },
    { "version", no_argument, NULL, OPTION_VERSION },
    { NULL, 0, NULL, 0 },
};

static int out_of_memory(void)
{
    fputs("coil-record: out of memory\n", stderr);
    return EXIT_OTHER;
}

/* Status `status`, if all of the output has been written. */
static int finish(FILE *out, const char *name, int status)
{
    bool failed = fflush(out) != 0 || ferror(out);

    if (out != stdout && fclose(out) != 0)
        failed = true;
    if (!failed)
        return status;
    fprintf(stderr, "coil-record: cannot write %s: %s\n", name,
            strerror(errno));
    return EXIT_OTHER;
}

/* ---- the command line ----------------------------------------------------- */

static int wrong(const char *text)
{
    fprintf(stderr, "coil-record: %s (--help)\n", text);
    return EXIT_USAGE;
}

static int check(const struct options *options, int argc)
{
    bool converts;

    if (optind >= argc)
        return wrong("dump, top or convert is expected");
    converts = strcmp(options->command, "convert") == 0;
    if (!converts && strcmp(options->command, "dump") != 0 &&
        strcmp(options->command, "top") != 0)
        return wrong("dump, top or convert is expected");
    if (converts && options->format == NO_FORMAT)
        return wrong("convert needs --perfetto, --chrome or --svg");
    if (!converts && (options->format != NO_FORMAT || options->out))
        return wrong("only convert has this option");
    if (optind + 1 >= argc)
        return wrong("a file is expected");
    return -1;
}

/* An exit status, or -1: go on. */
static int parse(struct options *options, int argc, char **argv)
{
    int c;

    while ((c = getopt_long(argc, argv, "o:", long_options, NULL)) != -1) {
        switch (c) {
        case PERFETTO:
        case CHROME:
        case SVG:
            options->format = (enum format)c;
            break;
        case 'o':
            options->out = optarg;
            break;
        case OPTION_HELP:
            fputs(usage, stdout);
            return finish(stdout, "the output", 0);
        case OPTION_VERSION:
            puts("coil-record " COIL_VERSION_STRING);
            return finish(stdout, "the output", 0);
        default:
            return EXIT_USAGE;
        }
    }
    options->command = optind < argc ? argv[optind] : "";
    return check(options, argc);
}

/* ---- files ---------------------------------------------------------------- */

static bool add_path(struct paths *paths, const char *dir, const char *name)
{
    size_t size = strlen(dir) + strlen(name) + 2;
    char **more = realloc(paths->all, (paths->count + 1) * sizeof *more);
    char *path = malloc(size);

    if (more)
        paths->all = more;
    if (!more || !path) {
        free(path);
        return false;
    }
    snprintf(path, size, "%s%s%s", dir, *dir ? "/" : "", name);
    more[paths->count++] = path;
    return true;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_in_rec(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && strcmp(name + length - 4, ".rec") == 0;
}

/* All files of the folder that are records by their names. */
static bool add_folder(struct paths *paths, const char *dir, DIR *folder)
{
    size_t before = paths->count;
    const struct dirent *entry;

    while ((entry = readdir(folder)))
        if (ends_in_rec(entry->d_name) && !add_path(paths, dir, entry->d_name))
            return false;
    if (paths->count > before)
        qsort(paths->all + before, paths->count - before, sizeof *paths->all,
              compare_paths);
    return true;
}

static int find_paths(struct paths *paths, char **arguments)
{
    for (; *arguments; arguments++) {
        size_t before = paths->count;
        DIR *folder = opendir(*arguments);
        bool done = folder ? add_folder(paths, *arguments, folder)
                           : add_path(paths, "", *arguments);

        if (folder)
            closedir(folder);
        if (!done)
            return out_of_memory();
        if (paths->count == before) {
            fprintf(stderr, "coil-record: %s: no file here ends in .rec\n",
                    *arguments);
            return EXIT_NO_FILE;
        }
    }
    return 0;
}

static void free_paths(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->all[i]);
    free(paths->all);
}

/* ---- doing ---------------------------------------------------------------- */

/* Show each file alone.  Goes on after a failure, which is returned. */
static int show_each(const struct paths *paths,
                     bool (*show)(const struct file *file))
{
    int status = 0;

    for (size_t i = 0; i < paths->count; i++) {
        struct file file;
        int rc = file_open(&file, paths->all[i]);

        if (rc == 0 && !show(&file))
            rc = out_of_memory();
        if (i + 1 < paths->count && rc == 0)
            putchar('\n');
        file_close(&file);
        status = status != 0 ? status : rc;
    }
    return finish(stdout, "the output", status);
}

static bool tell(const struct file *files, size_t count, enum format format,
                 FILE *out)
{
    struct sink sink;

    if (format == SVG)
        return show_picture(files, count, out);
    if (format == CHROME)
        sink_chrome(&sink, out);
    else
        sink_perfetto(&sink, out);
    for (size_t i = 0; i < count; i++)
        if (!story_tell(&files[i], (unsigned)i, &sink))
            return false;
    sink.finish(&sink);
    return true;
}

static int convert(const struct options *options, const struct file *files,
                   size_t count)
{
    const char *name = options->out ? options->out : "the output";
    FILE *out = options->out ? fopen(options->out, "we") : stdout;

    if (!out) {
        fprintf(stderr, "coil-record: %s: %s\n", name, strerror(errno));
        return EXIT_OTHER;
    }
    return finish(out, name,
                  tell(files, count, options->format, out) ? 0
                                                           : out_of_memory());
}

static int convert_all(const struct options *options, const struct paths *paths)
{
    struct file *files = calloc(paths->count, sizeof *files);
    size_t count = 0;
    int status = 0;

    if (!files)
        return out_of_memory();
    while (count < paths->count && status == 0) {
        status = file_open(&files[count], paths->all[count]);
        count += status == 0;
    }
    if (status == 0)
        status = convert(options, files, count);
    for (size_t i = 0; i < count; i++)
        file_close(&files[i]);
    free(files);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = { .format = NO_FORMAT };
    struct paths paths = { .all = NULL };
    int status = parse(&options, argc, argv);

    if (status >= 0)
        return status;
    status = find_paths(&paths, argv + optind + 1);
    if (status == 0 && strcmp(options.command, "dump") == 0)
        status = show_each(&paths, show_dump);
    else if (status == 0 && strcmp(options.command, "top") == 0)
        status = show_each(&paths, show_top);
    else if (status == 0)
        status = convert_all(&options, &paths);
    free_paths(&paths);
    return status;
}
