#include "bare_camera.h"

#include <string.h>

// In place of libgphoto2's own, which formats every byte that is transferred though nobody reads it.
__attribute__((visibility("default"))) void gp_log_data(
    const char *domain, const char *data, unsigned int size, const char *format, ...) {
    (void)domain;
    (void)data;
    (void)size;
    (void)format;
}

int main(int count, char *arguments[]) {
    if (count == 3 && strcmp(arguments[2], "await") == 0) return bare_camera_await(1);
    if (count > 2 && strcmp(arguments[1], "save") == 0) return bare_camera_save(count - 2, arguments + 2, 1);
    if (count > 2 && strcmp(arguments[1], "release") == 0) return bare_camera_release(count - 2, arguments + 2, 1);
    if (count > 2 && strcmp(arguments[1], "sleep") == 0) return bare_camera_sleep(count - 2, arguments + 2);
    return bare_camera_run_at_best(count - 1, arguments + 1);
}
