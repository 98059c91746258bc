# SPDX-License-Identifier: MIT
#
# layers.txt, read: COIL_LAYERS, the folders of src/, and COIL_LAYERS_<library>,
# those of each library.
set(layers_file ${CMAKE_CURRENT_LIST_DIR}/layers.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${layers_file})
file(STRINGS ${layers_file} lines REGEX "^[a-z]")
set(COIL_LAYERS "")
foreach(line ${lines})
    if(line MATCHES "^([a-z0-9/]+) +(coil[a-z-]*)")
        list(APPEND COIL_LAYERS ${CMAKE_MATCH_1})
        list(APPEND COIL_LAYERS_${CMAKE_MATCH_2} ${CMAKE_MATCH_1})
    endif()
endforeach()

# The sources of a library, into `result`.
function(coil_layer_sources result library)
    set(sources "")
    foreach(layer ${COIL_LAYERS_${library}})
        file(GLOB found CONFIGURE_DEPENDS
            ${PROJECT_SOURCE_DIR}/src/${layer}/*.c)
        list(APPEND sources ${found})
    endforeach()
    set(${result} ${sources} PARENT_SCOPE)
endfunction()
