#include "bare_camera.h"
#include "bare_clock.h"
#include "bare_open.h"

#include <errno.h>
#include <fcntl.h>
#include <gphoto2/gphoto2-setting.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { most_bodies = 256, most_names = 100000 };

/// What all threads share.
typedef struct {
    pthread_barrier_t barrier;
    const char *target;
    const char *folder;
    char **names;
    int name_count;
    int is_best;
} company;

typedef struct {
    Camera *camera;
    GPContext *context;
    company *all;
    pthread_t thread;
    int number;
    uint64_t bytes;
    int result;
} saver;

/// One object into a file of its own, which is on the disk then.
static int save(saver *one, const char *name) {
    char path[4096];
    CameraFile *file;
    struct stat status;
    snprintf(path, sizeof path, "%s/%d-%s", one->all->target, one->number, name);
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    // The descriptor is the file's from here on.
    if (bare_failed("file", gp_file_new_from_fd(&file, descriptor))) return 1;
    int code = gp_camera_file_get(
        one->camera, one->all->folder, name, GP_FILE_TYPE_NORMAL, file, one->context);
    int result = bare_failed(name, code);
    if (!result && (fsync(descriptor) || fstat(descriptor, &status))) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        result = 1;
    }
    if (!result) one->bytes += (uint64_t)status.st_size;
    gp_file_unref(file);
    return result;
}

static void *save_all(void *argument) {
    saver *one = argument;
    if (one->all->is_best) prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    pthread_barrier_wait(&one->all->barrier);
    for (int index = 0; index < one->all->name_count && !one->result; index++) {
        one->result = save(one, one->all->names[index]);
    }
    return NULL;
}

static int open_all(saver *savers, int count, char *ports[], company *all) {
    for (int index = 0; index < count; index++) {
        savers[index].all = all;
        savers[index].number = index + 1;
        savers[index].context = gp_context_new();
        if (!savers[index].context) return 1;
        if (bare_open(ports[index], savers[index].context, &savers[index].camera)) return 1;
    }
    return 0;
}

static int run(saver *savers, int bodies, company *all) {
    if (pthread_barrier_init(&all->barrier, NULL, (unsigned)bodies + 1)) return 1;
    for (int index = 0; index < bodies; index++) {
        if (pthread_create(&savers[index].thread, NULL, save_all, &savers[index])) return 1;
    }
    int64_t start = clock_now(CLOCK_MONOTONIC);
    pthread_barrier_wait(&all->barrier);
    uint64_t bytes = 0;
    int result = 0;
    for (int index = 0; index < bodies; index++) {
        pthread_join(savers[index].thread, NULL);
        bytes += savers[index].bytes;
        result |= savers[index].result;
    }
    if (!result) printf("{\"ns\":%" PRId64 ",\"bytes\":%" PRIu64 "}\n", clock_now(CLOCK_MONOTONIC) - start, bytes);
    return result;
}

int bare_camera_save(int count, char *arguments[], int is_best) {
    company all = {.is_best = is_best};
    if (count > 3) all.name_count = atoi(arguments[2]);
    int bodies = count - 3 - all.name_count;
    if (all.name_count < 1 || all.name_count > most_names || bodies < 1 || bodies > most_bodies) {
        fprintf(stderr, "a folder of this machine, one of the bodies', how many names, the names, and ports\n");
        return 64;
    }
    all.target = arguments[0];
    all.folder = arguments[1];
    all.names = arguments + 3;
    signal(SIGPIPE, SIG_IGN);
    char driver[] = "ptp2", key[] = "cachetime", none[] = "0";
    gp_setting_set(driver, key, none);
    if (is_best) {
        mallopt(M_TRIM_THRESHOLD, 256 << 20);
        mallopt(M_MMAP_THRESHOLD, 64 << 20);
        mallopt(M_TOP_PAD, 16 << 20);
    }
    saver *savers = calloc((size_t)bodies, sizeof *savers);
    if (!savers || open_all(savers, bodies, arguments + 3 + all.name_count, &all)) return 1;
    int result = run(savers, bodies, &all);
    for (int index = 0; index < bodies; index++) {
        gp_camera_exit(savers[index].camera, savers[index].context);
        gp_camera_unref(savers[index].camera);
        gp_context_unref(savers[index].context);
    }
    free(savers);
    return result;
}
