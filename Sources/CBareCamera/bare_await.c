#include "bare_camera.h"

#include <errno.h>
#include <gphoto2/gphoto2.h>
#include <inttypes.h>
#include <libudev.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int failed(const char *what, int code) {
    if (code >= GP_OK) return 0;
    fprintf(stderr, "%s: %s (%d)\n", what, gp_result_as_string(code), code);
    return 1;
}

/// Waits for udev's word of a device on USB, and writes its port as libgphoto2 has it.
static int await_device(struct udev_monitor *monitor, char *port, size_t length) {
    struct pollfd waits = {.fd = udev_monitor_get_fd(monitor), .events = POLLIN};
    for (;;) {
        if (poll(&waits, 1, -1) < 0 && errno != EINTR) return 1;
        struct udev_device *device = udev_monitor_receive_device(monitor);
        if (!device) continue;
        const char *action = udev_device_get_action(device);
        const char *bus = udev_device_get_property_value(device, "BUSNUM");
        const char *number = udev_device_get_property_value(device, "DEVNUM");
        int found = action && bus && number && strcmp(action, "add") == 0;
        if (found) snprintf(port, length, "usb:%s,%s", bus, number);
        udev_device_unref(device);
        if (found) return 0;
    }
}

/// Gives the camera the model that a list has for what is at the port.
static int set_model(Camera *camera, CameraAbilitiesList *models, GPPortInfoList *ports, GPContext *context) {
    CameraList *found;
    CameraAbilities abilities;
    const char *name;
    if (failed("list", gp_list_new(&found))) return 1;
    int code = gp_abilities_list_detect(models, ports, found, context);
    if (code >= GP_OK) code = gp_list_get_name(found, 0, &name);
    if (code >= GP_OK) code = gp_abilities_list_lookup_model(models, name);
    if (code >= GP_OK) code = gp_abilities_list_get_abilities(models, code, &abilities);
    if (code >= GP_OK) code = gp_camera_set_abilities(camera, abilities);
    gp_list_free(found);
    return failed("model", code);
}

static int open_at(const char *path, CameraAbilitiesList *models, GPContext *context, int64_t event) {
    int64_t start = now();
    Camera *camera;
    GPPortInfoList *ports;
    GPPortInfo port;
    if (failed("camera", gp_camera_new(&camera)) || failed("ports", gp_port_info_list_new(&ports))) return 1;
    int code = gp_port_info_list_load(ports);
    if (code >= GP_OK) code = gp_port_info_list_lookup_path(ports, path);
    if (code >= GP_OK) code = gp_port_info_list_get_info(ports, code, &port);
    if (code >= GP_OK) code = gp_camera_set_port_info(camera, port);
    int result = failed(path, code) || (models && set_model(camera, models, ports, context));
    if (!result) result = failed("open", gp_camera_init(camera, context));
    if (!result) {
        printf("{\"event_ns\":%" PRId64 ",\"opened_ns\":%" PRId64 ",\"open_ns\":%" PRId64 "}\n", event, now(), now() - start);
    }
    gp_camera_exit(camera, context);
    gp_camera_unref(camera);
    gp_port_info_list_free(ports);
    return result;
}

int bare_camera_await(int loads_models_before) {
    GPContext *context = gp_context_new();
    CameraAbilitiesList *models = NULL;
    struct udev *udev = udev_new();
    struct udev_monitor *monitor = udev ? udev_monitor_new_from_netlink(udev, "udev") : NULL;
    if (!context || !monitor) return 1;
    if (loads_models_before) {
        if (failed("models", gp_abilities_list_new(&models))) return 1;
        if (failed("models", gp_abilities_list_load(models, context))) return 1;
    }
    udev_monitor_filter_add_match_subsystem_devtype(monitor, "usb", "usb_device");
    if (udev_monitor_enable_receiving(monitor) < 0) return 1;
    puts("waiting");
    fflush(stdout);
    char port[64];
    int result = await_device(monitor, port, sizeof port) || open_at(port, models, context, now());
    udev_monitor_unref(monitor);
    udev_unref(udev);
    if (models) gp_abilities_list_free(models);
    gp_context_unref(context);
    return result;
}
