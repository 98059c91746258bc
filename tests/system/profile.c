/* SPDX-License-Identifier: MIT */
/*
 * coil-profile: what it says of another process, a child of this one.
 */
/* LABELS: threads */
/* PROGRAMS: coil-profile */
/* TIMEOUT: 180 */
#include <math.h>
#include <sched.h>
#include <string.h>

#include "inspecting.h"
#include "names.h"
#include "test.h"

static struct child child;

static void begin(void (*body)(void *arg))
{
    child_start(&child, body, NULL);
    child_await(&child, "ready");
}

static void profile(const char *options)
{
    int status = inspect(&child, "coil-profile", "%s %d", options, child.pid);

    if (status != 0)
        FAIL("it exits with %d: %s", status, inspect_text);
}

/* The same, until the process has been seen to run: others may keep it waiting. */
static void profile_until(const char *options, const char *part)
{
    do
        profile(options);
    while (!strstr(inspect_text, part));
}

static bool has_frames(void)
{
    return !strstr(inspect_text, "there is no libdw") && NAMES_ARE_KEPT;
}

/* ---- what tasks wait for -------------------------------------------------- */

TEST(profile_names_a_hot_lock_and_its_holder)
{
    begin(inspect_hot_lock);
    profile("-d 0.3 --wait");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, "1 loop, 22 tasks at most\n");
    ASSERT_STR_CONTAINS(inspect_text, "\nhottest: lock ");
    ASSERT_STR_CONTAINS(strstr(inspect_text, "\nhottest: lock "),
                        ", held by holder (made at ");
    ASSERT_STR_CONTAINS(inspect_text, "held by holder (made at ");
    ASSERT_STR_CONTAINS(inspect_text,
                        " 100 % of that time: it waits for event");
    ASSERT_STR_CONTAINS(inspect_text, "20.0 tasks on average, 20 at most\n");
    ASSERT_STR_CONTAINS(inspect_text, "  wanter-* (");
    ASSERT_NULL(strstr(inspect_text, "runs: "));
    if (!has_frames())
        return;
    ASSERT_STR_CONTAINS(inspect_text, "\nhottest: lock inspect_lock (0x");
    ASSERT_STR_CONTAINS(inspect_text, "hold at inspecting.c:");
}

/* Of 22 tasks 5 are read at a time, and what they tell stands for all. */
TEST(profile_reads_a_part_of_the_tasks_for_all)
{
    double seconds;
    double all;

    begin(inspect_hot_lock);
    profile("-F 200 -d 1 --wait --tasks 5");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, "of which 5 were read at each sample\n");
    ASSERT_STR_CONTAINS(inspect_text, "\nhottest: lock ");
    ASSERT_STR_CONTAINS(inspect_text, ", held by holder (made at ");
    ASSERT_EQ(sscanf(strstr(inspect_text, ": "), ": %lf s", &seconds), 1);
    ASSERT_EQ(sscanf(strstr(inspect_text, "\nwaits: "), "\nwaits: %lf", &all),
              1);
    if (all < 20 * seconds || all > 24 * seconds)
        FAIL("22 tasks have waited for %f s in %f s", all, seconds);
}

TEST(profile_keeps_names_apart_if_asked_to)
{
    begin(inspect_hot_lock);
    profile("-d 0.2 --wait --names --collapsed");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, ";wanter-0 (");
    ASSERT_STR_CONTAINS(inspect_text, ";wanter-19 (");
    ASSERT_NULL(strstr(inspect_text, "wanter-*"));
}

TEST(profile_tells_of_every_loop)
{
    begin(inspect_two_loops);
    while (!strstr(strstr(child.text, "ready") + 1, "ready"))
        ASSERT(child_read(&child));
    profile("-d 0.2 --collapsed");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, ";here-* (");
    ASSERT_STR_CONTAINS(inspect_text, ";there-* (");
}

/* ---- what runs ------------------------------------------------------------ */

TEST(profile_names_the_task_that_runs)
{
    bool has_perf;

    begin(inspect_computing);
    profile_until("-d 0.5 --run", "  computer (");
    has_perf = strstr(inspect_text, "stacks: perf events") &&
               !strstr(inspect_text, "refused");
    ASSERT_NULL(strstr(inspect_text, "waits: "));
    profile_until("-d 0.5 --run --collapsed", ";computer (");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, "runs;loop of thread ");
    if (has_perf && knows_callers() && NAMES_ARE_KEPT)
        ASSERT_STR_CONTAINS(inspect_text, ";compute;inspect_compute");
}

/* ---- the output ----------------------------------------------------------- */

static size_t frames_seen;

static double attribute(const char *tag, const char *name)
{
    char wanted[32];
    const char *at;

    snprintf(wanted, sizeof wanted, " %s=\"", name);
    at = strstr(tag, wanted);
    ASSERT_NOT_NULL(at);
    return strtod(at + strlen(wanted), NULL);
}

