/* SPDX-License-Identifier: MIT */
#include "perf.h"

#if defined(__x86_64__) && defined(__has_include)
#if __has_include(<linux/perf_event.h>)
#define HAS_PERF 1
#endif
#endif

#ifdef HAS_PERF

#include <asm/perf_regs.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inspect/must.h"

enum { RING_PAGES = 32 };

/* The sixteen general registers and the instruction pointer. */
static const uint64_t mask =
    (UINT64_C(1) << PERF_REG_X86_AX) | (UINT64_C(1) << PERF_REG_X86_BX) |
    (UINT64_C(1) << PERF_REG_X86_CX) | (UINT64_C(1) << PERF_REG_X86_DX) |
    (UINT64_C(1) << PERF_REG_X86_SI) | (UINT64_C(1) << PERF_REG_X86_DI) |
    (UINT64_C(1) << PERF_REG_X86_BP) | (UINT64_C(1) << PERF_REG_X86_SP) |
    (UINT64_C(1) << PERF_REG_X86_IP) | (UINT64_C(0xff) << PERF_REG_X86_R8);

/* In the order in which the kernel writes them: where each stands in DWARF. */
static const unsigned char dwarf_numbers[] = {
    0, 3, 2, 1, 4, 5, 6, 7, 16, 8, 9, 10, 11, 12, 13, 14, 15,
};

enum { WORDS = sizeof dwarf_numbers };

struct perf {
    int fd;
    struct perf_event_mmap_page *ring;
    size_t page;
    uint64_t lost;
    unsigned char record[65536];
};

static int open_event(int tid, uint64_t period, bool with_kernel)
{
    struct perf_event_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.type = PERF_TYPE_SOFTWARE;
    attr.size = sizeof attr;
    attr.config = PERF_COUNT_SW_TASK_CLOCK;
    attr.sample_period = period;
    attr.sample_type = PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
    attr.sample_regs_user = mask;
    attr.sample_stack_user = PERF_STACK;
    attr.exclude_kernel = !with_kernel;
    attr.exclude_hv = 1;
    return (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1,
                        PERF_FLAG_FD_CLOEXEC);
}

struct perf *perf_open(int tid, uint64_t period, bool *sees_kernel)
{
    struct perf *perf = must_calloc(1, sizeof *perf);

    perf->page = (size_t)sysconf(_SC_PAGESIZE);
    *sees_kernel = true;
    perf->fd = open_event(tid, period, true);
    if (perf->fd < 0) {
        *sees_kernel = false;
        perf->fd = open_event(tid, period, false);
    }
    if (perf->fd < 0) {
        free(perf);
        return NULL;
    }
    perf->ring = mmap(NULL, (1 + RING_PAGES) * perf->page,
                      PROT_READ | PROT_WRITE, MAP_SHARED, perf->fd, 0);
    if (perf->ring == MAP_FAILED) {
        close(perf->fd);
        free(perf);
        return NULL;
    }
    return perf;
}

void perf_close(struct perf *perf)
{
    if (!perf)
        return;
    munmap(perf->ring, (1 + RING_PAGES) * perf->page);
    close(perf->fd);
    free(perf);
}

/* Bytes of the ring, which may go round its end. */
static void copy(const struct perf *perf, uint64_t at, void *to, size_t size)
{
    const unsigned char *data = (const unsigned char *)perf->ring + perf->page;
    size_t whole = RING_PAGES * perf->page;
    size_t from = (size_t)(at % whole);
    size_t first = size < whole - from ? size : whole - from;

    memcpy(to, data + from, first);
    memcpy((unsigned char *)to + first, data, size - first);
}

static bool parse(const struct perf *perf, size_t size,
                  struct perf_sample *sample)
{
    const unsigned char *at = perf->record + sizeof(struct perf_event_header);
    const unsigned char *end = perf->record + size;
    struct perf_event_header header;
    uint64_t words[WORDS + 2]; /* whether there are any, those, a size */
    uint64_t used;

    memcpy(&header, perf->record, sizeof header);
    if (size < sizeof header + sizeof words)
        return false;
    memcpy(words, at, sizeof words);
    at += sizeof words;
    if (words[0] != PERF_SAMPLE_REGS_ABI_64 ||
        words[WORDS + 1] + sizeof used > (uint64_t)(end - at))
        return false;
    for (size_t i = 0; i < WORDS; i++) {
        if (dwarf_numbers[i] == PERF_REGISTERS)
            sample->pc = (uintptr_t)words[1 + i];
        else
            sample->registers[dwarf_numbers[i]] = words[1 + i];
    }
    sample->is_in_kernel = (header.misc & PERF_RECORD_MISC_CPUMODE_MASK) ==
                           PERF_RECORD_MISC_KERNEL;
    sample->stack = at;
    used = 0;
    if (words[WORDS + 1] > 0)
        memcpy(&used, at + words[WORDS + 1], sizeof used);
    sample->stack_size =
        (size_t)(used < words[WORDS + 1] ? used : words[WORDS + 1]);
    return true;
}

bool perf_take(struct perf *perf, struct perf_sample *sample)
{
    for (;;) {
        uint64_t head =
            __atomic_load_n(&perf->ring->data_head, __ATOMIC_ACQUIRE);
        uint64_t tail = perf->ring->data_tail;
        struct perf_event_header header;
        uint64_t lost;
        bool is_sample;

        if (tail == head)
            return false;
        copy(perf, tail, &header, sizeof header);
        copy(perf, tail, perf->record, header.size);
        is_sample = header.type == PERF_RECORD_SAMPLE &&
                    parse(perf, header.size, sample);
        if (header.type == PERF_RECORD_LOST &&
            header.size >= sizeof header + 16) {
            memcpy(&lost, perf->record + sizeof header + 8, sizeof lost);
            perf->lost += lost;
        }
        __atomic_store_n(&perf->ring->data_tail, tail + header.size,
                         __ATOMIC_RELEASE);
        if (is_sample)
            return true;
    }
}

uint64_t perf_lost(const struct perf *perf)
{
    return perf->lost;
}

#else

struct perf *perf_open(int tid, uint64_t period, bool *sees_kernel)
{
    (void)tid;
    (void)period;
    *sees_kernel = false;
    return NULL;
}

void perf_close(struct perf *perf)
{
    (void)perf;
}

bool perf_take(struct perf *perf, struct perf_sample *sample)
{
    (void)perf;
    (void)sample;
    return false;
}

uint64_t perf_lost(const struct perf *perf)
{
    (void)perf;
    return 0;
}

#endif
