# SPDX-License-Identifier: MIT
#
# <folder>/<stem>.c below tests/, or .cc where there is C++, is the program
# test_<stem>, and each TEST of it a ctest named <stem>.<test>;
# <folder>/<stem>.sh is one ctest named <stem>.  The folder of what tests one layer
# is unit/<layer>; the other folders are property, system, conformance, and fetch,
# whose tests have the files of coil-fetch but its main().  A test's labels are its layer, or else its folder, and what the file asks for in
# a line such as
#
#     /* LABELS: threads slow */       the label "serial" means RUN_SERIAL
#     /* TIMEOUT: 120 */               seconds for each test, instead of 60
#     /* WRAPS: poll read */           the library's calls of them come to the
#                                      test's own __wrap_poll() first
#     /* APP: coil-ps */               the program's sources belong to the test,
#                                      which has a main() of its own
#     /* PROGRAMS: coil-top */          the test runs these, and they are built with it
#     /* FAULTY: malloc main */        of that program's files, and the test's: malloc()
#                                      means faulty_malloc(), which the test has
set(sanitizer_env "")
if("address" IN_LIST COIL_SANITIZE)
    list(APPEND sanitizer_env
        "ASAN_OPTIONS=detect_stack_use_after_return=1:detect_leaks=1:strict_string_checks=1")
