# SPDX-License-Identifier: MIT
#
# Examples, apps and benchmarks.  What a program needs is read off its includes,
# so a new file needs no line here.

# Whether one of `files` includes a header whose name begins as the regular
# expression `prefix` says.
function(coil_includes result prefix)
    set(${result} OFF PARENT_SCOPE)
    foreach(file ${ARGN})
        file(STRINGS ${file} lines REGEX "^#include <(${prefix})")
        if(lines)
            set(${result} ON PARENT_SCOPE)
        endif()
        # What it includes may change without a change of the file list.
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    endforeach()
endfunction()

# Whether a library of others is there, which some programs use: `result`, and the
# target coil_`name`.  The rest is for coil_find_library().
function(coil_has_library result name)
    if(NOT TARGET coil_${name})
        include(CoilFind)
        string(TOUPPER ${name} variable)
        coil_find_library(${variable} ${ARGN})
        if(${variable}_FOUND)
            add_library(coil_${name} INTERFACE)
            target_link_libraries(coil_${name} INTERFACE ${${variable}_LIBRARY})
            if(${variable}_INCLUDE_DIR)
                target_include_directories(coil_${name} SYSTEM INTERFACE
                    ${${variable}_INCLUDE_DIR})
            endif()
        endif()
    endif()
    set(${result} OFF PARENT_SCOPE)
    if(TARGET coil_${name})
        set(${result} ON PARENT_SCOPE)
    endif()
endfunction()

function(coil_has_jansson result)
    coil_has_library(found jansson jansson.h jansson json_loadb)
    set(${result} ${found} PARENT_SCOPE)
endfunction()

# Whether `files`, which make a program, have the libraries that they include
# headers of.  If not, it is left out, and that is said once for each.
function(coil_can_build result what)
    set(${result} OFF PARENT_SCOPE)
    coil_includes(needs_http "coil/(http|url|websocket)" ${ARGN})
    if(needs_http AND NOT TARGET coil_http)
        return()
    endif()
    coil_includes(needs_tls "coil/tls|openssl" ${ARGN})
    if(needs_tls AND NOT TARGET coil_tls)
        message(STATUS "coil: no TLS, so without ${what}")
        return()
    endif()
    coil_includes(needs_cares coil/cares ${ARGN})
    if(needs_cares AND NOT TARGET coil_cares)
        message(STATUS "coil: no c-ares, so without ${what}")
        return()
    endif()
    coil_includes(needs_redis coil/redis ${ARGN})
    if(needs_redis AND NOT TARGET coil_redis)
        message(STATUS "coil: no Redis, so without ${what}")
        return()
    endif()
    coil_includes(needs_nghttp2 nghttp2 ${ARGN})
    if(what MATCHES "http2")
        set(needs_nghttp2 ON)
    endif()
    if(needs_nghttp2 AND NOT NGHTTP2_FOUND)
        message(STATUS "coil: no nghttp2, so without ${what}")
        return()
    endif()
    coil_includes(needs_jansson jansson ${ARGN})
    if(needs_jansson)
        coil_has_jansson(has_jansson)
        if(NOT has_jansson)
            message(STATUS "coil: no jansson, so without ${what}")
            return()
        endif()
    endif()
    coil_includes(needs_zlib zlib.h ${ARGN})
    if(needs_zlib)
        coil_has_library(has_zlib zlib zlib.h z deflateInit2_)
        if(NOT has_zlib)
            message(STATUS "coil: no zlib, so without ${what}")
            return()
        endif()
    endif()
    coil_includes(needs_hiredis hiredis ${ARGN})
    if(needs_hiredis)
        coil_has_library(has_hiredis
            hiredis hiredis/hiredis.h hiredis redisConnectUnix)
        if(NOT has_hiredis)
            message(STATUS "coil: no hiredis, so without ${what}")
            return()
        endif()
    endif()
    coil_includes(needs_ares ares.h ${ARGN})
    if(needs_ares)
        coil_has_library(has_ares ares ares.h cares ares_getaddrinfo)
        if(NOT has_ares)
            message(STATUS "coil: no c-ares, so without ${what}")
            return()
        endif()
    endif()
    coil_includes(needs_pq libpq-fe.h ${ARGN})
    if(needs_pq)
        coil_has_library(has_pq pq libpq-fe.h pq PQconnectStart
            /usr/include/postgresql)
        if(NOT has_pq)
            message(STATUS "coil: no libpq, so without ${what}")
            return()
        endif()
    endif()
    set(${result} ON PARENT_SCOPE)
