#define _GNU_SOURCE
#include "socket_time.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// These need what <time.h> declares.
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

static uint64_t nanoseconds(struct timespec time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return nanoseconds(time);
}

void socket_time_now(socket_time_moment *moment) {
    // The one clock is read between two readings of the other, whose middle is taken.
    uint64_t before = now(CLOCK_MONOTONIC);
    moment->realtime = now(CLOCK_REALTIME);
    uint64_t after = now(CLOCK_MONOTONIC);
    moment->monotonic = before + (after - before) / 2;
}

int socket_time_enable(int socket) {
    int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    return setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) == 0 ? 0 : errno;
}

int socket_time_peek(int socket, size_t length, socket_time_moment *moment) {
    // MSG_PEEK leaves the bytes where they are, and on TCP MSG_TRUNC passes over them without copying.
    char scratch[64 * 1024];
    struct iovec part = {.iov_base = scratch, .iov_len = length < sizeof scratch ? length : sizeof scratch};
    union {
        struct cmsghdr head;
        char bytes[256];
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT) <= 0) return 0;
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry; entry = CMSG_NXTHDR(&message, entry)) {
        if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_TIMESTAMPING) continue;
        struct scm_timestamping stamps;
        memcpy(&stamps, CMSG_DATA(entry), sizeof stamps);
        uint64_t arrival = nanoseconds(stamps.ts[0]);
        if (arrival == 0) return 0;
        socket_time_moment present;
        socket_time_now(&present);
        // A clock that was set back meanwhile would put the arrival into the future.
        uint64_t age = present.realtime > arrival ? present.realtime - arrival : 0;
        moment->realtime = arrival;
        moment->monotonic = present.monotonic > age ? present.monotonic - age : 0;
        return 1;
    }
    return 0;
}

/// Two ends of a TCP connection on the loopback. Gives 0, or -1.
static int connect_pair(int ends[2]) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return -1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    ends[0] = ends[1] = -1;
    if (bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
        (ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0 &&
        connect(ends[0], (struct sockaddr *)&address, length) == 0) {
        ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
    close(listener);
    if (ends[1] >= 0) return 0;
    if (ends[0] >= 0) close(ends[0]);
    return -1;
}

int socket_time_prepare(void) {
    int ends[2];
    if (connect_pair(ends) < 0) return -1;
    int is_stamped = 0;
    if (socket_time_enable(ends[1]) == 0) {
        // A byte a time: what came in before the noting was on never has a time.
        for (int tries = 0; tries < 500 && !is_stamped; tries++) {
            struct pollfd entry = {.fd = ends[1], .events = POLLIN};
            char byte = 0;
            socket_time_moment moment;
            if (send(ends[0], &byte, 1, MSG_NOSIGNAL) != 1 || poll(&entry, 1, 1000) != 1) break;
            is_stamped = socket_time_peek(ends[1], 1, &moment);
            if (recv(ends[1], &byte, 1, 0) != 1) break;
            if (!is_stamped) poll(NULL, 0, 2);
        }
    }
    close(ends[0]);
    if (is_stamped) return ends[1];
    close(ends[1]);
    return -1;
}