endif()
if("undefined" IN_LIST COIL_SANITIZE)
    list(APPEND sanitizer_env
        "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
endif()
if("thread" IN_LIST COIL_SANITIZE)
    list(APPEND sanitizer_env "TSAN_OPTIONS=halt_on_error=1")
endif()

include(DiscoverTests)

# `label` is the layer of the test, or the folder of what tests no single layer.
function(coil_add_test label file)
    set(kind "")
    if(label IN_LIST COIL_LAYERS)
        set(kind unit)
    endif()
    get_filename_component(stem ${file} NAME_WE)
    set(target test_${stem})
    if(COIL_TEST_LAYERS AND NOT stem STREQUAL "harness"
       AND NOT label IN_LIST COIL_TEST_LAYERS)
        return()
    endif()
    coil_can_build(can_build ${target} ${file})
    if(NOT can_build)
        return()
    endif()

    # What looks at JSON by a schema has that from the tests of coil-fetch.
    file(STRINGS ${file} uses_schema REGEX "^#include \"fetch/support/schema.h\"")
    if(uses_schema AND NOT TARGET coil_fetch_test_archive)
        return()
    endif()

    add_executable(${target} ${file})
    set_target_properties(${target} PROPERTIES
        CXX_STANDARD 17
        CXX_STANDARD_REQUIRED ON
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    coil_includes(knows_http "coil/(http|url|websocket)" ${file})
    if(label STREQUAL "fetch")
        if(TARGET coil_fetch_test_archive)
            target_link_libraries(${target} PRIVATE coil_fetch_test_archive)
        endif()
        target_link_libraries(${target} PRIVATE coil_fetch_archive)
    endif()
    if(uses_schema)
        target_link_libraries(${target} PRIVATE coil_fetch_test_archive)
        target_compile_definitions(${target} PRIVATE
            "PS_SCHEMA=\"${PROJECT_SOURCE_DIR}/docs/coil-ps.schema.json\""
            "PS_DEBUGGING=\"${PROJECT_SOURCE_DIR}/docs/debugging.md\"")
    endif()
    if(knows_http)
        target_link_libraries(${target} PRIVATE coil_test_support_http_archive)
    endif()
    coil_includes(knows_tls coil/tls ${file})
    if(knows_tls)
        target_link_libraries(${target} PRIVATE coil_test_support_tls_archive)
    endif()
    target_link_libraries(${target} PRIVATE coil_test_support)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    if(TARGET coil)
        coil_link_program(${target} _static ${file})
    endif()

    # Small stacks need it; a program that is bound late would have ordinary ones.
    target_link_options(${target} PRIVATE -Wl,-z,now)

    file(STRINGS ${file} wraps REGEX "^/\\* WRAPS: .* \\*/" LIMIT_COUNT 1)
    string(REPLACE "WRAPS:" "" wraps "${wraps}")
    string(REGEX MATCHALL "[A-Za-z_][A-Za-z0-9_]*" wraps "${wraps}")
    if(COIL_AMALGAMATION AND wraps MATCHES "coil__direct_")
        # Calls within one file do not come to the linker.
        set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
        return()
    endif()
    foreach(function ${wraps})
        target_link_options(${target} PRIVATE -Wl,--wrap=${function})
    endforeach()

    file(STRINGS ${file} app REGEX "^/\\* APP: .* \\*/" LIMIT_COUNT 1)
    if(app)
        string(REGEX REPLACE "^/\\* APP: ([^ ]*) \\*/.*" "\\1" app "${app}")
        file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/${app}/*.c)
        if(app STREQUAL "coil-httpbin")
            file(GLOB more CONFIGURE_DEPENDS
                ${PROJECT_SOURCE_DIR}/examples/common/json*.c)
            list(APPEND sources ${more})
        endif()
        if(app IN_LIST COIL_INSPECTING)
            file(GLOB more CONFIGURE_DEPENDS
                ${PROJECT_SOURCE_DIR}/apps/inspect/*.c)
            list(APPEND sources ${more})
        elseif(app STREQUAL "coil-record")
            list(APPEND sources ${PROJECT_SOURCE_DIR}/apps/inspect/text.c)
        endif()
        target_sources(${target} PRIVATE ${sources})
        target_include_directories(${target} PRIVATE
            ${PROJECT_SOURCE_DIR}/apps
            ${PROJECT_SOURCE_DIR}/apps/${app}
            ${PROJECT_SOURCE_DIR}/examples/common)
        target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
        target_compile_options(${target} PRIVATE
            -include ${PROJECT_SOURCE_DIR}/tests/support/faulty_main.h)
        file(STRINGS ${file} faulty REGEX "^/\\* FAULTY: .* \\*/" LIMIT_COUNT 1)
        string(REGEX MATCHALL "[a-z][a-z0-9_]*" faulty "${faulty}")
        foreach(function ${faulty})
            target_compile_definitions(${target} PRIVATE
                ${function}=faulty_${function})
        endforeach()
    endif()

    file(STRINGS ${file} programs REGEX "^/\\* PROGRAMS: .* \\*/" LIMIT_COUNT 1)
    string(REPLACE "PROGRAMS:" "" programs "${programs}")
    string(REGEX MATCHALL "[a-z][a-z-]*" programs "${programs}")
    foreach(program ${programs})
        if(TARGET ${program})
            add_dependencies(${target} ${program})
        endif()
    endforeach()

    if(kind)
        add_dependencies(unit_tests ${target})
    endif()

    # The program says its tests, and ctest makes commands of them when it starts.
    # Nothing leaks by that, and looking for it takes long.
    set(names ${PROJECT_BINARY_DIR}/tests/${target}.names)
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND env ASAN_OPTIONS=detect_leaks=0
            ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:${target}>
            --list > ${names}
        VERBATIM)
    coil_describe_tests(${names}.cmake ${stem} ${file} "${kind} ${label}")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${names}.cmake)
endfunction()

# Labelled `style`: what does not depend on how the code was compiled.  What is
# `quick` besides is a part of `make check`.  Time limits are long, as a machine may
# be busy.
function(coil_add_check name)
    add_test(NAME ${name} COMMAND ${ARGN})
    set_tests_properties(${name} PROPERTIES
        LABELS style SKIP_RETURN_CODE 77 TIMEOUT 1500)
endfunction()

# ---- programs ----

