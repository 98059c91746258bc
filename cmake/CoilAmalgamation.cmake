# SPDX-License-Identifier: MIT
#
# libcoil of the one file that scripts/amalgamate writes, compiled as its users do: by
# `cc -c coil.c`, without our flags.  The tests are those of the tree.
set(coil_sources ${COIL_AMALGAMATION}/coil.c)
set(URING_FOUND OFF)

function(coil_compile_plainly target)
    foreach(property LINK_LIBRARIES INCLUDE_DIRECTORIES COMPILE_DEFINITIONS
            C_STANDARD C_VISIBILITY_PRESET)
        set_property(TARGET ${target} PROPERTY ${property})
    endforeach()
endfunction()
