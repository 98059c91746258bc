/* SPDX-License-Identifier: MIT */
/* Which names are the system's, and how long a server is waited for. */
#include "cares/system_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/cares.h> /* the library */

#include "test.h"

/* No file is there, but those that a test writes. */
static struct coil__cares_files files = { .nsswitch_conf = "/nowhere/1",
                                          .resolv_conf = "/nowhere/2",
                                          .hosts = "/nowhere/3",
                                          .resolved = "/nowhere/4" };

struct file {
    char path[30];
    const char **place;
    const char *before;
};

static struct file write_file(const char **place, const char *text)
{
    struct file file = { .path = "/tmp/coil-conf-XXXXXX",
                         .place = place,
                         .before = *place };
    int fd = mkstemp(file.path);

    ASSERT_GE(fd, 0);
    ASSERT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return file;
}

static void use_file(struct file *file)
{
    *file->place = file->path;
}

static void remove_file(struct file *file)
{
    unlink(file->path);
    *file->place = file->before;
}

static bool asks_system(const char *more, const char *host)
{
    struct coil__cares_conf conf = coil__cares_conf(files.resolv_conf, more);

    return coil__cares_is_for_system(&files, &conf, host);
}

static bool is_for_system(const char *text, const char *host)
{
    struct file file = write_file(&files.nsswitch_conf, text);
    bool is;

    use_file(&file);
    is = asks_system(NULL, host);
    remove_file(&file);
    return is;
}

TEST(system_conf_leaves_names_of_files_and_dns_to_us)
{
    ASSERT(!is_for_system("hosts: files dns\n", "a.test"));
    ASSERT(!is_for_system("hosts: dns\n", "a.local"));
    ASSERT(!is_for_system("passwd: sss files\n", "a.test"));
    ASSERT(!is_for_system("", "a.test"));
    ASSERT(!is_for_system("# hosts: nis\n\thosts:\tfiles\tdns # nis\n", "a"));
    ASSERT(!asks_system(NULL, "a.test")); /* no file at all */
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

/* systemd-resolved may know servers that resolv.conf does not name. */
TEST(system_conf_gives_the_system_what_systemd_resolved_may_know)
{
    static const char fedora[] =
        "hosts: files myhostname resolve [!UNAVAIL=return] dns\n";
    struct file resolved = write_file(&files.resolved, "");
    struct file stub =
        write_file(&files.resolv_conf, "nameserver 127.0.0.53\n");
    struct file other =
        write_file(&files.resolv_conf, "nameserver 192.0.2.1 # 127.0.0.53\n");

    use_file(&other);
    ASSERT(!is_for_system(fedora, "a.test")); /* it does not run */
    use_file(&resolved);
    ASSERT(is_for_system(fedora, "a.test"));
    ASSERT(!is_for_system("hosts: files dns\n", "a.test"));
    remove_file(&other);
    ASSERT(is_for_system(fedora, "a.test"));
    use_file(&stub);
    ASSERT(!is_for_system(fedora, "a.test"));
    ASSERT(is_for_system(fedora, "a"));
    remove_file(&stub);
    remove_file(&resolved);
}

static bool is_for_system_with(const char *resolv_conf, const char *more)
{
    struct file file = write_file(&files.resolv_conf, resolv_conf);
    bool is;

    use_file(&file);
    is = asks_system(more, "a.test");
    remove_file(&file);
    return is;
}

TEST(system_conf_gives_the_system_what_c_ares_does_otherwise)
{
    ASSERT(!is_for_system_with("options ndots:2 timeout:1 attempts:1 rotate\n"
                               "options edns0 trust-ad no-reload debug\n",
                               NULL));
    ASSERT(is_for_system_with("options rotate use-vc\n", NULL));
    ASSERT(is_for_system_with("options single-request\n", NULL));
    ASSERT(!is_for_system_with("#options use-vc\n;options use-vc\n", NULL));
    ASSERT(!is_for_system_with("", "timeout:3"));
    ASSERT(is_for_system_with("", "no-aaaa"));
    ASSERT(!is_for_system_with("nameserver fe80::1\n", NULL));
    ASSERT(is_for_system_with("nameserver fe80::1%eth0\n", NULL));
}

TEST(system_conf_gives_the_system_a_large_file_of_hosts)
{
    static char text[64 * 1024 + 2];
    struct file large, small;

    memset(text, '\n', sizeof text - 1);
    large = write_file(&files.hosts, text);
    small = write_file(&files.hosts, text + 1);
    use_file(&small);
    ASSERT(!asks_system(NULL, "a.test"));
    use_file(&large);
    ASSERT(asks_system(NULL, "a.test"));
    remove_file(&large);
    remove_file(&small);
}

/* As when there is no descriptor for them.  A path that loops is there, too. */
TEST(system_conf_gives_the_system_what_it_cannot_read)
{
    char loop[] = "/tmp/coil-conf-XXXXXX";

    ASSERT_NOT_NULL(mkdtemp(loop));
    ASSERT_EQ(rmdir(loop), 0);
    ASSERT_EQ(symlink(loop, loop), 0);
    files.resolv_conf = loop;
    ASSERT(asks_system(NULL, "a.test"));
    files.resolv_conf = "/nowhere/2";
    files.nsswitch_conf = loop;
    ASSERT(asks_system(NULL, "a.test"));
    files.nsswitch_conf = "/nowhere/1";
    ASSERT(!asks_system(NULL, "a.test"));
    unlink(loop);
}

static void check_patience(const char *text, const char *more, int seconds,
                           int attempts)
{
    struct file file = write_file(&files.resolv_conf, text);
    struct coil__cares_conf conf = coil__cares_conf(file.path, more);

    remove_file(&file);
    ASSERT_EQ(conf.seconds, seconds);
    ASSERT_EQ(conf.attempts, attempts);
}

TEST(system_conf_is_as_patient_as_the_system)
{
    struct coil__cares_conf conf = coil__cares_conf("/nowhere/2", NULL);

    ASSERT_EQ(conf.seconds, 5);
    ASSERT_EQ(conf.attempts, 2);
    check_patience("nameserver 192.0.2.1\n", NULL, 5, 2);
    check_patience("options ndots:2 timeout:3 attempts:4\n", NULL, 3, 4);
    check_patience("options timeout:3\noptions\tattempts:1\n", "timeout:2", 2,
                   1);
    check_patience("; options timeout:3\n# options timeout:3\n", NULL, 5, 2);
    check_patience("options timeout:0 attempts:-1\n", NULL, 1, 1);
    check_patience("options timeout:1000 attempts:1000\n", NULL, 30, 5);
    check_patience("options timeout:x\n", "rubbish", 1, 2);
}