file(GLOB support CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.c
    ${PROJECT_SOURCE_DIR}/tests/support/scenarios/*.c)
# What knows HTTP or TLS is an archive of its own, before the other in a command
# line.
function(coil_add_support name)
    add_library(${name}_archive STATIC ${ARGN})
    set_target_properties(${name}_archive PROPERTIES OUTPUT_NAME ${name})
    target_include_directories(${name}_archive PRIVATE
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src
        ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/tests/support)
    target_compile_definitions(${name}_archive PRIVATE _GNU_SOURCE)
    target_compile_options(${name}_archive PRIVATE -UNDEBUG)
    target_link_libraries(${name}_archive PRIVATE coil_flags)
endfunction()

set(http_support "")
set(tls_support "")
foreach(file ${support})
    file(STRINGS ${file} lines REGEX "^#include (<openssl|\"tls_)")
    if(lines)
        list(APPEND tls_support ${file})
        list(REMOVE_ITEM support ${file})
        continue()
    endif()
    # What it includes may stand in its header.
    string(REGEX REPLACE "[.]c$" ".[h]" header ${file})
    file(GLOB header ${header})
    coil_includes(knows_http "coil/(http|url|websocket)" ${file} ${header})
    coil_includes(knows_nghttp2 nghttp2 ${file} ${header})
    if(knows_http OR knows_nghttp2)
        list(REMOVE_ITEM support ${file})
    endif()
    if(knows_http AND (NGHTTP2_FOUND OR NOT knows_nghttp2))
        list(APPEND http_support ${file})
    endif()
endforeach()
coil_add_support(coil_test_support ${support})
if(TARGET coil_tls)
    coil_add_support(coil_test_support_tls ${tls_support})
    target_link_libraries(coil_test_support_tls_archive
        PRIVATE OpenSSL::SSL
        INTERFACE coil_test_support_archive coil_tls_static)
endif()
if(TARGET coil_http)
    coil_add_support(coil_test_support_http ${http_support})
    target_link_libraries(coil_test_support_http_archive INTERFACE
        coil_test_support_archive coil_http_static)
endif()

add_library(coil_test_support INTERFACE)
target_link_libraries(coil_test_support INTERFACE coil_test_support_archive)
target_include_directories(coil_test_support INTERFACE
    ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/tests/support)
target_compile_definitions(coil_test_support INTERFACE _GNU_SOURCE)
# Release builds define NDEBUG, which the tests refuse.
target_compile_options(coil_test_support INTERFACE -UNDEBUG)
target_link_libraries(coil_test_support INTERFACE
    coil_flags Threads::Threads m)
# A program takes from it what it needs, and then needs more of the library.
if(TARGET coil)
    target_link_libraries(coil_test_support_archive INTERFACE coil_static)
endif()
# musl-gcc takes libgcc from the system's compiler, where it is glibc's.
include(CheckCSourceCompiles)
check_c_source_compiles("
#include <unwind.h>
static _Unwind_Reason_Code f(struct _Unwind_Context *c, void *a)
{
    return c == a ? _URC_NO_REASON : _URC_END_OF_STACK;
}
int main(void) { return _Unwind_Backtrace(f, 0); }
" COIL_HAS_UNWINDER)
string(TOUPPER "${CMAKE_BUILD_TYPE}" upper)
if("${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${upper}}" MATCHES "-flto"
        OR CMAKE_INTERPROCEDURAL_OPTIMIZATION OR COIL_AMALGAMATION)
    target_compile_definitions(coil_test_support INTERFACE COIL_WHOLE_PROGRAM)
endif()
if(NOT COIL_HAS_UNWINDER)
    target_compile_definitions(coil_test_support INTERFACE COIL_NO_UNWINDER)
endif()
if(COIL_COVERAGE)
    target_sources(coil_test_support_archive PRIVATE
        ${PROJECT_SOURCE_DIR}/tests/support/coverage/flush.c)
    target_link_options(coil_test_support INTERFACE
        -Wl,--wrap=abort,--wrap=_exit,--wrap=_Exit,--wrap=raise,--wrap=signal)
endif()
if(COIL_STATIC_TESTS)
    target_link_options(coil_test_support INTERFACE -static)
endif()
# gcc's runtime is a library with much memory of its own, all of which is looked
# at for leaks when a program ends.  Within the program it begins and ends in half
# the time.  A program that loads parts with the runtime shares it with them.
if("address" IN_LIST COIL_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(CMAKE_REQUIRED_LINK_OPTIONS -static-libasan)
    check_c_source_compiles("int main(void) { return 0; }" COIL_HAS_STATIC_ASAN)
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
endif()
if(COIL_HAS_STATIC_ASAN)
    set(runtime -static-libasan)
    if("undefined" IN_LIST COIL_SANITIZE)
        list(APPEND runtime -static-libubsan)
    endif()
    set(loads_parts $<BOOL:$<TARGET_PROPERTY:COIL_LOADS_PARTS>>)
    target_link_options(coil_test_support INTERFACE
        "$<$<AND:$<LINK_LANGUAGE:C>,$<NOT:${loads_parts}>>:${runtime}>")
endif()

include(CoilCxx)
set(extensions c)
if(COIL_CXX)
    list(APPEND extensions cc)
else()
    # What is left out is seen, with its reason.
    add_test(NAME cxx.tests
        COMMAND sh -c "echo 'without the tests in C++: ${COIL_NO_CXX}'; exit 77")
    set_tests_properties(cxx.tests PROPERTIES SKIP_RETURN_CODE 77)
endif()
set(tests ${PROJECT_SOURCE_DIR}/tests)
set(labels ${COIL_LAYERS} property system conformance)
if(TARGET coil-fetch)
    list(APPEND labels fetch)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS
        ${PROJECT_SOURCE_DIR}/apps/coil-fetch/*.[ch])
    list(REMOVE_ITEM files ${PROJECT_SOURCE_DIR}/apps/coil-fetch/main.c)
    coil_choose_fetch_files(files ${files})
    add_library(coil_fetch_archive STATIC ${files})
    target_include_directories(coil_fetch_archive PUBLIC
        ${PROJECT_SOURCE_DIR}/apps/coil-fetch)
    target_compile_definitions(coil_fetch_archive PRIVATE _GNU_SOURCE)
    coil_link_program(coil_fetch_archive _static ${files})
    coil_link_fetch_files(coil_fetch_archive)
    # What its tests share.
    file(GLOB files CONFIGURE_DEPENDS ${tests}/fetch/support/*.[ch])
    coil_has_jansson(has_jansson)
    if(has_jansson)
        coil_add_support(coil_fetch_test ${files})
        target_compile_definitions(coil_fetch_test_archive PRIVATE
            "FETCH_SCHEMA=\"${PROJECT_SOURCE_DIR}/docs/coil-fetch.schema.json\"")
        target_link_libraries(coil_fetch_test_archive
            PUBLIC coil_jansson coil_fetch_archive
            INTERFACE coil_test_support_http_archive)
    endif()
endif()
set(placed "")
# What `make check` builds.
add_custom_target(unit_tests)
foreach(label ${labels})
    set(folder ${tests}/${label})
    if(label IN_LIST COIL_LAYERS)
        set(folder ${tests}/unit/${label})
    endif()
    file(GLOB scripts_of_${label} CONFIGURE_DEPENDS ${folder}/*.sh)
    foreach(extension ${extensions})
        file(GLOB files CONFIGURE_DEPENDS ${folder}/*.${extension})
        list(APPEND placed ${files})
        foreach(file ${files})
            coil_add_test(${label} ${file})
        endforeach()
    endforeach()
endforeach()

# A test in a folder of no layer would never be run.
file(GLOB_RECURSE strays CONFIGURE_DEPENDS ${tests}/unit/*.c)
file(GLOB above CONFIGURE_DEPENDS ${tests}/*.c ${tests}/*.cc ${tests}/*.sh)
list(APPEND strays ${above})
list(REMOVE_ITEM strays ${placed} "")
if(strays)
    message(FATAL_ERROR "coil: no layer has these tests: ${strays}")
endif()

# A part of a program that is loaded at run time.
if(COIL_CXX)
    add_library(coil_test_plugin MODULE ${PROJECT_SOURCE_DIR}/tests/system/cxx/plugin.cc)
    set_target_properties(coil_test_plugin PROPERTIES
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    # Of C++ it needs a library that a program in C has not got.
    if("undefined" IN_LIST COIL_SANITIZE)
        target_compile_options(coil_test_plugin PRIVATE -fno-sanitize=undefined)
    endif()
    if(TARGET test_cxx_loaded)
        add_dependencies(test_cxx_loaded coil_test_plugin)
        set_target_properties(test_cxx_loaded PROPERTIES COIL_LOADS_PARTS ON)
        target_compile_definitions(test_cxx_loaded PRIVATE
            "CXX_PLUGIN=\"$<TARGET_FILE:coil_test_plugin>\"")
    endif()
endif()

# Its machine is a folder of its own.
if(TARGET test_asyncio_traces)
    set(folder ${PROJECT_SOURCE_DIR}/tests/conformance/asyncio)
    file(GLOB machine CONFIGURE_DEPENDS ${folder}/*.c)
    target_sources(test_asyncio_traces PRIVATE ${machine})
    target_include_directories(test_asyncio_traces PRIVATE ${folder})
    target_compile_definitions(test_asyncio_traces PRIVATE
        TRACES="${folder}/traces.txt")
endif()

# What is tested is not of the library.
if(TARGET test_json)
    file(GLOB json CONFIGURE_DEPENDS
        ${PROJECT_SOURCE_DIR}/examples/common/json*.c)
    target_sources(test_json PRIVATE ${json})
    target_include_directories(test_json PRIVATE
        ${PROJECT_SOURCE_DIR}/examples/common)
endif()

# Both sides of coil, for scripts/run/interop.
file(GLOB files CONFIGURE_DEPENDS ${tests}/interop/*.c)
foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    coil_can_build(can_build interop/${name} ${file})
    if(can_build)
        add_executable(interop_${name} ${file})
        set_target_properties(interop_${name} PROPERTIES
            OUTPUT_NAME ${name}
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/interop)
        target_compile_definitions(interop_${name} PRIVATE _GNU_SOURCE)
        coil_link_program(interop_${name} _static ${file})
    endif()
endforeach()

# A fleet of workers that is harmed, for scripts/run/work-fleet.
file(GLOB files CONFIGURE_DEPENDS ${tests}/fleet/*.[ch])
coil_can_build(can_build work_fleet ${files})
if(can_build AND TARGET coil_work)
    add_executable(work_fleet ${files})
    set_target_properties(work_fleet PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fleet)
    target_compile_definitions(work_fleet PRIVATE _GNU_SOURCE)
    coil_link_program(work_fleet _static ${files})
endif()

# The rest is of the tree, or of this machine's own system.
if(CMAKE_CROSSCOMPILING OR COIL_AMALGAMATION)
    return()
endif()

# ---- scripts ----

# What a program needs that links the library of this build by hand.
set(link_flags "")
if(COIL_COVERAGE)
    string(APPEND link_flags " --coverage")
endif()
if(URING_FOUND)
    string(APPEND link_flags " -luring")
endif()

set(script_cxx "")
if(COIL_CXX)
    set(script_cxx ${CMAKE_CXX_COMPILER})
endif()

set(script_env
    "COIL_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    "COIL_BUILD_DIR=${PROJECT_BINARY_DIR}"
    "CC=${CMAKE_C_COMPILER}"
    "CXX=${script_cxx}"
    "COIL_NO_CXX=${COIL_NO_CXX}"
    "COIL_LINK_FLAGS=${link_flags}"
    ${sanitizer_env})
foreach(label ${labels})
    foreach(file ${scripts_of_${label}})
        get_filename_component(stem ${file} NAME_WE)
        add_test(NAME ${stem} COMMAND sh ${file})
        set_tests_properties(${stem} PROPERTIES LABELS ${label}
            ENVIRONMENT "${script_env}" SKIP_RETURN_CODE 77 TIMEOUT 1500)
    endforeach()
endforeach()

# The rest looks at the sources or at an installed tree: once is enough.
if(COIL_SANITIZE OR COIL_COVERAGE)
    return()
endif()

set(scripts ${PROJECT_SOURCE_DIR}/scripts)
# What is compiled as a whole has no symbols between its objects.
set(layer_objects --objects ${PROJECT_BINARY_DIR}/CMakeFiles)
if(CMAKE_C_FLAGS MATCHES "-flto" OR COIL_TEST_LAYERS)
    set(layer_objects "")
endif()
find_program(COIL_PYTHON3 python3)
if(COIL_PYTHON3)
    coil_add_check(check.small_stacks ${scripts}/checks/check-small-stacks)
    coil_add_check(check.layers ${scripts}/checks/check-layers ${layer_objects})
else()
    coil_add_check(check.layers sh -c "echo skipped: no python3; exit 77")
endif()
coil_add_check(check.layers_finds_violations ${scripts}/checks/test-check-layers)
coil_add_check(check.headers ${scripts}/checks/check-headers)
coil_add_check(check.spdx ${scripts}/checks/check-spdx)
coil_add_check(check.format ${scripts}/checks/check-format)
coil_add_check(check.examples ${scripts}/checks/check-examples)
set_tests_properties(check.layers check.headers check.spdx check.format
    check.examples PROPERTIES
    LABELS "style;quick")
if(COIL_PYTHON3)
    coil_add_check(check.plots ${scripts}/docs/plots --check)
    coil_add_check(check.man ${scripts}/checks/check-man)
    coil_add_check(check.site ${scripts}/checks/check-site)
endif()
coil_add_check(check.docs_code ${scripts}/checks/check-docs-code)
coil_add_check(check.bugs_apply ${scripts}/run/bugbank --check)
if(TARGET coil)
    if(NOT COIL_TEST_LAYERS)
        coil_add_check(check.conformance
            ${scripts}/checks/check-conformance ${PROJECT_BINARY_DIR})
        coil_add_check(check.conformance_finds_errors
            ${scripts}/checks/test-check-conformance ${PROJECT_BINARY_DIR})
    endif()
    coil_add_check(check.symbols ${scripts}/checks/check-symbols ${PROJECT_BINARY_DIR})
    coil_add_check(check.abi ${scripts}/checks/check-abi ${PROJECT_BINARY_DIR})
    coil_add_check(check.meson ${scripts}/checks/test-meson)
    coil_add_check(check.amalgamation
        ${scripts}/checks/test-amalgamation ${PROJECT_BINARY_DIR})
    set_tests_properties(check.amalgamation check.meson PROPERTIES
        ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
    if(COIL_INSTALL)
        coil_add_check(check.install
            ${scripts}/checks/test-install ${PROJECT_BINARY_DIR})
        coil_add_check(check.readme
            ${scripts}/checks/test-readme ${PROJECT_BINARY_DIR})
        set(needs_cc check.install check.readme)
        if(COIL_PYTHON3)
            coil_add_check(check.docs_run ${scripts}/checks/check-docs-run
                ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR}/docs/tutorial.md
                ${PROJECT_SOURCE_DIR}/docs/cookbook.md
                ${PROJECT_SOURCE_DIR}/docs/stack-size.md
                ${PROJECT_SOURCE_DIR}/docs/memory.md
                ${PROJECT_SOURCE_DIR}/docs/versions.md)
            coil_add_check(check.docs_run_finds_errors
                ${scripts}/checks/test-check-docs-run ${PROJECT_BINARY_DIR})
            list(APPEND needs_cc check.docs_run)
        endif()
        set_tests_properties(${needs_cc} PROPERTIES
            ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
    endif()
endif()
