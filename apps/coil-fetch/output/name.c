/* SPDX-License-Identifier: MIT */
#include "output/name.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <coil/url.h>

#include "output/safe_name.h"

/* What names are made of. */
struct source {
    const struct job *job;
    const char *type;
    struct coil_url url;
    struct coil_url_part file; /* the last component of the path */
    size_t stem_size;          /* of `file`; the rest is the extension */
};

typedef int field_fn(struct text *text, const struct source *s);

struct field {
    const char *name;
    field_fn *add;
};

static int add_scheme(struct text *text, const struct source *s)
{
    safe_name_add(text, s->url.scheme.at, s->url.scheme.size, false);
    return 0;
}

static int add_host(struct text *text, const struct source *s)
{
    safe_name_add(text, s->url.host.at, s->url.host.size, false);
    return 0;
}

static int add_port(struct text *text, const struct source *s)
{
    text_add_format(text, "%u", s->url.port);
    return 0;
}

static int add_query(struct text *text, const struct source *s)
{
    if (s->url.query.at)
        safe_name_add(text, s->url.query.at, s->url.query.size, false);
    return 0;
}

static void add_query_behind(struct text *text, const struct source *s)
{
    if (!s->url.query.at)
        return;
    text_add_char(text, '@');
    add_query(text, s);
}

static int add_file(struct text *text, const struct source *s)
{
    if (s->file.size == 0)
        text_add(text, "index.html");
    safe_name_add(text, s->file.at, s->file.size, false);
    add_query_behind(text, s);
    return 0;
}

static int add_path(struct text *text, const struct source *s)
{
    size_t size = s->url.path.size - s->file.size;

    safe_name_add(text, s->url.path.at, size, true);
    return add_file(text, s);
}

static int add_stem(struct text *text, const struct source *s)
{
    if (s->file.size == 0)
        text_add(text, "index");
    safe_name_add(text, s->file.at, s->stem_size, false);
    return 0;
}

static int add_ext(struct text *text, const struct source *s)
{
    if (s->file.size == 0)
        text_add(text, ".html");
    safe_name_add(text, s->file.at + s->stem_size, s->file.size - s->stem_size,
                  false);
    return 0;
}

static int add_hash(struct text *text, const char *at, const char *end)
{
    char hash[17];
    int rc = safe_name_hash(hash, at, (size_t)(end - at));

    if (rc == 0)
        text_add(text, hash);
    return rc;
}

/* Where the URL's last part ends, without the fragment. */
static const char *end_of(const struct source *s)
{
    const struct coil_url_part *last =
        s->url.query.at ? &s->url.query : &s->url.path;

    return last->at + last->size;
}

static int add_path_hash(struct text *text, const struct source *s)
{
    return add_hash(text, s->url.path.at, end_of(s));
}

static int add_url_hash(struct text *text, const struct source *s)
{
    return add_hash(text, s->url.scheme.at, end_of(s));
}

static int add_number(struct text *text, const struct source *s)
{
    text_add_format(text, "%" PRIu64, s->job->number);
    return 0;
}

static int add_priority(struct text *text, const struct source *s)
{
    text_add_format(text, "%" PRId64, s->job->priority);
    return 0;
}

static int add_name(struct text *text, const struct source *s)
{
    const char *name = s->job->details ? s->job->details->name : NULL;

    if (!name)
        return add_number(text, s);
    safe_name_add_plain(text, name, strlen(name), false);
    return 0;
}

static int add_method(struct text *text, const struct source *s)
{
    const char *method = job_method(s->job);

    safe_name_add_plain(text, method, strlen(method), false);
    return 0;
}

/* "text/html; charset=utf-8" is text-html. */
static int add_type(struct text *text, const struct source *s)
{
    const char *type = s->type ? s->type : "unknown";
    size_t size = strcspn(type, "; \t,");
    size_t first = strcspn(type, "/");

    if (first < size) {
        safe_name_add_plain(text, type, first, false);
        text_add_char(text, '-');
        type += first + 1;
        size -= first + 1;
    }
    safe_name_add_plain(text, type, size, false);
    return 0;
}

