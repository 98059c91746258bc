# SPDX-License-Identifier: MIT
#
# libcoil, libcoil-tls, libcoil-cares, libcoil-redis, libcoil-work and libcoil-http, each shared and static
# from the same objects.  The tests link the static twins, where hidden symbols
# can be reached.

# ---- the stack switch: exactly one of three files ----

if(COIL_CONTEXT)
    set(context ${COIL_CONTEXT})
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$"
       AND CMAKE_SIZEOF_VOID_P EQUAL 8)
    set(context x86_64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(context aarch64)
else()
    set(context ucontext)
endif()
if(NOT context MATCHES "^(x86_64|aarch64|ucontext)$")
    message(FATAL_ERROR "COIL_CONTEXT=${context}: x86_64, aarch64 or ucontext")
endif()

if(context STREQUAL "ucontext")
    include(CheckFunctionExists)
    check_function_exists(swapcontext COIL_HAS_SWAPCONTEXT)
    if(NOT COIL_HAS_SWAPCONTEXT)
        message(FATAL_ERROR "This C library has no swapcontext(), so coil runs "
            "on x86-64 and AArch64 only (COIL_CONTEXT).")
    endif()
endif()

set(src ${PROJECT_SOURCE_DIR}/src)
file(GLOB context_variants CONFIGURE_DEPENDS
    ${src}/context/switch_x86_64.S ${src}/context/switch_aarch64.S
    ${src}/context/switch_ucontext.c)
coil_layer_sources(coil_sources coil)
if(context_variants)
    list(REMOVE_ITEM coil_sources ${context_variants})
    if(context STREQUAL "ucontext")
        list(APPEND coil_sources ${src}/context/switch_ucontext.c)
    else()
        list(APPEND coil_sources ${src}/context/switch_${context}.S)
    endif()
endif()
message(STATUS "coil: stack switch ${context}")
include(CoilReports)
list(REMOVE_ITEM coil_sources ${report_variants})
list(APPEND coil_sources ${COIL_REPORT_SOURCES})
include(CoilUring)
list(REMOVE_ITEM coil_sources ${uring_variants})
list(APPEND coil_sources ${COIL_URING_SOURCES})
if(COIL_AMALGAMATION)
    include(CoilAmalgamation)
endif()

# ---- one library ----

# Makes the targets <name>_objects, <name> (shared) and <name>_static, whose
# files are called lib<output>.
#   SOURCES  the files         DEPENDS  our libraries below it
#   PRIVATE  what only the compilation needs
#   OBJECTS  object libraries that become part of it
function(coil_add_library name output)
    cmake_parse_arguments(lib "" "" "SOURCES;DEPENDS;PRIVATE;OBJECTS" ${ARGN})

    add_library(${name}_objects OBJECT ${lib_SOURCES})
    set_target_properties(${name}_objects PROPERTIES
        C_VISIBILITY_PRESET hidden
        C_EXTENSIONS OFF)
    target_include_directories(${name}_objects PRIVATE
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    if(LIBDW_INCLUDE_DIR)
        target_include_directories(${name}_objects SYSTEM PRIVATE
            ${LIBDW_INCLUDE_DIR})
    endif()
    target_link_libraries(${name}_objects PRIVATE
        coil_library_flags Threads::Threads ${lib_PRIVATE})
    string(TOUPPER ${context} upper)
    set(switch COIL_CONTEXT_${upper}=1)
    if(NOT COIL_RECORDER)
        list(APPEND switch COIL_NO_RECORDER=1)
    endif()
    target_compile_definitions(${name}_objects PRIVATE ${switch})

    set(objects $<TARGET_OBJECTS:${name}_objects>)
    foreach(object ${lib_OBJECTS})
        list(APPEND objects $<TARGET_OBJECTS:${object}>)
    endforeach()

    add_library(${name} SHARED ${objects})
    add_library(${name}_static STATIC ${objects})
    set_target_properties(${name} PROPERTIES
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    set_target_properties(${name} ${name}_static PROPERTIES
        OUTPUT_NAME ${output}
        LINKER_LANGUAGE C)
    if(NOT COIL_SANITIZE)
        # A symbol nobody defines is found here, not by the user.
        target_link_options(${name} PRIVATE -Wl,--no-undefined)
    endif()

    # Symbols have the version of the interface, such as COIL_HTTP_0.2.
    string(TOUPPER "${name}" symbol_version)
    string(APPEND symbol_version
        "_${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
    set(map ${PROJECT_BINARY_DIR}/${name}.map)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/symbols.map.in ${map} @ONLY)
    target_link_options(${name} PRIVATE -Wl,--version-script=${map})
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${map})

    foreach(kind "" _static)
        set(target ${name}${kind})
        target_include_directories(${target} PUBLIC
            $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
        target_compile_options(${target} INTERFACE ${COIL_STACK_FLAG})
        foreach(dependency ${lib_DEPENDS})
            target_link_libraries(${target} PUBLIC ${dependency}${kind})
        endforeach()
    endforeach()
    # Before glibc 2.34 dlopen() is in a library of its own.
    target_link_libraries(${name} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
    target_link_libraries(${name}_static PUBLIC
        Threads::Threads ${CMAKE_DL_LIBS})
    # The tests look inside, at the same variant.
    target_compile_definitions(${name}_static INTERFACE
        "$<BUILD_INTERFACE:${switch}>")
    # Calls within the library do not go through its table of symbols, and what
    # comes from somebody's static library (llhttp) is not in it.
    target_link_options(${name} PRIVATE
        -Wl,-Bsymbolic-functions -Wl,--exclude-libs,ALL)
endfunction()

# libcoil-`part` beside libcoil: users name it coil::`part`, and its shared library
# has a copy of what it uses of base.
function(coil_finish_part part)
    if(TARGET coil_base)
        target_link_libraries(coil_${part} PRIVATE coil_base)
    endif()
    set_target_properties(coil_${part} PROPERTIES EXPORT_NAME ${part})
    set_target_properties(coil_${part}_static PROPERTIES
        EXPORT_NAME ${part}-static)
    add_library(coil::${part} ALIAS coil_${part})
    add_library(coil::${part}-static ALIAS coil_${part}_static)
endfunction()

# ---- libcoil ----

if(NOT coil_sources)
    message(WARNING "coil: no sources in src/ yet, nothing to build")
    set(COIL_BUILD_HTTP OFF)
    return()
endif()
coil_add_library(coil coil SOURCES ${coil_sources})
if(COIL_AMALGAMATION)
    coil_compile_plainly(coil_objects)
endif()
# Tasks with a small stack have no room for the loader, which binds a call when it is
# first made.
target_link_options(coil PRIVATE -Wl,-z,now)
set_target_properties(coil_static PROPERTIES EXPORT_NAME coil-static)
if(URING_FOUND)
    target_link_libraries(coil PRIVATE ${URING_LIBRARY})
    target_link_libraries(coil_static PUBLIC
        $<BUILD_INTERFACE:${URING_LIBRARY}> $<INSTALL_INTERFACE:uring>)
endif()
add_library(coil::coil ALIAS coil)
add_library(coil::coil-static ALIAS coil_static)

# libcoil hides its private symbols.  Of its layers, base alone has no state, so
# the other shared libraries may have copies of their own; the rest they reach
# through the public headers.
file(GLOB base_sources CONFIGURE_DEPENDS ${src}/base/*.c)
list(REMOVE_ITEM base_sources ${report_variants} ${src}/base/symbols.c)
if(base_sources)
    add_library(coil_base STATIC ${base_sources})
    set_target_properties(coil_base PROPERTIES
        C_VISIBILITY_PRESET hidden
        C_EXTENSIONS OFF)
    target_include_directories(coil_base PRIVATE
        ${PROJECT_SOURCE_DIR}/include ${src})
    target_link_libraries(coil_base PRIVATE coil_library_flags)
endif()

# ---- libcoil-tls ----

coil_layer_sources(tls_sources coil-tls)
if(COIL_BUILD_TLS AND tls_sources)
    find_package(OpenSSL 3.0)
    if(NOT OPENSSL_FOUND)
        message(FATAL_ERROR "coil: OpenSSL 3 with its headers is needed for TLS. "
            "Install it, such as libssl-dev, or say -DCOIL_BUILD_TLS=OFF.")
    endif()
    coil_add_library(coil_tls coil-tls
        SOURCES ${tls_sources}
        DEPENDS coil
        PRIVATE OpenSSL::SSL)
    target_link_libraries(coil_tls PRIVATE OpenSSL::SSL OpenSSL::Crypto)
    target_link_libraries(coil_tls_static PUBLIC OpenSSL::SSL OpenSSL::Crypto)
    coil_finish_part(tls)
endif()

# ---- libcoil-cares ----

include(CoilCares)

# ---- libcoil-redis ----

include(CoilRedis)

# ---- libcoil-work ----

include(CoilWork)

# ---- libcoil-http ----

coil_layer_sources(http_sources coil-http)
if(NOT COIL_BUILD_HTTP OR NOT http_sources)
    return()
endif()
include(CoilLlhttp)
include(CoilOptional)
list(REMOVE_ITEM http_sources ${optional_variants})
list(APPEND http_sources ${COIL_OPTIONAL_SOURCES})
list(REMOVE_ITEM http_sources
    ${src}/http/wire/secure_tls.c ${src}/http/wire/secure_none.c
    ${src}/http/wire/tls_library_linked.c
    ${src}/http/wire/tls_library_loaded.c)
set(http_depends coil)
if(TARGET coil_tls)
    list(APPEND http_sources ${src}/http/wire/secure_tls.c)
else()
    list(APPEND http_sources ${src}/http/wire/secure_none.c)
    message(STATUS "coil: without TLS, so without https")
endif()
list(REMOVE_ITEM http_sources
    ${src}/http/wire/names_cares.c ${src}/http/wire/names_none.c)
if(TARGET coil_cares)
    list(APPEND http_sources ${src}/http/wire/names_cares.c)
    list(APPEND http_depends coil_cares)
else()
    list(APPEND http_sources ${src}/http/wire/names_none.c)
endif()
coil_add_library(coil_http coil-http
    SOURCES ${http_sources}
    DEPENDS ${http_depends}
    PRIVATE coil_llhttp
    OBJECTS ${COIL_LLHTTP_OBJECTS})
# What makes the two kinds different: programs are linked with libcoil-tls, but the
# shared libcoil-http is not.  See src/http/wire/tls_library.h.
if(TARGET coil_tls)
    foreach(kind loaded linked)
        add_library(coil_http_tls_${kind} OBJECT
            ${src}/http/wire/tls_library_${kind}.c)
        set_target_properties(coil_http_tls_${kind} PROPERTIES
            C_VISIBILITY_PRESET hidden
            C_EXTENSIONS OFF)
        target_include_directories(coil_http_tls_${kind} PRIVATE
            ${PROJECT_SOURCE_DIR}/include ${src})
        target_link_libraries(coil_http_tls_${kind} PRIVATE coil_library_flags)
        target_compile_definitions(coil_http_tls_${kind} PRIVATE
            "COIL_TLS_FILE=\"$<TARGET_SONAME_FILE_NAME:coil_tls>\"")
    endforeach()
    # ASan's dlopen() does not look into the folders of the library that calls it.
    set(kind loaded)
    if("address" IN_LIST COIL_SANITIZE)
        set(kind linked)
        target_link_libraries(coil_http PRIVATE coil_tls)
    endif()
    target_sources(coil_http PRIVATE $<TARGET_OBJECTS:coil_http_tls_${kind}>)
    target_sources(coil_http_static PRIVATE
        $<TARGET_OBJECTS:coil_http_tls_linked>)
    target_link_libraries(coil_http INTERFACE coil_tls)
    target_link_libraries(coil_http_static PUBLIC coil_tls_static)
endif()
if(COIL_LLHTTP_LIBRARY)
    target_link_libraries(coil_http PRIVATE ${COIL_LLHTTP_LIBRARY})
    target_link_libraries(coil_http_static PUBLIC
        $<BUILD_INTERFACE:${COIL_LLHTTP_LIBRARY}>
        $<INSTALL_INTERFACE:llhttp>)
endif()
foreach(library ${COIL_OPTIONAL_LIBRARIES})
    target_link_libraries(coil_http PRIVATE ${library})
    target_link_libraries(coil_http_static PUBLIC $<BUILD_INTERFACE:${library}>)
endforeach()
foreach(name ${COIL_OPTIONAL_NAMES})
    target_link_libraries(coil_http_static PUBLIC $<INSTALL_INTERFACE:${name}>)
endforeach()
coil_finish_part(http)
