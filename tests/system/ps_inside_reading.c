/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* APP: coil-ps */
/* FAULTY: main calloc realloc process_vm_readv fopen dlopen dlsym nanosleep clock_gettime */
/*
 * coil-ps with memory that cannot be read, and with another table.
 */
#include "ps_inside_test.h"

#include "base/list.h"
#include "sched/wait.h"
#include "task/task.h"

/* ---- reading fails -------------------------------------------------------- */

/* As it was, again. */
static void expect_the_same(const char *program, const char *option,
                            const char *expected)
{
    ASSERT_EQ(call(program, option), 0);
    for (size_t i = 0; text[i] || expected[i]; i++) {
        if (text[i] != expected[i])
            FAIL("it says \"%.200s\" instead of \"%.200s\"", text + i,
                 expected + i);
    }
}

static char *what_there_is(const char *program, const char *option)
{
    char *copy;

    ASSERT_EQ(call(program, option), 0);
    copy = strdup(text);
    ASSERT_NOT_NULL(copy);
    return copy;
}

static void expect_status(int status)
{
    if (status < 0 || status > 6 || status == 2)
        FAIL("it ends with %d: %s", status, text);
    if (status != 0)
        ASSERT_STR_CONTAINS(text, "coil-ps: process ");
}

TEST(ps_inside_each_read_fails)
{
    static const int errors[] = { EFAULT, ESRCH, EPERM };
    char *expected;
    size_t count;

    begin();
    expected = what_there_is("coil-pstree", NULL);
    count = reads;
    for (size_t i = 1; i <= count; i++) {
        for (int k = 0; k < 6; k++) {
            const struct faults f = {
                .function = "",
                .read = i,
                .read_error = errors[k / 2],
                .reads_for_ever = k % 2,
            };

            if (i > 20 && k != (int)(i % 6))
                continue;
            expect_status(call_failing(f, "coil-pstree", NULL));
        }
    }
    expect_the_same("coil-pstree", NULL, expected);
    free(expected);
    end();
}

TEST(ps_inside_the_process_is_not_to_be_read)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .read = 1, .read_error = EPERM },
                           "coil-ps", NULL),
              4);
    ASSERT_STR_CONTAINS(text, ": not permitted to read its memory\n");
    ASSERT_EQ(call_failing((struct faults){ .read = 1, .read_error = EACCES },
                           "coil-ps", NULL),
              4);
    ASSERT_EQ(call_failing((struct faults){ .read = 1, .read_error = ESRCH },
                           "coil-ps", NULL),
              3);
    ASSERT_STR_CONTAINS(text, ": there is none\n");
    ASSERT_EQ(call_failing((struct faults){ .read = 1, .read_error = EIO },
                           "coil-ps", NULL),
              1);
    ASSERT_STR_CONTAINS(text, strerror(EIO));
    end();
}

TEST(ps_inside_memory_is_damaged)
{
    static const char *const options[] = { NULL, "-f", "-t" };
    char *expected;

    begin();
    expected = what_there_is("coil-ps", NULL);
    for (uint64_t seed = 1; seed <= 150; seed++)
        expect_status(call_failing((struct faults){ .seed = seed }, "coil-ps",
                                   options[seed % 3]));
    expect_the_same("coil-ps", NULL, expected);
    free(expected);
    end();
}

TEST(ps_inside_each_allocation_fails)
{
    char *expected;
    size_t count;

    begin();
    expected = what_there_is("coil-pstree", NULL);
    count = allocations;
    ASSERT_GT(count, 5);
    for (size_t i = 1; i <= count; i++) {
        const struct faults f = { .allocation = i };

        expect_status(call_failing(f, "coil-pstree", NULL));
        expect_status(call_failing(f, "coil-ps", NULL));
    }
    ASSERT_EQ(call_failing((struct faults){ .allocation = 1 }, "coil-ps", NULL),
              1);
    ASSERT_STR_CONTAINS(text, strerror(ENOMEM));
    expect_the_same("coil-pstree", NULL, expected);
    free(expected);
    end();
}

