# Install rules of the C++ library: one archive (or shared object), the public headers, the package.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tidewire)

install(TARGETS tidewire EXPORT tidewireTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cpp
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cpp
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT cpp
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/include/tidewire
                  ${PROJECT_BINARY_DIR}/core/include/tidewire
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT cpp
        FILES_MATCHING PATTERN "*.hpp")
install(EXPORT tidewireTargets NAMESPACE tidewire:: DESTINATION ${package_dir} COMPONENT cpp)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tidewireConfig.cmake.in
    ${PROJECT_BINARY_DIR}/tidewireConfig.cmake INSTALL_DESTINATION ${package_dir})
# Until 1.0 a minor version may change the API.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tidewireConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tidewireConfig.cmake
              ${PROJECT_BINARY_DIR}/tidewireConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT cpp)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/tidewire COMPONENT cpp)
