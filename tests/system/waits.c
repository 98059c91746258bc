/* SPDX-License-Identifier: MIT */
/*
 * A dump of the program itself, coil-pstree and gdb say the same about what
 * each task waits for. This test adds two kinds of wait: a kind is described in
 * one place, and all three know it.
 */
/* LABELS: threads */
#include <ctype.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <coil.h>
#include <coil/as_completed.h>
#include <coil/dump.h>
#include <coil/staggered_race.h>

#include "child.h"
#include "names.h"
#include "sched/wait.h"
#include "task/task.h"

/* ---- two kinds of wait ---------------------------------------------------- */

/* One task has the seat, and others want it. */
struct seat {
    int number;
    uint64_t sitter; /* a task's id */
    struct coil_list waiters;
};

static const struct coil_wait_reason reason_seat = {
    .name = "seat",
    .needs = { .need = COIL_NEED_HOLDER,
               .items = offsetof(struct seat, sitter) },
};

/* One of several players must end; absent players do not count. */
struct player {
    struct coil_task *task;
    bool is_there;
};

struct match {
    size_t count;
    struct player *players;
    struct coil_list waiters;
};

static const struct coil_wait_reason reason_match = {
    .name = "match",
    .needs = { .need = COIL_NEED_ANY,
               .shape = COIL_NEEDS_ARRAY,
               .items = offsetof(struct match, players),
               .count = offsetof(struct match, count),
               .stride = sizeof(struct player),
               .pointer = offsetof(struct player, task),
               .watched = offsetof(struct player, is_there),
               .future = offsetof(struct coil_task, future) },
};

static struct seat seats[2];
static struct player players[2];
static struct match match = { .count = 2, .players = players };

static int want_seat(void *arg)
{
    struct seat *seat = arg;
    struct coil_waiter self = COIL_WAITER(&reason_seat, seat);

    return coil__wait(&seat->waiters, &self);
}

static int watch_match(void *arg)
{
    struct coil_waiter self = COIL_WAITER(&reason_match, &match);

    (void)arg;
    return coil__wait(&match.waiters, &self);
}

/* ---- tasks that wait, each for another kind of thing ---------------------- */

static struct coil_lock doors[2];
static struct coil_event bell;
static struct coil_future letter;
static struct coil_queue parcels;
static struct coil_semaphore chairs;
static struct coil_as_completed it;

static struct coil_task *make(coil_fn fn, void *arg, const char *name)
{
    const struct coil_task_options options = { .name = name };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, arg, &options), 0);
    return task;
}

static int rest(void *arg)
{
    (void)arg;
    return coil_sleep(60 * COIL_MINUTE);
}

static int await_bell(void *arg)
{
    (void)arg;
    return coil_event_wait(&bell);
}

static int await_letter(void *arg)
{
    (void)arg;
    return coil_future_await(&letter, NULL);
}

static int take_door(void *arg)
{
    int rc = coil_lock_acquire(arg);

    return rc < 0 ? rc : rest(NULL);
}

/* The task ends without giving the lock back. */
static int take_and_end(void *arg)
{
    return coil_lock_acquire(arg);
}

static int await_task(void *arg)
{
    return coil_task_await(arg);
}

static int shield(void *arg)
{
    return coil_shield(coil_task_future(arg), NULL);
}

static int gather(void *arg)
{
    struct coil_future *futures[] = {
        coil_task_future(make(rest, NULL, "gathered")),
        coil_task_future(make(await_bell, NULL, "gathered too")),
        &letter,
    };

    (void)arg;
    return coil_gather(futures, 3, 0);
}

static int wait_for_first(void *arg)
{
    struct coil_future *futures[] = {
        coil_task_future(make(await_letter, NULL, "first")),
    };

    (void)arg;
    return coil_wait(futures, 1, COIL_FIRST_COMPLETED, COIL_NEVER);
}

static int take_next(void *arg)
{
    struct coil_future *futures[] = {
        coil_task_future(make(rest, NULL, "next")),
        &letter,
    };
    struct coil_future *next;
    int rc = coil_as_completed_begin(&it, futures, 2, COIL_NEVER);

    (void)arg;
    return rc < 0 ? rc : coil_as_completed_next(&it, &next);
}

static int run_racer(void *arg)
{
    coil_task_set_name(coil_current_task(), arg);
    return rest(NULL);
}

static int race(void *arg)
{
    static char name[] = "racer";
    struct coil_racer racers[] = { { .fn = run_racer, .arg = name } };

    (void)arg;
    return coil_staggered_race(racers, 1, COIL_NEVER);
}

static int gather_group(void *arg)
{
    const struct coil_task_options options = { .name = "child" };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc == 0)
        rc = coil_task_group_create_with(&group, NULL, await_bell, NULL,
                                         &options);
    return rc < 0 ? rc : coil_task_group_end(&group, rc);
}

static int get_parcel(void *arg)
{
    void *parcel;

    (void)arg;
    return coil_queue_get(&parcels, &parcel);
}

static int take_chair(void *arg)
{
    (void)arg;
    return coil_semaphore_acquire(&chairs);
}

