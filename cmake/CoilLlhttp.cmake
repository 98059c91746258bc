# SPDX-License-Identifier: MIT
#
# llhttp, Node's HTTP/1 parser: a system library where there is one, else
# compiled from its C files, which Debian 12 ships in node-llhttp.
#
# Sets COIL_LLHTTP_LIBRARY (the first case) or COIL_LLHTTP_OBJECTS (the second);
# coil_llhttp carries in both what including <llhttp.h> needs.
include(CoilFind)

set(llhttp_hints /usr/share/include/llhttp)
set(llhttp_source ${LLHTTP_SOURCE_DIR})
if(LLHTTP_SOURCE_DIR)
    # The header lies beside the files or, in a release of llhttp, in include/.
    set(llhttp_hints ${LLHTTP_SOURCE_DIR} ${LLHTTP_SOURCE_DIR}/../include
        ${LLHTTP_SOURCE_DIR}/include ${LLHTTP_SOURCE_DIR}/../include/llhttp)
    if(EXISTS ${LLHTTP_SOURCE_DIR}/src/llhttp.c)
        set(llhttp_source ${LLHTTP_SOURCE_DIR}/src)
    endif()
elseif(EXISTS /usr/share/llhttp/llhttp.c)
    set(llhttp_source /usr/share/llhttp)
endif()

set(COIL_LLHTTP_LIBRARY "")
set(COIL_LLHTTP_OBJECTS "")
add_library(coil_llhttp INTERFACE)
if(NOT LLHTTP_SOURCE_DIR)
    coil_find_library(LLHTTP llhttp.h llhttp llhttp_init)
    if(LLHTTP_FOUND)
        set(COIL_LLHTTP_LIBRARY ${LLHTTP_LIBRARY})
        message(STATUS "coil: llhttp from ${LLHTTP_LIBRARY}")
    endif()
endif()
if(NOT COIL_LLHTTP_LIBRARY)
    coil_find_header(LLHTTP_SOURCE llhttp.h ${llhttp_hints})
    if(NOT LLHTTP_SOURCE_FOUND OR NOT EXISTS "${llhttp_source}/llhttp.c")
        message(FATAL_ERROR
            "llhttp was not found.  Install it (scripts/install-deps --list "
            "names the package of this system), or set LLHTTP_SOURCE_DIR to "
            "the folder of llhttp.c, or configure with -DCOIL_BUILD_HTTP=OFF.")
    endif()
    set(LLHTTP_INCLUDE_DIR ${LLHTTP_SOURCE_INCLUDE_DIR})
    message(STATUS "coil: llhttp compiled from ${llhttp_source}")

    # The program may use an llhttp of its own, so the one in libcoil-http has
    # other names: each llhttp_x, in its files and in ours, is coil__llhttp_x.
    set(llhttp_files ${llhttp_source}/llhttp.c ${llhttp_source}/api.c
        ${llhttp_source}/http.c)
    set(names "")
    foreach(file ${llhttp_files} ${LLHTTP_INCLUDE_DIR}/llhttp.h)
        file(STRINGS ${file} lines REGEX "llhttp_[A-Za-z0-9_]")
        string(REGEX MATCHALL "llhttp_[A-Za-z0-9_]+" found "${lines}")
        list(APPEND names ${found})
    endforeach()
    list(REMOVE_DUPLICATES names)
    list(SORT names)
    set(text "")
    foreach(name ${names})
        string(APPEND text "#define ${name} coil__${name}\n")
    endforeach()
    set(llhttp_names ${PROJECT_BINARY_DIR}/llhttp_names.h)
    file(WRITE ${llhttp_names}.new "${text}")
    configure_file(${llhttp_names}.new ${llhttp_names} COPYONLY)
    target_compile_options(coil_llhttp INTERFACE -include ${llhttp_names})

    set(COIL_LLHTTP_OBJECTS coil_llhttp_objects)
    add_library(coil_llhttp_objects OBJECT ${llhttp_files})
    set_target_properties(coil_llhttp_objects PROPERTIES
        C_VISIBILITY_PRESET hidden)
    target_link_libraries(coil_llhttp_objects PRIVATE coil_llhttp)
    # Generated code that is not ours: no opinion about its warnings.
    target_compile_options(coil_llhttp_objects PRIVATE -w)
endif()
if(LLHTTP_INCLUDE_DIR)
    target_include_directories(coil_llhttp SYSTEM INTERFACE
        ${LLHTTP_INCLUDE_DIR})
endif()
