# SPDX-License-Identifier: MIT
#
# Run after a test program was linked: ask it for its tests and write the ctest
# commands for them into OUTPUT.
cmake_minimum_required(VERSION 3.16)

execute_process(COMMAND ${EMULATOR} ${PROGRAM} --list
    OUTPUT_VARIABLE names
    RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} --list: ${result}")
endif()

# The value of a line `/* KEY: value */` in the source.
function(read_mark result key)
    file(STRINGS ${SOURCE} line REGEX "^/\\* *${key}: .* \\*/" LIMIT_COUNT 1)
    string(REGEX REPLACE "^/\\* *${key}: *(.*[^ ]) *\\*/.*" "\\1" line "${line}")
    set(${result} "${line}" PARENT_SCOPE)
endfunction()

read_mark(labels LABELS)
string(REGEX MATCHALL "[^ ,;]+" labels "${LABEL} ${labels}")
set(serial FALSE)
if("serial" IN_LIST labels)
    set(serial TRUE)
endif()

# The program has a time limit of its own, which says more when it strikes, and
# is longer where the machine is busy (tests/support/time_limit.h).
string(REPLACE "|" ";" environment "${ENVIRONMENT}")
set(timeout 940)
read_mark(seconds TIMEOUT)
if(seconds)
    list(APPEND environment "COIL_TEST_TIMEOUT=${seconds}")
    math(EXPR timeout "15 * ${seconds} + 40")
endif()

set(text "")
string(REGEX REPLACE "\n" ";" names "${names}")
foreach(name ${names})
    string(REGEX REPLACE "^${STEM}_" "" short ${name})
    string(APPEND text
        "add_test([==[${STEM}.${short}]==]"
        " ${EMULATOR} [==[${PROGRAM}]==] ${name})\n"
        "set_tests_properties([==[${STEM}.${short}]==] PROPERTIES"
        " TIMEOUT ${timeout} SKIP_RETURN_CODE 77 RUN_SERIAL ${serial}"
        " LABELS [==[${labels}]==] ENVIRONMENT [==[${environment}]==])\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
