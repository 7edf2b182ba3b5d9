#define _GNU_SOURCE
#include "driver_release.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver_process.h"

static _Thread_local struct {
    int is_on;
    int is_waited_for;
    int is_answer_due;
    int link;
    int64_t time;
    void (*answered)(void *context);
    void *context;
    driver_release_report report;
} order;

static const int64_t last_look = 2000000;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct timespec in_timespec(int64_t nanoseconds) {
    struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return time;
}

void driver_release_begin(int64_t time, int link, void (*answered)(void *context), void *context) {
    memset(&order, 0, sizeof(order));
    order.is_on = order.is_waited_for = 1;
    order.link = link;
    order.time = time;
    order.answered = answered;
    order.context = context;
}

driver_release_report driver_release_state(void) {
    return order.report;
}

void driver_release_end(void) {
    order.is_on = 0;
}

// The end of the link is the end of the server: the process is not to release any more.
static void watch_link(void) {
    if (order.link < 0) return;
    struct pollfd entry = {.fd = order.link, .events = POLLRDHUP};
    for (int64_t rest; (rest = order.time - last_look - now()) > 0;) {
        struct timespec span = in_timespec(rest);
        if (ppoll(&entry, 1, &span, NULL) < 0 && errno != EINTR) return;
        if (entry.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) driver_process_end(0);
    }
}

static void wait_for_time(void) {
    if (now() >= order.time) return;
    watch_link();
    struct timespec time = in_timespec(order.time);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {
    }
    order.report.woken = now();
}

void driver_release_wait(void) {
    wait_for_time();
    order.is_waited_for = 0;
    order.report.releases++;
    order.report.sent = now();
}

int driver_release_is(uint16_t operation, uint32_t parameter) {
    switch (operation) {
        case 0x100E: case 0x90C0: case 0x90CB: case 0x901A: case 0x910F: case 0x9125: case 0x9481: return 1;
        case 0x9128: return (parameter & 2) != 0;
        case 0x9207: return parameter != 0xD2C1;
        default: return 0;
    }
}

void driver_release_request(uint16_t operation, uint32_t parameter) {
    if (!order.is_on) return;
    order.is_answer_due = 0;
    if (!driver_release_is(operation, parameter)) {
        if (order.report.releases) return;
        order.report.before++;
        if (now() > order.time) order.report.between++;
        return;
    }
    if (order.is_waited_for) wait_for_time();
    order.is_waited_for = 0;
    order.is_answer_due = 1;
    order.report.releases++;
    order.report.response = 0;
    order.report.sent = now();
}

void driver_release_response(uint16_t code) {
    if (!order.is_on || !order.is_answer_due) return;
    order.is_answer_due = 0;
    order.report.response = code;
    if (code != 0x2001 || !order.answered) return;
    void (*answered)(void *context) = order.answered;
    order.answered = NULL;
    answered(order.context);
}

void driver_release_words(const char *text) {
    if (!order.is_on || !text) return;
    unsigned int operation = 0, parameter = 0;
    if (sscanf(text, "Sending PTP_OC 0x%x", &operation) != 1) return;
    // The name stands in parentheses too, and may have some in it: the parameters are the last.
    const char *last = strrchr(text, '(');
    if (last) sscanf(last, "(0x%x", &parameter);
    const char *end = strstr(text, "request...");
    if (end) driver_release_request((uint16_t)operation, parameter);
}
