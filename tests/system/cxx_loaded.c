/* SPDX-License-Identifier: MIT */
/*
 * A program in C loads a part in C++ at run time: the C++ runtime is found when
 * a loop begins to run, although the program is not linked with it.
 */
#include <dlfcn.h>
#include <string.h>

#include <coil.h>

#include "base/platform.h"
#include "context/cxx.h"

#include "child.h"
#include "test.h"

/* Where the plugin is; empty: it was not built. */
#ifndef CXX_PLUGIN
#define CXX_PLUGIN ""
#endif

/*
 * The sanitizer catches the runtime's functions when the program starts, or not
 * at all.
 */
#if defined(__clang__) && defined(COIL_ASAN)
#define NEEDS_RUNTIME_AT_START true
#else
#define NEEDS_RUNTIME_AT_START false
#endif

typedef int (*throw_fn)(const char *text, int (*wait)(void));
typedef int (*escape_fn)(void);

static throw_fn plugin_throw;
static escape_fn plugin_escape;

static void find(void *library, const char *name, void *pointer)
{
    void *function = dlsym(library, name);

    ASSERT_NOT_NULL(function);
    memcpy(pointer, &function, sizeof function);
}

static void load(void)
{
    void *library;

    if (CXX_PLUGIN[0] == '\0')
        SKIP("the part in C++ is not built");
    if (NEEDS_RUNTIME_AT_START)
        SKIP("clang's AddressSanitizer does not let C++ be loaded later");
    library = dlopen(CXX_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        FAIL("%s", dlerror());
    find(library, "plugin_throw", &plugin_throw);
    find(library, "plugin_escape", &plugin_escape);
}

static int wait_some(void)
{
    int rc = 0;

    for (int i = 0; i < 3 && rc == 0; i++)
        rc = coil_yield();
    return rc;
}

static int throw_in_plugin(void *arg)
{
    return plugin_throw(arg, wait_some);
}

static int throw_in_two(void *unused)
{
    struct coil_task *task;

    (void)unused;
    ASSERT_EQ(coil_task_create(&task, throw_in_plugin, "one"), 0);
    ASSERT_EQ(plugin_throw("the other", coil_yield), 0);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    return 0;
}

TEST(tasks_in_a_loaded_plugin_have_their_own_exceptions)
{
    load();
    ASSERT_EQ(coil_run(throw_in_two, NULL), 0);
}

static int do_nothing(void *unused)
{
    (void)unused;
    return coil_yield();
}

/* A run without the plugin comes first. */
TEST(plugin_that_is_loaded_between_two_runs_is_noticed)
{
    ASSERT_EQ(coil_run(do_nothing, NULL), 0);
    load();
    ASSERT_EQ(coil_run(throw_in_two, NULL), 0);
}

static int escape(void *unused)
{
    (void)unused;
    return plugin_escape();
}

static int run_escape(void *unused)
{
    struct coil_task *task;
    const struct coil_task_options options = { .name = "plugin" };

    (void)unused;
    ASSERT_EQ(coil_task_create_with(&task, escape, NULL, &options), 0);
    return coil_task_await(task);
}

static void run_and_escape(void *unused)
{
    (void)!coil_run(run_escape, unused);
}

TEST(exception_out_of_a_plugin_is_told_with_the_task_s_name)
{
    struct child child;

    load();
    child_run(&child, run_and_escape, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "(in task 'plugin')\n");
    ASSERT_STR_CONTAINS(child.text, "from the plugin");
}

/* ---- without C++ ---------------------------------------------------------- */

TEST(program_without_cxx_pays_nothing_for_it)
{
    ASSERT_EQ(coil_run(do_nothing, NULL), 0);
    /* A sanitizer may bring the C++ runtime along. */
    if (dlsym(RTLD_DEFAULT, "__cxa_get_globals"))
        SKIP("this program has a C++ runtime");
    ASSERT_NULL(coil__cxx_globals);
}