/* A frame lies within the one above it, and beside the one before it. */
static void check_frame(const char *tag)
{
    enum { DEPTH = 200 };
    static double left[DEPTH], right[DEPTH];
    size_t depth = (size_t)attribute(tag, "data-d");
    double x = attribute(tag, "data-x");
    double width = attribute(tag, "data-w");

    ASSERT_LT(depth, DEPTH);
    ASSERT(width >= 0);
    if (depth == 0)
        memset(right, 0, sizeof right);
    if (depth > 0 &&
        (x < left[depth - 1] - 0.01 || x + width > right[depth - 1] + 0.01))
        FAIL("a frame of %f at %f is not within %f to %f: %.300s", width, x,
             left[depth - 1], right[depth - 1], tag);
    if (depth > 0 && x < right[depth] - 0.01)
        FAIL("two frames are at the same place: %.300s", tag);
    left[depth] = x;
    right[depth] = x + width;
    frames_seen++;
}

/* XML without entities of its own: every element ends, in order. */
static void check_xml(const char *text)
{
    char open[64][32];
    size_t depth = 0;
    const char *at = text;

    ASSERT_EQ(strncmp(text, "<?xml ", 6), 0);
    while ((at = strchr(at, '<'))) {
        const char *end = strchr(at, '>');
        char name[32];

        if (strncmp(at, "<![CDATA[", 9) == 0) {
            at = strstr(at, "]]>");
            ASSERT_NOT_NULL(at);
            continue;
        }
        ASSERT_NOT_NULL(end);
        if (at[1] == '?') {
            at = end;
            continue;
        }
        ASSERT_EQ(sscanf(at + 1 + (at[1] == '/'), "%31[a-z0-9]", name), 1);
        if (at[1] == '/') {
            ASSERT_GT(depth, 0);
            ASSERT_STR_EQ(open[--depth], name);
        } else if (end[-1] != '/') {
            ASSERT_LT(depth, 64);
            strcpy(open[depth++], name);
        }
        if (strncmp(at, "<g class=\"f\"", 12) == 0)
            check_frame(at);
        at = end;
    }
    ASSERT_EQ(depth, 0);
}

static char *read_file(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "r");
    size_t length;

    ASSERT_NOT_NULL(file);
    length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

TEST(profile_draws_an_svg_whose_frames_fit)
{
    char path[] = "/tmp/coil-profile-XXXXXX";
    char options[128];
    int fd = mkstemp(path);

    ASSERT_OK(fd);
    close(fd);
    begin(inspect_hot_lock);
    snprintf(options, sizeof options, "-d 0.3 -o %s", path);
    profile(options);
    inspect_kill(&child);
    frames_seen = 0;
    check_xml(read_file(path));
    ASSERT_GT(frames_seen, 5);
    ASSERT_STR_CONTAINS(read_file(path), "held by holder (");
    ASSERT_STR_CONTAINS(inspect_text, "hottest: lock");
    remove(path);
}

/* Whole lines of "frame;frame number"; the sum of the numbers. */
static double check_collapsed(const char *text)
{
    double sum = 0;

    while (*text) {
        const char *end = strchr(text, '\n');
        const char *number = end;

        ASSERT_NOT_NULL(end);
        while (number > text && number[-1] >= '0' && number[-1] <= '9')
            number--;
        ASSERT(number > text && number < end && number[-1] == ' ');
        ASSERT(strncmp(text, "runs;", 5) == 0 ||
               strncmp(text, "waits;", 6) == 0);
        for (const char *c = text; c < number - 1; c++)
            ASSERT(!(c[0] == ';' && (c[1] == ';' || c + 1 == number - 1)));
        sum += strtod(number, NULL);
        text = end + 1;
    }
    return sum;
}

/* 22 tasks wait all the time. */
TEST(profile_writes_collapsed_stacks_that_sum_up)
{
    char report[64];
    double sum;
    double all;

    begin(inspect_hot_lock);
    profile("-d 0.3 --wait --collapsed -o /dev/stderr");
    inspect_kill(&child);
    /* The report follows. */
    ASSERT_NOT_NULL(strstr(inspect_text, "process "));
    ASSERT_EQ(sscanf(strstr(inspect_text, "\nwaits: "), "\nwaits: %lf", &all),
              1);
    snprintf(report, sizeof report, "process %d: ", (int)child.pid);
    *strstr(inspect_text, report) = '\0';
    sum = check_collapsed(inspect_text);
    ASSERT(sum > 0);
    if (fabs(sum / 1e6 - all) > 0.06)
        FAIL("%f s and %f s", sum / 1e6, all);
    ASSERT_STR_CONTAINS(inspect_text, ";waits for lock ");
    ASSERT_STR_CONTAINS(inspect_text, ";held by holder (");
}

TEST(profile_says_if_it_cannot_write)
{
    begin(inspect_hot_lock);
    ASSERT_EQ(inspect(&child, "coil-profile",
                      "-d 0.1 -o /nonexistent/file.svg %d", child.pid),
              1);
    ASSERT_STR_CONTAINS(inspect_text, "cannot write /nonexistent/file.svg: ");
    ASSERT_EQ(
        inspect(&child, "coil-profile", "-d 0.1 -o /dev/full %d", child.pid),
        1);
    ASSERT_STR_CONTAINS(inspect_text, "cannot write /dev/full: ");
    inspect_kill(&child);
}

