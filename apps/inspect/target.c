/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

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

/* ---- files ---------------------------------------------------------------- */

struct file {
    const unsigned char *bytes;
    size_t size;
};

static bool map_file(struct file *file, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *bytes = MAP_FAILED;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size > (off_t)sizeof(ElfW(Ehdr))) {
        file->size = (size_t)status.st_size;
        bytes = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    file->bytes = bytes;
    return bytes != MAP_FAILED;
}

/* `count` things of `size` bytes, or NULL if that is outside. */
static const void *part(const struct file *file, uint64_t offset,
                        uint64_t count, size_t size)
{
    if (offset > file->size || count > (file->size - offset) / size ||
        offset % 8 != 0)
        return NULL;
    return file->bytes + offset;
}

static const ElfW(Ehdr) * header_of(const struct file *file)
{
    const ElfW(Ehdr) *header = (const void *)file->bytes;

    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] !=
            (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        header->e_shentsize != sizeof(ElfW(Shdr)) ||
        header->e_phentsize != sizeof(ElfW(Phdr)))
        return NULL;
    return header;
}

/* The address, in the file's terms, of the section; 0 if there is none. */
static uintptr_t find_section(const struct file *file, const char *name)
{
    const ElfW(Ehdr) *header = header_of(file);
    const ElfW(Shdr) *sections =
        part(file, header->e_shoff, header->e_shnum, sizeof *sections);
    const ElfW(Shdr) * names;
    size_t length = strlen(name) + 1;

    if (!sections || header->e_shstrndx >= header->e_shnum)
        return 0;
    names = &sections[header->e_shstrndx];
    if (names->sh_offset > file->size ||
        names->sh_size > file->size - names->sh_offset)
        return 0;
    for (size_t i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_name < names->sh_size &&
            length <= names->sh_size - sections[i].sh_name &&
            memcmp(file->bytes + names->sh_offset + sections[i].sh_name, name,
                   length) == 0)
            return sections[i].sh_addr;
    }
    return 0;
}

/* Where its first part, which begins the file, would be if addresses were 0. */
static bool find_base(const struct file *file, uintptr_t start, uintptr_t *base)
{
    const ElfW(Ehdr) *header = header_of(file);
    const ElfW(Phdr) *parts =
        part(file, header->e_phoff, header->e_phnum, sizeof *parts);

    for (size_t i = 0; parts && i < header->e_phnum; i++) {
        if (parts[i].p_type == PT_LOAD && parts[i].p_offset == 0) {
            *base = start - parts[i].p_vaddr;
            return true;
        }
    }
    return false;
}

/* Where the process has the table, if this file has it; else 0. */
static uintptr_t find_table(const char *path, uintptr_t start)
{
    struct file file;
    uintptr_t base;
    uintptr_t found = 0;

    if (!map_file(&file, path))
        return 0;
    if (header_of(&file))
        found = find_section(&file, COIL_INTROSPECTION_SECTION);
    if (found)
        found = find_base(&file, start, &base) ? found + base : 0;
    munmap((void *)(uintptr_t)file.bytes, file.size);
    return found;
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

/* A line of its maps that begins a file: where, and how to open the file. */
static bool parse_map(pid_t pid, const char *line, uintptr_t *start,
                      unsigned long *number, char *path, size_t size)
{
    unsigned long long from;
    unsigned long long offset;
    unsigned long inode;
    int name = 0;

    if (sscanf(line, "%llx-%*x %*4s %llx %*s %lu %n", &from, &offset, &inode,
               &name) < 3 ||
        offset != 0 || inode == 0)
        return false;
    *start = (uintptr_t)from;
    *number = inode;
    /* In its file system. */
    snprintf(path, size, "/proc/%d/root%s", (int)pid, line + name);
    path[strcspn(path, "\n")] = '\0';
    return true;
}

static bool is_program(pid_t pid, const char *path, unsigned long inode)
{
    char exe[64];
    struct stat a;
    struct stat b;

    snprintf(exe, sizeof exe, "/proc/%d/exe", (int)pid);
    if (stat(exe, &a) < 0)
        return false;
    /* It may have been deleted, or replaced, since, and others too. */
    return a.st_ino == inode || (stat(path, &b) == 0 && a.st_ino == b.st_ino &&
                                 a.st_dev == b.st_dev);
}

static uintptr_t search_maps(pid_t pid, FILE *maps)
{
    char line[4352];
    char path[4416];
    char exe[64];
    uintptr_t start;
    unsigned long inode;
    uintptr_t found = 0;

    snprintf(exe, sizeof exe, "/proc/%d/exe", (int)pid);
    while (!found && fgets(line, sizeof line, maps)) {
        if (!parse_map(pid, line, &start, &inode, path, sizeof path))
            continue;
        found = find_table(is_program(pid, path, inode) ? exe : path, start);
    }
    return found;
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
    at = search_maps(pid, maps);
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