/* All tasks wait now, and none runs. */
static void dump(void *arg)
{
    (void)arg;
    coil_dump_tasks(STDOUT_FILENO);
    puts("\nready");
    fflush(stdout);
}

static void make_all(void)
{
    struct coil_task *target = make(rest, NULL, "target");
    struct coil_task *sitter;

    make(take_door, &doors[0], "holder");
    make(take_door, &doors[0], "before the door");
    make(take_and_end, &doors[1], "gone");
    make(take_door, &doors[1], "for ever");
    make(await_task, target, "awaiter");
    make(shield, target, "shielding");
    make(gather, NULL, "gathering");
    make(wait_for_first, NULL, "looking");
    make(take_next, NULL, "taking");
    make(race, NULL, "racing");
    make(gather_group, NULL, "leading");
    make(get_parcel, NULL, "getting");
    make(take_chair, NULL, "standing");
    sitter = make(await_letter, NULL, "sitter");
    seats[1].sitter = coil_task_id(sitter);
    make(want_seat, &seats[1], "wanting");
    make(want_seat, &seats[0], "wanting any");
    players[0].task = make(rest, NULL, "absent");
    players[1].task = make(rest, NULL, "player");
    players[1].is_there = true;
    make(watch_match, NULL, "watching");
}

static int wait_for_all(void *arg)
{
    struct coil_handle handle = { 0 };

    (void)arg;
    coil_semaphore_init(&chairs, 0);
    coil_queue_init(&parcels, sizeof(void *), 1);
    make_all();
    for (int i = 0; i < 8; i++)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle, dump, NULL), 0);
    return coil_event_wait(&bell);
}

static void run_waiting(void *arg)
{
    (void)arg;
    /* Where only a parent may look at a process, gdb is allowed too. */
    (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    (void)!coil_run(wait_for_all, NULL);
}

/* ---- what is said --------------------------------------------------------- */

enum { LINES_MAX = 64 };

struct line {
    char name[40];
    char state[160];
    char bare[160]; /* the same, with the address instead of the name */
    char above[40]; /* its awaiter; "-": none */
};

struct said {
    size_t count;
    struct line lines[LINES_MAX];
};

/*
 * A dump says "lock doors (0x…), held by b", the others say "lock doors", or
 * "lock 0x…" if they find no names.
 */
static void set_state(struct line *line, const char *state)
{
    const char *address = strstr(state, " (0x");
    const char *end = address ? strchr(address, ')') : NULL;
    const char *name = address;

    if (!end) {
        snprintf(line->state, sizeof line->state, "%s", state);
        snprintf(line->bare, sizeof line->bare, "%s", state);
        return;
    }
    while (name[-1] != ' ')
        name--;
    snprintf(line->state, sizeof line->state, "%.*s%s", (int)(address - state),
             state, end + 1);
    snprintf(line->bare, sizeof line->bare, "%.*s%.*s%s", (int)(name - state),
             state, (int)(end - address - 2), address + 2, end + 1);
}

static void add(struct said *said, const char *name, const char *state,
                const char *above)
{
    struct line *line = &said->lines[said->count++];

    ASSERT_LE(said->count, LINES_MAX);
    snprintf(line->name, sizeof line->name, "%s", name);
    snprintf(line->above, sizeof line->above, "%s", above);
    set_state(line, state);
}

/*
 * " name, made at place: state, for 1.2 ms", below its awaiters, as a dump and
 * coil-pstree write it.
 */
static void read_tree(struct said *said, char *text)
{
    char names[LINES_MAX][40] = { "-" };
    char *rest = text;
    char *line;

    while ((line = strtok_r(rest, "\n", &rest))) {
        size_t depth = strspn(line, " ") / 2;
        char *made = strstr(line, ", made at ");
        char *state = made ? strstr(made, ": ") : NULL;
        char *lasts = state ? strstr(state, ", for ") : NULL;

        if (!lasts || depth == 0 || depth >= LINES_MAX)
            continue;
        *made = '\0';
        *lasts = '\0';
        line += 2 * depth;
        snprintf(names[depth], sizeof names[depth], "%s", line);
        add(said, line, state + 2, depth > 1 ? names[depth - 1] : "-");
    }
}

/* The next cell of a line whose cells have two blanks in between. */
static char *cell(char **rest)
{
    char *begin = *rest + strspn(*rest, " ");
    char *end = strstr(begin, "  ");

    if (!end)
        end = begin + strlen(begin);
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return begin;
}

/* "  id  name  state  for  awaited by  made at" */
static void read_table(struct said *said, char *text)
{
    char *rest = text;
    char *line;

    while ((line = strtok_r(rest, "\n", &rest))) {
        char *name, *state;

        if (strncmp(line, "  ", 2) != 0 || !isdigit((unsigned char)line[2]))
            continue;
        cell(&line);
        name = cell(&line);
        state = cell(&line);
        cell(&line);
        add(said, name, state, cell(&line));
    }
}

static const struct line *find(const struct said *said, const char *name)
{
    for (size_t i = 0; i < said->count; i++) {
        if (strcmp(said->lines[i].name, name) == 0)
            return &said->lines[i];
    }
    return NULL;
}

static void expect_the_same(const struct said *dump, const struct said *other,
                            const char *who)
{
    for (size_t i = 0; i < dump->count; i++) {
        const struct line *a = &dump->lines[i];
        const struct line *b = find(other, a->name);

        if (!b)
            FAIL("%s does not know %s", who, a->name);
        if ((strcmp(a->state, b->state) != 0 &&
             strcmp(a->bare, b->state) != 0) ||
            strcmp(a->above, b->above) != 0)
            FAIL("a dump says of %s: %s, awaited by %s; %s says: %s, awaited "
                 "by %s",
                 a->name, a->state, a->above, who, b->state, b->above);
    }
    ASSERT_EQ(other->count, dump->count);
}

static void expect_line(const struct said *said, const char *name,
                        const char *state, const char *above)
{
    const struct line *line = find(said, name);

    if (!line)
        FAIL("nothing is said of %s", name);
    ASSERT_STR_EQ(line->state, state);
    ASSERT_STR_EQ(line->above, above);
}

/* ---- asking --------------------------------------------------------------- */

static struct child child;
static char text[65536];

static void call(const char *command)
{
    FILE *pipe = popen(command, "r");
    size_t length;

    ASSERT_NOT_NULL(pipe);
    length = fread(text, 1, sizeof text - 1, pipe);
    text[length] = '\0';
    pclose(pipe);
}

/* The folder that is `up` levels above this program. */
static const char *folder(int up)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    ASSERT_GT(n, 0);
    path[n] = '\0';
    for (int i = 0; i < up; i++) {
        ASSERT_NOT_NULL(strrchr(path, '/'));
        *strrchr(path, '/') = '\0';
    }
    return path;
}

