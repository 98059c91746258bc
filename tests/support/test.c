/* SPDX-License-Identifier: MIT */
/*
 * test.c - find the tests, run each in a process of its own, and judge it
 *
 * ctest starts one process per test (`./test_lock NAME`), so a crash or a hang
 * is the failure of one test.  Without ctest the same is had by forking.
 */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "context/stack.h"
#include "sched/thread.h"
#include "time_limit.h"

#define DEFAULT_TIMEOUT_SECONDS 60
#define DESCRIPTORS 65536  /* those above are not watched */
#define ONE_HOUR "3600000" /* in milliseconds */

static struct test_case *first;
static struct test_case **end = &first;
static const struct test_case *current;

void test_register(struct test_case *test)
{
    *end = test;
    end = &test->next;
}

/* ---- names ---- */

/* "lock" for tests/unit/sync/lock.c; the length is returned in `*length`. */
static const char *stem_of(const char *file, size_t *length)
{
    static const char prefix[] = "test_";
    const char *slash = strrchr(file, '/');
    const char *stem = slash ? slash + 1 : file;

    if (strncmp(stem, prefix, sizeof(prefix) - 1) == 0)
        stem += sizeof(prefix) - 1;
    *length = strcspn(stem, ".");
    return stem;
}

static bool is_named(const struct test_case *test, const char *name)
{
    size_t length;
    const char *stem = stem_of(test->file, &length);

    if (strcmp(test->name, name) == 0)
        return true;
    return strncmp(test->name, stem, length) == 0 &&
           test->name[length] == '_' &&
           strcmp(test->name + length + 1, name) == 0;
}

static const struct test_case *find(const char *name)
{
    const struct test_case *test;

    for (test = first; test; test = test->next)
        if (is_named(test, name))
            return test;
    return NULL;
}

/* ---- memory ---- */

void test_keep_freed_memory(void)
{
#ifdef M_TRIM_THRESHOLD
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
#endif
}

/* ---- schedules ---- */

uint64_t test_seeds(uint64_t usual)
{
    const char *text = getenv("COIL_TEST_SEEDS");
    uint64_t most = text ? strtoull(text, NULL, 10) : usual;

    return most < usual ? most : usual;
}

/* ---- the time limit ---- */

static unsigned int timeout_seconds(void)
{
    const char *text = getenv("COIL_TEST_TIMEOUT");

    return text ? (unsigned int)strtoul(text, NULL, 10)
                : DEFAULT_TIMEOUT_SECONDS;
}

/* When the test has failed, ctest ends a hook that hangs. */
static void on_alarm(int signal_number)
{
    unsigned int left = time_limit_left(timeout_seconds());

    (void)signal_number;
    if (left > 0) {
        alarm(left);
        return;
    }
    test_fail(current->file, 0, "%s took longer than %u s", current->name,
              timeout_seconds());
}

static void limit_time(void)
{
    struct sigaction action = { .sa_handler = on_alarm,
                                .sa_flags = SA_RESTART };

    time_limit_begin();
    sigaction(SIGALRM, &action, NULL);
    alarm(timeout_seconds());
}

/* nohup, cron, and a script's `&` leave some signals ignored or blocked. */
static void forget_what_the_caller_did_to_signals(void)
{
    struct sigaction action;
    sigset_t none;

    for (int number = 1; number < SIGRTMIN; number++)
        if (sigaction(number, NULL, &action) == 0 &&
            action.sa_handler == SIG_IGN)
            signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- open descriptors ---- */

/* Mark in `open` which descriptors are open; false where that is unknown. */
static bool list_descriptors(bool *open)
{
    struct dirent *entry;
    DIR *dir = opendir("/proc/self/fd");

    if (!dir)
        return false;
    memset(open, 0, DESCRIPTORS * sizeof(*open));
    while ((entry = readdir(dir))) {
        unsigned long fd = strtoul(entry->d_name, NULL, 10);

        if (entry->d_name[0] != '.' && fd < DESCRIPTORS &&
            fd != (unsigned long)dirfd(dir))
            open[fd] = true;
    }
    closedir(dir);
    return true;
}

static void report_leak(int fd)
{
    char path[64];
    char target[PATH_MAX];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    length = readlink(path, target, sizeof(target) - 1);
    if (length < 0)
        length = 0;
    target[length] = '\0';
    fprintf(stderr, "descriptor %d (%s) was left open\n", fd, target);
}

/* Whether the same descriptors are open as in `before`; prints the others. */
static bool check_descriptors(const bool *before)
{
    static bool after[DESCRIPTORS];
    bool same = true;
    int fd;

    if (!list_descriptors(after))
        return true;
    for (fd = 0; fd < DESCRIPTORS; fd++) {
        if (before[fd] == after[fd])
            continue;
        same = false;
        if (after[fd])
            report_leak(fd);
        else
            fprintf(stderr, "descriptor %d was closed\n", fd);
    }
    return same;
}

/* ---- stacks ---- */

bool test_leaves_stacks;
__attribute__((weak)) bool test_reports_slow_steps;

/*
 * A task that nobody released. ASan does not see the leak, because the stack
 * belongs to the pool, and the pool to the thread.
 */
static bool check_stacks(void)
{
    struct coil_stack_pool *stacks;

    coil__thread_free_stacks();
    stacks = coil__thread()->stacks;
    if (!stacks || test_leaves_stacks)
        return true;
    fprintf(stderr, "%zu stacks are still in use\n",
            coil__stack_in_use(stacks));
    return false;
}

/* ---- a test that must abort ---- */

/* Read `fd` to its end into `text`; the rest that does not fit is dropped. */
static void read_all(int fd, char *text, size_t size)
{
    char chunk[4096];
    size_t length = 0;
    ssize_t n;

    while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
        size_t room = size - 1 - length;
        size_t take = 0;

        if (n < 0 && errno != EINTR)
            break;
        if (n > 0)
            take = (size_t)n < room ? (size_t)n : room;
        memcpy(text + length, chunk, take);
        length += take;
    }
    text[length] = '\0';
}

