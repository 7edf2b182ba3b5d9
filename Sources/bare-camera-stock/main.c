#include "bare_camera.h"

#include <string.h>

int main(int count, char *arguments[]) {
    if (count == 3 && strcmp(arguments[2], "await") == 0) return bare_camera_await(0);
    return bare_camera_run(count - 1, arguments + 1);
}
