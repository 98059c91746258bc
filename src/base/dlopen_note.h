/* SPDX-License-Identifier: MIT */
/*
 * base/dlopen_note.h - tell packagers which library is loaded by dlopen()
 *
 * `ldd` cannot show it, so it is written into the file: systemd's
 * ELF_DLOPEN_METADATA.
 */
#ifndef COIL_BASE_DLOPEN_NOTE_H
#define COIL_BASE_DLOPEN_NOTE_H

#include <stdint.h>

#define COIL__DLOPEN_TEXT(feature, description, file)                          \
    "[{\"feature\":\"" feature "\",\"description\":\"" description             \
    "\",\"priority\":\"recommended\",\"soname\":[\"" file "\"]}]"

/* All three are strings that are written in the source. */
#define COIL__DLOPEN_NOTE(feature, description, file)                          \
    __attribute__((used, section(".note.dlopen"),                              \
                   aligned(4))) static const struct {                          \
        uint32_t owner_size;                                                   \
        uint32_t size;                                                         \
        uint32_t type;                                                         \
        char owner[4];                                                         \
        char text[sizeof COIL__DLOPEN_TEXT(feature, description, file)];       \
    } dlopen_note = { 4, sizeof COIL__DLOPEN_TEXT(feature, description, file), \
                      0x407c0c0a, "FDO",                                       \
                      COIL__DLOPEN_TEXT(feature, description, file) }

#endif