static void begin(struct said *said)
{
    static char copy[65536];

    skip_without_names();
    child_start(&child, run_waiting, NULL);
    child_await(&child, "\nready\n");
    snprintf(copy, sizeof copy, "%s", child.text);
    read_tree(said, copy);
}

static void end(void)
{
    kill(child.pid, SIGKILL);
    child_end(&child);
}

static void skip(const char *reason)
{
    end();
    SKIP(reason);
}

/* ---- tests ---------------------------------------------------------------- */

static void expect_all(const struct said *said)
{
    expect_line(said, "before the door", "waits for lock doors, held by holder",
                "-");
    expect_line(said, "awaiter", "waits for task target", "-");
    expect_line(said, "target", "waits for sleep", "awaiter");
    expect_line(said, "shielding", "waits for shielded future target", "-");
    expect_line(said, "gathered too", "waits for event bell", "gathering");
    expect_line(said, "first", "waits for future letter", "looking");
    expect_line(said, "taking", "waits for next future it", "-");
    expect_line(said, "next", "waits for sleep", "taking");
    expect_line(said, "racer", "waits for sleep", "racing");
    expect_line(said, "child", "waits for event bell", "leading");
    expect_line(said, "wanting any", "waits for seat seats", "-");
    expect_line(said, "watching", "waits for match match", "-");
    expect_line(said, "player", "waits for sleep", "watching");
    expect_line(said, "absent", "waits for sleep", "-");
}

TEST(waits_are_described_once_for_dump_and_pstree)
{
    static struct said dump, ps;
    char command[PATH_MAX + 64];

    begin(&dump);
    expect_all(&dump);
    snprintf(command, sizeof command, "%s/apps/coil-pstree", folder(2));
    if (access(command, X_OK) < 0)
        skip("coil-ps is not built");
    snprintf(command, sizeof command, "'%s/apps/coil-pstree' %d 2>&1",
             folder(2), (int)child.pid);
    call(command);
    if (strstr(text, "ermission denied") || strstr(text, "not permitted"))
        skip("this system lets nobody read another process");
    end();
    read_tree(&ps, text);
    expect_the_same(&dump, &ps, "coil-pstree");
}

TEST(waits_are_described_once_for_dump_and_gdb)
{
    static struct said dump, gdb;
    const char *source = getenv("COIL_SOURCE_DIR");
    char command[2 * PATH_MAX];

    begin(&dump);
    expect_all(&dump);
    call("gdb -nx -batch -ex 'python print(\"has Python\")' 2>&1");
    if (!strstr(text, "has Python"))
        skip("there is no gdb, or one without Python");
    snprintf(command, sizeof command,
             "gdb -nx -batch -ex 'set debuginfod enabled off' -p %d "
             "-ex 'source %s/apps/coil-gdb/coil-gdb.py' "
             "-ex 'coil tasks' 2>&1",
             (int)child.pid, source ? source : folder(4));
    call(command);
    if (strstr(text, "ptrace: Operation not permitted"))
        skip("this system lets nobody look at another process");
    end();
    read_table(&gdb, text);
    if (gdb.count == 0)
        FAIL("gdb says only: %s", text);
    expect_the_same(&dump, &gdb, "gdb");
}
