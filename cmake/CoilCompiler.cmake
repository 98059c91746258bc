# SPDX-License-Identifier: MIT
#
# Compiler flags, as interface targets: coil_flags for everything we write,
# coil_library_flags for what goes into the libraries.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(coil_flags INTERFACE)
foreach(flag
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
        -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef)
    target_compile_options(coil_flags INTERFACE
        $<$<COMPILE_LANGUAGE:C>:${flag}>)
endforeach()
if(COIL_WERROR)
    target_compile_options(coil_flags INTERFACE -Werror)
endif()

# Sites in reports and messages: "examples/lock.c:12", wherever this was built.
target_compile_options(coil_flags INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=>)

# Addresses of sockets are written as one struct and read as another, as POSIX has
# it; C's rules of aliasing do not know that.
target_compile_options(coil_flags INTERFACE -fno-strict-aliasing)

# A frame larger than the guard area would step over it; probing each page
# makes it hit the guard.  Callers' frames lie on our stacks too, so the flag is
# also exported to them.
check_c_compiler_flag(-fstack-clash-protection COIL_HAS_STACK_CLASH)
set(COIL_STACK_FLAG "")
if(COIL_HAS_STACK_CLASH)
    set(COIL_STACK_FLAG -fstack-clash-protection)
    target_compile_options(coil_flags INTERFACE
        $<$<COMPILE_LANGUAGE:C>:${COIL_STACK_FLAG}>)
endif()

# The current loop and task are thread-local and read on every wait: without
# initial-exec each read from the shared library is a call.
add_library(coil_library_flags INTERFACE)
target_compile_definitions(coil_library_flags INTERFACE _GNU_SOURCE)
target_compile_options(coil_library_flags INTERFACE -ftls-model=initial-exec)
target_link_libraries(coil_library_flags INTERFACE coil_flags)

if(COIL_SANITIZE)
    string(REPLACE ";" "," sanitizers "${COIL_SANITIZE}")
    add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${sanitizers})
endif()

# Each test file is a program: with this linker the tests are built in two thirds
# of the time.  What is installed is linked by the system's own.
find_program(COIL_MOLD mold)
if(COIL_MOLD AND CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT CMAKE_CROSSCOMPILING)
    set(CMAKE_REQUIRED_LINK_OPTIONS -fuse-ld=mold)
    check_c_source_compiles("int main(void) { return 0; }" COIL_HAS_MOLD)
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    if(COIL_HAS_MOLD)
        add_link_options(-fuse-ld=mold)
    endif()
endif()

if(COIL_COVERAGE)
    # gcov would forget what the handlers of fork() did in the child.
    add_compile_options(--coverage -fprofile-update=atomic -fno-builtin-fork)
    add_link_options(--coverage)
endif()
