/* How often which value came: buckets that are at most 1/64 of their value wide. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

/* The values below 64 one by one, then 64 buckets for each power of two. */
enum { HISTOGRAM_STEPS = 64, HISTOGRAM_BUCKETS = 59 * HISTOGRAM_STEPS };

struct histogram {
    uint64_t buckets[HISTOGRAM_BUCKETS];
    uint64_t count;
    uint64_t greatest;
};

void histogram_clear(struct histogram *histogram);

/* A negative value counts as 0. */
void histogram_add(struct histogram *histogram, int64_t value);

/* The value that the fraction `part` of all values doesn't exceed, at most 1/64 too large; 0 if there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double part);

#endif
