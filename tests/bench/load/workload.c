/* The list of workloads. */
#include "workload.h"

#include "fail.h"

#include <string.h>

static const struct workload *const workloads[] = {
    &echo_workload,    &binary_workload, &oneway_workload,  &broadcast_workload,
    &polling_workload, &accept_workload, &latency_workload, &mixed_workload,   &listen_workload,
};

const struct workload *workload_named(const char *name) {
    for (size_t index = 0; index < sizeof workloads / sizeof *workloads; index++)
        if (strcmp(workloads[index]->name, name) == 0)
            return workloads[index];
    fail("there is no workload %s", name);
}
