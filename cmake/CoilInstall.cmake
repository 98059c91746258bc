# SPDX-License-Identifier: MIT
#
# Headers, libraries, their .pc files, the files find_package(coil)
# reads, manual pages, documents, examples and gdb's script.  Everything is
# relative to where it lies, so an installed tree may be moved.
include(CMakePackageConfigHelpers)

if(NOT TARGET coil)
    return()
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/coil)
set(targets coil coil_static)
if(TARGET coil_tls)
    list(APPEND targets coil_tls coil_tls_static)
    set_target_properties(coil_tls PROPERTIES INSTALL_RPATH "$ORIGIN")
endif()
if(TARGET coil_http)
    list(APPEND targets coil_http coil_http_static)
    # The shared libraries lie side by side.
    set_target_properties(coil_http PROPERTIES INSTALL_RPATH "$ORIGIN")
endif()
if(TARGET coil_cares)
    list(APPEND targets coil_cares coil_cares_static)
    set_target_properties(coil_cares PROPERTIES INSTALL_RPATH "$ORIGIN")
endif()
if(TARGET coil_redis)
    list(APPEND targets coil_redis coil_redis_static)
    set_target_properties(coil_redis PROPERTIES INSTALL_RPATH "$ORIGIN")
endif()

if(TARGET coil_work)
    list(APPEND targets coil_work coil_work_static)
    set_target_properties(coil_work PROPERTIES INSTALL_RPATH "$ORIGIN")
endif()

install(TARGETS ${targets} EXPORT coilTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT coilTargets NAMESPACE coil:: DESTINATION ${package_dir})

