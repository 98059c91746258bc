/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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
static uintptr_t find_in_file(const char *path, uintptr_t start)
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

/* ---- memory --------------------------------------------------------------- */

enum { CHUNK = 1 << 16 };

static bool is_table(const unsigned char *bytes)
{
    struct coil_introspection table;

    memcpy(&table, bytes, offsetof(struct coil_introspection, fields));
    return memcmp(table.magic, COIL_INTROSPECTION_MAGIC, sizeof table.magic) ==
               0 &&
           table.pointer_size == sizeof(void *) &&
           table.field_count <= COIL_INTROSPECTION_FIELDS_MAX;
}

/* The table, which is aligned, between the two addresses; 0: it is not there. */
static uintptr_t find_in_memory(const struct target *target, uintptr_t from,
                                uintptr_t to)
{
    static unsigned char bytes[CHUNK];
    enum {
        HEAD = offsetof(struct coil_introspection, fields),
        STEP = _Alignof(struct coil_introspection),
    };

    for (uintptr_t at = from; at < to; at += CHUNK - HEAD / STEP * STEP) {
        size_t size = to - at < CHUNK ? to - at : CHUNK;

        if (!target_read(target, at, bytes, size))
            return 0;
        for (size_t i = 0; i + HEAD <= size; i += STEP) {
            if (is_table(bytes + i))
                return at + i;
        }
    }
    return 0;
}

/* ---- maps ----------------------------------------------------------------- */

/* A line of its maps about a file. */
struct map {
    uintptr_t from, to;
    unsigned long inode;
    bool is_first;   /* the file begins there */
    bool is_data;    /* and the process's own */
    bool is_deleted; /* or another has its name now */
    char path[4416]; /* which leads there from outside */
};

static bool parse(struct map *map, pid_t pid, const char *line)
{
    static const char deleted[] = " (deleted)";
    unsigned long long from;
    unsigned long long to;
    unsigned long long offset;
    char rights[5];
    size_t length;
    int name = 0;

    if (sscanf(line, "%llx-%llx %4s %llx %*s %lu %n", &from, &to, rights,
               &offset, &map->inode, &name) < 5 ||
        map->inode == 0)
        return false;
    map->from = (uintptr_t)from;
    map->to = (uintptr_t)to;
    map->is_first = offset == 0;
    map->is_data = rights[2] != 'x' && rights[3] == 'p';
    /* In its file system. */
    snprintf(map->path, sizeof map->path, "/proc/%d/root%s", (int)pid,
             line + name);
    map->path[strcspn(map->path, "\n")] = '\0';
    length = strlen(map->path);
    map->is_deleted =
        length >= sizeof deleted &&
        strcmp(map->path + length - (sizeof deleted - 1), deleted) == 0;
    return true;
}

static bool is_program(pid_t pid, const struct map *map)
{
    char exe[64];
    struct stat a;
    struct stat b;

    snprintf(exe, sizeof exe, "/proc/%d/exe", (int)pid);
    if (stat(exe, &a) < 0)
        return false;
    /* It may have been deleted, or replaced, since, and others too. */
    return a.st_ino == map->inode ||
           (stat(map->path, &b) == 0 && a.st_ino == b.st_ino &&
            a.st_dev == b.st_dev);
}

uintptr_t table_find(const struct target *target, FILE *maps)
{
    char line[4352];
    char exe[64];
    uintptr_t found = 0;

    snprintf(exe, sizeof exe, "/proc/%d/exe", (int)target->pid);
    while (!found && fgets(line, sizeof line, maps)) {
        struct map map;

        if (!parse(&map, target->pid, line))
            continue;
        if (is_program(target->pid, &map)) {
            if (map.is_first)
                found = find_in_file(exe, map.from);
        } else if (map.is_deleted) {
            if (map.is_data)
                found = find_in_memory(target, map.from, map.to);
        } else if (map.is_first) {
            found = find_in_file(map.path, map.from);
        }
    }
    return found;
}
