#include "bare_camera.h"
#include "bare_clock.h"
#include "bare_open.h"

#include <errno.h>
#include <gphoto2/gphoto2-setting.h>
#include <gphoto2/gphoto2.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum { longest_run = 1000000 };

typedef struct {
    int64_t *nanoseconds;
    uint64_t *bytes;
    int count;
    int64_t processor;
    int64_t wall;
} samples;

/// Reads a count of calls; 0 when it is none.
static int read_count(const char *text) {
    char *end;
    errno = 0;
    long count = strtol(text, &end, 10);
    return errno || *end || count < 1 || count > longest_run ? 0 : (int)count;
}

static int prepare(samples *taken, int count) {
    taken->nanoseconds = calloc((size_t)count, sizeof *taken->nanoseconds);
    taken->bytes = calloc((size_t)count, sizeof *taken->bytes);
    return taken->nanoseconds && taken->bytes ? 0 : 1;
}

static void note(samples *taken, int64_t start, uint64_t bytes) {
    taken->nanoseconds[taken->count] = clock_now(CLOCK_MONOTONIC) - start;
    taken->bytes[taken->count++] = bytes;
}

static void begin(samples *taken) {
    taken->processor = clock_now(CLOCK_PROCESS_CPUTIME_ID);
    taken->wall = clock_now(CLOCK_MONOTONIC);
}

static void end(samples *taken) {
    taken->processor = clock_now(CLOCK_PROCESS_CPUTIME_ID) - taken->processor;
    taken->wall = clock_now(CLOCK_MONOTONIC) - taken->wall;
}

static void print(const samples *taken, int64_t opening) {
    printf("{\"open_ns\":%" PRId64 ",\"cpu_ns\":%" PRId64 ",\"wall_ns\":%" PRId64 ",\"ns\":[", opening, taken->processor,
           taken->wall);
    for (int index = 0; index < taken->count; index++) {
        printf("%s%" PRId64, index ? "," : "", taken->nanoseconds[index]);
    }
    printf("],\"bytes\":[");
    for (int index = 0; index < taken->count; index++) printf("%s%" PRIu64, index ? "," : "", taken->bytes[index]);
    printf("]}\n");
}

static int download(Camera *camera, GPContext *context, int count, char *names[], samples *taken) {
    if (count < 2) return 64;
    for (int index = 1; index < count; index++) {
        CameraFile *file;
        const char *data;
        unsigned long size = 0;
        int64_t start = clock_now(CLOCK_MONOTONIC);
        if (bare_failed("file", gp_file_new(&file))) return 1;
        int code = gp_camera_file_get(camera, names[0], names[index], GP_FILE_TYPE_NORMAL, file, context);
        if (code >= GP_OK) code = gp_file_get_data_and_size(file, &data, &size);
        note(taken, start, size);
        gp_file_unref(file);
        if (bare_failed(names[index], code)) return 1;
    }
    return 0;
}

static int preview(Camera *camera, GPContext *context, int count, samples *taken) {
    CameraFile *file;
    const char *data;
    if (bare_failed("file", gp_file_new(&file))) return 1;
    int code = GP_OK;
    // The first frames start live view.
    for (int index = 0; index < 3 && code >= GP_OK; index++) code = gp_camera_capture_preview(camera, file, context);
    begin(taken);
    for (int index = 0; index < count && code >= GP_OK; index++) {
        unsigned long size = 0;
        int64_t start = clock_now(CLOCK_MONOTONIC);
        code = gp_camera_capture_preview(camera, file, context);
        if (code >= GP_OK) code = gp_file_get_data_and_size(file, &data, &size);
        note(taken, start, size);
    }
    end(taken);
    gp_file_unref(file);
    return bare_failed("preview", code);
}

static int read_widget(Camera *camera, GPContext *context, const char *name, CameraWidget **widget) {
    const char *value;
    if (bare_failed(name, gp_camera_get_single_config(camera, name, widget, context))) return 1;
    return bare_failed(name, gp_widget_get_value(*widget, &value));
}

static int get(Camera *camera, GPContext *context, const char *name, int count, samples *taken) {
    for (int index = 0; index < count; index++) {
        CameraWidget *widget;
        int64_t start = clock_now(CLOCK_MONOTONIC);
        if (read_widget(camera, context, name, &widget)) return 1;
        note(taken, start, 0);
        gp_widget_free(widget);
    }
    return 0;
}

static int set(Camera *camera, GPContext *context, char *arguments[], int count, samples *taken) {
    const char *name = arguments[0];
    for (int index = 0; index < count; index++) {
        CameraWidget *widget;
        if (read_widget(camera, context, name, &widget)) return 1;
        int code = gp_widget_set_value(widget, arguments[1 + index % 2]);
        int64_t start = clock_now(CLOCK_MONOTONIC);
        if (code >= GP_OK) code = gp_camera_set_single_config(camera, name, widget, context);
        note(taken, start, 0);
        gp_widget_free(widget);
        if (bare_failed(name, code)) return 1;
    }
    return 0;
}

static int measure(Camera *camera, GPContext *context, int count, char *arguments[], samples *taken) {
    const char *what = arguments[0];
    int result = 64;
    begin(taken);
    if (strcmp(what, "open") == 0 && count == 1) {
        result = 0;
    } else if (strcmp(what, "download") == 0 && count >= 3) {
        result = prepare(taken, count) || download(camera, context, count - 1, arguments + 1, taken);
    } else if (strcmp(what, "preview") == 0 && count == 2) {
        int frames = read_count(arguments[1]);
        if (!frames || prepare(taken, frames)) return 64;
        return preview(camera, context, frames, taken);
    } else if (strcmp(what, "get") == 0 && count == 3) {
        int calls = read_count(arguments[2]);
        result = !calls || prepare(taken, calls) || get(camera, context, arguments[1], calls, taken);
    } else if (strcmp(what, "set") == 0 && count == 5) {
        int calls = read_count(arguments[4]);
        result = !calls || prepare(taken, calls) || set(camera, context, arguments + 1, calls, taken);
    } else {
        fprintf(stderr, "%s: not to be measured like this; see bare_camera.h\n", what);
    }
    end(taken);
    return result;
}

int bare_camera_run(int count, char *arguments[]) {
    if (count < 2) {
        fprintf(stderr, "a port and what is to be measured\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    char driver[] = "ptp2", key[] = "cachetime", value[] = "0";
    gp_setting_set(driver, key, value);
    int64_t start = clock_now(CLOCK_MONOTONIC);
    GPContext *context = gp_context_new();
    Camera *camera;
    if (!context || bare_open(arguments[0], context, &camera)) return 1;
    int64_t opening = clock_now(CLOCK_MONOTONIC) - start;
    samples taken = {0};
    int result = measure(camera, context, count - 1, arguments + 1, &taken);
    if (result == 0) print(&taken, opening);
    free(taken.nanoseconds);
    free(taken.bytes);
    gp_camera_exit(camera, context);
    gp_camera_unref(camera);
    gp_context_unref(context);
    return result;
}

int bare_camera_run_at_best(int count, char *arguments[]) {
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
    return bare_camera_run(count, arguments);
}
