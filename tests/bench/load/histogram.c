/* How often which value came. */
#include "histogram.h"

#include <math.h>

enum { STEP_BITS = 6 };

void histogram_clear(struct histogram *histogram) {
    *histogram = (struct histogram){0};
}

static unsigned bucket_of(uint64_t value) {
    if (value < HISTOGRAM_STEPS)
        return (unsigned)value;
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - STEP_BITS;
    return shift * HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

static uint64_t most_in(unsigned bucket) {
    if (bucket < HISTOGRAM_STEPS)
        return bucket;
    unsigned shift = bucket / HISTOGRAM_STEPS - 1;
    uint64_t step = bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS;
    return ((step + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, int64_t value) {
    uint64_t positive = value > 0 ? (uint64_t)value : 0;
    histogram->buckets[bucket_of(positive)]++;
    histogram->count++;
    if (positive > histogram->greatest)
        histogram->greatest = positive;
}

uint64_t histogram_quantile(const struct histogram *histogram, double part) {
    uint64_t wanted = (uint64_t)ceil(part * (double)histogram->count);
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen > 0 && seen >= wanted)
            return most_in(bucket) < histogram->greatest ? most_in(bucket) : histogram->greatest;
    }
    return 0;
}
