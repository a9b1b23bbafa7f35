# Attack tests with teeth. Each attacks/attack_AREA.c holds rows; each teeth/ID.patch removes one defence (or a group of
# redundant ones) and names its attacks in the header, "Attack: AREA ROW", all of one area. Tests:
#   attack/ROW   the ordinary build refuses it for the exact reason
#   teeth/ID.ROW built with the patched object in place of the library's, the same attack succeeds
# A patch that no longer applies fails the build.
# An area attacks/insecure_attack_AREA.c is linked as the insecure programs are.
file(GLOB attack_areas CONFIGURE_DEPENDS attacks/attack_*.c attacks/insecure_attack_*.c)
foreach(source ${attack_areas})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^insecure_" "" area "${name}")
    set(${area}_mode sr_production)
    if(name MATCHES "^insecure_")
        set(${area}_mode sr_insecure)
    endif()
    add_library(${area}_rows OBJECT ${source})
    target_link_libraries(${area}_rows PUBLIC sr_node)
    add_executable(${area} $<TARGET_OBJECTS:${area}_rows>)
    target_link_libraries(${area} ${${area}_mode} sr_client sr_bootstrap sr_node)
    # The rows, as the source lists them: { "name", ...
    file(STRINGS ${source} rows REGEX "^    \\{ \"[a-z0-9_]+\", ")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    foreach(row ${rows})
        string(REGEX REPLACE "^    \\{ \"([a-z0-9_]+)\".*" "\\1" row "${row}")
        add_test(NAME attack/${row} COMMAND ${area} guarded ${row} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        set_tests_properties(attack/${row} PROPERTIES LABELS "quick;attacks" TIMEOUT 120)
    endforeach()
endforeach()

if(NOT SR_TEETH) # what a sanitizer or another compiler says about a build with a hole helps nobody
    return()
endif()
file(GLOB teeth CONFIGURE_DEPENDS teeth/*.patch)
if(NOT SR_TEETH)
    set(teeth "")
endif()
foreach(patch ${teeth})
    get_filename_component(id ${patch} NAME_WE)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${patch})
    file(STRINGS ${patch} attacks REGEX "^Attack: ")
    string(REGEX MATCH "Attack: ([a-z]+) " ignored "${attacks}")
    set(area ${CMAKE_MATCH_1})
    file(STRINGS ${patch} files REGEX "^\\+\\+\\+ b/")
    set(sources)
    foreach(file ${files})
        string(REGEX REPLACE "^\\+\\+\\+ b/([^\t ]+).*$" "\\1" file "${file}")
        set(out ${CMAKE_CURRENT_BINARY_DIR}/teeth/${id}/${file})
        list(APPEND sources ${out})
        list(APPEND ${id}_from ${PROJECT_SOURCE_DIR}/${file})
    endforeach()
    add_custom_command(OUTPUT ${sources}
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/teeth/apply.sh ${PROJECT_SOURCE_DIR} ${patch}
                ${CMAKE_CURRENT_BINARY_DIR}/teeth/${id}
        DEPENDS ${patch} ${${id}_from} ${CMAKE_CURRENT_SOURCE_DIR}/teeth/apply.sh
        COMMENT "teeth: without ${id}")
    add_executable(teeth_${id} ${sources} $<TARGET_OBJECTS:attack_${area}_rows>)
    target_compile_options(teeth_${id} PRIVATE -Wno-unused -Wno-unused-parameter)
    target_link_libraries(teeth_${id} ${attack_${area}_mode} sr_client sr_bootstrap sr_node)
    foreach(attack ${attacks})
        string(REGEX REPLACE "^Attack: [a-z]+ " "" row "${attack}")
        add_test(NAME teeth/${id}.${row} COMMAND teeth_${id} toothless ${row}
                 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        set_tests_properties(teeth/${id}.${row} PROPERTIES LABELS "quick;teeth" TIMEOUT 120)
    endforeach()
endforeach()
