#pragma once

#include <stdint.h>

/// A release that leaves at a time: the driver is called before it, does all that it does before a release, and the thread
/// then sleeps where the request itself is about to be written. So nothing stands between the time and the request, however
/// much the driver asks the body before.
///
/// Over PTP/IP the place is `gp_log_data`, which the driver calls with each request before it writes it. Over other ports it is
/// called after, so there the driver's own words are listened to (`driver_release_words`).
///
/// All of it is on the thread that calls the driver, and knows that thread alone.

/// What became of it.
typedef struct {
    /// When the thread came out of its sleep, CLOCK_MONOTONIC in nanoseconds; 0 where the request came when it was time already,
    /// or never.
    int64_t woken;
    /// When the last request to release was about to be written; 0 when none was.
    int64_t sent;
    /// How many requests to release there were: the driver asks again while the body is busy.
    uint32_t releases;
    /// How many requests there were before the first of them.
    uint32_t before;
    /// How many of those were after the time.
    uint32_t between;
    /// PTP's response code to the last request to release; 0 when none came.
    uint16_t response;
} driver_release_report;

/// From now on the first request to release waits until `time` (CLOCK_MONOTONIC in nanoseconds). `answered` is called once, by
/// the thread, when the body says that it released (PTP's OK), before the driver is told; it must not call the driver. Until
/// 2 ms before the time the descriptor `link` is watched: when its other side is closed the process ends and nothing is
/// released. -1 for none.
void driver_release_begin(int64_t time, int link, void (*answered)(void *context), void *context);

/// Waits at once, for drivers that tell nothing of their requests, and takes what they do then for the release.
void driver_release_wait(void);

/// What became of it, so far.
driver_release_report driver_release_state(void);

/// Nothing waits any more.
void driver_release_end(void);

/// What the driver is about to do, in its own words: `Sending PTP_OC 0x100e (…) (0x0,0x0) request...`.
void driver_release_words(const char *text);

/// Whether a request releases, by its operation and first parameter: InitiateCapture, Nikon's 90C0, 90CB and 9207, Canon's 901A,
/// 910F and 9128 (with bit 1: the full press), Sony's 9207 (but for D2C1: autofocus), Olympus' 9481.
int driver_release_is(uint16_t operation, uint32_t parameter);

/// For the log alone: a request is about to be written; a response came.
void driver_release_request(uint16_t operation, uint32_t parameter);
void driver_release_response(uint16_t code);
