/* SPDX-License-Identifier: MIT */
#include "http/wire/url_idn.h"

#include <idn2.h>
#include <string.h>

#include <coil/error.h>

#include "base/memory.h"

enum { MAX_NAME = 253, MAX_TEXT = 4 * MAX_NAME };

int coil__url_idn_to_ascii(char *out, const char *text, size_t size)
{
    char copy[MAX_TEXT + 1];
    char *ascii;
    size_t length;
    int rc;

    if (size > MAX_TEXT || memchr(text, '\0', size))
        return COIL_EHTTP_BAD_URL;
    if (coil__alloc_fails())
        return -ENOMEM;
    memcpy(copy, text, size);
    copy[size] = '\0';
    rc = idn2_to_ascii_8z(copy, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (rc == IDN2_MALLOC)
        return -ENOMEM;
    if (rc != IDN2_OK)
        return COIL_EHTTP_BAD_URL;
    length = strlen(ascii);
    if (length <= MAX_NAME)
        memcpy(out, ascii, length + 1);
    idn2_free(ascii);
    return length <= MAX_NAME ? 0 : COIL_EHTTP_BAD_URL;
}

const char *coil__url_idn_version(void)
{
    return idn2_check_version(NULL);
}
