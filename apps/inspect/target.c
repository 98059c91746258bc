/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "table.h"

/* ---- memory --------------------------------------------------------------- */

static ssize_t read_some(pid_t pid, uintptr_t address, void *to, size_t size)
{
    const struct iovec local = { to, size };
    const struct iovec remote = { (void *)address, size };

    return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

bool target_read(const struct target *target, uintptr_t address, void *to,
                 size_t size)
{
    return read_some(target->pid, address, to, size) == (ssize_t)size;
}

void target_read_text(const struct target *target, uintptr_t address, char *to,
                      size_t size)
{
    ssize_t n = 0;

    /* It may be the last thing before memory that is not there. */
    if (address)
        n = read_some(target->pid, address, to, size - 1);
    if (address && n <= 0) {
        size_t left = 4096 - address % 4096;

        n = read_some(target->pid, address, to,
                      left < size - 1 ? left : size - 1);
    }
    if (n <= 0)
        n = snprintf(to, size, "?");
    to[n] = '\0';
}

void target_thread_name(const struct target *target, int tid, char *to,
                        size_t size)
{
    char path[64];
    FILE *comm;

    snprintf(to, size, "?");
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)target->pid, tid);
    comm = fopen(path, "re");
    if (comm && fgets(to, (int)size, comm))
        to[strcspn(to, "\n")] = '\0';
    if (comm)
        fclose(comm);
}

bool target_has_field(const struct target *target, const char *name,
                      uint32_t *value)
{
    const struct coil_introspection *table = &target->table;

    *value = 0;
    for (uint32_t i = 0; i < table->field_count; i++) {
        if (strncmp(table->fields[i].name, name,
                    sizeof table->fields[i].name) == 0) {
            *value = table->fields[i].value;
            return true;
        }
    }
    return false;
}

uint32_t target_field(struct target *target, const char *name)
{
    uint32_t value;

    if (!target_has_field(target, name, &value))
        target->lacks_field = true;
    return value;
}

/* ---- the process ---------------------------------------------------------- */

static int complain(const struct target *target, int status, const char *what)
{
    fprintf(stderr, "%s: process %d: %s\n", target->program, (int)target->pid,
            what);
    return status;
}

static int complain_of_errno(const struct target *target)
{
    if (errno == ENOENT || errno == ESRCH)
        return complain(target, EXIT_NO_PROCESS, "there is none");
    if (errno == EACCES || errno == EPERM)
        return complain(target, EXIT_NO_PERMISSION,
                        "not permitted to read its memory");
    return complain(target, EXIT_OTHER, strerror(errno));
}

static int check_table(struct target *target, uintptr_t at)
{
    struct coil_introspection *t = &target->table;

    if (!target_read(target, at, t, sizeof *t))
        return complain_of_errno(target);
    if (memcmp(t->magic, COIL_INTROSPECTION_MAGIC, sizeof t->magic) != 0)
        return complain(target, EXIT_NO_COIL, "it does not use coil");
    if (t->version != COIL_INTROSPECTION_VERSION ||
        t->pointer_size != sizeof(void *) ||
        t->field_size != sizeof t->fields[0] ||
        t->field_count > COIL_INTROSPECTION_FIELDS_MAX)
        return complain(target, EXIT_OTHER_VERSION,
                        "its coil is of a version that this program does "
                        "not know");
    return 0;
}

int target_open(struct target *target, const char *program, pid_t pid)
{
    char name[64];
    FILE *maps;
    uintptr_t at;
    int error;

    *target = (struct target){ .program = program, .pid = pid };
    snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
    errno = 0;
    maps = fopen(name, "re");
    if (!maps)
        return complain_of_errno(target);
    at = table_find(target, maps);
    error = !at && ferror(maps) ? errno : 0;
    fclose(maps);
    if (error) {
        errno = error;
        return complain_of_errno(target);
    }
    if (!at)
        return complain(target, EXIT_NO_COIL, "it does not use coil");
    return check_table(target, at);
}
