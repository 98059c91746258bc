/* SPDX-License-Identifier: MIT */
/*
 * html_scan.h - the tags of a page that comes in pieces, and some of their attributes
 *
 * A part of the tokenizer of the HTML Standard (13.2.5): comments, the text of
 * scripts and styles, and attributes that nobody asks for are passed over; nothing
 * is remembered but the tag that is being read.  XML is read as well: then no
 * element is special, and the text of an element can be had.
 */
#ifndef COIL_FETCH_FETCH_HTML_SCAN_H
#define COIL_FETCH_FETCH_HTML_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* The attributes that are kept. */
enum html_attribute {
    HTML_ACTION,
    HTML_CONTENT,
    HTML_DATA,
    HTML_FORMACTION,
    HTML_HREF,
    HTML_HTTP_EQUIV,
    HTML_IMAGESRCSET,
    HTML_POSTER,
    HTML_REL,
    HTML_SRC,
    HTML_SRCSET,
    HTML_ATTRIBUTES
};

/* Of one tag, or of one text, so many bytes are kept: the rest is lost. */
#define HTML_KEPT_SIZE ((size_t)16 * 1024)

/* Longer names are none that matter. */
#define HTML_NAME_SIZE 15

struct html_tag {
    char name[HTML_NAME_SIZE + 1]; /* in lower case */
    bool is_end;                   /* </name> */
    /* Decoded, with a NUL; NULL: the attribute is not there, or too long. */
    char *values[HTML_ATTRIBUTES];
};

struct html_scan {
    /* ---- set by the user ---- */
    bool is_xml;
    /*
     * A tag is there, which is valid during the call.  Returns whether the text up to
     * the next tag is wanted; a negative value ends the scanning.
     */
    int (*take_tag)(void *arg, const struct html_tag *tag);
    /* That text, decoded, with a NUL.  Returns 0; a negative value as above. */
    int (*take_text)(void *arg, const char *text, size_t size);
    void *arg;

    /* ---- private ---- */
    int state;
    char *kept; /* HTML_KEPT_SIZE bytes */
    size_t used;
    struct html_tag tag;
    size_t name_size;
    char
        word[HTML_NAME_SIZE + 1]; /* an attribute's name, or what follows "<" */
    size_t word_size;
    int attribute;   /* whose value is read; -1: one that is not kept */
    size_t value_at; /* in `kept` */
    char quote;      /* around the value */
    bool keeps_value;
    bool keeps_text;
    unsigned dashes;  /* of a comment, or "]" of CDATA: so many just before */
    bool is_fresh;    /* the comment has just begun */
    bool has_bang;    /* its last bytes are --! */
    unsigned escaped; /* of a script: 1 within <!--, 2 within <script> there */
};

/* Begin with the fields above set, and the rest zeroed.  Returns 0; -ENOMEM. */
int html_scan_begin(struct html_scan *scan);

/* Begin another page. */
void html_scan_again(struct html_scan *scan);

/* Scan some bytes.  Returns 0; what a function above returned. */
int html_scan_feed(struct html_scan *scan, const char *bytes, size_t size);

void html_scan_end(struct html_scan *scan);

#endif
