# SPDX-License-Identifier: MIT
#
# What ctest reads of a test program: one test for each name in a file that the
# program has written after it was linked.

# The value of a line `/* KEY: value */` in the source.
function(coil_read_mark result source key)
    file(STRINGS ${source} line REGEX "^/\\* *${key}: .* \\*/" LIMIT_COUNT 1)
    string(REGEX REPLACE "^/\\* *${key}: *(.*[^ ]) *\\*/.*" "\\1" line "${line}")
    set(${result} "${line}" PARENT_SCOPE)
endfunction()

# Write `output`, for the program of `source`, whose tests have the labels.
function(coil_describe_tests output stem source labels)
    coil_read_mark(more ${source} LABELS)
    string(REGEX MATCHALL "[^ ,;]+" labels "${labels} ${more}")
    set(serial FALSE)
    if("serial" IN_LIST labels)
        set(serial TRUE)
    endif()

    # The program has a time limit of its own, which says more when it strikes, and
    # is longer where the machine is busy (tests/support/time_limit.h).
    set(environment ${sanitizer_env})
    set(timeout 940)
    coil_read_mark(seconds ${source} TIMEOUT)
    if(seconds)
        list(APPEND environment "COIL_TEST_TIMEOUT=${seconds}")
        math(EXPR timeout "15 * ${seconds} + 40")
    endif()

    set(program ${PROJECT_BINARY_DIR}/tests/test_${stem})
    set(emulator "")
    foreach(word ${CMAKE_CROSSCOMPILING_EMULATOR})
        string(APPEND emulator " [==[${word}]==]")
    endforeach()
    file(WRITE ${output} "\
if(EXISTS [==[${program}]==])
  file(STRINGS [==[${PROJECT_BINARY_DIR}/tests/test_${stem}.names]==] names)
  foreach(name IN LISTS names)
    string(REGEX REPLACE [==[^${stem}_]==] [==[]==] short \"\${name}\")
    add_test(\"${stem}.\${short}\"${emulator} [==[${program}]==] \"\${name}\")
    set_tests_properties(\"${stem}.\${short}\" PROPERTIES TIMEOUT ${timeout}
      SKIP_RETURN_CODE 77 RUN_SERIAL ${serial} LABELS [==[${labels}]==]
      ENVIRONMENT [==[${environment}]==])
  endforeach()
else()
  add_test(${stem}.NOT_BUILT test_${stem}-is-not-built)
endif()
")
endfunction()
