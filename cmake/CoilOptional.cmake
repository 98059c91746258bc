# SPDX-License-Identifier: MIT
#
# Libraries that libcoil-http uses where they are there.  What needs one of them
# is a file of its own, beside a file that does without.
#
# Sets COIL_OPTIONAL_LIBRARIES, their files; COIL_OPTIONAL_NAMES, by which a
# linker finds them; COIL_OPTIONAL_SOURCES, the files of src/ that fit; and
# optional_variants, all files of which there are several.
include(CoilFind)

set(COIL_OPTIONAL_LIBRARIES "")
set(COIL_OPTIONAL_NAMES "")
set(COIL_OPTIONAL_SOURCES "")
set(optional_variants "")

# coil_optional(NAME word with without): use the file `with` if the
# library that coil_find_library(NAME …) found is wanted, else `without`.
macro(coil_optional name word with without)
    set(with_file ${src}/http/${with})
    set(without_file ${src}/http/${without})
    list(APPEND optional_variants ${with_file} ${without_file})
    if(${name}_FOUND)
        list(APPEND COIL_OPTIONAL_SOURCES ${with_file})
        list(APPEND COIL_OPTIONAL_LIBRARIES ${${name}_LIBRARY})
        list(APPEND COIL_OPTIONAL_NAMES ${word})
        message(STATUS "coil: with ${word}")
    else()
        list(APPEND COIL_OPTIONAL_SOURCES ${without_file})
        message(STATUS "coil: without ${word}")
    endif()
endmacro()

# As coil_find_library(), but finds nothing that is in COIL_WITHOUT.
macro(coil_find_optional name header library function)
    set(${name}_FOUND OFF)
    if(NOT "${library}" IN_LIST COIL_WITHOUT)
        coil_find_library(${name} ${header} ${library} ${function})
    endif()
endmacro()

coil_find_optional(IDN2 idn2.h idn2 idn2_to_ascii_8z)
coil_optional(IDN2 idn2 wire/url_idn_libidn2.c wire/url_idn_none.c)

coil_find_optional(ZLIB zlib.h z inflateReset2)
coil_optional(ZLIB z wire/coding_zlib_libz.c wire/coding_zlib_none.c)

# Its two halves are libraries of their own.
coil_find_optional(BROTLI brotli/encode.h brotlienc BrotliEncoderCreateInstance)
coil_find_optional(BROTLIDEC brotli/decode.h brotlidec
    BrotliDecoderCreateInstance)
if(NOT BROTLIDEC_FOUND OR "brotli" IN_LIST COIL_WITHOUT)
    set(BROTLI_FOUND OFF)
endif()
coil_optional(BROTLI brotlienc
    wire/coding_brotli_lib.c wire/coding_brotli_none.c)
if(BROTLI_FOUND)
    list(APPEND COIL_OPTIONAL_LIBRARIES ${BROTLIDEC_LIBRARY})
    list(APPEND COIL_OPTIONAL_NAMES brotlidec)
endif()

coil_find_optional(ZSTD zstd.h zstd ZSTD_compressStream2)
coil_optional(ZSTD zstd wire/coding_zstd_lib.c wire/coding_zstd_none.c)

coil_find_optional(PSL libpsl.h psl psl_registrable_domain)
coil_optional(PSL psl wire/suffix_psl.c wire/suffix_none.c)

# HTTP/2 has a folder of its own.
coil_find_optional(NGHTTP2 nghttp2/nghttp2.h nghttp2 nghttp2_session_mem_send)
coil_optional(NGHTTP2 nghttp2
    wire/http2_version_nghttp2.c wire/http2_version_none.c)
file(GLOB http2_files CONFIGURE_DEPENDS ${src}/http/http2/*.c)
list(APPEND optional_variants ${http2_files})
if(NGHTTP2_FOUND)
    list(REMOVE_ITEM http2_files ${src}/http/http2/http2_none.c)
    list(APPEND COIL_OPTIONAL_SOURCES ${http2_files})
else()
    list(APPEND COIL_OPTIONAL_SOURCES ${src}/http/http2/http2_none.c)
endif()
