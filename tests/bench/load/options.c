/* The command line. */
#include "options.h"

#include "fail.h"
#include "workload.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { UNSIGNED, PORT, SIZE, REAL, WORD, PATH, WORKLOAD };

struct rule {
    const char *name;
    enum kind kind;
    size_t offset;
    unsigned taken_as; /* the bit that a workload must have; 0 for what all take */
    double least;
    double most;
};

#define FIELD(name) offsetof(struct options, name)

static const struct rule rules[] = {
    {"port", PORT, FIELD(port), 0, 1, UINT16_MAX},
    {"other", PORT, FIELD(other), TAKES_OTHER, 1, UINT16_MAX},
    {"path", PATH, FIELD(path), 0, 0, 0},
    {"workload", WORKLOAD, FIELD(workload), 0, 0, 0},
    {"clients", UNSIGNED, FIELD(clients), 0, 1, 60000},
    {"inflight", UNSIGNED, FIELD(inflight), TAKES_INFLIGHT, 1, INFLIGHT_LIMIT},
    {"parallel", UNSIGNED, FIELD(parallel), 0, 1, 4096},
    {"slow", UNSIGNED, FIELD(slow), TAKES_SLOW, 0, 1000},
    {"rooms", UNSIGNED, FIELD(rooms), TAKES_ROOMS, 0, 1e6},
    {"shouters", UNSIGNED, FIELD(shouters), TAKES_OTHER, 1, 2},
    {"namespaces", UNSIGNED, FIELD(namespaces), TAKES_NAMESPACES, 0, 10000},
    {"bytes", SIZE, FIELD(bytes), TAKES_BYTES, 1, 1 << 20},
    {"rate", REAL, FIELD(rate), TAKES_RATE, 1, 1e6},
    {"warmup", REAL, FIELD(warmup), 0, 0, 600},
    {"seconds", REAL, FIELD(seconds), 0, 0.01, 3600},
    {"patience", REAL, FIELD(patience), 0, 0.1, 600},
    {"least", UNSIGNED, FIELD(least), 0, 0, 1e6},
    {"event", WORD, FIELD(event), TAKES_EVENT, 0, 0},
};

enum { RULES = sizeof rules / sizeof *rules };

static double number(const struct rule *rule, const char *text) {
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (errno || end == text || *end || !(value >= rule->least && value <= rule->most))
        fail("--%s must be a number from %g to %g, not %s", rule->name, rule->least, rule->most, text);
    if (rule->kind != REAL && value != floor(value))
        fail("--%s must be a whole number, not %s", rule->name, text);
    return value;
}

static const char *printable(const struct rule *rule, const char *text, const char *allowed) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    for (const char *at = text; *at; at++)
        if (!strchr(letters, *at) && !strchr(allowed, *at))
            fail("--%s can't hold %c", rule->name, *at);
    if (!*text || strlen(text) > 200)
        fail("--%s must have 1 to 200 characters", rule->name);
    return text;
}

static void store(struct options *options, const struct rule *rule, const char *text) {
    void *field = (char *)options + rule->offset;
    switch (rule->kind) {
    case UNSIGNED:
        *(unsigned *)field = (unsigned)number(rule, text);
        break;
    case PORT:
        *(uint16_t *)field = (uint16_t)number(rule, text);
        break;
    case SIZE:
        *(size_t *)field = (size_t)number(rule, text);
        break;
    case REAL:
        *(double *)field = number(rule, text);
        break;
    case WORD:
        *(const char **)field = printable(rule, text, ":");
        break;
    case PATH:
        *(const char **)field = printable(rule, text, "/");
        break;
    case WORKLOAD:
        *(const struct workload **)field = workload_named(text);
        break;
    }
}

static void check(const struct options *options, const unsigned char *given) {
    if (!options->workload)
        fail("--workload is missing");
    if (!options->port)
        fail("--port is missing");
    if (options->path[0] != '/')
        fail("--path must begin with a slash");
    for (int index = 0; index < RULES; index++)
        if (given[index] && rules[index].taken_as && !(options->workload->takes & rules[index].taken_as))
            fail("the workload %s takes no --%s", options->workload->name, rules[index].name);
    if (options->workload->takes & TAKES_RATE && options->rate == 0)
        fail("the workload %s needs a --rate", options->workload->name);
}

struct options options_read(int count, char **arguments) {
    struct options options = {
        .path = "/socket.io/", .clients = 1, .inflight = 1, .shouters = 1, .parallel = 64, .warmup = 0.3, .seconds = 1.5, .patience = 20};
    struct option known[RULES + 1] = {0};
    unsigned char given[RULES] = {0};
    for (int index = 0; index < RULES; index++)
        known[index] = (struct option){rules[index].name, required_argument, NULL, 0};
    int index = 0;
    int code = 0;
    while ((code = getopt_long(count, arguments, "", known, &index)) == 0) {
        store(&options, rules + index, optarg);
        given[index] = 1;
    }
    if (code != -1)
        exit(EXIT_FAILURE); /* getopt_long has said why */
    if (optind != count)
        fail("what is %s?", arguments[optind]);
    check(&options, given);
    return options;
}
