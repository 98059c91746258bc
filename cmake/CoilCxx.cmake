# SPDX-License-Identifier: MIT
#
# The library is in C, and so is all that is needed to build it.  Tests of what
# programs in C++ may rely on are built where there is a C++ compiler that fits
# the C compiler.  Sets COIL_CXX, and if it is OFF, COIL_NO_CXX: why.
include(CheckLanguage)
include(CheckCSourceCompiles)

set(COIL_CXX OFF)
if(CMAKE_CROSSCOMPILING)
    set(COIL_NO_CXX "this is a cross build")
    return()
endif()
# The one that belongs to clang, whose sanitizers are others.
if(CMAKE_C_COMPILER MATCHES "/clang(-[0-9]+)?$" AND NOT CMAKE_CXX_COMPILER
   AND NOT DEFINED ENV{CXX})
    string(REGEX REPLACE "clang([^/]*)$" "clang++\\1" candidate
        "${CMAKE_C_COMPILER}")
    if(EXISTS ${candidate})
        set(CMAKE_CXX_COMPILER ${candidate})
    endif()
endif()
check_language(CXX)
if(NOT CMAKE_CXX_COMPILER)
    set(COIL_NO_CXX "there is no C++ compiler")
    return()
endif()
enable_language(CXX)

# The one may be musl's wrapper, and the other glibc's compiler.
include(CheckCXXSourceCompiles)
set(is_glibc "
#include <stdlib.h>
#ifndef __GLIBC__
#error another C library
#endif
int main() { return 0; }
")
check_c_source_compiles("${is_glibc}" COIL_C_HAS_GLIBC)
check_cxx_source_compiles("${is_glibc}" COIL_CXX_HAS_GLIBC)
if(NOT "${COIL_C_HAS_GLIBC}" STREQUAL "${COIL_CXX_HAS_GLIBC}")
    set(COIL_NO_CXX "the C++ compiler is for another C library")
elseif(COIL_SANITIZE AND
       NOT CMAKE_C_COMPILER_ID STREQUAL CMAKE_CXX_COMPILER_ID)
    set(COIL_NO_CXX "the C++ compiler has other sanitizers")
else()
    set(COIL_CXX ON)
endif()
