#include "bare_camera.h"

#include <string.h>

int main(int count, char *arguments[]) {
    if (count == 3 && strcmp(arguments[2], "await") == 0) return bare_camera_await(0);
    if (count > 2 && strcmp(arguments[1], "save") == 0) return bare_camera_save(count - 2, arguments + 2, 0);
    if (count > 2 && strcmp(arguments[1], "release") == 0) return bare_camera_release(count - 2, arguments + 2, 0);
    return bare_camera_run(count - 1, arguments + 1);
}
