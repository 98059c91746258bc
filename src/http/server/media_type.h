/* SPDX-License-Identifier: MIT */
/*
 * http/server/media_type.h - what a file is, by its name
 */
#ifndef COIL_HTTP_SERVER_MEDIA_TYPE_H
#define COIL_HTTP_SERVER_MEDIA_TYPE_H

/* The value of Content-Type; "application/octet-stream" if it is unknown. */
const char *coil__http_media_type(const char *path);

#endif