TEST(ps_inside_libdw_lacks_a_function_or_fails)
{
    static const char *const names[] = {
        "dwfl_begin",
        "dwfl_end",
        "dwfl_linux_proc_report",
        "dwfl_report_end",
        "dwfl_linux_proc_find_elf",
        "dwfl_build_id_find_debuginfo",
        "dwfl_attach_state",
        "dwfl_getthread_frames",
        "dwfl_thread_state_registers",
        "dwfl_thread_state_register_pc",
        "dwfl_frame_pc",
        "dwfl_addrmodule",
        "dwfl_module_addrinfo",
        "dwfl_module_info",
        "dwfl_module_getsrc",
        "dwfl_lineinfo",
    };
    char *expected;

    begin();
    expected = what_there_is("coil-ps", "-f");
    ASSERT_EQ(call_failing((struct faults){ .function = "" }, "coil-ps", "-f"),
              0);
    ASSERT_NULL(strstr(text, "#0 "));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ASSERT_EQ(call_failing((struct faults){ .function = names[i] },
                               "coil-pstree", NULL),
                  0);
        ASSERT_NULL(strstr(text, "#0 "));
        /* These two functions have no result. */
        if (strcmp(names[i], "dwfl_end") == 0 ||
            strcmp(names[i], "dwfl_thread_state_register_pc") == 0)
            continue;
        ASSERT_EQ(call_failing((struct faults){ .broken = names[i] }, "coil-ps",
                               "-f"),
                  0);
        ASSERT_STR_CONTAINS(text, "waits for sleep");
    }
    ASSERT_EQ(
        call_failing((struct faults){ .broken = "bare" }, "coil-ps", "-f"), 0);
    ASSERT_EQ(
        call_failing((struct faults){ .broken = "half" }, "coil-ps", "-f"), 0);
    ASSERT_NULL(strstr(text, "#0 "));
    ASSERT_EQ(
        call_failing((struct faults){ .broken = "dwfl_module_info",
                                      .broken_too = "dwfl_module_getsrc" },
                     "coil-ps", "-f"),
        0);
    expect_the_same("coil-ps", "-f", expected);
    free(expected);
    end();
}

/* The lists can be read, and the stacks cannot. */
TEST(ps_inside_stacks_cannot_be_read)
{
    size_t before;
    size_t count;

    begin();
    ASSERT_EQ(call_failing((struct faults){ .function = "" }, "coil-ps", NULL),
              0);
    before = reads;
    ASSERT_EQ(call("coil-ps", NULL), 0);
    count = reads;
    for (size_t i = before + 1; i <= count; i += 17) {
        const struct faults f = {
            .read = i,
            .read_error = EFAULT,
            .reads_for_ever = true,
        };

        ASSERT_EQ(call_failing(f, "coil-ps", NULL), 0);
        ASSERT_STR_CONTAINS(text, "  waits for task first  ");
    }
    end();
}

TEST(ps_inside_a_thread_has_no_name)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .comm = "-" }, "coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, " (?): not running, ");
    ASSERT_EQ(call_failing((struct faults){ .comm = "!" }, "coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, " (?): not running, ");
    end();
}

/* ---- a table that is another ---------------------------------------------- */

static size_t edited;         /* the field … */
static uint32_t edited_value; /* … and its value */

static void rename_field(struct coil_introspection *table)
{
    table->fields[edited].name[0] = '?';
}

static void change_field(struct coil_introspection *table)
{
    table->fields[edited].value = edited_value;
}

TEST(ps_inside_a_field_is_missing)
{
    const struct faults f = { .function = "", .edit = rename_field };
    size_t refused = 0;
    char *expected;

    begin();
    expected = what_there_is("coil-ps", NULL);
    for (edited = 0; edited < coil_introspection.field_count; edited++) {
        int status = call_failing(f, "coil-ps", NULL);

        if (status == 0)
            continue;
        ASSERT_EQ(status, 6);
        ASSERT_STR_CONTAINS(text, ": its coil lacks a field that is needed\n");
        refused++;
    }
    /* The others are there for coil-top and coil-profile, or it can do without. */
    ASSERT_GE(refused, 50);
    expect_the_same("coil-ps", NULL, expected);
    free(expected);
    end();
}

TEST(ps_inside_a_field_is_somewhere_else)
{
    static const uint32_t values[] = { 0, 1, 600, 5000, UINT32_MAX };
    const struct faults f = { .function = "", .edit = change_field };
    char *expected;

    begin();
    expected = what_there_is("coil-ps", NULL);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        edited_value = values[i];
        for (edited = 0; edited < coil_introspection.field_count; edited++)
            expect_status(
                call_failing(f, i % 2 ? "coil-ps" : "coil-pstree", NULL));
    }
    expect_the_same("coil-ps", NULL, expected);
    free(expected);
    end();
}

