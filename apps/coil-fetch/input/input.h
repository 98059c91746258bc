/* SPDX-License-Identifier: MIT */
/*
 * input.h - the URLs that are to be fetched, one after the other
 *
 *     rc = input_open(&in, &(struct input_options){ sources, count });
 *     while (rc == 0 && (rc = input_next(in, &item)) > 0)
 *         ...                       item.job is the caller's
 *     input_close(in);
 *
 * A source is an argument or a file.  It is read as it comes, at most a buffer of
 * 64 KiB ahead (1 MiB where lines are so long), so memory does not depend on how
 * long a list is, and the first URLs are there before the last are written.
 *
 * Lines end with LF or CR LF.  Blank lines and lines that begin with "#" give
 * nothing.  A line that is no request gives an item all the same, with a reason.
 *
 * Plain lines   URL, or PRIORITY<TAB>URL.  Unless has_no_templates, [1-100],
 *               [001-100], [1-100:2], [a-z] and {a,b,c} stand for several URLs, as
 *               curl has it (template.h).
 * JSON Lines    an object a line: json_line.h has its members.
 * aria2's       one or more URIs a line, and indented lines of options behind:
 *               aria2.h.
 *
 * Automatic: a file is JSON Lines if its name ends with .jsonl or .ndjson, or if its first
 * line begins with an object.  It is aria2's from the first URL on that an
 * indented line "name=value" follows, or from the first line with several URLs.
 * Else its lines are plain.  So a URL waits until the line behind it begins.  But
 * when a pipe gives no more within 50 ms, the URL is given out and the rest of the
 * source is plain lines; an indented option is then refused, and its reason says so.
 *
 * A URL is normalised (coil_url_normalise()), its fragment is dropped, and http://
 * is put in front of what has no scheme.  "user:password@" is taken out of it, and
 * becomes the header Authorization, as curl does it.
 */
#ifndef COIL_FETCH_INPUT_INPUT_H
#define COIL_FETCH_INPUT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

struct coil_stream;
struct job;

enum input_format { INPUT_AUTO, INPUT_LINES, INPUT_JSONL, INPUT_ARIA2 };

/* In the order of the command line.  "-" is standard input, either way. */
struct input_source {
    const char *text; /* a URL, or the name of a file */
    bool is_file;
};

/* All of it is kept until input_close(). */
struct input_options {
    const struct input_source *sources;
    size_t count;
    enum input_format format; /* of files; an argument is a plain URL */
    bool has_no_templates;
    const char *query; /* a part of each URL's query, behind its own; NULL */
    /* Given: what "-" reads instead of descriptor 0.  NULL: that descriptor. */
    struct coil_stream *standard_input;
};

struct input_item {
    struct job *job; /* returned: job_free() */
    /*
     * NULL, or why the job cannot be fetched, a sentence without its dot: then
     * the job's URL is the text as it stands, at most 4 KiB of it.  It may quote
     * the list, so it is escaped before it is shown.  Valid until the next call.
     */
    const char *reason;
    const char *source; /* as in the options; NULL: an argument */
    uint64_t line;      /* from 1; 0: an argument */
};

struct input;

/*
 * Nothing is opened yet.  `*out` is returned: release it with input_close().
 * Returns 0; -ENOMEM, with standard_input still the caller's.
 */
int input_open(struct input **out, const struct input_options *options);

/*
 * The next item: jobs are numbered from 1 over all sources.  Its time read_at is
 * set, and its key is not.
 *
 * Returns 1; 0 at the end of the last source; else
 *   -ECANCELED  nothing is lost, and the call can be made again
 *   -ENOMEM     the same
 *   -ENOENT, -EACCES, -EISDIR, -EIO …  a source cannot be opened, or not be read
 *               on: input_failed_source() names it, and the next call goes on
 *               with the next source
 * From time to time it lets other tasks run.  One task at a time may call it.
 */
int input_next(struct input *in, struct input_item *item) COIL_SUSPENDS;

/* Whether the source that is read may let its reader wait, as a pipe does. */
bool input_may_wait(const struct input *in);

/* The source of the last error; NULL: there was none. */
const char *input_failed_source(const struct input *in);

/*
 * How many of aria2's options were left out of account until now, since they have
 * no meaning here.  `*example`, which may be NULL, is the name of the first, or
 * NULL; it may hold anything.
 */
uint64_t input_ignored_options(const struct input *in, const char **example);

/* NULL is allowed.  Does not suspend; what was read ahead is lost. */
void input_close(struct input *in);

#endif
