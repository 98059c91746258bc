/* SPDX-License-Identifier: MIT */
/*
 * credentials.c - user and groups, by the system calls themselves
 *
 * The functions of the C library would change all threads of the process.  In a
 * child made by clone() the library takes those of the parent for its own, and
 * would signal them.
 */
#include "process/credentials.h"

#include <errno.h>
#include <unistd.h>

#include "base/platform.h"

bool coil__changes_user(const struct coil_process_options *o)
{
    return o->uid || o->gid || o->groups;
}

/* The kernel takes -1 for "leave it". */
static int set_all_three(long call, unsigned id)
{
    if (id == (unsigned)-1)
        return EINVAL;
    return syscall(call, id, id, id) < 0 ? errno : 0;
}

/* The user comes last, as only root may change the groups. */
int coil__become_user(const struct coil_process_options *o)
{
    int error = 0;

    if (o->groups && syscall(COIL_SYS_SETGROUPS, o->group_count, o->groups) < 0)
        return errno;
    if (o->gid)
        error = set_all_three(COIL_SYS_SETRESGID, *o->gid);
    if (error == 0 && o->uid)
        error = set_all_three(COIL_SYS_SETRESUID, *o->uid);
    return error;
}
