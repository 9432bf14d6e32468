/* A load generator for Socket.IO servers: one workload on one server, as tests/bench/generator.py describes. */
#include "clock.h"
#include "fail.h"
#include "options.h"
#include "run.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Seconds for everything but warm-up and measurement; and descriptors besides those of the clients. */
enum { OVERHEAD = 30, SPARE_DESCRIPTORS = 16 };

static void out_of_time(int number) {
    (void)number;
    static const char message[] = "load: the run took too long\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written; /* there is nobody left to tell */
    _exit(EXIT_FAILURE);
}

/* Whatever happens, the program ends in time. */
static void bound_time(const struct options *options) {
    struct sigaction action = {.sa_handler = out_of_time};
    if (sigaction(SIGALRM, &action, NULL) != 0)
        fail_errno("sigaction");
    alarm((unsigned)ceil(options->warmup + options->seconds) + OVERHEAD);
}

/* Clients that poll have two connections. */
static void allow_descriptors(const struct options *options) {
    rlim_t needed = 2 * ((rlim_t)options->clients + options->slow) + SPARE_DESCRIPTORS;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail_errno("getrlimit");
    if (limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > needed ? needed : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail_errno("setrlimit");
}

int main(int count, char **arguments) {
    static struct run run; /* static: the leak checker, which looks after main has returned, must find what it points to */
    run.options = options_read(count, arguments);
    bound_time(&run.options);
    allow_descriptors(&run.options);
    run_workload(&run);
    return EXIT_SUCCESS;
}