_Noreturn static void run_panicking_child(const struct test_case *test, int out)
{
    const struct rlimit no_core = { 0, 0 };

    setrlimit(RLIMIT_CORE, &no_core);
    dup2(out, STDERR_FILENO);
    limit_time();
    test->body();
    _Exit(EXIT_SUCCESS);
}

static void run_body(const struct test_case *test)
{
    if (test->body_of)
        test->body_of(test->subject);
    else
        test->body();
}

static void expect_panic(const struct test_case *test)
{
    static char text[65536];
    int out[2];
    int status;
    pid_t pid;

    if (pipe(out) < 0)
        test_fail(test->file, 0, "pipe: %s", strerror(errno));
    fflush(NULL);
    pid = fork();
    if (pid < 0)
        test_fail(test->file, 0, "fork: %s", strerror(errno));
    if (pid == 0)
        run_panicking_child(test, out[1]);
    close(out[1]);
    read_all(out[0], text, sizeof(text));
    close(out[0]);
    waitpid(pid, &status, 0);

    if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_EXIT_SKIPPED) {
        fputs(text, stderr);
        _Exit(TEST_EXIT_SKIPPED);
    }
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
        test_fail(test->file, 0,
                  "%s did not abort (wait status 0x%x); it wrote\n%s",
                  test->name, (unsigned int)status, text);
    if (!strstr(text, test->panic))
        test_fail(test->file, 0,
                  "%s aborted without saying \"%s\"; it wrote\n%s", test->name,
                  test->panic, text);
}

/* ---- running ---- */

/* Run `test` in this process. Returns the exit status for the process. */
static int run_here(const struct test_case *test)
{
    static bool before[DESCRIPTORS];
    bool listed = list_descriptors(before);

    current = test;
    forget_what_the_caller_did_to_signals();
    limit_time();
    if (test->panic)
        expect_panic(test);
    else
        run_body(test);
    alarm(0);

    if (listed && !check_descriptors(before)) {
        fprintf(stderr, "%s: descriptors differ after %s\n", test->file,
                test->name);
        return EXIT_FAILURE;
    }
    if (!check_stacks()) {
        fprintf(stderr, "%s: a task is left after %s\n", test->file,
                test->name);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

enum verdict { PASSED, SKIPPED, FAILED, VERDICTS };

static enum verdict run_forked(const struct test_case *test)
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0) {
        perror("fork");
        return FAILED;
    }
    /* exit() and not _Exit(): the leak checker reports at exit. */
    if (pid == 0)
        exit(run_here(test));
    waitpid(pid, &status, 0);

    if (WIFSIGNALED(status)) {
        printf("FAIL %s: %s\n", test->name, strsignal(WTERMSIG(status)));
        return FAILED;
    }
    if (WEXITSTATUS(status) == TEST_EXIT_SKIPPED) {
        printf("skip %s\n", test->name);
        return SKIPPED;
    }
    if (WEXITSTATUS(status) != EXIT_SUCCESS) {
        printf("FAIL %s: exit status %d\n", test->name, WEXITSTATUS(status));
        return FAILED;
    }
    printf("ok   %s\n", test->name);
    return PASSED;
}

static int summarise(const int *count)
{
    printf("%d passed, %d skipped, %d failed\n", count[PASSED], count[SKIPPED],
           count[FAILED]);
    return count[FAILED] > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_all(void)
{
    const struct test_case *test;
    int count[VERDICTS] = { 0 };

    for (test = first; test; test = test->next)
        if (!test->hidden)
            count[run_forked(test)]++;
    return summarise(count);
}

static int run_named(int names, char **name)
{
    int count[VERDICTS] = { 0 };
    int i;

    for (i = 0; i < names; i++) {
        const struct test_case *test = find(name[i]);

        if (!test) {
            fprintf(stderr, "no test is named %s\n", name[i]);
            return EXIT_FAILURE;
        }
        if (names == 1)
            return run_here(test);
        count[run_forked(test)]++;
    }
    return summarise(count);
}

static int list(void)
{
    const struct test_case *test;

    for (test = first; test; test = test->next)
        if (!test->hidden)
            puts(test->name);
    return EXIT_SUCCESS;
}

int test_main(int argc, char **argv)
{
    if (!test_reports_slow_steps)
        setenv("COIL_WATCHDOG", ONE_HOUR, 0);
    if (argc == 1)
        return run_all();
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    return run_named(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    return test_main(argc, argv);
}