endfunction()

# Link `target`, made of `files`, with the libraries they include headers of.
# `kind` is empty for the shared libraries and _static for the static ones.
function(coil_link_program target kind)
    coil_includes(jansson jansson ${ARGN})
    if(jansson)
        target_link_libraries(${target} PRIVATE coil_jansson)
    endif()
    coil_includes(zlib zlib.h ${ARGN})
    if(zlib)
        target_link_libraries(${target} PRIVATE coil_zlib)
    endif()
    coil_includes(hiredis hiredis ${ARGN})
    if(hiredis)
        target_link_libraries(${target} PRIVATE coil_hiredis)
    endif()
    coil_includes(ares ares.h ${ARGN})
    if(ares)
        target_link_libraries(${target} PRIVATE coil_ares)
    endif()
    coil_includes(pq libpq-fe.h ${ARGN})
    if(pq)
        target_link_libraries(${target} PRIVATE coil_pq)
    endif()
    coil_includes(cares coil/cares ${ARGN})
    if(cares)
        target_link_libraries(${target} PRIVATE coil_cares${kind})
    endif()
    coil_includes(redis coil/redis ${ARGN})
    if(redis)
        target_link_libraries(${target} PRIVATE coil_redis${kind})
    endif()
    coil_includes(work coil/work ${ARGN})
    if(work)
        target_link_libraries(${target} PRIVATE coil_work${kind})
    endif()
    coil_includes(http "coil/(http|url|websocket)" ${ARGN})
    if(http)
        target_link_libraries(${target} PRIVATE coil_http${kind})
    else()
        target_link_libraries(${target} PRIVATE coil${kind})
    endif()
    coil_includes(tls coil/tls ${ARGN})
    if(tls)
        target_link_libraries(${target} PRIVATE coil_tls${kind})
    endif()
    coil_includes(math math.h ${ARGN})
    if(math)
        target_link_libraries(${target} PRIVATE m)
    endif()
    coil_includes(openssl openssl ${ARGN})
    if(openssl)
        target_link_libraries(${target} PRIVATE OpenSSL::SSL OpenSSL::Crypto)
    endif()
    target_link_libraries(${target} PRIVATE coil_flags Threads::Threads)
endfunction()

# The files of coil-fetch that fit what is there: of a file that needs a library of
# others there is one that does without.
function(coil_choose_fetch_files result)
    set(other domain_psl)
    if(PSL_FOUND)
        set(other domain_none)
    endif()
    list(FILTER ARGN EXCLUDE REGEX "/coil-fetch/fetch/${other}\\.c$")
    set(${result} ${ARGN} PARENT_SCOPE)
endfunction()

function(coil_link_fetch_files target)
    if(PSL_FOUND)
        target_link_libraries(${target} PUBLIC ${PSL_LIBRARY})
        target_include_directories(${target} SYSTEM PRIVATE ${PSL_INCLUDE_DIR})
    endif()
endfunction()

if(NOT TARGET coil)
    return()
endif()

