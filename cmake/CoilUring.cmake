# SPDX-License-Identifier: MIT
#
# io_uring by liburing, where it is there and "uring" is not in COIL_WITHOUT.
# ThreadSanitizer does not see what the kernel writes, nor the wait in which a
# signal comes, so it is built without.
#
# Sets URING_FOUND, URING_LIBRARY, and COIL_URING_SOURCES of uring_variants.
include(CoilFind)

file(GLOB uring_variants CONFIGURE_DEPENDS ${src}/backend/uring*.c)
set(COIL_URING_SOURCES ${uring_variants})
set(URING_FOUND OFF)
if(NOT "uring" IN_LIST COIL_WITHOUT AND NOT "thread" IN_LIST COIL_SANITIZE)
    coil_find_library(URING liburing.h uring io_uring_submit_and_get_events)
endif()
if(URING_FOUND)
    list(REMOVE_ITEM COIL_URING_SOURCES ${src}/backend/uring_none.c)
    message(STATUS "coil: with io_uring")
else()
    set(COIL_URING_SOURCES ${src}/backend/uring_none.c)
    message(STATUS "coil: without io_uring")
endif()
