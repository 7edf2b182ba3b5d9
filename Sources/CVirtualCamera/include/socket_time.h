#ifndef SOCKET_TIME_H
#define SOCKET_TIME_H

#include <stddef.h>
#include <stdint.h>

/// One moment by two clocks, in nanoseconds: CLOCK_REALTIME and CLOCK_MONOTONIC.
typedef struct {
    uint64_t realtime;
    uint64_t monotonic;
} socket_time_moment;

/// Has the kernel note when each segment comes in on a TCP socket (SO_TIMESTAMPING). Gives 0 or an errno.
int socket_time_enable(int socket);

/// Has the kernel note times from now on, not only some milliseconds after the first socket that asks for it: it turns the
/// noting on when it comes to it, and off when no such socket is left. Waits until a connection of its own has a time, for
/// a second at most. Gives the end of that connection, to be kept open for as long as times are wanted, or -1.
int socket_time_prepare(void);

/// When the last of the next `length` bytes (at most 64 KiB) that can be read now came in; they stay to be read. Gives 1, or 0 if the
/// kernel does not say. The kernel stamps by CLOCK_REALTIME; the other clock is worked out from both as they are now.
int socket_time_peek(int socket, size_t length, socket_time_moment *moment);

/// Now, by both clocks.
void socket_time_now(socket_time_moment *moment);

#endif
