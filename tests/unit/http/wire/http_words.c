/* SPDX-License-Identifier: MIT */
/*
 * Words are compared within their bytes, and pieces of a head are put within the
 * memory that was reserved: all of it lies at the end of a page here, which another
 * one follows that nobody may touch.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coil/http.h>

#include "http/wire/text.h"
#include "http/wire/write.h"
#include "test.h"

enum { LENGTHS = 18 };

static char *end_of_page;

static void make_page(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ASSERT(pages != MAP_FAILED);
    ASSERT_OK(mprotect(pages + size, size, PROT_NONE));
    end_of_page = pages + size;
}

TEST(http_words_are_compared_in_any_case)
{
    static const char letters[] = "abcdefghijklmnopqrst";
    char word[LENGTHS + 1];

    make_page();
    for (size_t size = 0; size < LENGTHS; size++) {
        char *bytes = end_of_page - size;

        memcpy(word, letters, size);
        word[size] = '\0';
        memcpy(bytes, word, size);
        ASSERT(coil__http_is_word(bytes, size, word));
        for (size_t at = 0; at < size; at++) {
            for (int byte = 0; byte < 256; byte++) {
                char own = bytes[at];
                bool is_equal = byte == own || byte == own - 'a' + 'A';

                bytes[at] = (char)byte;
                ASSERT_EQ(coil__http_is_word(bytes, size, word), is_equal);
                bytes[at] = own;
            }
        }
        if (size == 0)
            continue;
        ASSERT(!coil__http_is_word(bytes + 1, size - 1, word));
        word[size - 1] = '\0';
        ASSERT(!coil__http_is_word(bytes, size, word));
    }
}

TEST(http_words_are_put_where_there_is_room)
{
    static const char letters[] = "abcdefghijklmnopqrst";

    for (size_t before = 0; before < 300; before++) {
        for (size_t size = 0; size < LENGTHS; size++) {
            struct coil_buffer out = { 0 };
            struct coil__http_writer w = coil__http_write_to(&out);

            for (size_t i = 0; i < before; i++)
                coil__http_put(&w, "-");
            coil__http_put_bytes(&w, size > 0 ? letters : NULL, size);
            coil__http_put(&w, "");
            ASSERT_OK(w.rc);
            ASSERT_EQ(out.size, before + size);
            ASSERT_LE(out.size, out.capacity);
            if (size > 0)
                ASSERT_EQ(
                    memcmp(coil__buffer_bytes(&out) + before, letters, size),
                    0);
            coil__buffer_fini(&out);
        }
    }
}

TEST(http_words_that_found_no_memory_end_the_head)
{
    volatile size_t too_many = SIZE_MAX / 2;
    struct coil_buffer out = { 0 };
    struct coil__http_writer w = coil__http_write_to(&out);

    coil__http_put(&w, "a");
    ASSERT_EQ(out.size, 1);
    coil__http_put_bytes(&w, "b", too_many);
    ASSERT_EQ(w.rc, -ENOMEM);
    coil__http_put(&w, "c");
    coil__http_put_header(&w, "d", "e");
    ASSERT_EQ(w.rc, -ENOMEM);
    ASSERT_EQ(out.size, 1);
    coil__buffer_fini(&out);
}
