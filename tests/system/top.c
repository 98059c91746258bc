/* SPDX-License-Identifier: MIT */
/*
 * coil-top: what it writes in a batch, and what stands on a terminal.
 */
/* LABELS: threads */
/* PROGRAMS: coil-top */
/* TIMEOUT: 180 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#include "inspecting.h"
#include "names.h"
#include "test.h"

static struct child child;

static void begin(void (*body)(void *arg))
{
    child_start(&child, body, NULL);
    child_await(&child, "ready");
}

static void top(const char *options)
{
    int status = inspect(&child, "coil-top", "%s %d", options, child.pid);

    if (status != 0)
        FAIL("it exits with %d: %s", status, inspect_text);
}

/* ---- batch ---------------------------------------------------------------- */

TEST(top_tells_of_loops_tasks_and_what_they_wait_for)
{
    const char *wanters;

    begin(inspect_hot_lock);
    top("--once -i 0.1");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, ", 1 loop, 22 tasks, ");
    wanters = strstr(inspect_text, "\n       20     0      0      20 ");
    ASSERT_NOT_NULL(wanters);
    ASSERT_STR_CONTAINS(wanters, " lock                 wanter-* (");
    ASSERT_STR_CONTAINS(inspect_text, " event                holder (");
    wanters = strstr(inspect_text, "-- what tasks wait for, by number\n");
    ASSERT_NOT_NULL(wanters);
    wanters = strstr(wanters, "\n       20 ");
    ASSERT_NOT_NULL(wanters);
    ASSERT_STR_CONTAINS(wanters, " lock ");
    ASSERT_STR_CONTAINS(wanters, " holder\n");
}

TEST(top_tells_of_every_loop)
{
    begin(inspect_two_loops);
    while (!strstr(strstr(child.text, "ready") + 1, "ready"))
        ASSERT(child_read(&child));
    top("--once -i 0.1");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, ", 2 loops, 8 tasks, ");
    ASSERT_STR_CONTAINS(inspect_text, "here-* (");
    ASSERT_STR_CONTAINS(inspect_text, "there-* (");
}

TEST(top_refreshes_as_often_as_asked_to)
{
    size_t count = 0;

    begin(inspect_hot_lock);
    top("-b -n 3 -i 0.1");
    inspect_kill(&child);
    for (const char *at = inspect_text; (at = strstr(at, "coil-top: process "));
         at++)
        count++;
    ASSERT_EQ(count, 3);
}

TEST(top_filters_and_sorts)
{
    const char *holder;
    const char *wanters;

    begin(inspect_hot_lock);
    top("--once -i 0.1 -s name");
    holder = strstr(inspect_text, "holder (");
    wanters = strstr(inspect_text, "wanter-* (");
    ASSERT(holder && wanters && holder < wanters);
    top("--once -i 0.1 -s number");
    holder = strstr(inspect_text, "holder (");
    wanters = strstr(inspect_text, "wanter-* (");
    ASSERT(holder && wanters && wanters < holder);
    top("--once -i 0.1 -f WANTER");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, "wanter-* (");
    ASSERT_NULL(strstr(inspect_text, "holder ("));
}

static void listen_and_wait(void *arg)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
             "coil-top-test-%d", (int)getpid());
    ASSERT_EQ(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ASSERT_EQ(listen(fd, 1), 0);
    inspect_hot_lock(arg);
}

TEST(top_tells_of_connections)
{
    begin(listen_and_wait);
    top("--once -i 0.1");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, "(1 listen)\n");
    ASSERT_STR_CONTAINS(inspect_text, " unix  LISTEN ");
    ASSERT_STR_CONTAINS(inspect_text, "@coil-top-test-");
}

TEST(top_of_a_process_without_a_loop)
{
    begin(inspect_nothing);
    top("--once -i 0.1");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, " no loop is open\n");
}

TEST(top_of_a_process_that_is_stopped)
{
    int status;

    begin(inspect_hot_lock);
    kill(child.pid, SIGSTOP);
    ASSERT_EQ(waitpid(child.pid, &status, WUNTRACED), child.pid);
    top("--once -i 0.1");
    inspect_kill(&child);
    ASSERT_STR_CONTAINS(inspect_text, "wanter-* (");
}

