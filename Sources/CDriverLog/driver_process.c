#include "driver_process.h"

#include <malloc.h>
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

void driver_memory_trim(void) {
    malloc_trim(0);
}

void driver_thread_quicken(void) {
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

void driver_process_end(int code) {
#if __has_feature(address_sanitizer)
    __lsan_do_leak_check();
#endif
    _exit(code);
}