# Linked with the shared libraries, so that using a private symbol cannot work.
if(COIL_BUILD_EXAMPLES)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*.c)
    file(GLOB common CONFIGURE_DEPENDS
        ${PROJECT_SOURCE_DIR}/examples/common/*.[ch])
    foreach(file ${files})
        set(sources ${file})
        file(STRINGS ${file} lines REGEX "^#include \"common/")
        if(lines)
            list(APPEND sources ${common})
        endif()
        get_filename_component(name ${file} NAME_WE)
        coil_can_build(can_build examples/${name} ${sources})
        if(NOT can_build)
            continue()
        endif()
        add_executable(example_${name} ${sources})
        set_target_properties(example_${name} PROPERTIES
            OUTPUT_NAME ${name}
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
        coil_link_program(example_${name} "" ${sources})
    endforeach()
endif()

# Programs that look into another process share the folder apps/inspect, and
# coil-record has of it how texts are written.
set(COIL_INSPECTING coil-ps coil-profile coil-top)

if(COIL_BUILD_APPS)
    file(GLOB inspect CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/inspect/*.[ch])
    file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true
        ${PROJECT_SOURCE_DIR}/apps/*)
    foreach(folder ${folders})
        file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*.[ch])
        get_filename_component(name ${folder} NAME)
        # Not a program, but what several programs share.
        if(NOT files OR name STREQUAL "inspect")
            continue()
        endif()
        # The examples' JSON will do for it.
        set(more "")
        if(name STREQUAL "coil-httpbin")
            file(GLOB more CONFIGURE_DEPENDS
                ${PROJECT_SOURCE_DIR}/examples/common/json*.c)
        endif()
        if(name STREQUAL "coil-fetch")
            coil_choose_fetch_files(files ${files})
        endif()
        if(name IN_LIST COIL_INSPECTING)
            list(APPEND files ${inspect})
        elseif(name STREQUAL "coil-record")
            list(APPEND files ${PROJECT_SOURCE_DIR}/apps/inspect/text.c)
        endif()
        coil_can_build(can_build ${name} ${files})
        if(NOT can_build)
            continue()
        endif()
        add_executable(${name} ${files} ${more})
        set_target_properties(${name} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/apps)
        target_include_directories(${name} PRIVATE ${folder})
        if(more)
            target_include_directories(${name} PRIVATE
                ${PROJECT_SOURCE_DIR}/examples/common)
        endif()
        coil_link_program(${name} "" ${files})
    endforeach()
    if(TARGET coil-fetch)
        target_compile_definitions(coil-fetch PRIVATE _GNU_SOURCE)
        coil_link_fetch_files(coil-fetch)
        # It loads OpenSSL when it needs it: libcoil-http for https, and
        # common/crypto.c for checksums.
        target_link_options(coil-fetch PRIVATE -Wl,--as-needed)
        target_link_libraries(coil-fetch PRIVATE ${CMAKE_DL_LIBS})
    endif()
    if(TARGET coil-record)
        target_compile_definitions(coil-record PRIVATE _GNU_SOURCE)
        target_include_directories(coil-record PRIVATE ${PROJECT_SOURCE_DIR}/apps)
    endif()
    foreach(name ${COIL_INSPECTING})
        if(TARGET ${name})
            target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
            target_include_directories(${name} PRIVATE
                ${PROJECT_SOURCE_DIR}/apps)
            target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
        endif()
    endforeach()
    # One program with two names.
    if(TARGET coil-ps)
        add_custom_command(TARGET coil-ps POST_BUILD
            COMMAND ${CMAKE_COMMAND} -E create_symlink coil-ps
                ${PROJECT_BINARY_DIR}/apps/coil-pstree
            VERBATIM)
    endif()
endif()

# Static and with src/ in reach: a benchmark may measure one layer alone.
if(COIL_BUILD_BENCH)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.c)
    foreach(file ${files})
        get_filename_component(name ${file} NAME_WE)
        coil_can_build(can_build bench/${name} ${file})
        if(NOT can_build)
            continue()
        endif()
        add_executable(bench_${name} ${file})
        set_target_properties(bench_${name} PROPERTIES
            OUTPUT_NAME ${name}
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
        target_compile_definitions(bench_${name} PRIVATE _GNU_SOURCE)
        target_include_directories(bench_${name} PRIVATE
            ${PROJECT_SOURCE_DIR}/src)
        coil_link_program(bench_${name} _static ${file})
        target_link_options(bench_${name} PRIVATE -Wl,-z,now)
    endforeach()
endif()

# The server of the benchmark of coil-fetch, which its tests use as well.
if(COIL_BUILD_BENCH OR COIL_BUILD_TESTS)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/fetch/*.[ch])
    coil_can_build(can_build bench/fleet ${files})
    if(can_build)
        add_executable(bench_fleet ${files})
        set_target_properties(bench_fleet PROPERTIES
            OUTPUT_NAME fleet
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
        target_compile_definitions(bench_fleet PRIVATE _GNU_SOURCE)
        coil_link_program(bench_fleet _static ${files})
    endif()
endif()

# Linked statically: http_url.c looks at what the library hides.
if(COIL_BUILD_FUZZ AND TARGET coil_http)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/http_*.c)
    if(NGHTTP2_FOUND)
        file(GLOB http2_files CONFIGURE_DEPENDS
            ${PROJECT_SOURCE_DIR}/fuzz/http2_*.c)
    endif()
    if(TARGET coil_tls)
        file(GLOB tls_files CONFIGURE_DEPENDS
            ${PROJECT_SOURCE_DIR}/fuzz/tls_*.c)
    endif()
    # Of coil-fetch, the rooms that read what others wrote.
    coil_has_jansson(has_jansson)
    if(has_jansson)
        file(GLOB fetch_files CONFIGURE_DEPENDS
            ${PROJECT_SOURCE_DIR}/fuzz/fetch_*.c)
        file(GLOB fetch_rooms CONFIGURE_DEPENDS
            ${PROJECT_SOURCE_DIR}/apps/coil-fetch/common/*.c
            ${PROJECT_SOURCE_DIR}/apps/coil-fetch/job/*.c
            ${PROJECT_SOURCE_DIR}/apps/coil-fetch/input/*.c
            ${PROJECT_SOURCE_DIR}/apps/coil-fetch/fetch/html_*.c
            ${PROJECT_SOURCE_DIR}/apps/coil-fetch/fetch/link_set.c
            ${PROJECT_SOURCE_DIR}/apps/coil-fetch/fetch/links*.c
            ${PROJECT_SOURCE_DIR}/apps/coil-fetch/fetch/robots.c
            ${PROJECT_SOURCE_DIR}/apps/coil-fetch/fetch/robots_rules.c)
    endif()
    # Of coil-record, all but its main().
    file(GLOB record_files CONFIGURE_DEPENDS
        ${PROJECT_SOURCE_DIR}/fuzz/record_*.c)
    file(GLOB record_sources CONFIGURE_DEPENDS
        ${PROJECT_SOURCE_DIR}/apps/coil-record/*.c)
    list(REMOVE_ITEM record_sources ${PROJECT_SOURCE_DIR}/apps/coil-record/main.c)
    list(APPEND record_sources
        ${PROJECT_SOURCE_DIR}/apps/inspect/text.c
        ${PROJECT_SOURCE_DIR}/tests/support/wire_format.c)
    foreach(file ${files} ${http2_files} ${tls_files} ${fetch_files}
                 ${record_files})
        get_filename_component(name ${file} NAME_WE)
        add_executable(fuzz_${name} ${file} ${PROJECT_SOURCE_DIR}/fuzz/fuzz.c)
        set_target_properties(fuzz_${name} PROPERTIES
            OUTPUT_NAME ${name}
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
        target_include_directories(fuzz_${name} PRIVATE
            ${PROJECT_SOURCE_DIR}/src)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        target_link_libraries(fuzz_${name} PRIVATE
            coil_http_static coil_flags)
        if(name MATCHES "^tls_")
            target_link_libraries(fuzz_${name} PRIVATE
                coil_tls_static OpenSSL::SSL)
        endif()
        if(name MATCHES "^record_")
            target_sources(fuzz_${name} PRIVATE ${record_sources})
            target_compile_definitions(fuzz_${name} PRIVATE _GNU_SOURCE)
            target_include_directories(fuzz_${name} PRIVATE
                ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/apps
                ${PROJECT_SOURCE_DIR}/apps/coil-record)
        endif()
        if(name MATCHES "^fetch_")
            target_sources(fuzz_${name} PRIVATE ${fetch_rooms})
            target_compile_definitions(fuzz_${name} PRIVATE _GNU_SOURCE)
            target_include_directories(fuzz_${name} PRIVATE
                ${PROJECT_SOURCE_DIR}/apps/coil-fetch)
            target_link_libraries(fuzz_${name} PRIVATE coil_jansson)
        endif()
    endforeach()
endif()
