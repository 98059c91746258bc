# SPDX-License-Identifier: MIT
#
# Headers and libraries of others, as the compiler in use has them.
#
# A folder that a search finds, such as /usr/include, belongs to this machine.  A
# compiler for another C library or another processor has folders of its own, and
# would be given the wrong headers.  So the compiler is asked first, no folder of
# the system is ever named to it, and what is found must compile and link.
include(CheckIncludeFile)
include(CMakePushCheckState)
include(CheckSymbolExists)

# coil_find_header(NAME header HINT...): sets NAME_FOUND, and NAME_INCLUDE_DIR to
# the folder that the compiler must be told of, which is mostly empty.  The user
# may give NAME_INCLUDE_DIR.
function(coil_find_header name header)
    if(NOT ${name}_INCLUDE_DIR)
        check_include_file(${header} ${name}_IS_IN_THE_SYSTEM)
        if(${name}_IS_IN_THE_SYSTEM)
            set(${name}_FOUND ON PARENT_SCOPE)
            set(${name}_INCLUDE_DIR "" PARENT_SCOPE)
            return()
        endif()
        # Where the user or one of our hints points.
        find_path(${name}_INCLUDE_DIR ${header} HINTS ${ARGN}
            NO_CMAKE_SYSTEM_PATH NO_SYSTEM_ENVIRONMENT_PATH)
        mark_as_advanced(${name}_INCLUDE_DIR)
    endif()
    set(${name}_FOUND OFF PARENT_SCOPE)
    if(${name}_INCLUDE_DIR)
        cmake_push_check_state(RESET)
        set(CMAKE_REQUIRED_INCLUDES ${${name}_INCLUDE_DIR})
        check_include_file(${header} ${name}_COMPILES)
        cmake_pop_check_state()
        set(${name}_FOUND ${${name}_COMPILES} PARENT_SCOPE)
    endif()
endfunction()

# coil_find_library(NAME header library function HINT...): sets NAME_FOUND,
# NAME_INCLUDE_DIR as above and NAME_LIBRARY.  The user may give NAME_LIBRARY.
function(coil_find_library name header library function)
    coil_find_header(${name} ${header} ${ARGN})
    if(${name}_FOUND)
        find_library(${name}_LIBRARY NAMES ${library})
        mark_as_advanced(${name}_LIBRARY)
    endif()
    set(found OFF)
    if(${name}_FOUND AND ${name}_LIBRARY)
        cmake_push_check_state(RESET)
        set(CMAKE_REQUIRED_INCLUDES ${${name}_INCLUDE_DIR})
        set(CMAKE_REQUIRED_LIBRARIES ${${name}_LIBRARY})
        check_symbol_exists(${function} ${header} ${name}_LINKS)
        cmake_pop_check_state()
        set(found ${${name}_LINKS})
    endif()
    set(${name}_FOUND ${found} PARENT_SCOPE)
    set(${name}_INCLUDE_DIR "${${name}_INCLUDE_DIR}" PARENT_SCOPE)
endfunction()
