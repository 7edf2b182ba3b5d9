#define _GNU_SOURCE
#include "driver_log.h"

#include <malloc.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

// A note and the flag that its writer or reader holds. Nobody waits for it long: 64 bytes are copied.
typedef struct {
    atomic_flag taken;
    driver_log_entry entry;
} note;

static note ring[DRIVER_LOG_ENTRIES];
static _Atomic uint64_t written;
static _Atomic int64_t last_received;
static _Atomic uint64_t received_count;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static note *take(uint64_t number) {
    note *place = &ring[number % DRIVER_LOG_ENTRIES];
    while (atomic_flag_test_and_set_explicit(&place->taken, memory_order_acquire)) {
    }
    return place;
}

static void release(note *place) {
    atomic_flag_clear_explicit(&place->taken, memory_order_release);
}

// The driver says which way a transfer goes only in the words of its format: "ptpip/generic_read …" over PTP/IP, "Read …"
// over other ports.
static int tells_of_reading(const char *format) {
    return format && (strncmp(format, "ptpip/generic_read", 18) == 0 || strncmp(format, "Read", 4) == 0);
}

__attribute__((visibility("default"))) void gp_log_data(
    const char *domain, const char *data, unsigned int size, const char *format, ...) {
    (void)domain;
    int64_t time = now();
    // The end of a connection is logged as a read of nothing.
    int received = size > 0 && tells_of_reading(format);
    note *place = take(atomic_fetch_add_explicit(&written, 1, memory_order_relaxed));
    place->entry.time = time;
    place->entry.size = size;
    place->entry.received = (uint8_t)received;
    place->entry.count = data ? (uint8_t)(size < DRIVER_LOG_BYTES ? size : DRIVER_LOG_BYTES) : 0;
    if (place->entry.count) memcpy(place->entry.bytes, data, place->entry.count);
    release(place);
    if (received) {
        atomic_store_explicit(&last_received, time, memory_order_relaxed);
        atomic_fetch_add_explicit(&received_count, 1, memory_order_relaxed);
    }
}

int64_t driver_log_last_received(void) {
    return atomic_load_explicit(&last_received, memory_order_relaxed);
}

uint64_t driver_log_received_count(void) {
    return atomic_load_explicit(&received_count, memory_order_relaxed);
}

int driver_log_copy(driver_log_entry *entries, int capacity) {
    uint64_t end = atomic_load_explicit(&written, memory_order_relaxed);
    uint64_t count = end < DRIVER_LOG_ENTRIES ? end : DRIVER_LOG_ENTRIES;
    if (capacity < 0) capacity = 0;
    if (count > (uint64_t)capacity) count = (uint64_t)capacity;
    for (uint64_t index = 0; index < count; index++) {
        note *place = take(end - count + index);
        entries[index] = place->entry;
        release(place);
    }
    return (int)count;
}

void driver_memory_set_up(void) {
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
}

void driver_memory_trim(void) {
    malloc_trim(0);
}

void driver_thread_quicken(void) {
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}
