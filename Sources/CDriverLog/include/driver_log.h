#pragma once

#include <stdint.h>

/// libgphoto2 2.5.30 formats a dump of every byte that it transfers, also when nobody logs (gp_log_data in
/// gphoto2-port-log.c). This library defines the symbol again; in an executable that it is linked into, that definition
/// goes before the library's, so it takes a note of each transfer instead.

/// How many transfers the ring remembers.
enum { DRIVER_LOG_ENTRIES = 256 };
/// How many of a transfer's first bytes it keeps.
enum { DRIVER_LOG_BYTES = 64 };

/// One transfer between the driver and the body.
typedef struct {
    /// CLOCK_MONOTONIC, in nanoseconds: just before a write, just after a read.
    int64_t time;
    /// Of the whole transfer, in bytes.
    uint32_t size;
    /// 1 when it came from the body.
    uint8_t received;
    /// How many of `bytes` are its first ones.
    uint8_t count;
    uint8_t bytes[DRIVER_LOG_BYTES];
} driver_log_entry;

/// How many of the driver's messages are remembered, and how long each may be with its last zero.
enum { DRIVER_LOG_MESSAGES = 64, DRIVER_LOG_TEXT = 232 };

/// Something that the driver said.
typedef struct {
    /// CLOCK_MONOTONIC, in nanoseconds.
    int64_t time;
    char text[DRIVER_LOG_TEXT];
} driver_log_message;

/// Keeps the log in a file, so that it can be read when this process hangs or is gone. Before the first note; where the
/// file cannot be made the log stays in this process. Gives 0, or the errno of what failed.
int driver_log_keep(const char *path);

/// Reads a log that was kept, oldest first, also while it is being written; `entries` has room for DRIVER_LOG_ENTRIES and
/// `messages` for DRIVER_LOG_MESSAGES. Gives 0, or the errno of what failed (EINVAL: it is no such file).
int driver_log_load(
    const char *path, driver_log_entry *entries, int *entry_count, driver_log_message *messages, int *message_count);

/// Notes something that the driver said. From any thread.
void driver_log_say(const char *domain, const char *text);

/// The response code of PTP (ISO 15740, above 0x2001) with which the body refused something last, since `driver_log_forget_refusal`;
/// 0 for none. On the thread that calls the driver.
uint16_t driver_log_refusal(void);

/// Forgets it.
void driver_log_forget_refusal(void);

/// When the last request to release (`driver_release_is`) left for the body, at `since` or later (CLOCK_MONOTONIC in
/// nanoseconds); 0 when none did.
int64_t driver_log_released(int64_t since);

/// When bytes came from the body last, CLOCK_MONOTONIC in nanoseconds; 0 before the first. From any thread.
int64_t driver_log_last_received(void);

/// How many transfers came from the body. From any thread.
uint64_t driver_log_received_count(void);

/// Copies what the ring remembers, oldest first, and gives the number of entries. From any thread; notes that are taken
/// meanwhile may replace the oldest.
int driver_log_copy(driver_log_entry *entries, int capacity);
