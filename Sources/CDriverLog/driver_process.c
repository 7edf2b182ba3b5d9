#include "driver_process.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>

// libgphoto2 loads its drivers and unloads them again, after which LeakSanitizer could not say whose a leak is. With this
// definition in the executable, which goes before the C library's, they stay.
__attribute__((visibility("default"))) int dlclose(void *library) {
    (void)library;
    return 0;
}
#endif

void driver_memory_set_up(void) {
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
}

void driver_memory_share(int arenas) {
    mallopt(M_ARENA_MAX, arenas);
}

void driver_memory_trim(void) {
    malloc_trim(0);
}

void driver_thread_quicken(void) {
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

enum { STACK_BYTES = 128 << 10, PAGE_BYTES = 4096, REALTIME_PRIORITY = 50 };

static _Thread_local void *locked_stack;

// Touches what the calls below this one may use, and keeps it in memory.
static __attribute__((noinline)) void lock_stack(void) {
    volatile char room[STACK_BYTES];
    for (int place = 0; place < STACK_BYTES; place += PAGE_BYTES) room[place] = 0;
    void *start = (void *)room;
    if (mlock(start, STACK_BYTES) == 0) locked_stack = start;
}

int driver_thread_set_realtime(void) {
    lock_stack();
    struct sched_param parameters = {.sched_priority = REALTIME_PRIORITY};
    return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
}

void driver_thread_set_ordinary(void) {
    struct sched_param parameters = {.sched_priority = 0};
    pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameters);
    if (locked_stack) munlock(locked_stack, STACK_BYTES);
    locked_stack = NULL;
}

void driver_process_end(int code) {
#if __has_feature(address_sanitizer)
    __lsan_do_leak_check();
#endif
    _exit(code);
}
