#include "bare_open.h"

#include <stdio.h>
#include <string.h>

int bare_failed(const char *what, int code) {
    if (code >= GP_OK) return 0;
    fprintf(stderr, "%s: %s (%d)\n", what, gp_result_as_string(code), code);
    return 1;
}

static int open_port(Camera *camera, const char *path) {
    GPPortInfoList *ports;
    GPPortInfo port;
    if (bare_failed("ports", gp_port_info_list_new(&ports))) return 1;
    int code = gp_port_info_list_load(ports);
    if (code >= GP_OK) code = gp_port_info_list_lookup_path(ports, path);
    if (code >= GP_OK) code = gp_port_info_list_get_info(ports, code, &port);
    if (code >= GP_OK) code = gp_camera_set_port_info(camera, port);
    gp_port_info_list_free(ports);
    return bare_failed(path, code);
}

// libgphoto2 finds the model of a body on USB by itself, and of none on the network.
static int set_model(Camera *camera, GPContext *context, const char *path) {
    if (strncmp(path, "ptpip:", 6) != 0) return 0;
    CameraAbilitiesList *models;
    CameraAbilities abilities;
    if (bare_failed("models", gp_abilities_list_new(&models))) return 1;
    int code = gp_abilities_list_load(models, context);
    if (code >= GP_OK) code = gp_abilities_list_lookup_model(models, "PTP/IP Camera");
    if (code >= GP_OK) code = gp_abilities_list_get_abilities(models, code, &abilities);
    if (code >= GP_OK) code = gp_camera_set_abilities(camera, abilities);
    gp_abilities_list_free(models);
    return bare_failed("PTP/IP Camera", code);
}

int bare_open(const char *path, GPContext *context, Camera **camera) {
    if (bare_failed("camera", gp_camera_new(camera))) return 1;
    if (open_port(*camera, path) || set_model(*camera, context, path)) return 1;
    return bare_failed("open", gp_camera_init(*camera, context));
}