static const struct field fields[] = {
    { "scheme", add_scheme },
    { "host", add_host },
    { "port", add_port },
    { "path", add_path },
    { "file", add_file },
    { "stem", add_stem },
    { "ext", add_ext },
    { "query", add_query },
    { "path_hash", add_path_hash },
    { "url_hash", add_url_hash },
    { "number", add_number },
    { "priority", add_priority },
    { "name", add_name },
    { "method", add_method },
    { "type", add_type },
};

static const struct field *find_field(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strlen(fields[i].name) == size &&
            memcmp(fields[i].name, name, size) == 0)
            return &fields[i];
    return NULL;
}

/*
 * A template is text, "{{" and "}}", and fields.  The next of these at `*at`:
 * either `*field`, or `*text` of `*size` bytes.  Returns 1; 0 at the end; -EINVAL,
 * with `*at` where it is wrong.
 */
static int next_part(const char **at, const struct field **field,
                     const char **text, size_t *size)
{
    const char *here = *at;
    size_t length = strcspn(here, "{}");

    *field = NULL;
    *text = here;
    *size = length;
    if (*here == '\0')
        return 0;
    if (length == 0 && here[1] == here[0]) {
        *size = 1;
        *at += 2;
        return 1;
    }
    if (length > 0) {
        *at += length;
        return 1;
    }
    length = strcspn(here, "}");
    *field = *here == '{' ? find_field(here + 1, length - 1) : NULL;
    if (!*field || here[length] == '\0')
        return -EINVAL;
    *at += length + 1;
    return 1;
}

static void tell_error(struct text *why, const char *at)
{
    size_t length = strcspn(at, "}");

    if (*at == '}') {
        text_add(why, "a } stands alone; }} is a brace");
        return;
    }
    if (at[length] == '\0') {
        text_add(why, "a { has no }; {{ is a brace");
        return;
    }
    text_printable(why, at, length + 1);
    text_add(why, " is unknown; known are");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        text_add_format(why, " {%s}", fields[i].name);
}

int name_check(const char *template, struct text *why)
{
    const struct field *field;
    const char *text;
    size_t size;
    int rc;

    if (*template == '\0') {
        text_add(why, "it is empty");
        return -EINVAL;
    }
    do
        rc = next_part(&template, &field, &text, &size);
    while (rc > 0);
    if (rc < 0)
        tell_error(why, template);
    return rc;
}

bool name_needs_type(const char *template)
{
    const struct field *field;
    const char *text;
    size_t size;

    while (next_part(&template, &field, &text, &size) > 0)
        if (field && field->add == add_type)
            return true;
    return false;
}

size_t name_directory(const char *template)
{
    size_t size = strcspn(template, "{}");

    while (size > 0 && template[size - 1] != '/')
        size--;
    return size;
}

/* Divide the path's last component: ".html" behind a name is an extension. */
static void find_file(struct source *s)
{
    const char *at = s->url.path.at;
    size_t begin = s->url.path.size;
    size_t dot;

    while (begin > 0 && at[begin - 1] != '/')
        begin--;
    s->file = (struct coil_url_part){ at + begin, s->url.path.size - begin };
    dot = s->file.size;
    while (dot > 0 && s->file.at[dot - 1] != '.')
        dot--;
    s->stem_size = dot > 1 && dot < s->file.size && s->file.size - dot < 16
                       ? dot - 1
                       : s->file.size;
}

static int expand(struct text *text, const char *template, struct source *s)
{
    const struct field *field;
    const char *part;
    size_t size;
    int rc = coil_url_parse(&s->url, s->job->first_url);

    if (rc < 0)
        return rc;
    find_file(s);
    template += name_directory(template);
    for (;;) {
        rc = next_part(&template, &field, &part, &size);
        if (rc <= 0)
            return rc;
        if (field)
            rc = field->add(text, s);
        else
            safe_name_add_plain(text, part, size, true);
        if (rc < 0)
            return rc;
    }
}

int name_make(struct text *out, const char *template, const struct job *job,
              const char *type)
{
    const char *file = job->details ? job->details->file : NULL;
    struct source source = { .job = job, .type = type };
    struct text text = { 0 };
    int rc = 0;

    if (file)
        safe_name_add_plain(&text, file, strlen(file), true);
    else
        rc = expand(&text, template, &source);
    text_add(&text, "");
    if (text.has_failed && rc == 0)
        rc = -ENOMEM;
    if (rc == 0)
        rc = safe_name_finish(out, text.bytes);
    text_fini(&text);
    return rc;
}
