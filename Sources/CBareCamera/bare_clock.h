#pragma once

#include <stdint.h>
#include <time.h>

/// Nanoseconds of a clock.
static inline int64_t clock_now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
