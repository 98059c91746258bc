/* SPDX-License-Identifier: MIT */
/*
 * coil-ps as a part of this program: it looks at this process, while reads,
 * files and memory fail or give wrong data. Nothing else runs, so each look is
 * the same.
 */
/* TIMEOUT: 60 */
/* APP: coil-ps */
/* FAULTY: main calloc realloc process_vm_readv fopen dlopen dlsym nanosleep clock_gettime */
#include "ps_inside_test.h"

/* ---- calling it ----------------------------------------------------------- */

static int call_line(const char *a, const char *b)
{
    static char words[3][64];
    char *argv[] = { words[0], words[1], b ? words[2] : NULL, NULL };

    snprintf(words[0], sizeof words[0], "./coil-ps");
    snprintf(words[1], sizeof words[1], "%s", a);
    snprintf(words[2], sizeof words[2], "%s", b ? b : "");
    return call_with(b ? 3 : 2, argv);
}

/* ---- as it is ------------------------------------------------------------- */

TEST(ps_inside_says_what_each_task_does)
{
    begin();
    ASSERT_EQ(call("coil-ps", "-f"), 0);
    ASSERT_STR_CONTAINS(text, "(test_ps_inside): not running, ");
    ASSERT_STR_CONTAINS(text, "  waits for task first  ");
    ASSERT_STR_CONTAINS(text, ", held by a  ");
    ASSERT_STR_CONTAINS(text, "which has ended");
    ASSERT_STR_CONTAINS(text, "  ready to run, cancelled  ");
    ASSERT_STR_CONTAINS(text, "  ready to run ");
    ASSERT_STR_CONTAINS(text, "  4.99 s  ");
    now = (struct timespec){ .tv_nsec = 500000000 };
    ASSERT_EQ(call("coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, "  490.0 ms  ");
    /* With a clock that is behind, no time is printed. */
    now = (struct timespec){ .tv_nsec = 1 };
    ASSERT_EQ(call("coil-ps", NULL), 0);
    ASSERT_NULL(strstr(text, " ms  "));
    end();
}

TEST(ps_inside_says_who_awaits_whom)
{
    const char *event_in;

    begin();
    ASSERT_EQ(call("coil-ps", "-t"), 0);
    ASSERT_STR_CONTAINS(text, "\n  g, made at tests/support/ps_inside_test.h:");
    ASSERT_STR_CONTAINS(text,
                        "\n    g1, made at tests/support/ps_inside_test.h:");
    ASSERT_STR_CONTAINS(text, "\n  ... and 5 more like this\n");
    /* A ring is printed from some beginning. */
    ASSERT_STR_CONTAINS(text, "\n  x, made at ");
    ASSERT_STR_CONTAINS(text, "\n    y, made at ");
    if (!strstr(text, "#0 "))
        SKIP("there is no libdw");
    ASSERT_NULL(strstr(text, " coil__operate at "));
    ASSERT_EQ(call("coil-ps", NULL), 0);
    event_in = strstr(text, "waits for event in_data");
    ASSERT_NOT_NULL(event_in);
    ASSERT_NOT_NULL(strstr(event_in, "+0x"));
    /* The table is zero at first, so it has no bytes in the file. */
    ASSERT_STR_CONTAINS(text, "waits for event event ");
    ASSERT_STR_CONTAINS(text, "waits for lock lock, held by a ");
    end();
}

TEST(ps_inside_output_cannot_be_written)
{
    begin();
    output = "/dev/full";
    if (access(output, W_OK) < 0)
        SKIP("there is no /dev/full");
    ASSERT_EQ(call("coil-ps", NULL), 1);
    ASSERT_STR_CONTAINS(text, "coil-ps: cannot write: ");
    ASSERT_STR_CONTAINS(text, strerror(ENOSPC));
    ASSERT_EQ(call("coil-pstree", NULL), 1);
    ASSERT_STR_CONTAINS(text, "coil-ps: cannot write: ");
    ASSERT_STR_CONTAINS(text, strerror(ENOSPC));
    ASSERT_EQ(call_line("--help", NULL), 1);
    ASSERT_EQ(call_line("--version", NULL), 1);
    output = NULL;
    ASSERT_EQ(call("coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, "loop 0x");
    end();
}

/* Nothing is left to write at the end. */
TEST(ps_inside_output_without_a_buffer_cannot_be_written)
{
    if (access("/dev/full", W_OK) < 0)
        SKIP("there is no /dev/full");
    setvbuf(stdout, NULL, _IONBF, 0);
    output = "/dev/full";
    ASSERT_EQ(call_line("--help", NULL), 1);
    ASSERT_STR_CONTAINS(text, "coil-ps: cannot write: ");
}

/* ---- how it is called ----------------------------------------------------- */

TEST(ps_inside_options_are_wrong)
{
    static const char *const wrong[] = {
        "", "0", "-5", "1x", "x", "4294967297", "99999999999999999999999",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ASSERT_EQ(call_line("--", wrong[i]), 2);
        ASSERT_STR_CONTAINS(text, "the id of one process is expected");
    }
    ASSERT_EQ(call_line("1", "2"), 2);
    ASSERT_STR_CONTAINS(text, "the id of one process is expected");
    ASSERT_EQ(call_line("-f", NULL), 2);
    ASSERT_EQ(call_line("--nonsense", "1"), 2);
    ASSERT_STR_CONTAINS(text, "nonsense");
    ASSERT_EQ(call_line("--help", NULL), 0);
    ASSERT_STR_CONTAINS(text, "Usage: coil-ps [OPTION]... PID\n");
    ASSERT_EQ(call_line("--version", NULL), 0);
    ASSERT_STR_EQ(text, "coil-ps " COIL_VERSION_STRING "\n");
}

/* ---- files ---------------------------------------------------------------- */

TEST(ps_inside_maps_cannot_be_read)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .maps = "!", .read_error = ESRCH },
                           "coil-ps", NULL),
              3);
    ASSERT_EQ(call_failing((struct faults){ .maps = "!", .read_error = EIO },
                           "coil-ps", NULL),
              1);
    end();
}

