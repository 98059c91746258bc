/* SPDX-License-Identifier: MIT */
#include "inspect/metrics_process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"

enum { START_TIME = 22, COMMAND = 2 }; /* fields of /proc/PID/stat */

static void write_number(struct coil_metrics_page *page,
                         enum coil_metric_kind kind, const char *name,
                         const char *help, double value)
{
    coil_metrics_family(page, kind, name, help);
    coil_metrics_value(page, NULL, value);
}

static void write_memory(struct coil_metrics_page *page)
{
    double page_size = (double)sysconf(_SC_PAGESIZE);
    uint64_t resident;
    uint64_t whole;
    char text[128];

    if (!coil__file_peek("/proc/self/statm", text, sizeof text) ||
        sscanf(text, "%" SCNu64 " %" SCNu64, &whole, &resident) != 2)
        return;
    write_number(page, COIL_METRIC_GAUGE, "process_virtual_memory_bytes",
                 "Virtual memory size in bytes.", (double)whole * page_size);
    write_number(page, COIL_METRIC_GAUGE, "process_resident_memory_bytes",
                 "Resident memory size in bytes.",
                 (double)resident * page_size);
}

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void write_processor(struct coil_metrics_page *page)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) < 0)
        return;
    write_number(page, COIL_METRIC_COUNTER, "process_cpu_seconds_total",
                 "Total user and system CPU time spent in seconds.",
                 seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime));
}

static void write_descriptors(struct coil_metrics_page *page)
{
    DIR *folder = opendir("/proc/self/fd");
    struct rlimit limit;
    size_t count = 0;

    if (folder) {
        for (struct dirent *entry; (entry = readdir(folder));)
            count += entry->d_name[0] != '.';
        closedir(folder);
        /* The folder itself was one. */
        write_number(page, COIL_METRIC_GAUGE, "process_open_fds",
                     "Number of open file descriptors.", (double)count - 1);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        write_number(page, COIL_METRIC_GAUGE, "process_max_fds",
                     "Maximum number of open file descriptors.",
                     limit.rlim_cur == RLIM_INFINITY ? -1
                                                     : (double)limit.rlim_cur);
}

/* The ticks after boot at which the process began.  The command may have blanks. */
static bool find_start(double *ticks)
{
    char text[1024];
    char *at;

    if (!coil__file_peek("/proc/self/stat", text, sizeof text))
        return false;
    at = strrchr(text, ')');
    for (int field = COMMAND; at && field < START_TIME; field++)
        at = strchr(at + 1, ' ');
    if (!at)
        return false;
    *ticks = strtod(at, NULL);
    return true;
}

static bool find_boot(double *seconds)
{
    char line[256];
    FILE *file = fopen("/proc/stat", "re");
    uint64_t time = 0;

    if (!file)
        return false;
    while (time == 0 && fgets(line, sizeof line, file))
        sscanf(line, "btime %" SCNu64, &time);
    fclose(file);
    *seconds = (double)time;
    return time > 0;
}

static void write_start(struct coil_metrics_page *page)
{
    double ticks;
    double boot;

    if (!find_start(&ticks) || !find_boot(&boot))
        return;
    write_number(page, COIL_METRIC_GAUGE, "process_start_time_seconds",
                 "Start time of the process since unix epoch in seconds.",
                 boot + ticks / (double)sysconf(_SC_CLK_TCK));
}

void coil__metrics_write_process(struct coil_metrics_page *page)
{
    write_processor(page);
    write_descriptors(page);
    write_memory(page);
    write_start(page);
}
