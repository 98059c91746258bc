/* SPDX-License-Identifier: MIT */
/*
 * cfi_entry.c - from an address through .eh_frame_hdr to the entry about it
 */
#include "trace/cfi_entry.h"

#include <dlfcn.h>
#include <string.h>

/* How a pointer is written: the low half says as what, the rest from where. */
enum {
    PE_ABSOLUTE = 0x00,
    PE_UDATA2 = 0x02,
    PE_UDATA4 = 0x03,
    PE_UDATA8 = 0x04,
    PE_SDATA2 = 0x0a,
    PE_SDATA4 = 0x0b,
    PE_SDATA8 = 0x0c,
    PE_FORMAT = 0x0f,
    PE_PCREL = 0x10,
    PE_BASE = 0x70,
    PE_DATAREL_SDATA4 = 0x3b,
    PE_OMIT = 0xff,
};

/* ---- reading -------------------------------------------------------------- */

static int64_t read_signed(struct coil_cfi_reader *r, size_t bytes)
{
    unsigned shift = (unsigned)(64 - 8 * bytes);

    return (int64_t)(coil__cfi_fixed(r, bytes) << shift) >> shift;
}

/* A pointer that is written as `encoding` says. */
static uintptr_t read_pointer(struct coil_cfi_reader *r, unsigned encoding)
{
    uintptr_t base = (uintptr_t)r->at;
    uint64_t value = 0;

    switch (encoding & PE_FORMAT) {
    case PE_ABSOLUTE:
    case PE_UDATA8:
    case PE_SDATA8:
        value = coil__cfi_fixed(r, 8);
        break;
    case PE_UDATA2:
        value = coil__cfi_fixed(r, 2);
        break;
    case PE_UDATA4:
        value = coil__cfi_fixed(r, 4);
        break;
    case PE_SDATA2:
        value = (uint64_t)read_signed(r, 2);
        break;
    case PE_SDATA4:
        value = (uint64_t)read_signed(r, 4);
        break;
    default:
        r->bad = true;
    }
    if ((encoding & PE_BASE) == PE_PCREL)
        value += base;
    else if (encoding & PE_BASE)
        r->bad = true;
    return value;
}

/* ---- finding the entry ---------------------------------------------------- */

struct index_entry {
    int32_t begin;
    int32_t entry; /* both from the beginning of the index */
};

