# SPDX-License-Identifier: MIT
#
# libcoil-redis, a client of Redis: where hiredis is there, of which it uses the
# parser and the formatter, unless "redis" is in COIL_WITHOUT.
include(CoilFind)
coil_find_library(HIREDIS hiredis/hiredis.h hiredis redisReaderFeed)
if("redis" IN_LIST COIL_WITHOUT OR NOT HIREDIS_FOUND)
    message(STATUS "coil: without Redis")
    return()
endif()
message(STATUS "coil: with Redis")
coil_layer_sources(redis_sources coil-redis)
list(REMOVE_ITEM redis_sources
    ${src}/redis/secure_linked.c ${src}/redis/secure_loaded.c)
if(TARGET coil_tls)
    list(REMOVE_ITEM redis_sources ${src}/redis/secure_none.c)
endif()
coil_add_library(coil_redis coil-redis
    SOURCES ${redis_sources}
    DEPENDS coil
    PRIVATE ${HIREDIS_LIBRARY})
if(HIREDIS_INCLUDE_DIR)
    target_include_directories(coil_redis_objects SYSTEM PRIVATE
        ${HIREDIS_INCLUDE_DIR})
endif()
target_link_libraries(coil_redis PRIVATE ${HIREDIS_LIBRARY})
target_link_libraries(coil_redis_static PUBLIC
    $<BUILD_INTERFACE:${HIREDIS_LIBRARY}> $<INSTALL_INTERFACE:hiredis>)
# As for HTTP: programs are linked with libcoil-tls, but the shared library is not.
if(TARGET coil_tls)
    foreach(kind loaded linked)
        add_library(coil_redis_secure_${kind} OBJECT
            ${src}/redis/secure_${kind}.c)
        set_target_properties(coil_redis_secure_${kind} PROPERTIES
            C_VISIBILITY_PRESET hidden
            C_EXTENSIONS OFF)
        target_include_directories(coil_redis_secure_${kind} PRIVATE
            ${PROJECT_SOURCE_DIR}/include ${src})
        target_link_libraries(coil_redis_secure_${kind} PRIVATE
            coil_library_flags)
        target_compile_definitions(coil_redis_secure_${kind} PRIVATE
            "COIL_TLS_FILE=\"$<TARGET_SONAME_FILE_NAME:coil_tls>\"")
    endforeach()
    # ASan's dlopen() does not look into the folders of the library that calls it.
    set(kind loaded)
    if("address" IN_LIST COIL_SANITIZE)
        set(kind linked)
        target_link_libraries(coil_redis PRIVATE coil_tls)
    endif()
    target_sources(coil_redis PRIVATE
        $<TARGET_OBJECTS:coil_redis_secure_${kind}>)
    target_sources(coil_redis_static PRIVATE
        $<TARGET_OBJECTS:coil_redis_secure_linked>)
    target_link_libraries(coil_redis INTERFACE coil_tls)
    target_link_libraries(coil_redis_static PUBLIC coil_tls_static)
endif()
coil_finish_part(redis)
