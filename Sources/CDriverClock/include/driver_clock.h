#pragma once

#include <sys/time.h>

/// The time of day as the process asked for it first, and from then on by a clock that nobody sets (CLOCK_MONOTONIC): it goes
/// before the C library's in an executable that is linked with it.
///
/// libgphoto2's drivers measure with gettimeofday(2) how long they wait: where the time of day is set back by an hour
/// meanwhile, a wait of a millisecond would last an hour.
int gettimeofday(struct timeval *restrict given, void *restrict zone);