struct small_file {
    ElfW(Ehdr) header;
    ElfW(Phdr) parts[2];
    ElfW(Shdr) sections[3];
    char names[64];
};

/* The file says that it holds the table of this process. */
static struct small_file small_file(void)
{
    struct small_file f = {
        .header = {
            .e_phoff = offsetof(struct small_file, parts),
            .e_phnum = 2,
            .e_phentsize = sizeof(ElfW(Phdr)),
            .e_shoff = offsetof(struct small_file, sections),
            .e_shnum = 3,
            .e_shentsize = sizeof(ElfW(Shdr)),
            .e_shstrndx = 1,
        },
        .parts = {
            { .p_type = PT_LOAD, .p_offset = 4096 },
            { .p_type = PT_LOAD, .p_vaddr = 0x10000 },
        },
        .sections = {
            { .sh_name = 0 },
            { .sh_name = 0, .sh_offset = offsetof(struct small_file, names),
              .sh_size = sizeof f.names },
            { .sh_name = 1, .sh_addr = 0x10000 },
        },
    };

    memcpy(f.header.e_ident, ELFMAG, SELFMAG);
    f.header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    snprintf(f.names + 1, sizeof f.names - 1, "%s", COIL_INTROSPECTION_SECTION);
    return f;
}

/* The exit status with this file alone mapped. */
static int look_into(const struct small_file *f, size_t size)
{
    char line[256];
    int fd = memfd_create("file", 0);
    int status;

    ASSERT_OK(fd);
    ASSERT_EQ(write(fd, f, size), (ssize_t)size);
    snprintf(line, sizeof line,
             "%llx-%llx r--p 00000000 00:01 99999999 /proc/%d/fd/%d\n",
             (unsigned long long)(uintptr_t)&coil_introspection,
             (unsigned long long)(uintptr_t)(&coil_introspection + 1),
             (int)getpid(), fd);
    status = call_failing((struct faults){ .maps = line }, "coil-ps", NULL);
    close(fd);
    return status;
}

#define EXPECT_FILE(status, change)                                            \
    do {                                                                       \
        struct small_file f = small_file();                                    \
        change;                                                                \
        ASSERT_EQ(look_into(&f, sizeof f), status);                            \
    } while (0)

