/* SPDX-License-Identifier: MIT */
#include "stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

enum {
    DEPTH_MAX = 128,
    KINDS_MAX = 1 << 16, /* more are not kept */
    BUCKETS = 1 << 14,
};

struct range {
    uintptr_t from, to;
    bool is_code;
};

struct code {
    struct code *next;
    uintptr_t pc;
    const char *name;  /* NULL: nothing is known of it */
    const char *where; /* NULL: it has not been asked for */
};

struct stacks {
    const struct target *target;
    struct frames *frames;
    struct range *ranges;
    size_t range_count, range_capacity;
    struct code *codes[BUCKETS];
    struct stack *kinds[BUCKETS];
    size_t kind_count;
    struct stack *last; /* of what runs, or is not kept */
};

/* ---- what is mapped ------------------------------------------------------- */

/* Files, and the memory right behind each, which is its zeroed data. */
static void read_maps(struct stacks *stacks)
{
    char line[4352];
    FILE *maps;
    uintptr_t end = 0;

    snprintf(line, sizeof line, "/proc/%d/maps", (int)stacks->target->pid);
    maps = fopen(line, "re");
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long long from;
        unsigned long long to;
        char rights[5];
        unsigned long inode;

        if (sscanf(line, "%llx-%llx %4s %*x %*s %lu", &from, &to, rights,
                   &inode) != 4 ||
            (inode == 0 && from != end))
            continue;
        end = inode ? (uintptr_t)to : 0;
        stacks->ranges =
            must_grow(stacks->ranges, stacks->range_count,
                      &stacks->range_capacity, sizeof stacks->ranges[0]);
        stacks->ranges[stacks->range_count++] =
            (struct range){ (uintptr_t)from, (uintptr_t)to, rights[2] == 'x' };
    }
    if (maps)
        fclose(maps);
}

/* Ranges are in the order of their addresses. */
static const struct range *find_range(const struct stacks *stacks,
                                      uintptr_t address)
{
    size_t low = 0;
    size_t high = stacks->range_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (address < stacks->ranges[middle].from)
            high = middle;
        else if (address >= stacks->ranges[middle].to)
            low = middle + 1;
        else
            return &stacks->ranges[middle];
    }
    return NULL;
}

struct stacks *stacks_open(const struct target *target)
{
    struct stacks *stacks = must_calloc(1, sizeof *stacks);

    stacks->target = target;
    stacks->frames = frames_open(target);
    read_maps(stacks);
    return stacks;
}

void stacks_close(struct stacks *stacks)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (stacks->codes[i]) {
            struct code *code = stacks->codes[i];

            stacks->codes[i] = code->next;
            free(code);
        }
        while (stacks->kinds[i]) {
            struct stack *stack = stacks->kinds[i];

            stacks->kinds[i] = stack->next;
            free(stack);
        }
    }
    frames_close(stacks->frames);
    free(stacks->last);
    free(stacks->ranges);
    free(stacks);
}

struct frames *stacks_frames(const struct stacks *stacks)
{
    return stacks->frames;
}

const char *stacks_name(struct stacks *stacks, uintptr_t address)
{
    char name[96];

    if (!find_range(stacks, address))
        return "";
    frames_name(stacks->frames, address, name, sizeof name);
    return must_intern(name);
}

void stacks_describe(struct stacks *stacks, const struct scan_object *object,
                     char *to, size_t size)
{
    const char *name = stacks_name(stacks, object->address);

    if (*name)
        snprintf(to, size, "%s %s", object->kind->name, name);
    else
        snprintf(to, size, "%s 0x%llx", object->kind->name,
                 (unsigned long long)object->address);
}

/* ---- names ---------------------------------------------------------------- */

static size_t bucket_of(uint64_t key)
{
    key *= 0x9e3779b97f4a7c15u;
    return (size_t)(key >> 32) % BUCKETS;
}

static struct code *find_code(struct stacks *stacks, uintptr_t pc)
{
    struct code **to = &stacks->codes[bucket_of(pc)];
    struct code *code;
    char name[96];

    for (code = *to; code; code = code->next) {
        if (code->pc == pc)
            return code;
    }
    code = must_calloc(1, sizeof *code);
    code->pc = pc;
    if (frames_function(stacks->frames, pc, name, sizeof name))
        code->name = must_intern(name);
    code->next = *to;
    *to = code;
    return code;
}