TEST(top_races_with_the_end_of_the_process)
{
    for (int i = 0; i < 50; i++) {
        FILE *pipe;
        int status;

        begin(i % 2 ? inspect_churn : inspect_hot_lock);
        pipe = inspect_begin("coil-top", "-b -i 0.05 %d", child.pid);
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

TEST(top_refuses_wrong_calls)
{
    static const char *const wrong[] = {
        "", "a", "1 2", "-i 0 1", "-n 0 1", "-s size 1", "--what 1", "-i x 1",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ASSERT_EQ(inspect(NULL, "coil-top", "%s", wrong[i]), 2);
    ASSERT_EQ(inspect(NULL, "coil-top", "99999999"), 3);
    ASSERT_EQ(inspect(NULL, "coil-top", "--help"), 0);
    ASSERT_STR_CONTAINS(inspect_text, "Usage: coil-top ");
    ASSERT_EQ(inspect(NULL, "coil-top", "--version >/dev/full"), 1);
    begin(inspect_hot_lock);
    ASSERT_EQ(inspect(&child, "coil-top", "%d </dev/null", child.pid), 2);
    ASSERT_STR_CONTAINS(inspect_text, "there is no terminal; use --batch");
    ASSERT_EQ(
        inspect(&child, "coil-top", "--once -i 0.1 %d >/dev/full", child.pid),
        1);
    inspect_kill(&child);
}

/* ---- a terminal ----------------------------------------------------------- */

/* A program on a terminal, and all that it has written. */
static struct {
    int master;
    pid_t pid;
    int status;
    struct termios before;
    size_t length;
    char text[1 << 20];
} screen;

static const char enter[] = "\033[?1049h";
static const char leave[] = "\033[?25h\033[?1049l";

static void set_size(unsigned short rows, unsigned short columns)
{
    struct winsize size = { .ws_row = rows, .ws_col = columns };

    ASSERT_EQ(ioctl(screen.master, TIOCSWINSZ, &size), 0);
}

static _Noreturn void become_top(const char *path)
{
    char pid[16];
    int fd;

    snprintf(pid, sizeof pid, "%d", (int)child.pid);
    setsid();
    fd = open(ptsname(screen.master), O_RDWR);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
        _exit(70);
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
    close(screen.master);
    alarm(60);
    execl(path, "coil-top", "-i", "0.1", pid, (char *)NULL);
    _exit(71);
}

static void screen_begin(void)
{
    char path[512];

    snprintf(path, sizeof path, "%s", inspect_program("coil-top"));
    screen.length = 0;
    screen.text[0] = '\0';
    screen.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (screen.master < 0)
        SKIP("there are no terminals here");
    ASSERT_EQ(grantpt(screen.master), 0);
    ASSERT_EQ(unlockpt(screen.master), 0);
    set_size(24, 100);
    ASSERT_EQ(tcgetattr(screen.master, &screen.before), 0);
    fflush(NULL);
    screen.pid = fork();
    ASSERT_GE(screen.pid, 0);
    if (screen.pid == 0)
        become_top(path);
}

/* Read once more; false: the program has ended. */
static bool screen_read(void)
{
    size_t room = sizeof screen.text - 1 - screen.length;
    ssize_t n;

    /* The older half has been looked at. */
    if (room < 65536) {
        memmove(screen.text, screen.text + screen.length / 2,
                screen.length - screen.length / 2);
        screen.length -= screen.length / 2;
        room = sizeof screen.text - 1 - screen.length;
    }
    n = read(screen.master, screen.text + screen.length, room);
    if (n <= 0)
        return false;
    screen.length += (size_t)n;
    screen.text[screen.length] = '\0';
    return true;
}

/* The last picture that is whole, or NULL. */
static const char *picture(void)
{
    static char text[65536];
    char *end = NULL;
    char *begin = NULL;

    for (char *at = screen.text; (at = strstr(at, "\033[J")); at++)
        end = at;
    if (!end)
        return NULL;
    for (char *at = screen.text; (at = strstr(at, "\033[H")) && at < end; at++)
        begin = at;
    if (!begin)
        return NULL;
    ASSERT_LT(end - begin, (ptrdiff_t)sizeof text);
    memcpy(text, begin, (size_t)(end - begin));
    text[end - begin] = '\0';
    return text;
}

static void await(const char *part)
{
    for (;;) {
        const char *now = picture();

        if (now && strstr(now, part))
            return;
        if (!screen_read())
            FAIL("it does not show \"%s\" but\n%s", part, screen.text);
    }
}

static void type(const char *keys)
{
    ASSERT_EQ(write(screen.master, keys, strlen(keys)),
              (ptrdiff_t)strlen(keys));
}

/* It ends, and the terminal is as it was. */
static void screen_end(void)
{
    struct termios after;
    const char *left;

    while (screen_read())
        continue;
    ASSERT_EQ(waitpid(screen.pid, &screen.status, 0), screen.pid);
    left = strstr(screen.text, leave);
    if (!left)
        FAIL("the terminal is not left: %s", screen.text);
    ASSERT_NULL(strstr(left, "\033[H"));
    ASSERT_EQ(tcgetattr(screen.master, &after), 0);
    ASSERT_EQ(after.c_lflag, screen.before.c_lflag);
    ASSERT_EQ(after.c_iflag, screen.before.c_iflag);
    ASSERT_EQ(after.c_oflag, screen.before.c_oflag);
    ASSERT_EQ(memcmp(after.c_cc, screen.before.c_cc, sizeof after.c_cc), 0);
    close(screen.master);
}

static void begin_on_terminal(void (*body)(void *arg))
{
    begin(body);
    /* Whether processes can be read here. */
    top("--once -i 0.05");
    screen_begin();
    await("wanter-* (");
    ASSERT_STR_CONTAINS(screen.text, enter);
}

TEST(top_goes_down_to_a_stack_and_back)
{
    begin_on_terminal(inspect_hot_lock);
    type("p");
    await("-- what tasks wait for, by number");
    await(">      20 ");
    type("\r");
    await(" that wait for 0x");
    type("a\033[B");
    await("by name\033[K");
    type("\r");
    await("-- task\033[K");
    await(" waits for lock ");
    await(", held by holder, for ");
    await(" awaited by Task-1, made at ");
    if (knows_callers() && NAMES_ARE_KEPT)
        await(" want at inspecting.c:");
    type("\033[D");
    await(" that wait for 0x");
    type("\177");
    await("-- what tasks wait for, by name");
    type("q");
    screen_end();
    ASSERT(WIFEXITED(screen.status));
    ASSERT_EQ(WEXITSTATUS(screen.status), 0);
    inspect_kill(&child);
}

TEST(top_has_a_view_for_each_key)
{
    begin_on_terminal(inspect_hot_lock);
    type("t");
    await("-- tasks, by number");
    type("w");
    await("-- tasks, by time");
    type("s");
    await("-- tasks, by state");
    type("c");
    await("-- connections, by state");
    type("\t");
    await("-- tasks by name and site, by state");
    type("n");
    await("-- tasks by name and site, by number");
    type("h");
    await("-- keys");
    type("t");
    await("-- tasks, by number");
    type(" ");
    await("  PAUSED");
    type(" /");
    await(", with /_");
    type("wanter-1x\177\r");
    await(", with /wanter-1\033[K");
    ASSERT_NULL(strstr(picture(), " task group "));
    type("\033");
    await("-- tasks, by number\033[K");
    type("q");
    screen_end();
    inspect_kill(&child);
}

/* The longest line of a picture, without what is no text. */
static size_t widest(const char *text)
{
    size_t most = 0;
    size_t here = 0;

    for (; *text; text++) {
        if (*text == '\033') {
            text += strcspn(text, "HKJmhl");
            continue;
        }
        here = *text == '\n' ? 0 : here + (*text != '\r');
        if (here > most)
            most = here;
    }
    return most;
}

TEST(top_follows_the_size_of_the_terminal)
{
    begin_on_terminal(inspect_hot_lock);
    type("t");
    await("-- tasks, by number");
    ASSERT_LE(widest(picture()), 100);
    ASSERT_GT(widest(picture()), 40);
    set_size(10, 40);
    while (widest(picture()) > 40)
        ASSERT(screen_read());
    set_size(30, 132);
    while (widest(picture()) <= 100)
        ASSERT(screen_read());
    type("q");
    screen_end();
    inspect_kill(&child);
}

TEST(top_gives_the_terminal_back_when_it_is_ended)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGSEGV, SIGABRT };

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        begin_on_terminal(inspect_hot_lock);
        kill(screen.pid, signals[i]);
        screen_end();
        if (i < 2)
            ASSERT(WIFEXITED(screen.status) && WEXITSTATUS(screen.status) == 0);
        inspect_kill(&child);
    }
    begin_on_terminal(inspect_hot_lock);
    type("\003");
    screen_end();
    inspect_kill(&child);
}

TEST(top_gives_the_terminal_back_when_the_process_ends)
{
    begin_on_terminal(inspect_hot_lock);
    inspect_kill(&child);
    screen_end();
    ASSERT(WIFEXITED(screen.status));
    ASSERT_STR_CONTAINS(strstr(screen.text, leave), ": it has ended");
}