install(FILES ${PROJECT_SOURCE_DIR}/include/coil.h ${PROJECT_SOURCE_DIR}/include/coil.hpp
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# Headers of a library that was not built stay here.
set(others "")
set(undocumented "")
if(NOT TARGET coil_http)
    list(APPEND others PATTERN "http*.h" EXCLUDE
        PATTERN "url.h" EXCLUDE PATTERN "websocket.h" EXCLUDE)
    list(APPEND undocumented http url websocket)
endif()
if(NOT TARGET coil_tls)
    list(APPEND others PATTERN "tls*.h" EXCLUDE)
    list(APPEND undocumented tls)
endif()
if(NOT TARGET coil_cares)
    list(APPEND others PATTERN "cares.h" EXCLUDE)
    list(APPEND undocumented cares)
endif()
if(NOT TARGET coil_redis)
    list(APPEND others PATTERN "redis.h" EXCLUDE)
    list(APPEND undocumented redis)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/coil
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp" ${others})

configure_package_config_file(
    ${PROJECT_SOURCE_DIR}/cmake/coilConfig.cmake.in
    ${PROJECT_BINARY_DIR}/coilConfig.cmake
    INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
set(compatibility SameMinorVersion)
if(PROJECT_VERSION_MAJOR GREATER 0)
    set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/coilConfigVersion.cmake
    COMPATIBILITY ${compatibility})
install(FILES
    ${PROJECT_BINARY_DIR}/coilConfig.cmake
    ${PROJECT_BINARY_DIR}/coilConfigVersion.cmake
    DESTINATION ${package_dir})

# From the folder of the .pc files up to the prefix, e.g. ../../../
file(RELATIVE_PATH pc_to_prefix
    /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
# What a program needs besides that links the static libraries.
set(DL_LIBS_PRIVATE "")
if(CMAKE_DL_LIBS)
    set(DL_LIBS_PRIVATE " -l${CMAKE_DL_LIBS}")
endif()
set(URING_LIBS_PRIVATE "")
if(URING_FOUND)
    set(URING_LIBS_PRIVATE " -luring")
endif()
set(LLHTTP_LIBS_PRIVATE "")
if(COIL_LLHTTP_LIBRARY)
    set(LLHTTP_LIBS_PRIVATE " -lllhttp")
endif()
set(TLS_REQUIRES "")
if(TARGET coil_tls)
    set(TLS_REQUIRES ", coil-tls = ${PROJECT_VERSION}")
endif()
set(CARES_REQUIRES "")
if(TARGET coil_cares)
    set(CARES_REQUIRES ", coil-cares = ${PROJECT_VERSION}")
endif()
set(REDIS_REQUIRES "")
if(TARGET coil_redis)
    set(REDIS_REQUIRES ", coil-redis = ${PROJECT_VERSION}")
endif()
set(OPTIONAL_LIBS_PRIVATE "")
foreach(name ${COIL_OPTIONAL_NAMES})
    string(APPEND OPTIONAL_LIBS_PRIVATE " -l${name}")
endforeach()
foreach(pc coil coil-tls coil-http coil-cares coil-redis coil-work)
    string(REPLACE - _ target ${pc})
    if(NOT TARGET ${target})
        continue()
    endif()
    configure_file(${PROJECT_SOURCE_DIR}/cmake/${pc}.pc.in
        ${PROJECT_BINARY_DIR}/${pc}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${pc}.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

# ---- manual pages, documents, examples ----

foreach(name coil-fetch coil-record ${COIL_INSPECTING})
    if(TARGET ${name})
        install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
        set_target_properties(${name} PROPERTIES
            INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
        install(FILES ${PROJECT_SOURCE_DIR}/docs/man/${name}.1
            DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    endif()
endforeach()
# coil-ps has another name.  Shells look for a completion by the name of the program.
if(TARGET coil-ps)
    install(FILES ${PROJECT_BINARY_DIR}/apps/coil-pstree
        DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(FILES ${PROJECT_SOURCE_DIR}/docs/man/coil-pstree.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    set(completions ${PROJECT_SOURCE_DIR}/apps/inspect/completions)
    foreach(name coil-pstree ${COIL_INSPECTING})
        install(FILES ${completions}/coil-inspect.bash
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
            RENAME ${name})
        install(FILES ${completions}/coil-inspect.fish
            DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
            RENAME ${name}.fish)
    endforeach()
    install(FILES ${completions}/_coil-inspect
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
foreach(name coil-fetch coil-record)
    if(TARGET ${name})
        set(completions ${PROJECT_SOURCE_DIR}/apps/${name}/completions)
        install(FILES ${completions}/${name}.bash
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
            RENAME ${name})
        install(FILES ${completions}/_${name}
            DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
        install(FILES ${completions}/${name}.fish
            DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
    endif()
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/docs/man/coil.7
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
# Those of the headers and their functions are made of the comments.
find_program(COIL_PYTHON3 python3)
if(COIL_PYTHON3)
    set(manual ${PROJECT_BINARY_DIR}/man)
    file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/coil/*.h)
    set(maker ${PROJECT_SOURCE_DIR}/scripts/docs/make-man)
    add_custom_command(OUTPUT ${manual}.stamp
        COMMAND ${CMAKE_COMMAND} -E remove_directory ${manual}
        COMMAND ${COIL_PYTHON3} ${maker} ${manual} ${undocumented}
        COMMAND ${CMAKE_COMMAND} -E touch ${manual}.stamp
        DEPENDS ${headers} ${maker} ${PROJECT_SOURCE_DIR}/scripts/docs/headers.py
            ${PROJECT_SOURCE_DIR}/docs/man/coil.7
        VERBATIM)
    add_custom_target(coil_manual ALL DEPENDS ${manual}.stamp)
    install(DIRECTORY ${manual}/ DESTINATION ${CMAKE_INSTALL_MANDIR})
else()
    message(STATUS "coil: no Python 3, so without manual pages of functions")
endif()
install(FILES ${PROJECT_SOURCE_DIR}/apps/coil-gdb/coil-gdb.py
    DESTINATION ${CMAKE_INSTALL_DATADIR}/coil)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/examples
    DESTINATION ${CMAKE_INSTALL_DOCDIR}
    PATTERN "man" EXCLUDE)

# The opposite of the last installation from this tree.
add_custom_target(uninstall
    COMMAND ${CMAKE_COMMAND}
        -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
        -P ${PROJECT_SOURCE_DIR}/cmake/CoilUninstall.cmake
    VERBATIM)
