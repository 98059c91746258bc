/* SPDX-License-Identifier: MIT */
/* Lists, of which only inserting has a test of its own: all others use the rest. */
#include "base/list.h"
#include "test.h"

/* Forward and backward, the links are those of `order`. */
static void check(const struct coil_list *list, struct coil_link *const *order,
                  size_t count)
{
    struct coil_link *before = NULL;
    struct coil_link *at = list->head;

    for (size_t i = 0; i < count; i++) {
        ASSERT_PTR_EQ(at, order[i]);
        ASSERT_PTR_EQ(at->prev, before);
        before = at;
        at = at->next;
    }
    ASSERT_NULL(at);
    ASSERT_PTR_EQ(list->tail, before);
}

TEST(list_takes_a_link_behind_any_other)
{
    struct coil_list list = COIL_LIST_INIT;
    struct coil_link a, b, c, d;

    coil__list_insert_after(&list, NULL, &b);
    check(&list, (struct coil_link *[]){ &b }, 1);
    coil__list_insert_after(&list, NULL, &a);
    check(&list, (struct coil_link *[]){ &a, &b }, 2);
    coil__list_insert_after(&list, &b, &d);
    check(&list, (struct coil_link *[]){ &a, &b, &d }, 3);
    coil__list_insert_after(&list, &b, &c);
    check(&list, (struct coil_link *[]){ &a, &b, &c, &d }, 4);
    coil__list_remove(&list, &b);
    coil__list_insert_after(&list, &c, &b);
    check(&list, (struct coil_link *[]){ &a, &c, &b, &d }, 4);
}