static const unsigned char *find_in_index(const unsigned char *index,
                                          const unsigned char *end,
                                          uintptr_t pc)
{
    struct coil_cfi_reader r = { index, end, false };
    intptr_t target = (intptr_t)(pc - (uintptr_t)index);
    const unsigned char *table;
    size_t low = 0;
    size_t high;
    struct index_entry found = { 0, 0 };
    unsigned encodings[4];

    for (int i = 0; i < 4; i++)
        encodings[i] = (unsigned)coil__cfi_fixed(&r, 1);
    if (encodings[0] != 1 || encodings[2] == PE_OMIT ||
        encodings[3] != PE_DATAREL_SDATA4)
        return NULL;
    read_pointer(&r, encodings[1]);
    high = read_pointer(&r, encodings[2]);
    table = r.at;
    if (r.bad || high > (size_t)(end - table) / sizeof found)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct index_entry e;

        memcpy(&e, table + middle * sizeof e, sizeof e);
        if (e.begin <= target) {
            found = e;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? index + found.entry : NULL;
}

/* A reader of as many bytes as the length word at `at` says, or of none. */
static struct coil_cfi_reader open_entry(const unsigned char *at,
                                         const unsigned char *low,
                                         const unsigned char *high)
{
    struct coil_cfi_reader r = { at, high, at < low || at >= high };
    uint64_t length;

    if (r.bad)
        return r;
    length = coil__cfi_fixed(&r, 4);
    if (length == 0 || length > (size_t)(high - r.at))
        r.bad = true;
    else
        r.end = r.at + length;
    return r;
}

static void read_augmentation(struct coil_cfi_reader *r, const char *letters,
                              struct coil_cfi_entry *entry, unsigned *encoding)
{
    for (; *letters && !r->bad; letters++) {
        unsigned byte;

        switch (*letters) {
        case 'R':
            *encoding = (unsigned)coil__cfi_fixed(r, 1);
            break;
        case 'L':
            coil__cfi_fixed(r, 1);
            break;
        case 'P':
            byte = (unsigned)coil__cfi_fixed(r, 1);
            /* Only the length of the pointer matters. */
            read_pointer(r, byte & PE_FORMAT);
            break;
        case 'S':
            entry->is_signal = true;
            break;
        default:
            r->bad = true;
        }
    }
}

/* The part that many functions share (CIE). */
static bool read_common(struct coil_cfi_reader r, struct coil_cfi_entry *entry,
                        unsigned *encoding, bool *augmented)
{
    struct coil_cfi_reader data;
    const char *letters;
    unsigned version;

    if (coil__cfi_fixed(&r, 4) != 0)
        return false;
    version = (unsigned)coil__cfi_fixed(&r, 1);
    letters = (const char *)r.at;
    while (coil__cfi_fixed(&r, 1) != 0 && !r.bad)
        continue;
    entry->code_align = coil__cfi_uleb(&r);
    entry->data_align = coil__cfi_sleb(&r);
    if ((version == 1 ? coil__cfi_fixed(&r, 1) : coil__cfi_uleb(&r)) !=
            COIL__CFI_RIP ||
        (version != 1 && version != 3) || r.bad)
        return false;
    *augmented = letters[0] == 'z';
    if (!*augmented && letters[0])
        return false;
    if (*augmented) {
        size_t size;

        data.at = coil__cfi_block(&r, &size);
        data.end = data.at + size;
        data.bad = r.bad;
        if (!r.bad)
            read_augmentation(&data, letters + 1, entry, encoding);
        if (data.bad)
            return false;
    }
    entry->common = r;
    return !r.bad;
}

/* The memory of an object in which its descriptions of frames are. */
struct place {
    const unsigned char *index;
    const unsigned char *low;
    const unsigned char *high;
};

/*
 * Where a linker has left pages out between the segments of an object, the C
 * library says where the segment of `pc` is, and nothing of the others.
 */
static bool find_place(uintptr_t pc, struct place *place)
{
    struct dl_find_object object;
    void *index;

    if (_dl_find_object((void *)pc, &object) < 0)
        return false;
    index = object.dlfo_eh_frame;
    if (!index)
        return false;
    if ((index < object.dlfo_map_start || index >= object.dlfo_map_end) &&
        _dl_find_object(index, &object) < 0)
        return false;
    *place =
        (struct place){ index, object.dlfo_map_start, object.dlfo_map_end };
    return true;
}

bool coil__cfi_find_entry(uintptr_t pc, struct coil_cfi_entry *entry)
{
    struct place place;
    const unsigned char *at;
    struct coil_cfi_reader r;
    unsigned encoding = PE_ABSOLUTE;
    uint64_t back;
    bool augmented;
    size_t size;

    if (!find_place(pc, &place))
        return false;
    at = find_in_index(place.index, place.high, pc);
    if (!at)
        return false;
    r = open_entry(at, place.low, place.high);
    if (r.bad)
        return false;
    at = r.at;
    back = coil__cfi_fixed(&r, 4);
    if (r.bad || back == 0 || back > (size_t)(at - place.low))
        return false;
    *entry = (struct coil_cfi_entry){ .is_signal = false };
    if (!read_common(open_entry(at - back, place.low, place.high), entry,
                     &encoding, &augmented))
        return false;
    entry->begin = read_pointer(&r, encoding);
    entry->end = entry->begin + read_pointer(&r, encoding & PE_FORMAT);
    if (augmented)
        coil__cfi_block(&r, &size);
    entry->own = r;
    return !r.bad && pc >= entry->begin && pc < entry->end;
}
