# SPDX-License-Identifier: MIT
#
# What reports can say depends on the system: which of several files with the
# same functions go into libcoil.  Sets COIL_REPORT_SOURCES.
include(CheckSymbolExists)
include(CoilFind)

# glibc 2.35 tells without a lock which object an address belongs to.
set(CMAKE_REQUIRED_DEFINITIONS -D_GNU_SOURCE)
check_symbol_exists(_dl_find_object dlfcn.h COIL_HAS_DL_FIND_OBJECT)
unset(CMAKE_REQUIRED_DEFINITIONS)

# libdw turns addresses into lines.  It is loaded when the first report needs
# it, so that only its header is needed here.
set(LIBDW_FOUND OFF)
if(COIL_WITH_LIBDW)
    coil_find_header(LIBDW elfutils/libdwfl.h)
endif()

file(GLOB cfi CONFIGURE_DEPENDS ${src}/trace/cfi*.c)
set(report_variants
    ${src}/trace/objects.c ${src}/trace/objects_none.c
    ${cfi} ${src}/trace/backtrace_x86_64.c
    ${src}/trace/backtrace_aarch64.c ${src}/trace/backtrace_ucontext.c
    ${src}/trace/lines_libdw.c ${src}/trace/lines_none.c)

if(COIL_HAS_DL_FIND_OBJECT)
    set(COIL_REPORT_SOURCES ${src}/trace/objects.c)
else()
    set(COIL_REPORT_SOURCES ${src}/trace/objects_none.c)
endif()
if(context STREQUAL "x86_64" AND COIL_HAS_DL_FIND_OBJECT)
    list(APPEND COIL_REPORT_SOURCES
        ${cfi} ${src}/trace/backtrace_x86_64.c)
elseif(context STREQUAL "aarch64")
    list(APPEND COIL_REPORT_SOURCES ${src}/trace/backtrace_aarch64.c)
else()
    list(APPEND COIL_REPORT_SOURCES ${src}/trace/backtrace_ucontext.c)
endif()
if(LIBDW_FOUND)
    list(APPEND COIL_REPORT_SOURCES ${src}/trace/lines_libdw.c)
    message(STATUS "coil: lines in reports by libdw")
else()
    list(APPEND COIL_REPORT_SOURCES ${src}/trace/lines_none.c)
    message(STATUS "coil: no lines in reports")
endif()
