/* SPDX-License-Identifier: MIT */
/*
 * A program that runs as another user, with other groups or another umask.
 *
 * What only root may do is seen by root; anybody else sees that it is refused,
 * and becomes what he is already.
 */
#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/platform.h"
#include "process/credentials.h"
#include "process_test.h"
#include "sandbox.h"

enum { NOBODY = 65534, SOME_GROUP = 4321 };

static const uid_t nobody = NOBODY;
static const gid_t nogroup = NOBODY;
static enum coil_process_step failed;

/* In a container a number may be nobody's, even for root. */
static bool may_become_nobody(void)
{
    struct coil_process_options options = { .uid = &nobody,
                                            .gid = &nogroup,
                                            .groups = &nogroup };

    return geteuid() == 0 && coil_process_run_shell(":", &options, NULL) == 0;
}

static void expect_refused(const struct coil_process_options *options,
                           int error)
{
    struct coil_process_options with_step = *options;
    struct coil_process *p;

    failed = COIL_PROCESS_STEP_PREPARE;
    with_step.failed = &failed;
    ASSERT_EQ(coil_process_shell(&p, "exit 0", &with_step), error);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_USER);
    expect_childless();
}

KERNEL_TEST(process_user_and_groups_are_those_of_the_options)
{
    static const gid_t groups[] = { SOME_GROUP, SOME_GROUP + 1 };
    struct coil_process_options options = { .uid = &nobody, .gid = &nogroup };

    if (!may_become_nobody())
        SKIP("only root may run programs as other users");
    options.groups = groups;
    options.group_count = 2;
    expect_output("id -u; id -g; id -G; id -ru; id -rg", &options,
                  "65534\n65534\n65534 4321 4322\n65534\n65534\n");
    options.group_count = 0;
    expect_output("id -u; id -G", &options, "65534\n65534\n");
}

/* Whoever may look into the memory of this process still may. */
KERNEL_TEST(process_user_leaves_this_process_alone)
{
    struct coil_process_options options = { .uid = &nobody };

    if (!may_become_nobody())
        SKIP("only root may run programs as other users");
    ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
    ASSERT_EQ(coil_process_run_shell("exit 0", &options, NULL), 0);
    options = (struct coil_process_options){ .groups = &nogroup };
    ASSERT_EQ(coil_process_run_shell("exit 0", &options, NULL), 0);
    ASSERT_EQ(prctl(PR_GET_DUMPABLE), 1);
    ASSERT_EQ(geteuid(), 0);
}

/* The directory is root's to enter, and the file is not nobody's to run. */
KERNEL_TEST(process_user_comes_after_the_directory_and_before_the_program)
{
    char directory[] = "/tmp/coil-user-XXXXXX";
    struct coil_process_options options = {
        .uid = &nobody, .gid = &nogroup, .groups = &nogroup, .failed = &failed
    };
    char *const argv[] = { (char *)"./program", NULL };
    struct coil_process *p;
    char path[64];
    FILE *file;

    if (!may_become_nobody())
        SKIP("only root may run programs as other users");
    ASSERT_NOT_NULL(mkdtemp(directory)); /* with mode 700 */
    options.cwd = directory;
    expect_output("id -u", &options, "65534\n");
    snprintf(path, sizeof path, "%s/program", directory);
    file = fopen(path, "w");
    fputs("#!/bin/sh\nexit 0\n", file);
    fclose(file);
    ASSERT_EQ(chmod(path, 0700), 0);
    ASSERT_EQ(coil_process_exec(&p, argv, &options), -EACCES);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_EXEC);
    unlink(path);
    rmdir(directory);
}

KERNEL_TEST(process_user_may_be_the_same)
{
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    char text[32];

    snprintf(text, sizeof text, "%u %u\n", uid, gid);
    expect_output("echo $(id -u) $(id -g)",
                  &(struct coil_process_options){ .uid = &uid, .gid = &gid },
                  text);
}

KERNEL_TEST(process_user_is_refused_to_others_than_root)
{
    const uid_t root = 0, other = geteuid() + 1;
    const gid_t root_group = 0;

    if (geteuid() == 0)
        SKIP("root may do it all");
    expect_refused(&(struct coil_process_options){ .uid = &root }, -EPERM);
    expect_refused(&(struct coil_process_options){ .uid = &other }, -EPERM);
    if (getegid() != 0)
        expect_refused(&(struct coil_process_options){ .gid = &root_group },
                       -EPERM);
    expect_refused(&(struct coil_process_options){ .groups = &root_group },
                   -EPERM);
}

/* That is how the system calls say "leave it", so nothing would happen. */
KERNEL_TEST(process_user_minus_one_is_none)
{
    const uid_t no_user = (uid_t)-1;
    const gid_t no_group = (gid_t)-1;

    expect_refused(&(struct coil_process_options){ .uid = &no_user }, -EINVAL);
    expect_refused(&(struct coil_process_options){ .gid = &no_group }, -EINVAL);
}

/* What the child does, seen from within. */
static void become_within(void *arg)
{
    const uid_t uid = geteuid(), no_user = (uid_t)-1;
    const gid_t gid = getegid(), no_group = (gid_t)-1;
    const struct coil_process_options same = { .uid = &uid, .gid = &gid };

    (void)arg;
    ASSERT_EQ(coil__become_user(&same), 0);
    ASSERT_EQ(geteuid(), uid);
    ASSERT_EQ(coil__become_user(&(struct coil_process_options){
                  .gid = &no_group, .uid = &uid }),
              EINVAL);
    ASSERT_EQ(
        coil__become_user(&(struct coil_process_options){ .uid = &no_user }),
        EINVAL);
    if (uid == 0)
        ASSERT_EQ(coil__become_user(&(struct coil_process_options){
                      .groups = &gid, .group_count = 1 }),
                  0);
    refuse(COIL_SYS_SETGROUPS, EPERM);
    ASSERT_EQ(coil__become_user(&(struct coil_process_options){
                  .groups = &gid, .group_count = 1, .uid = &no_user }),
              EPERM);
    refuse(COIL_SYS_SETRESUID, EPERM);
    ASSERT_EQ(coil__become_user(&same), EPERM);
}

TEST(process_user_is_set_by_system_calls)
{
    sandbox_run(&the_child, become_within, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

KERNEL_TEST(process_user_mask_is_that_of_the_options)
{
    const mode_t mask = 027, none = 0;
    mode_t mine = umask(022);

    expect_output("umask", &(struct coil_process_options){ .umask = &mask },
                  "0027\n");
    expect_output("umask", &(struct coil_process_options){ .umask = &none },
                  "0000\n");
    expect_output("umask", &(struct coil_process_options){ .umask = NULL },
                  "0022\n");
    ASSERT_EQ(umask(mine), 022);
}
