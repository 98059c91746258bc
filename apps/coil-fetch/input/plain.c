/* SPDX-License-Identifier: MIT */
#include "input/plain.h"

#include <errno.h>
#include <string.h>

#include "input/priority.h"
#include "input/request.h"

static bool may_be_template(const char *text, size_t size)
{
    static const char special[] = "[]{}";

    /* As a string, a text with a NUL would end there. */
    if (memchr(text, '\0', size))
        return false;
    for (size_t i = 0; i < 4; i++)
        if (memchr(text, special[i], size))
            return true;
    return false;
}

static int begin_template(struct plain *plain, struct request *request,
                          const char *text, size_t size)
{
    int rc = template_parse(&plain->template, text, size);

    if (rc == -EINVAL)
        return request_refuse(request, text, size, "%s",
                              plain->template.reason);
    return rc;
}

int plain_take(struct plain *plain, struct request *request, const char *text,
               size_t size)
{
    const char *url = text;
    size_t url_size = size;
    int64_t priority = 0;
    int rc = priority_take(&priority, &url, &url_size);

    if (rc < 0)
        return request_refuse(request, text, size,
                              "the priority has more than 64 bits");
    if (memchr(url, '\t', url_size))
        return request_refuse(
            request, text, size,
            "what is before the TAB is no whole number, so it is "
            "no priority");
    rc = request_make_quickly(request, priority, url, url_size);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    plain->priority = priority;
    if (!plain->has_no_templates && may_be_template(url, url_size))
        return begin_template(plain, request, url, url_size);
    return request_make(request, priority, url, url_size, NULL);
}

bool plain_has_more(const struct plain *plain)
{
    return plain->has_text || plain->template.has_more;
}

int plain_next(struct plain *plain, struct request *request)
{
    int rc;

    if (!plain->has_text)
        plain->has_text = template_next(&plain->template, &plain->text);
    if (!plain->has_text)
        return -ENOMEM;
    rc = request_make(request, plain->priority, plain->text.bytes,
                      plain->text.size, NULL);
    if (rc == 0)
        plain->has_text = false;
    return rc;
}

void plain_fini(struct plain *plain)
{
    template_fini(&plain->template);
    text_fini(&plain->text);
    *plain = (struct plain){ .has_no_templates = plain->has_no_templates };
}
