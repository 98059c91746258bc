/* SPDX-License-Identifier: MIT */
/*
 * name.h - the template of -o: where the body of a URL goes
 *
 *     out/{host}/{path}        http://example.org/a/?b  goes to
 *                              out/example.org/a/index.html@b
 *
 *     {scheme} {host} {port}   of the URL in the input; an IPv6 address has no
 *                              brackets, and the port is always a number
 *     {path}                   directories and file, with the query
 *     {file} {stem} {ext}      the path's last component, with the query; without
 *                              it and without the extension; ".html" or nothing
 *     {query}                  without "?"
 *     {path_hash} {url_hash}   16 hexadecimal digits (SHA-256) of path and query;
 *                              of the whole URL
 *     {number} {priority}      of the URL in the input
 *     {name}                   what the line calls it; without that, its number
 *     {method}                 GET
 *     {type}                   the response's Content-Type: text-html; "unknown"
 *     {{ }}                    braces
 *
 * The query begins with "@" in a name, as wget can have it.  Only {path} makes
 * directories of slashes that a URL has.  What the template says in front of its
 * first "{", up to the last slash there, is the user's own directory and stays as
 * it is; all behind that is a safe path, see safe_name.h.  The text is that of
 * the first URL, also after a redirect, so that a name is the same in each run.
 */
#ifndef COIL_FETCH_OUTPUT_NAME_H
#define COIL_FETCH_OUTPUT_NAME_H

#include "common/text.h"
#include "job/job.h"

/*
 * Whether a template is one.  Returns 0; -EINVAL, and a sentence is added to `why`.
 */
int name_check(const char *template, struct text *why);

/* Whether a name can be made of the template only with the response's head. */
bool name_needs_type(const char *template);

/* How many bytes of the template are the user's own directory: "out/" of above. */
size_t name_directory(const char *template);

/*
 * Add the name of the job's file, without name_directory().  A file that the line
 * names wins.  `type` is the Content-Type, or NULL.
 *
 * Returns 0; -ENOMEM; COIL_EHTTP_BAD_URL; -EINVAL: the template is none.
 */
int name_make(struct text *out, const char *template, const struct job *job,
              const char *type);

#endif
