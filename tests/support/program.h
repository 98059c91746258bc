/* SPDX-License-Identifier: MIT */
/*
 * program.h - run other programs in a test, and talk to servers
 *
 * A program that is still running when the test ends is killed.
 */
#ifndef COIL_TESTS_PROGRAM_H
#define COIL_TESTS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct program {
    pid_t pid;
    int out_fd;
    int err_fd;
    char out[64 * 1024]; /* its output when last asked */
    char err[64 * 1024];
};

/*
 * The path of a file of the build, "examples/lock", or of "lock" in the folder
 * COIL_PROGRAMS_DIR if that is set; the test is skipped if it was not built.
 * Static storage, for two paths at a time.
 */
const char *program_path(const char *relative);

/*
 * Start argv[0], which is searched in PATH if it has no slash. `environment` is
 * a list of "NAME=value", ended by NULL, or NULL itself.  The watchdog of coil is
 * off, unless the environment says otherwise.
 */
void program_start(struct program *program, const char *const *argv,
                   const char *const *environment);

/*
 * Wait until it has written `text`, and return where that is in `out` or `err`;
 * NULL if it ended before.
 */
const char *program_await(struct program *program, const char *text);

/*
 * Wait for its end and read its output. Returns its exit status, or 128 and the
 * signal's number; 127 if there is no such program.
 */
int program_wait(struct program *program);

/* Send SIGTERM, then program_wait(). */
int program_stop(struct program *program);

/* Start it and wait for its end. */
int program_run(struct program *program, const char *const *argv,
                const char *const *environment);

/* ---- servers ---------------------------------------------------------- */

/*
 * Start a server on a free port and return its URL, "http://127.0.0.1:8080",
 * which lives as long as `program`.  httpbin is Debian's, under gunicorn; the
 * test is skipped if that is not installed.
 */
const char *program_start_coil_httpbin(struct program *program);
const char *program_start_httpbin(struct program *program);

/*
 * Bind a socket to a free port of 127.0.0.1, which is `port` then.  Nobody else gets
 * the port, and who connects is refused, until it is closed or listens.
 */
int program_bind(unsigned short *port);

/*
 * Send `request`, whole, to the server at `url`, by plain system calls, and read
 * until it closes the connection.  Returns the response, for the caller to
 * free(), with a NUL behind it; `*size`, which may be NULL, does not count that.
 */
char *program_ask(const char *url, const char *request, size_t *size);

#endif
