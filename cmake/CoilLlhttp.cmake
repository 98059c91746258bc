# SPDX-License-Identifier: MIT
#
# llhttp, Node's HTTP/1 parser: a system library where there is one, else
# compiled from the C files that Debian 12 ships in node-llhttp.
#
# Sets COIL_LLHTTP_LIBRARY (the first case) or COIL_LLHTTP_OBJECTS (the second);
# coil_llhttp carries the include directory of <llhttp.h> in both.
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATH_SUFFIXES llhttp
    HINTS ${LLHTTP_SOURCE_DIR} /usr/share/include)
find_library(LLHTTP_LIBRARY NAMES llhttp)
mark_as_advanced(LLHTTP_INCLUDE_DIR LLHTTP_LIBRARY)

set(COIL_LLHTTP_LIBRARY "")
set(COIL_LLHTTP_OBJECTS "")
if(LLHTTP_INCLUDE_DIR AND LLHTTP_LIBRARY)
    set(COIL_LLHTTP_LIBRARY ${LLHTTP_LIBRARY})
    message(STATUS "coil: llhttp from ${LLHTTP_LIBRARY}")
elseif(LLHTTP_INCLUDE_DIR AND EXISTS ${LLHTTP_SOURCE_DIR}/llhttp.c)
    set(COIL_LLHTTP_OBJECTS coil_llhttp_objects)
    add_library(coil_llhttp_objects OBJECT
        ${LLHTTP_SOURCE_DIR}/llhttp.c
        ${LLHTTP_SOURCE_DIR}/api.c
        ${LLHTTP_SOURCE_DIR}/http.c)
    set_target_properties(coil_llhttp_objects PROPERTIES
        C_VISIBILITY_PRESET hidden)
    target_include_directories(coil_llhttp_objects PRIVATE
        ${LLHTTP_INCLUDE_DIR})
    # Generated code that is not ours: no opinion about its warnings.
    target_compile_options(coil_llhttp_objects PRIVATE -w)
    message(STATUS "coil: llhttp compiled from ${LLHTTP_SOURCE_DIR}")
else()
    message(FATAL_ERROR
        "llhttp was not found.  Install Debian's package node-llhttp (or "
        "libllhttp-dev), run scripts/install-deps, set LLHTTP_SOURCE_DIR to "
        "the folder of llhttp.c, or configure with -DCOIL_BUILD_HTTP=OFF.")
endif()

add_library(coil_llhttp INTERFACE)
target_include_directories(coil_llhttp SYSTEM INTERFACE ${LLHTTP_INCLUDE_DIR})
