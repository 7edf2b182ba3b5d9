#include "bare_camera.h"
#include "bare_clock.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

enum { most_threads = 256, most_rounds = 100000, realtime_priority = 50 };

// How far ahead of them the threads are told a time, in microseconds: another each time, so that nothing that the machine does
// at a beat of its own is always met, or never.
static int64_t notice(int round) { return 5000 + (int64_t)round * 7919 % 20011; }

/// What all threads share.
typedef struct {
    pthread_barrier_t barrier;
    int threads;
    int rounds;
    /// The time of the round, by CLOCK_MONOTONIC in nanoseconds.
    int64_t due;
    /// How long after it each thread ran.
    int64_t *late;
    int64_t *spreads;
    int64_t *latest;
} company;

typedef struct {
    company *all;
    int number;
    pthread_t thread;
} sleeper;

static void note(company *all, int round) {
    int64_t first = INT64_MAX, last = 0;
    for (int number = 0; number < all->threads; number++) {
        if (all->late[number] < first) first = all->late[number];
        if (all->late[number] > last) last = all->late[number];
    }
    all->spreads[round] = last - first;
    all->latest[round] = last;
}

static void *run(void *argument) {
    sleeper *one = argument;
    company *all = one->all;
    struct sched_param parameters = {.sched_priority = realtime_priority};
    pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    for (int round = 0; round < all->rounds; round++) {
        if (one->number == 0) all->due = clock_now(CLOCK_MONOTONIC) + notice(round) * 1000;
        pthread_barrier_wait(&all->barrier);
        struct timespec due = {.tv_sec = all->due / 1000000000, .tv_nsec = all->due % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL)) continue;
        all->late[one->number] = clock_now(CLOCK_MONOTONIC) - all->due;
        pthread_barrier_wait(&all->barrier);
        if (one->number == 0) note(all, round);
    }
    return NULL;
}

static void print(const char *name, const int64_t *values, int count) {
    printf("\"%s\":[", name);
    for (int index = 0; index < count; index++) printf("%s%" PRId64, index ? "," : "", values[index]);
    printf("]");
}

int bare_camera_sleep(int count, char *arguments[]) {
    company all = {0};
    if (count == 2) {
        all.rounds = atoi(arguments[0]);
        all.threads = atoi(arguments[1]);
    }
    if (all.rounds < 1 || all.rounds > most_rounds || all.threads < 1 || all.threads > most_threads) {
        fprintf(stderr, "a number of rounds and of threads; see bare_camera.h\n");
        return 64;
    }
    sleeper *sleepers = calloc((size_t)all.threads, sizeof *sleepers);
    all.late = calloc((size_t)all.threads, sizeof *all.late);
    all.spreads = calloc((size_t)all.rounds, sizeof *all.spreads);
    all.latest = calloc((size_t)all.rounds, sizeof *all.latest);
    if (!sleepers || !all.late || !all.spreads || !all.latest) return 1;
    if (pthread_barrier_init(&all.barrier, NULL, (unsigned)all.threads)) return 1;
    for (int number = 0; number < all.threads; number++) {
        sleepers[number] = (sleeper){.all = &all, .number = number};
        if (pthread_create(&sleepers[number].thread, NULL, run, &sleepers[number])) return 1;
    }
    for (int number = 0; number < all.threads; number++) pthread_join(sleepers[number].thread, NULL);
    printf("{");
    print("spread_ns", all.spreads, all.rounds);
    printf(",");
    print("latest_ns", all.latest, all.rounds);
    printf("}\n");
    free(all.latest);
    free(all.spreads);
    free(all.late);
    free(sleepers);
    return 0;
}
