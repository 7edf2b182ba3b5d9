#define _GNU_SOURCE
#include "driver_log.h"

#include "driver_release.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// A note and the flag that its writer or reader holds. Nobody waits for it long: 64 bytes are copied.
typedef struct {
    atomic_flag taken;
    driver_log_entry entry;
} note;

typedef struct {
    atomic_flag taken;
    driver_log_message message;
} remark;

// What is kept. As a file it is read by another process of the same build, also after this one was killed in the middle of
// a note, so a reader of the file takes no flag.
typedef struct {
    uint64_t magic;
    _Atomic uint64_t written;
    _Atomic uint64_t said;
    note ring[DRIVER_LOG_ENTRIES];
    remark remarks[DRIVER_LOG_MESSAGES];
} record;

static const uint64_t magic = 0x31474f4c56495244;  // "DRIVLOG1"

static record own;
static record *_Atomic kept = &own;
static _Atomic int64_t last_received;
static _Atomic uint64_t received_count;
// Written and read by the thread that calls the driver; atomic because the override could be called by others.
static _Atomic uint16_t last_refusal;
static _Atomic uint32_t last_packet_type;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static note *take(record *log, uint64_t number) {
    note *place = &log->ring[number % DRIVER_LOG_ENTRIES];
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

static uint16_t half(const char *bytes) {
    return (uint16_t)((uint8_t)bytes[0] | (uint8_t)bytes[1] << 8);
}

// A response of PTP: over PTP/IP a header of 8 bytes with type 7 and then code and transaction, over USB a container of
// type 3 with length, type and code.
static void look_for_refusal(const char *data, unsigned int size, const char *format) {
    uint16_t code = 0;
    if (strncmp(format, "ptpip/generic_read header", 25) == 0) {
        uint32_t type = size == 8 ? half(data + 4) : 0;
        atomic_store_explicit(&last_packet_type, type, memory_order_relaxed);
    } else if (strncmp(format, "ptpip/generic_read data", 23) == 0) {
        if (size >= 2 && atomic_load_explicit(&last_packet_type, memory_order_relaxed) == 7) code = half(data);
    } else if (size >= 12 && size <= 32 && half(data) == size && half(data + 4) == 3) {
        code = half(data + 6);
    }
    if (code) driver_release_response(code);
    if (code > 0x2001) atomic_store_explicit(&last_refusal, code, memory_order_relaxed);
}

static uint32_t word(const char *bytes) {
    return half(bytes) | (uint32_t)half(bytes + 2) << 16;
}

// A request over PTP/IP that is about to be written: its release may have to wait here.
static void look_for_request(const char *data, unsigned int size, const char *format) {
    if (size < 18 || !format || strncmp(format, "ptpip/oprequest", 15) != 0) return;
    driver_release_request(half(data + 12), size >= 22 ? word(data + 18) : 0);
}

__attribute__((visibility("default"))) void gp_log_data(
    const char *domain, const char *data, unsigned int size, const char *format, ...) {
    (void)domain;
    if (data) look_for_request(data, size, format);
    int64_t time = now();
    // The end of a connection is logged as a read of nothing.
    int received = size > 0 && tells_of_reading(format);
    record *log = atomic_load_explicit(&kept, memory_order_relaxed);
    note *place = take(log, atomic_fetch_add_explicit(&log->written, 1, memory_order_relaxed));
    place->entry.time = time;
    place->entry.size = size;
    place->entry.received = (uint8_t)received;
    place->entry.count = data ? (uint8_t)(size < DRIVER_LOG_BYTES ? size : DRIVER_LOG_BYTES) : 0;
    if (place->entry.count) memcpy(place->entry.bytes, data, place->entry.count);
    release(place);
    if (received) {
        atomic_store_explicit(&last_received, time, memory_order_relaxed);
        atomic_fetch_add_explicit(&received_count, 1, memory_order_relaxed);
        if (data) look_for_refusal(data, size, format);
    }
}

void driver_log_say(const char *domain, const char *text) {
    record *log = atomic_load_explicit(&kept, memory_order_relaxed);
    uint64_t number = atomic_fetch_add_explicit(&log->said, 1, memory_order_relaxed);
    remark *place = &log->remarks[number % DRIVER_LOG_MESSAGES];
    while (atomic_flag_test_and_set_explicit(&place->taken, memory_order_acquire)) {
    }
    place->message.time = now();
    snprintf(place->message.text, DRIVER_LOG_TEXT, "%s: %s", domain ? domain : "", text ? text : "");
    atomic_flag_clear_explicit(&place->taken, memory_order_release);
}

uint16_t driver_log_refusal(void) {
    return atomic_load_explicit(&last_refusal, memory_order_relaxed);
}

void driver_log_forget_refusal(void) {
    atomic_store_explicit(&last_refusal, 0, memory_order_relaxed);
}

// Whether a transfer asks for a release: over PTP/IP a packet of type 6 with the code at 12, over USB a container of type
// 1 with the code at 6.
static int releases(const driver_log_entry *entry) {
    const char *bytes = (const char *)entry->bytes;
    if (entry->received || half(bytes) != entry->size) return 0;
    if (entry->count >= 18 && half(bytes + 4) == 6 && half(bytes + 6) == 0) {
        return driver_release_is(half(bytes + 12), entry->count >= 22 ? word(bytes + 18) : 0);
    }
    if (entry->count >= 12 && half(bytes + 4) == 1) {
        return driver_release_is(half(bytes + 6), entry->count >= 16 ? word(bytes + 12) : 0);
    }
    return 0;
}

int64_t driver_log_released(int64_t since) {
    record *log = atomic_load_explicit(&kept, memory_order_relaxed);
    uint64_t end = atomic_load_explicit(&log->written, memory_order_relaxed);
    uint64_t first = end < DRIVER_LOG_ENTRIES ? 0 : end - DRIVER_LOG_ENTRIES;
    for (uint64_t number = end; number-- > first;) {
        note *place = take(log, number);
        driver_log_entry entry = place->entry;
        release(place);
        if (entry.time < since) break;
        if (releases(&entry)) return entry.time;
    }
    return 0;
}

int64_t driver_log_last_received(void) {
    return atomic_load_explicit(&last_received, memory_order_relaxed);
}

uint64_t driver_log_received_count(void) {
    return atomic_load_explicit(&received_count, memory_order_relaxed);
}

int driver_log_copy(driver_log_entry *entries, int capacity) {
    record *log = atomic_load_explicit(&kept, memory_order_relaxed);
    uint64_t end = atomic_load_explicit(&log->written, memory_order_relaxed);
    uint64_t count = end < DRIVER_LOG_ENTRIES ? end : DRIVER_LOG_ENTRIES;
    if (capacity < 0) capacity = 0;
    if (count > (uint64_t)capacity) count = (uint64_t)capacity;
    for (uint64_t index = 0; index < count; index++) {
        note *place = take(log, end - count + index);
        entries[index] = place->entry;
        release(place);
    }
    return (int)count;
}

int driver_log_keep(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return errno;
    // Allocated now: a disk that is full later must not end the process with SIGBUS.
    int failure = posix_fallocate(file, 0, sizeof(record));
    void *place = failure ? MAP_FAILED : mmap(NULL, sizeof(record), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (!failure && place == MAP_FAILED) failure = errno;
    close(file);
    if (failure) return failure;
    record *log = place;
    log->magic = magic;
    atomic_store(&kept, log);
    return 0;
}

int driver_log_load(
    const char *path, driver_log_entry *entries, int *entry_count, driver_log_message *messages, int *message_count) {
    *entry_count = *message_count = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return errno;
    record *log = malloc(sizeof(record));
    ssize_t size = log ? pread(file, log, sizeof(record), 0) : -1;
    int failure = size < 0 ? errno : size == sizeof(record) && log->magic == magic ? 0 : EINVAL;
    close(file);
    if (!failure) {
        uint64_t end = log->written;
        uint64_t first = end < DRIVER_LOG_ENTRIES ? 0 : end - DRIVER_LOG_ENTRIES;
        for (uint64_t number = first; number < end; number++) {
            driver_log_entry entry = log->ring[number % DRIVER_LOG_ENTRIES].entry;
            if (entry.count <= DRIVER_LOG_BYTES) entries[(*entry_count)++] = entry;
        }
        end = log->said;
        first = end < DRIVER_LOG_MESSAGES ? 0 : end - DRIVER_LOG_MESSAGES;
        for (uint64_t number = first; number < end; number++) {
            driver_log_message message = log->remarks[number % DRIVER_LOG_MESSAGES].message;
            message.text[DRIVER_LOG_TEXT - 1] = 0;
            messages[(*message_count)++] = message;
        }
    }
    free(log);
    return failure;
}
