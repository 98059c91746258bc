# SPDX-License-Identifier: MIT
#
# libcoil-cares, the source of names that is c-ares: where c-ares is there, unless
# "cares" is in COIL_WITHOUT.
include(CoilFind)
coil_find_library(CARES ares.h cares ares_getaddrinfo)
if("cares" IN_LIST COIL_WITHOUT OR NOT CARES_FOUND)
    message(STATUS "coil: without c-ares")
    return()
endif()
message(STATUS "coil: with c-ares")
coil_layer_sources(cares_sources coil-cares)
coil_add_library(coil_cares coil-cares
    SOURCES ${cares_sources}
    DEPENDS coil
    PRIVATE ${CARES_LIBRARY})
if(CARES_INCLUDE_DIR)
    target_include_directories(coil_cares_objects SYSTEM PRIVATE
        ${CARES_INCLUDE_DIR})
endif()
target_link_libraries(coil_cares PRIVATE ${CARES_LIBRARY})
# The resolver of libcoil keeps the source for the life of the process, also if
# what has loaded this library, such as a plug-in, is unloaded.
target_link_options(coil_cares PRIVATE -Wl,-z,nodelete)
target_link_libraries(coil_cares_static PUBLIC
    $<BUILD_INTERFACE:${CARES_LIBRARY}> $<INSTALL_INTERFACE:cares>)
coil_finish_part(cares)