static const char *where_of(struct stacks *stacks, struct code *code)
{
    struct frame frame;
    char where[200];

    if (!code->where && frames_describe(stacks->frames, code->pc, &frame)) {
        snprintf(where, sizeof where, "%s at %s", frame.name, frame.place);
        code->where = must_intern(where);
    }
    return code->where ? code->where : "";
}

/* The two that begin every task. */
static bool begins_task(const char *name)
{
    return strcmp(name, "begin") == 0 || strcmp(name, "run") == 0 ||
           strcmp(name, "coil__context_begin") == 0;
}

static bool is_public(const struct code *code)
{
    return strncmp(code->name, "coil_", 5) == 0;
}

/* Where the first function of the library was called, from the innermost on. */
static struct code *find_caller(struct code *const *codes, size_t first,
                                size_t count)
{
    for (size_t i = first + 1; i < count; i++) {
        if (is_public(codes[i - 1]) && !is_public(codes[i]))
            return codes[i];
    }
    return count > first ? codes[first] : NULL;
}

/* Walk a stack.  The caller frees it. */
static struct stack *walk(struct stacks *stacks,
                          const struct frames_start *start, bool waits)
{
    uintptr_t pcs[DEPTH_MAX];
    struct code *codes[DEPTH_MAX];
    struct code *caller;
    size_t count = frames_walk(stacks->frames, start, pcs, DEPTH_MAX);
    size_t first = 0;
    struct stack *stack;

    for (size_t i = 0; i < count; i++) {
        codes[i] = find_code(stacks, pcs[i]);
        if (!codes[i]->name) {
            count = i;
            break;
        }
        if (waits && i < 5 && frames_is_internal(codes[i]->name))
            first = i + 1;
    }
    while (count > first && begins_task(codes[count - 1]->name))
        count--;
    if (first > count)
        first = count;
    stack = must_calloc(1, sizeof *stack +
                               (count - first) * sizeof stack->names[0]);
    stack->count = count - first;
    caller = waits ? find_caller(codes, first, count) : NULL;
    stack->where = caller ? where_of(stacks, caller) : "";
    for (size_t i = 0; i < stack->count; i++)
        stack->names[i] = codes[count - 1 - i]->name;
    return stack;
}

/* ---- kinds of stacks ------------------------------------------------------ */

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0xbf58476d1ce4e5b9u;
    return h ^ h >> 29;
}

/* Addresses of code, and where they stand. */
static uint64_t key_of(const struct stacks *stacks,
                       const struct scan_task *task, const void *bytes,
                       size_t size)
{
    uint64_t key = mix(1, task->pc);

    for (size_t i = 0; i + sizeof(uintptr_t) <= size; i += sizeof(uintptr_t)) {
        const struct range *range;
        uintptr_t word;

        memcpy(&word, (const char *)bytes + i, sizeof word);
        if (word < 4096)
            continue;
        range = find_range(stacks, word);
        if (range && range->is_code)
            key = mix(mix(key, i), word);
    }
    return key;
}

static const struct stack *keep_last(struct stacks *stacks, struct stack *stack)
{
    free(stacks->last);
    stacks->last = stack;
    return stack;
}

const struct stack *stacks_of_waiting(struct stacks *stacks,
                                      const struct scan_task *task,
                                      const void *bytes, size_t size)
{
    const struct frames_start start = {
        .pc = task->pc,
        .sp = task->sp,
        .fp = task->fp,
        .stack = bytes,
        .stack_at = task->sp,
        .stack_size = size,
    };
    uint64_t key = key_of(stacks, task, bytes, size);
    struct stack **to = &stacks->kinds[bucket_of(key)];
    struct stack *stack;

    for (stack = *to; stack; stack = stack->next) {
        if (stack->key == key)
            return stack;
    }
    stack = walk(stacks, &start, true);
    stack->key = key;
    if (stacks->kind_count >= KINDS_MAX)
        return keep_last(stacks, stack);
    stacks->kind_count++;
    stack->next = *to;
    *to = stack;
    return stack;
}

const struct stack *stacks_of_running(struct stacks *stacks,
                                      const struct frames_start *start)
{
    return keep_last(stacks, walk(stacks, start, false));
}
