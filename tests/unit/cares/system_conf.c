/* SPDX-License-Identifier: MIT */
/* Which names are the system's, and how long a server is waited for. */
#include "cares/system_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/cares.h> /* the library */

#include "test.h"

static char path[] = "/tmp/coil-conf-XXXXXX";

static void write_file(const char *text)
{
    int fd = mkstemp(path);

    ASSERT_GE(fd, 0);
    ASSERT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
    strcpy(path + sizeof path - 7, "XXXXXX");
}

static bool is_for_system(const char *conf, const char *host)
{
    bool is;

    write_file(conf);
    is = coil__cares_is_for_system(path, host);
    remove_file();
    return is;
}

TEST(system_conf_leaves_names_of_files_and_dns_to_us)
{
    ASSERT(!is_for_system("hosts: files dns\n", "a.test"));
    ASSERT(!is_for_system("hosts: dns\n", "a.local"));
    ASSERT(!is_for_system("passwd: sss files\n", "a.test"));
    ASSERT(!is_for_system("", "a.test"));
    ASSERT(!is_for_system("# hosts: nis\n\thosts:\tfiles\tdns # nis\n", "a"));
    ASSERT(!coil__cares_is_for_system("/nowhere/nsswitch.conf", "a.test"));
}

TEST(system_conf_gives_the_system_what_others_may_know)
{
    static const char debian[] =
        "hosts: files mdns4_minimal [NOTFOUND=return] dns myhostname\n";
    static const char fedora[] =
        "hosts: files myhostname resolve [!UNAVAIL = return] dns\n";

    ASSERT(!is_for_system(debian, "a.test"));
    ASSERT(is_for_system(debian, "printer.local"));
    ASSERT(is_for_system(debian, "Printer.LOCAL."));
    ASSERT(!is_for_system(debian, "a.local.test"));
    ASSERT(is_for_system(debian, "thismachine"));
    ASSERT(is_for_system(debian, "thismachine."));
    ASSERT(!is_for_system(fedora, "a.test"));
    ASSERT(is_for_system(fedora, "printer.local"));
    ASSERT(!is_for_system("hosts: resolve dns\n", "a.test"));
    ASSERT(is_for_system("hosts: resolve dns\n", "printer"));
    /* A source may ask for that. */
    ASSERT(!is_for_system("hosts: files mdns4 dns\n", ""));
    ASSERT(is_for_system("hosts: files nis dns\n", "a.test"));
    ASSERT(is_for_system("hosts: files wins\n", "a.test"));
    ASSERT(is_for_system("hosts: files\n", "a.test"));
    ASSERT(is_for_system("hosts:\n", "a.test"));
}

/* What a rule behind them means, the system knows. */
TEST(system_conf_gives_the_system_what_has_rules)
{
    ASSERT(is_for_system("hosts: files [SUCCESS=continue] dns\n", "a.test"));
    ASSERT(is_for_system("hosts: dns [!UNAVAIL=return] files\n", "a.test"));
    ASSERT(is_for_system("hosts: mdns [NOTFOUND=return dns\n", "a.test"));
}

static void check_patience(const char *conf, const char *more, int seconds,
                           int attempts)
{
    struct coil__cares_patience p;

    write_file(conf);
    p = coil__cares_patience(path, more);
    remove_file();
    ASSERT_EQ(p.seconds, seconds);
    ASSERT_EQ(p.attempts, attempts);
}

TEST(system_conf_is_as_patient_as_the_system)
{
    struct coil__cares_patience p =
        coil__cares_patience("/nowhere/resolv.conf", NULL);

    ASSERT_EQ(p.seconds, 5);
    ASSERT_EQ(p.attempts, 2);
    check_patience("nameserver 192.0.2.1\n", NULL, 5, 2);
    check_patience("options ndots:2 timeout:3 attempts:4\n", NULL, 3, 4);
    check_patience("options timeout:3\noptions\tattempts:1\n", "timeout:2", 2,
                   1);
    check_patience("; options timeout:3\n# options timeout:3\n", NULL, 5, 2);
    check_patience("options timeout:0 attempts:-1\n", NULL, 1, 1);
    check_patience("options timeout:1000 attempts:1000\n", NULL, 30, 5);
    check_patience("options timeout:x\n", "rubbish", 1, 2);
}