/* ---- processes in every state --------------------------------------------- */

TEST(profile_of_a_process_that_is_stopped)
{
    int status;

    begin(inspect_computing);
    kill(child.pid, SIGSTOP);
    ASSERT_EQ(waitpid(child.pid, &status, WUNTRACED), child.pid);
    profile("-d 0.3");
    ASSERT_STR_CONTAINS(inspect_text, "the process was stopped for a part");
    ASSERT_STR_CONTAINS(inspect_text, "\nwaits: ");
    kill(child.pid, SIGCONT);
    profile_until("-d 0.3", "  computer (");
    inspect_kill(&child);
    ASSERT_NULL(strstr(inspect_text, "the process was stopped"));
}

TEST(profile_of_a_process_without_a_loop)
{
    begin(inspect_nothing);
    profile("-d 0.1");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, "  no loop was open\n");
}

/* Whenever it ends, that is told, and so is what was seen before. */
TEST(profile_races_with_the_end_of_the_process)
{
    for (int i = 0; i < 50; i++) {
        FILE *pipe;
        int status;

        begin(i % 2 ? inspect_churn : inspect_hot_lock);
        pipe = inspect_begin("coil-profile", "-F 1000 -d 60 %d", child.pid);
        for (int k = 0; k < i * i; k++)
            sched_yield();
        inspect_kill(&child);
        status = inspect_end(pipe);
        if (status == 4)
            SKIP("this system lets nobody read another process");
        if (status != 0 && status != 3 && status != 5)
            FAIL("it exits with %d: %s", status, inspect_text);
        if (status == 0)
            ASSERT_STR_CONTAINS(inspect_text, ": it has ended");
    }
}

/* Tasks that come and go, each for a turn or two. */
TEST(profile_of_tasks_that_do_not_live_long)
{
    begin(inspect_churn);
    profile_until("-F 500 -d 0.5", "  brief-* (");
    inspect_kill(&child);
}

static void become_sleep(void *arg)
{
    (void)arg;
    execl("/bin/sleep", "sleep", "20", (char *)NULL);
}

TEST(profile_refuses_what_is_no_process_of_coil)
{
    int said = 0;

    ASSERT_EQ(inspect(NULL, "coil-profile", "99999999"), 3);
    ASSERT_STR_CONTAINS(inspect_text, "coil-profile: process 99999999: ");
    child_start(&child, become_sleep, NULL);
    /* The child may not have become the other program yet. */
    while (said == 0 || said == 3)
        said = inspect(&child, "coil-profile", "-d 0.1 %d", child.pid);
    inspect_kill(&child);
    ASSERT_EQ(said, 5);
    ASSERT_STR_CONTAINS(inspect_text, "it does not use coil\n");
}

/* For another user's process. */
TEST(profile_says_that_it_is_not_permitted)
{
    struct child other;
    char path[512];

    if (geteuid() != 0)
        SKIP("only root can become somebody else");
    snprintf(path, sizeof path, "%s", inspect_program("coil-profile"));
    begin(inspect_hot_lock);
    child.length = 0;
    fflush(NULL);
    {
        int out[2];

        ASSERT_EQ(pipe(out), 0);
        other.pid = fork();
        if (other.pid == 0) {
            char pid[16];

            snprintf(pid, sizeof pid, "%d", (int)child.pid);
            dup2(out[1], 1);
            dup2(out[1], 2);
            if (setgid(65534) == 0 && setuid(65534) == 0)
                execl(path, "coil-profile", "-d", "0.1", pid, (char *)NULL);
            _exit(77);
        }
        close(out[1]);
        other.out = out[0];
    }
    other.length = 0;
    other.text[0] = '\0';
    child_end(&other);
    inspect_kill(&child);
    if (WEXITSTATUS(other.status) == 77 || WEXITSTATUS(other.status) == 127)
        SKIP("that user cannot run the program");
    ASSERT_CHILD_EXITED(&other, 4);
    ASSERT_STR_CONTAINS(other.text, ": not permitted to read its memory\n");
}

TEST(profile_refuses_wrong_options)
{
    static const char *const wrong[] = {
        "",        "a",           "1 2",      "-F 0 1",   "-F x 1",
        "-d -1 1", "--tasks 0 1", "-d 1e9 1", "--what 1", "1.5",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ASSERT_EQ(inspect(NULL, "coil-profile", "%s", wrong[i]), 2);
    ASSERT_EQ(inspect(NULL, "coil-profile", "--help"), 0);
    ASSERT_STR_CONTAINS(inspect_text, "Usage: coil-profile ");
    ASSERT_EQ(inspect(NULL, "coil-profile", "--version"), 0);
    ASSERT_EQ(inspect(NULL, "coil-profile", "--help >/dev/full"), 1);
}