static void forget_registers(struct coil_introspection *table)
{
    for (uint32_t i = 0; i < table->field_count; i++) {
        if (strcmp(table->fields[i].name, "task.has_registers") == 0)
            table->fields[i].value = 0;
    }
}

/* A task that has not begun looks as if it had. */
static void forget_what_is_new(struct coil_introspection *table)
{
    for (uint32_t i = 0; i < table->field_count; i++) {
        if (strcmp(table->fields[i].name, "state.new") == 0)
            table->fields[i].value = 99;
    }
}

TEST(ps_inside_a_task_has_only_the_frame_that_begins_it)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .edit = forget_what_is_new },
                           "coil-pstree", NULL),
              0);
    ASSERT_STR_CONTAINS(text, "\n  new, made at ");
    ASSERT_STR_CONTAINS(strstr(text, "\n  new, "), ": ready to run\n");
    ASSERT_NULL(strstr(strstr(text, "\n  new, "), "#0 "));
    end();
}

TEST(ps_inside_a_loop_never_rests)
{
    begin();
    ASSERT_EQ(
        call_failing((struct faults){ .restless = true }, "coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, " tasks; it ran while this was read\n");
    ASSERT_STR_CONTAINS(text, "  waits for task first  ");
    ASSERT_EQ(call("coil-ps", NULL), 0);
    ASSERT_NULL(strstr(text, "; it ran"));
    end();
}

TEST(ps_inside_another_processor_has_no_frames)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .edit = forget_registers },
                           "coil-ps", "-f"),
              0);
    ASSERT_STR_CONTAINS(text, "  waits for task first  ");
    ASSERT_NULL(strstr(text, "#0 "));
    end();
}

/* ---- kinds of wait that only this file knows ------------------------------ */

struct crowd {
    struct coil_waiter waiter; /* first */
    struct coil_list queue;
    size_t count;
    struct coil_future **futures;
    struct coil_list tasks;
};

static const struct coil_wait_reason reason_array = {
    .name = "an array",
    .needs = { .need = COIL_NEED_ALL,
               .shape = COIL_NEEDS_ARRAY,
               .of_waiter = true,
               .items = offsetof(struct crowd, futures),
               .count = offsetof(struct crowd, count),
               .stride = sizeof(struct coil_future *) },
};

static const struct coil_wait_reason reason_list = {
    .name = "a list",
    .needs = { .need = COIL_NEED_ALL,
               .shape = COIL_NEEDS_LIST,
               .of_waiter = true,
               .items = offsetof(struct crowd, tasks),
               .link = offsetof(struct coil_task, sibling),
               .future = offsetof(struct coil_task, future) },
};

static struct crowd crowd;

static int wait_for_crowd(void *arg)
{
    crowd.waiter = (struct coil_waiter)COIL_WAITER(arg, NULL);
    return coil__wait(&crowd.queue, &crowd.waiter) + zero;
}

/* One task waits for the crowd, and two others have not begun. */
static struct coil_task *begin_crowd(const struct coil_wait_reason *reason)
{
    struct coil_task **waiting = &kept[kept_count++];
    void *arg = (void *)(uintptr_t)reason;

