/* One run: connect, warm up, measure, settle, leave. */
#include "run.h"

#include "clock.h"
#include "connection.h"
#include "fail.h"
#include "loop.h"
#include "workload.h"

#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* The load goes on for this long after `end` is printed: whoever reads the server's CPU time then still reads a busy server's. */
#define TAIL (50 * MILLISECOND)

/* What `accept` waits after it has printed `begin`. */
#define PAUSE (50 * MILLISECOND)

/* How long closing may take; the operating system does the rest. */
#define LEAVING (5 * SECOND)

/* Seconds that the clients of `accept` may be kept connected. */
#define HOLDING 60

/* How often standard input is looked at. */
#define GLANCE (20 * MILLISECOND)

/* What had been done by a moment. */
struct snapshot {
    int64_t time;
    uint64_t count;
    double user;
    double system;
};

static int64_t nanoseconds(double seconds) {
    return (int64_t)(seconds * (double)SECOND);
}

static double seconds_of(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static struct snapshot take_snapshot(const struct run *run) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        fail_errno("getrusage");
    return (struct snapshot){clock_now(), run->count, seconds_of(usage.ru_utime), seconds_of(usage.ru_stime)};
}

static void say(const char *line) {
    if (puts(line) < 0 || fflush(stdout) != 0)
        fail_errno("can't print");
}

static void handle(void *owner, uint32_t events) {
    connection_handle(owner, events);
}

/* Let the load go on until then. */
static void spend(struct run *run, int64_t until) {
    const struct workload *workload = run->options.workload;
    for (int64_t now = clock_now(); now < until; now = clock_now()) {
        int64_t due = workload->tick ? workload->tick(run, now) : NEVER;
        loop_wait(due < until ? due : until, handle);
    }
}

static void open_more(struct run *run) {
    while (run->opened < run->total && run->opened - run->ready < run->options.parallel)
        run->options.workload->open(run, run->opened++);
}

static void connect_all(struct run *run) {
    int64_t patience = nanoseconds(run->options.patience);
    int64_t progress = clock_now();
    while (run->ready < run->total) {
        open_more(run);
        unsigned before = run->ready;
        loop_wait(progress + patience, handle);
        int64_t now = clock_now();
        if (run->ready != before)
            progress = now;
        else if (now - progress >= patience)
            fail("%u of %u clients have joined, and none for %g seconds", run->ready, run->total, run->options.patience);
    }
}

static void print_result(struct run *run, const struct snapshot *begin, const struct snapshot *end) {
    printf("end {\"count\": %llu, \"seconds\": %.6f, \"cpu_user\": %.6f, \"cpu_system\": %.6f",
           (unsigned long long)(end->count - begin->count), (double)(end->time - begin->time) / (double)SECOND, end->user - begin->user,
           end->system - begin->system);
    if (run->options.workload->report)
        run->options.workload->report(run, end->time, stdout);
    say("}");
}

static void measure(struct run *run) {
    spend(run, clock_now() + nanoseconds(run->options.warmup));
    if (run->options.workload->begin)
        run->options.workload->begin(run);
    struct snapshot begin = take_snapshot(run);
    say("begin");
    spend(run, begin.time + nanoseconds(run->options.seconds));
    int64_t longest = clock_now() + nanoseconds(run->options.patience);
    while (run->count - begin.count < run->options.least && clock_now() < longest)
        spend(run, clock_now() + MILLISECOND);
    struct snapshot end = take_snapshot(run);
    if (end.count == begin.count)
        fail("nothing came from the server in %g seconds", run->options.seconds);
    print_result(run, &begin, &end);
    spend(run, clock_now() + TAIL);
}

/* What was asked must be answered: a server that loses messages shows here. */
static void settle(struct run *run) {
    run->stopping = true;
    int64_t deadline = clock_now() + nanoseconds(run->options.patience);
    while (run->outstanding) {
        loop_wait(deadline, handle);
        if (run->outstanding && clock_now() >= deadline)
            fail("answers that didn't come in %g seconds: %llu", run->options.patience, (unsigned long long)run->outstanding);
    }
}

static void leave_all(struct run *run) {
    int64_t deadline = clock_now() + LEAVING;
    for (unsigned number = 0; number < run->total; number++)
        run->options.workload->leave(run, number);
    while (run->gone < run->total && clock_now() < deadline)
        loop_wait(deadline, handle);
}

/* Stay connected, and answer pings, until a line arrives or standard input ends; not for ever. */
static void hold(void) {
    alarm(HOLDING);
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    for (;;) {
        int ready = poll(&input, 1, 0);
        if (ready < 0)
            fail_errno("poll");
        if (ready > 0)
            return;
        loop_wait(clock_now() + GLANCE, handle);
    }
}

static void measure_connecting(struct run *run) {
    say("begin");
    spend(run, clock_now() + PAUSE); /* whoever reads the server's CPU time now reads all of what follows at the end */
    struct snapshot begin = take_snapshot(run);
    connect_all(run);
    run->count = run->ready;
    struct snapshot end = take_snapshot(run);
    print_result(run, &begin, &end);
    hold();
}

void run_workload(struct run *run) {
    const struct workload *workload = run->options.workload;
    run->total = run->options.clients + run->options.slow;
    run->namespace = namespace_last(run->options.namespaces);
    loop_start();
    workload->prepare(run);
    if (!workload->start) {
        measure_connecting(run);
    } else {
        connect_all(run);
        say("connected");
        workload->start(run);
        measure(run);
        settle(run);
    }
    leave_all(run);
}

void run_client_is_ready(struct run *run) {
    run->ready++;
}

void run_client_is_gone(struct run *run) {
    run->gone++;
}
