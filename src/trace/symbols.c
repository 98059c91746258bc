/* SPDX-License-Identifier: MIT */
#include "trace/symbols.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/objects.h"

/* ---- files ---------------------------------------------------------------- */

static const unsigned char *map_file(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *bytes = MAP_FAILED;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size > (off_t)sizeof(ElfW(Ehdr))) {
        *size = (size_t)status.st_size;
        bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return bytes == MAP_FAILED ? NULL : bytes;
}

static const struct coil_symbol_file *file_of(struct coil_symbols *symbols,
                                              const struct coil_object *object)
{
    struct coil_symbol_file *file;

    for (size_t i = 0; i < symbols->count; i++) {
        if (symbols->files[i].base == object->base)
            return &symbols->files[i];
    }
    if (symbols->count == COIL__SYMBOL_FILES)
        return NULL;
    file = &symbols->files[symbols->count++];
    file->base = object->base;
    file->bytes = map_file(object->path, &file->size);
    return file;
}

void coil__symbols_fini(struct coil_symbols *symbols)
{
    for (size_t i = 0; i < symbols->count; i++) {
        const unsigned char *bytes = symbols->files[i].bytes;

        if (bytes)
            munmap((void *)(uintptr_t)bytes, symbols->files[i].size);
    }
    symbols->count = 0;
}

/* ---- tables --------------------------------------------------------------- */

/* `count` things of `size` bytes at `offset`, or NULL if that is outside. */
static const void *part(const struct coil_symbol_file *file, uint64_t offset,
                        uint64_t count, size_t size)
{
    if (offset > file->size || count > (file->size - offset) / size ||
        offset % 4 != 0)
        return NULL;
    return file->bytes + offset;
}

static const ElfW(Shdr) * find_table(const struct coil_symbol_file *file,
                                     const ElfW(Shdr) * sections, size_t count)
{
    const ElfW(Shdr) *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (sections[i].sh_type == SHT_SYMTAB)
            return &sections[i];
        if (sections[i].sh_type == SHT_DYNSYM)
            found = &sections[i];
    }
    (void)file;
    return found;
}

static bool covers(const ElfW(Sym) * sym, uintptr_t value)
{
    unsigned type = sym->st_info & 0xf;

    return (type == STT_FUNC || type == STT_OBJECT) &&
           sym->st_shndx != SHN_UNDEF && value >= sym->st_value &&
           value - sym->st_value < (sym->st_size ? sym->st_size : 1);
}

static const ElfW(Sym) * search(const struct coil_symbol_file *file,
                                const ElfW(Shdr) * table, uintptr_t value)
{
    size_t count = table->sh_size / sizeof(ElfW(Sym));
    const ElfW(Sym) *syms = part(file, table->sh_offset, count, sizeof *syms);

    for (size_t i = 0; syms && i < count; i++) {
        if (covers(&syms[i], value))
            return &syms[i];
    }
    return NULL;
}

static void find_name(const struct coil_symbol_file *file,
                      struct coil_symbol *symbol)
{
    const ElfW(Ehdr) *header = (const void *)file->bytes;
    const ElfW(Shdr) * sections;
    const ElfW(Shdr) * table;
    const ElfW(Shdr) * strings;
    const ElfW(Sym) * sym;
    const char *names;

    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] !=
            (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        header->e_shentsize != sizeof *sections)
        return;
    sections = part(file, header->e_shoff, header->e_shnum, sizeof *sections);
    if (!sections)
        return;
    table = find_table(file, sections, header->e_shnum);
    if (!table || table->sh_link >= header->e_shnum)
        return;
    sym = search(file, table, symbol->offset);
    strings = &sections[table->sh_link];
    if (!sym || strings->sh_offset > file->size ||
        strings->sh_size > file->size - strings->sh_offset ||
        sym->st_name >= strings->sh_size)
        return;
    names = (const char *)file->bytes + strings->sh_offset;
    if (!memchr(names + sym->st_name, '\0', strings->sh_size - sym->st_name))
        return;
    symbol->name = names + sym->st_name;
    symbol->inside = symbol->offset - sym->st_value;
}

bool coil__symbols_find(struct coil_symbols *symbols, uintptr_t address,
                        struct coil_symbol *symbol)
{
    const struct coil_symbol_file *file;
    struct coil_object object;
    const char *slash;

    if (!coil__object_of(address, &object))
        return false;
    slash = strrchr(object.name, '/');
    *symbol = (struct coil_symbol){
        .object = slash ? slash + 1 : object.name,
        .offset = address - object.base,
    };
    file = file_of(symbols, &object);
    if (file && file->bytes)
        find_name(file, symbol);
    return true;
}
