# SPDX-License-Identifier: MIT
#
# Build with musl's compiler wrapper (Debian's musl-tools).  musl-gcc sees the
# headers of musl and no others, so it is told where the kernel's are, which
# some tests need; on a system that is musl's they are a package, linux-headers.
set(CMAKE_C_COMPILER musl-gcc)
set(CMAKE_ASM_COMPILER musl-gcc)

set(kernel_headers ${CMAKE_BINARY_DIR}/kernel-headers)
if(NOT EXISTS ${kernel_headers} AND NOT CMAKE_BINARY_DIR MATCHES "CMakeTmp|Scratch")
    execute_process(COMMAND gcc -print-multiarch
        OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE)
    file(MAKE_DIRECTORY ${kernel_headers})
    foreach(folder linux asm-generic ${multiarch}/asm asm)
        get_filename_component(name ${folder} NAME)
        if(EXISTS /usr/include/${folder} AND NOT EXISTS ${kernel_headers}/${name})
            file(CREATE_LINK /usr/include/${folder} ${kernel_headers}/${name}
                SYMBOLIC)
        endif()
    endforeach()
endif()
set(CMAKE_C_FLAGS_INIT "-idirafter ${kernel_headers}")
