#include "bare_camera.h"

int main(int count, char *arguments[]) {
    return bare_camera_run(count - 1, arguments + 1);
}
