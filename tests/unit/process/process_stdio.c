/* SPDX-License-Identifier: MIT */
/*
 * What a program's descriptors are: standard ones, those that are passed on, and
 * no other.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "child.h"
#include "process_test.h"

/* What is in the file from its beginning. */
static void expect_file(int fd, const char *text)
{
    char got[256];
    ssize_t n = pread(fd, got, sizeof got - 1, 0);

    ASSERT_GE(n, 0);
    got[n] = '\0';
    ASSERT_STR_EQ(got, text);
}

static int make_file(const char *text)
{
    char name[] = "/tmp/coil-test-XXXXXX";
    int fd = mkstemp(name);

    ASSERT_GE(fd, 0);
    unlink(name);
    ASSERT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ASSERT_EQ(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

KERNEL_TEST(process_stdio_over_pipes)
{
    struct coil_process *p =
        begin_shell("read a; echo out $a; echo err $a >&2", &talking_options);
    char text[64];
    size_t n;

    send_text(coil_process_stdin(p), "1\n");
    await_line(p, "out 1");
    ASSERT_EQ(coil_stream_read_until(coil_process_stderr(p), "\n", 1, text,
                                     sizeof text, &n),
              0);
    ASSERT_MEM_EQ(text, "err 1\n", n);
    ASSERT_EQ(coil_process_wait(p), 0);
    ASSERT_EQ(coil_stream_read(coil_process_stdout(p), text, 1), 0);
    ASSERT_EQ(coil_stream_read(coil_process_stderr(p), text, 1), 0);
    ASSERT_EQ(coil_process_close(p), 0);
}

KERNEL_TEST(process_stdio_is_null)
{
    const struct coil_process_options options = {
        .in = { COIL_STDIO_NULL },
        .out = { COIL_STDIO_PIPE },
        .err = { COIL_STDIO_NULL },
    };
    struct coil_process *p =
        begin_shell("echo nobody reads this >&2; cat; echo end", &options);

    ASSERT_NULL(coil_process_stdin(p));
    ASSERT_NULL(coil_process_stderr(p));
    await_line(p, "end");
    ASSERT_EQ(coil_process_wait(p), 0);
    ASSERT_EQ(coil_process_close(p), 0);
}

KERNEL_TEST(process_stdio_is_a_file)
{
    int in = make_file("question\n");
    int out = make_file("");
    const struct coil_process_options options = {
        .in = { COIL_STDIO_FD, in },
        .out = { COIL_STDIO_FD, out },
        .err = { COIL_STDIO_STDOUT },
    };

    ASSERT_EQ(coil_process_run_shell("cat; echo error >&2", &options, NULL), 0);
    expect_file(out, "question\nerror\n");
    /* The descriptors are still the test's. */
    ASSERT_EQ(fcntl(in, F_GETFD), 0);
    close(in);
    close(out);
}

KERNEL_TEST(process_stdio_merges_errors_into_the_output)
{
    struct coil_process_options options = { .err = { COIL_STDIO_STDOUT } };

    expect_output("echo a; echo b >&2; echo c", &options, "a\nb\nc\n");
}

static void write_to_inherited(void)
{
    const struct coil_process_options merged = { .err = { COIL_STDIO_STDOUT } };

    ASSERT_EQ(coil_process_run_shell("echo one; echo two >&2", NULL, NULL), 0);
    ASSERT_EQ(coil_process_run_shell("echo three >&2", &merged, NULL), 0);
}

static void run_with_inherited(void *arg)
{
    (void)arg;
    run_on_kernel(write_to_inherited);
}

TEST(process_stdio_is_inherited)
{
    child_run(&the_child, run_with_inherited, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_EQ(the_child.text, "one\ntwo\nthree\n");
}

/* ---- without standard descriptors ---------------------------------------------- */

/*
 * Descriptors that coil makes get the numbers 0 and 1 in such a program, and a
 * child must neither lose nor inherit them by mistake.
 */
static void run_without_stdio(void)
{
    struct coil_process_output got;
    struct coil_process_options options = { .out = { COIL_STDIO_PIPE },
                                            .err = { COIL_STDIO_PIPE } };

    close(0);
    close(1);
    ASSERT_EQ(coil_process_run_shell("echo out; echo err >&2", &options, &got),
              0);
    ASSERT_STR_EQ(got.out, "out\n");
    ASSERT_STR_EQ(got.err, "err\n");
    coil_process_output_fini(&got);
    options.input = "in\n";
    options.input_size = 3;
    ASSERT_EQ(coil_process_run_shell("cat", &options, &got), 0);
    ASSERT_STR_EQ(got.out, "in\n");
    coil_process_output_fini(&got);
    options.input = NULL;
    /* Its own standard input is as closed as this program's. */
    ASSERT_EQ(coil_process_run_shell("! [ -e /proc/$$/fd/0 ]", &options, NULL),
              0);
}

static void run_and_close_stdio(void *arg)
{
    (void)arg;
    run_on_kernel(run_without_stdio);
}

TEST(process_stdio_of_a_program_that_has_none)
{
    child_run(&the_child, run_and_close_stdio, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

/* ---- other descriptors ----------------------------------------------------------- */

KERNEL_TEST(process_stdio_and_no_other_descriptor)
{
    int leaked = open("/dev/null", O_RDONLY); /* not closed on exec */
    int middle = fcntl(leaked, F_DUPFD, 100);
    int high = fcntl(leaked, F_DUPFD, 500);
    const struct coil_process_fd passed = { middle, 99 };
    const struct coil_process_options options = { .fds = &passed,
                                                  .fd_count = 1 };
    char command[128];

    ASSERT_GE(high, 500);
    snprintf(command, sizeof command,
             "cd /proc/$$/fd; for f in %d %d %d 2 99; do "
             "[ -e $f ] && echo $f; done",
             leaked, middle, high);
    expect_output(command, &options, "2\n99\n");
    close(middle);
    close(high);
    close(leaked);
}

KERNEL_TEST(process_stdio_passes_descriptors_with_their_numbers)
{
    int a = make_file("a\n");
    int b = make_file("b\n");
    const struct coil_process_fd swapped[] = {
        { a, b },
        { b, a },
        { b, 9 },
    };
    const struct coil_process_fd same[] = { { b, b }, { a, a } };
    struct coil_process_options options = { .fds = swapped, .fd_count = 3 };
    char command[64];

    snprintf(command, sizeof command, "cat <&%d; cat <&%d; cat <&9", b, a);
    expect_output(command, &options, "a\nb\n");
    ASSERT_EQ(lseek(a, 0, SEEK_SET), 0);
    ASSERT_EQ(lseek(b, 0, SEEK_SET), 0);
    options.fds = same;
    options.fd_count = 2;
    ASSERT_EQ(fcntl(a, F_SETFD, FD_CLOEXEC), 0);
    snprintf(command, sizeof command, "cat <&%d; cat <&%d", a, b);
    expect_output(command, &options, "a\nb\n");
    ASSERT_EQ(fcntl(a, F_GETFD), FD_CLOEXEC);
    close(a);
    close(b);
}

/* Standard output becomes number 3, and 3 becomes standard output. */
KERNEL_TEST(process_stdio_exchanges_numbers_with_those_passed_on)
{
    int pair[2];
    int three = make_file("");
    char text[16];

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    {
        const struct coil_process_fd passed = { pair[1], three };
        const struct coil_process_options options = {
            .out = { COIL_STDIO_FD, three },
            .fds = &passed,
            .fd_count = 1,
        };
        char command[64];

        snprintf(command, sizeof command, "echo file; echo socket >&%d", three);
        ASSERT_EQ(coil_process_run_shell(command, &options, NULL), 0);
    }
    expect_file(three, "file\n");
    ASSERT_EQ(read(pair[0], text, sizeof text), 7);
    ASSERT_MEM_EQ(text, "socket\n", 7);
    close(three);
    close(pair[0]);
    close(pair[1]);
}

/* ---- terminals --------------------------------------------------------------------- */

KERNEL_TEST(process_stdio_on_a_terminal_is_heard)
{
    const struct coil_process_options options = {
        .in = { COIL_STDIO_NULL },
        .out = { COIL_STDIO_PTY },
        .err = { COIL_STDIO_STDOUT },
    };
    struct coil_process_output got;

    need_terminals();
    ASSERT_EQ(coil_process_run_shell("test -t 1 && echo yes; echo no >&2",
                                     &options, &got),
              0);
    ASSERT_STR_EQ(got.out, "yes\r\nno\r\n");
    coil_process_output_fini(&got);
}

/* A terminal makes a session; what runs in it hears Ctrl-C. */
KERNEL_TEST(process_stdio_on_a_terminal_is_interrupted)
{
    const struct coil_process_options options = {
        .in = { COIL_STDIO_PTY },
        .out = { COIL_STDIO_PIPE },
    };
    struct coil_process *p;

    need_terminals();
    p = begin_shell("echo begun; exec cat", &options);
    await_line(p, "begun");
    send_text(coil_process_terminal(p), "\003");
    ASSERT_EQ(coil_process_wait(p), COIL_ESIGNAL(SIGINT));
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGINT));
}
