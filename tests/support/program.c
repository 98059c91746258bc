/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* The test itself is BUILD/tests/test_something. */
static void find_build(char *path, size_t room)
{
    ssize_t size = readlink("/proc/self/exe", path, room);

    ASSERT_GT(size, 0);
    path[size] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');

        ASSERT_NOT_NULL(slash);
        *slash = '\0';
    }
}

const char *program_path(const char *relative)
{
    static char paths[2][4096];
    static int next;
    char *path = paths[next++ % 2];
    const char *folder = getenv("COIL_PROGRAMS_DIR");

    if (folder) {
        const char *slash = strrchr(relative, '/');

        snprintf(path, sizeof paths[0], "%s/%s", folder,
                 slash ? slash + 1 : relative);
    } else {
        find_build(path, sizeof paths[0] - 256);
        strcat(strcat(path, "/"), relative);
    }
    if (access(path, X_OK) < 0)
        SKIP("the examples or the apps are not built");
    return path;
}

/* ---- one program ------------------------------------------------------ */

void program_start(struct program *program, const char *const *argv,
                   const char *const *environment)
{
    pid_t parent = getpid();

    *program = (struct program){
        .out_fd = memfd_create("stdout", MFD_CLOEXEC),
        .err_fd = memfd_create("stderr", MFD_CLOEXEC),
    };
    ASSERT_OK(program->out_fd);
    ASSERT_OK(program->err_fd);

    program->pid = fork();
    ASSERT_OK(program->pid);
    if (program->pid > 0)
        return;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    dup2(program->out_fd, STDOUT_FILENO);
    dup2(program->err_fd, STDERR_FILENO);
    /* On a busy machine it would write to standard error. */
    setenv("COIL_WATCHDOG", "0", 0);
    for (; environment && *environment; environment++)
        putenv((char *)(size_t)*environment);
    execvp(argv[0], (char *const *)(size_t)argv);
    _exit(127);
}

static void read_all(int fd, char *buffer, size_t size)
{
    ssize_t got = pread(fd, buffer, size - 1, 0);

    ASSERT_OK(got);
    ASSERT_LT(got, (ssize_t)size - 1);
    buffer[got] = '\0';
}

static void program_read(struct program *program)
{
    read_all(program->out_fd, program->out, sizeof program->out);
    read_all(program->err_fd, program->err, sizeof program->err);
}

const char *program_await(struct program *program, const char *text)
{
    for (;;) {
        siginfo_t info = { .si_pid = 0 };
        const char *at;
        bool ended;

        /* Asked before reading, so that no output is missed. */
        ASSERT_OK(waitid(P_PID, (id_t)program->pid, &info,
                         WEXITED | WNOHANG | WNOWAIT));
        ended = info.si_pid == program->pid;
        program_read(program);
        at = strstr(program->out, text);
        if (!at)
            at = strstr(program->err, text);
        if (at || ended)
            return at;
        usleep(5000);
    }
}

int program_wait(struct program *program)
{
    int status;

    while (waitpid(program->pid, &status, 0) < 0)
        ASSERT_EQ(errno, EINTR);
    program_read(program);
    close(program->out_fd);
    close(program->err_fd);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int program_stop(struct program *program)
{
    ASSERT_OK(kill(program->pid, SIGTERM));
    return program_wait(program);
}

int program_run(struct program *program, const char *const *argv,
                const char *const *environment)
{
    program_start(program, argv, environment);
    return program_wait(program);
}

/* ---- servers ---------------------------------------------------------- */

int program_bind(unsigned short *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ASSERT_OK(fd);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_OK(bind(fd, (struct sockaddr *)&address, length));
    ASSERT_OK(getsockname(fd, (struct sockaddr *)&address, &length));
    *port = ntohs(address.sin_port);
    return fd;
}

/* The URL behind `before` in the server's output. */
static const char *await_url(struct program *program, const char *before)
{
    static char urls[2][64];
    static int next;
    char *url = urls[next++ % 2];
    const char *at;

    /* The line is complete when the next character is there. */
    do {
        at = program_await(program, before);
        if (!at)
            return NULL;
        at += strlen(before);
    } while (!at[strcspn(at, " \n")]);
    snprintf(url, sizeof urls[0], "%.*s", (int)strcspn(at, " \n"), at);
    return url;
}

const char *program_start_coil_httpbin(struct program *program)
{
    const char *argv[] = { program_path("apps/coil-httpbin"), "--port", "0",
                           NULL };
    const char *url;

    program_start(program, argv, NULL);
    url = await_url(program, "coil-httpbin listening on ");
    if (!url)
        FAIL("coil-httpbin did not start: %d, %s", program_wait(program),
             program->err);
    return url;
}

const char *program_start_httpbin(struct program *program)
{
    static const char *const argv[] = {
        "gunicorn", "-b",          "127.0.0.1:0", "-w", "1",
        "-k",       "gthread",     "--threads",   "8",  "--graceful-timeout",
        "1",        "httpbin:app", NULL,
    };
    const char *url;
    int status;

    program_start(program, argv, NULL);
    url = await_url(program, "Listening at: ");
    /* It listens before it can answer; connections wait. */
    if (url)
        return url;
    status = program_wait(program);
    if (status == 127)
        SKIP("gunicorn is not installed: scripts/install-deps");
    FAIL("httpbin did not start: %d, %s", status, program->err);
}

char *program_ask(const char *url, const char *request, size_t *size)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    const char *port = strrchr(url, ':');
    size_t capacity = 1024;
    size_t used = 0;
    char *response;
    ssize_t got;
    int fd;

    ASSERT_NOT_NULL(port);
    address.sin_port = htons((uint16_t)atoi(port + 1));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_OK(fd);
    ASSERT_EQ(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    ASSERT_EQ(send(fd, request, strlen(request), MSG_NOSIGNAL),
              (ssize_t)strlen(request));

    response = malloc(capacity);
    ASSERT_NOT_NULL(response);
    do {
        if (used + 1 == capacity) {
            capacity *= 2;
            response = realloc(response, capacity);
            ASSERT_NOT_NULL(response);
        }
        got = recv(fd, response + used, capacity - used - 1, 0);
        ASSERT_OK(got);
        used += (size_t)got;
    } while (got > 0);
    close(fd);
    response[used] = '\0';
    if (size)
        *size = used;
    return response;
}
