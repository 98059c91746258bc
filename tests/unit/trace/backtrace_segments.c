/* SPDX-License-Identifier: MIT */
/* WRAPS: _dl_find_object */
/*
 * Backtraces of a program whose segments do not lie side by side.  The C library
 * then says for an address where its segment is; of a program in one piece, where
 * the whole is.
 */
#include <dlfcn.h>
#include <link.h>

#include "base/platform.h"
#include "trace/backtrace.h"
#include "test.h"

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)

static bool is_in_pieces;

struct search {
    uintptr_t address;
    struct dl_find_object *result;
};

/* Narrow the result to the segment of the address. */
static int narrow(struct dl_phdr_info *info, size_t size, void *arg)
{
    const struct search *search = arg;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t low = info->dlpi_addr + segment->p_vaddr;

        if (segment->p_type != PT_LOAD || search->address < low ||
            search->address - low >= segment->p_memsz)
            continue;
        search->result->dlfo_map_start = (void *)low;
        search->result->dlfo_map_end = (void *)(low + segment->p_memsz);
        return 1;
    }
    return 0;
}

int __real__dl_find_object(void *address, struct dl_find_object *result);
int __wrap__dl_find_object(void *address, struct dl_find_object *result);

int __wrap__dl_find_object(void *address, struct dl_find_object *result)
{
    struct search search = { (uintptr_t)address, result };
    int rc = __real__dl_find_object(address, result);

    if (rc == 0 && is_in_pieces && !dl_iterate_phdr(narrow, &search))
        return -1;
    return rc;
}

static ptrdiff_t frames_here(struct coil_frame *frames)
{
    struct coil_stack_range range = {
        (uintptr_t)__builtin_frame_address(0) - 65536, UINTPTR_MAX
    };

    return (ptrdiff_t)coil__backtrace_here(range, frames, COIL__BACKTRACE_MAX);
}

static COIL_NOINLINE ptrdiff_t second(struct coil_frame *frames)
{
    return coil__keep_counting_frame(frames_here(frames));
}

static COIL_NOINLINE ptrdiff_t first(struct coil_frame *frames)
{
    return coil__keep_counting_frame(second(frames));
}

TEST(backtrace_segments_that_are_apart_have_the_same_frames)
{
    struct coil_frame whole[COIL__BACKTRACE_MAX];
    struct coil_frame pieces[COIL__BACKTRACE_MAX];
    struct coil_frame *frames[] = { whole, pieces };
    ptrdiff_t count[2];

    for (int i = 0; i < 2; i++) {
        is_in_pieces = i == 1;
        count[i] = first(frames[i]);
    }
    if (count[0] == 0)
        SKIP("no backtraces on this CPU, or with this C library");
    ASSERT_GT(count[0], 3);
    ASSERT_EQ(count[1], count[0]);
    for (ptrdiff_t i = 0; i < count[0]; i++)
        ASSERT_EQ(pieces[i].function, whole[i].function);
}

#else

TEST(backtrace_segments_that_are_apart_have_the_same_frames)
{
    SKIP("this C library has no _dl_find_object()");
}

#endif
