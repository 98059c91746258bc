/* SPDX-License-Identifier: MIT */
/* html_state.h - what the parts of html_scan.c share */
#ifndef COIL_FETCH_FETCH_HTML_STATE_H
#define COIL_FETCH_FETCH_HTML_STATE_H

#include "fetch/html_scan.h"

enum html_state {
    HTML_IN_TEXT,
    HTML_IN_OPEN,   /* behind "<" or "</" */
    HTML_IN_MARKUP, /* behind "<!" */
    HTML_IN_BOGUS,  /* up to ">" */
    HTML_IN_COMMENT,
    HTML_IN_CDATA,
    HTML_IN_NAME,         /* of a tag */
    HTML_IN_BEFORE_WORD,  /* an attribute's name, or the end of the tag */
    HTML_IN_WORD,         /* within such a name */
    HTML_IN_AFTER_WORD,   /* "=" may follow */
    HTML_IN_BEFORE_VALUE, /* behind "=" */
    HTML_IN_QUOTED,
    HTML_IN_UNQUOTED,
    HTML_IN_RAW,      /* the text of a script and the like */
    HTML_IN_RAW_OPEN, /* "<" within it */
    HTML_IN_REST,     /* nothing follows but text */
};

static inline bool html_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static inline bool html_is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline char html_to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

#endif