TEST(ps_inside_files_are_damaged)
{
    struct small_file whole = small_file();

    begin();
    EXPECT_FILE(0, (void)f);
    ASSERT_STR_CONTAINS(text, "loop 0x");
    EXPECT_FILE(5, f.header.e_ident[0] = 'x');
    ASSERT_STR_CONTAINS(text, ": it does not use coil\n");
    EXPECT_FILE(5, f.header.e_ident[EI_CLASS] = 7);
    EXPECT_FILE(5, f.header.e_shentsize = 1);
    EXPECT_FILE(5, f.header.e_phentsize = 1);
    EXPECT_FILE(5, f.header.e_shoff = 1 << 20);
    EXPECT_FILE(5, f.header.e_shoff++);
    EXPECT_FILE(5, f.header.e_shnum = 1000);
    EXPECT_FILE(5, f.header.e_shstrndx = 3);
    EXPECT_FILE(5, f.sections[1].sh_offset = 1 << 20);
    EXPECT_FILE(5, f.sections[1].sh_size = 1 << 20);
    EXPECT_FILE(5, f.sections[2].sh_name = 1000);
    EXPECT_FILE(5, f.sections[2].sh_name = sizeof f.names - 2);
    EXPECT_FILE(5, f.names[1] = 'x');
    EXPECT_FILE(5, f.header.e_phoff = 1 << 20);
    EXPECT_FILE(5, f.parts[1].p_type = PT_NULL);
    EXPECT_FILE(5, f.parts[1].p_offset = 8);
    /* The file's table is elsewhere: in other memory, or nowhere. */
    EXPECT_FILE(5, f.sections[2].sh_addr += 64);
    EXPECT_FILE(1, f.sections[2].sh_addr -= (uintptr_t)&coil_introspection - 8);
    ASSERT_STR_CONTAINS(text, strerror(EFAULT));
    ASSERT_EQ(look_into(&whole, sizeof whole.header), 5);
    ASSERT_EQ(look_into(&whole, sizeof whole.header + 1), 5);
    end();
}

TEST(ps_inside_maps_are_damaged)
{
    static const char *const wrong[] = {
        "",
        "\n",
        "what\n",
        "1000-2000 r--p 00000000 00:01 5\n",
        "1000-2000 r--p 00001000 00:01 5 /etc/passwd\n",
        "1000-2000 r--p 00000000 00:01 0 [stack]\n",
        "1000-2000 r--p 00000000 00:01 5 /no/such/file\n",
        "1000-2000 r--p 00000000 00:01 5 /proc\n",
        "1000-2000 r--p 00000000 00:01 5 /etc/passwd\n",
    };
    static char line[8192];
    char path[4000];
    ssize_t n;

    begin();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ASSERT_EQ(
            call_failing((struct faults){ .maps = wrong[i] }, "coil-ps", NULL),
            5);
        ASSERT_STR_CONTAINS(text, ": it does not use coil\n");
    }
    /* There is no further mapping of that process. */
    faults.maps = wrong[8];
    ASSERT_EQ(call_line("999999999", NULL), 5);
    faults.maps = NULL;
    /* The program itself, found by its path. */
    n = readlink("/proc/self/exe", path, sizeof path - 1);
    ASSERT_GT(n, 0);
    path[n] = '\0';
    snprintf(line, sizeof line, "%llx-%llx r--p 00000000 00:01 99999999 %s\n",
             1ULL << 12, 1ULL << 13, path);
    ASSERT_EQ(call_failing((struct faults){ .maps = line }, "coil-ps", NULL),
              1);
    ASSERT_STR_CONTAINS(text, strerror(EFAULT));
    /* The path is longer than a path may be. */
    snprintf(line, sizeof line, "1000-2000 r--p 00000000 00:01 5 /");
    memset(line + strlen(line), 'x', 6000);
    ASSERT_EQ(call_failing((struct faults){ .maps = line }, "coil-ps", NULL),
              5);
    ASSERT_EQ(call("coil-ps", NULL), 0);
    end();
}