    ASSERT_EQ(coil_loop_create_task(loop, waiting, wait_for_crowd, arg), 0);
    coil_loop_stop(loop); /* after one turn */
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_loop_create_task(loop, &kept[kept_count++], rest, NULL),
                  0);
    coil_task_set_name(*waiting, "waiting");
    coil_task_set_name(waiting[1], "one");
    coil_task_set_name(waiting[2], "two");
    return waiting[1];
}

TEST(ps_inside_a_wait_needs_a_list_of_tasks)
{
    struct coil_task *one;
    char *waiting;

    begin();
    one = begin_crowd(&reason_list);
    coil__list_append(&crowd.tasks, &one->sibling);
    coil__list_append(&crowd.tasks, &kept[kept_count - 1]->sibling);
    ASSERT_EQ(call("coil-pstree", NULL), 0);
    waiting = strstr(text, "\n  waiting, made at ");
    ASSERT_NOT_NULL(waiting);
    ASSERT_STR_CONTAINS(waiting, ": waits for a list, for ");
    ASSERT_STR_CONTAINS(waiting, "\n    one, made at ");
    ASSERT_STR_CONTAINS(waiting, "\n    two, made at ");
    end();
}

/* Data that changes while it is read. */
TEST(ps_inside_a_list_is_a_ring)
{
    struct coil_task *one;

    begin();
    one = begin_crowd(&reason_list);
    coil__list_append(&crowd.tasks, &one->sibling);
    one->sibling.next = &one->sibling;
    ASSERT_EQ(call("coil-pstree", NULL), 0);
    ASSERT_STR_CONTAINS(text, "\n    one, made at ");
    ASSERT_STR_CONTAINS(text, "\n  two, made at ");
    end();
}

TEST(ps_inside_an_array_is_endless)
{
    struct coil_future *future;

    begin();
    future = coil_task_future(begin_crowd(&reason_array));
    crowd.futures = &future;
    crowd.count = SIZE_MAX / 16;
    ASSERT_EQ(call("coil-pstree", NULL), 0);
    ASSERT_STR_CONTAINS(text, ": waits for an array, for ");
    ASSERT_STR_CONTAINS(text, "\n  one, made at ");
    crowd.count = 1;
    ASSERT_EQ(call("coil-pstree", NULL), 0);
    ASSERT_STR_CONTAINS(text, "\n    one, made at ");
    end();
}

static void other_version(struct coil_introspection *table)
{
    table->version++;
}

static void other_pointers(struct coil_introspection *table)
{
    table->pointer_size ^= 12;
}

static void other_fields(struct coil_introspection *table)
{
    table->field_size++;
}

static void more_fields(struct coil_introspection *table)
{
    table->field_count = COIL_INTROSPECTION_FIELDS_MAX + 1;
}

TEST(ps_inside_the_table_is_of_another_version)
{
    static void (*const edits[])(struct coil_introspection * table) = {
        other_version,
        other_pointers,
        other_fields,
        more_fields,
    };

    begin();
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        ASSERT_EQ(
            call_failing((struct faults){ .edit = edits[i] }, "coil-ps", NULL),
            6);
        ASSERT_STR_CONTAINS(text, "of a version that this program does not ");
    }
    ASSERT_EQ(call("coil-ps", NULL), 0);
    end();
}

/* Two loops that are each other's next. */
static struct coil_loop round_loops[2];

static struct coil_loop *round_first = &round_loops[0];

static void go_round(struct coil_introspection *table)
{
    round_loops[0].next = &round_loops[1];
    round_loops[1].next = &round_loops[0];
    table->loops = &round_first;
}

TEST(ps_inside_a_list_never_ends)
{
    begin();
    ASSERT_EQ(
        call_failing((struct faults){ .edit = go_round }, "coil-pstree", NULL),
        0);
    ASSERT_STR_CONTAINS(text, ": not running, 0 tasks\n");
    ASSERT_EQ(call("coil-pstree", NULL), 0);
    ASSERT_STR_CONTAINS(text, "Task-2, made at");
    end();
}
