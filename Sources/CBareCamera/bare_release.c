#include "bare_camera.h"
#include "bare_clock.h"
#include "bare_open.h"

#include <gphoto2/gphoto2-setting.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { most_bodies = 256, most_rounds = 100000, realtime_priority = 30 };

// How long a busy body is asked again, and how long an image is waited for.
static const int64_t busy_time = 500000000, image_time = 5000000000;

/// One release of all bodies, by CLOCK_REALTIME in nanoseconds: when the first thread came past the barrier, and the last.
typedef struct {
    int64_t first;
    int64_t last;
} passage;

/// What all threads share.
typedef struct {
    pthread_barrier_t barrier;
    pthread_mutex_t lock;
    passage *passages;
    int rounds;
    int presses;
    int has_view;
    int is_best;
} company;

typedef struct {
    Camera *camera;
    GPContext *context;
    company *all;
    pthread_t thread;
} shooter;

/// The others wait at the barrier for a thread that failed: the process ends.
static void require(const char *what, int code) {
    if (bare_failed(what, code)) _exit(1);
}

static void be_realtime(int is_realtime) {
    struct sched_param parameters = {.sched_priority = is_realtime ? realtime_priority : 0};
    pthread_setschedparam(pthread_self(), is_realtime ? SCHED_FIFO : SCHED_OTHER, &parameters);
}

static CameraWidget *widget(shooter *one, const char *name, const void *value) {
    CameraWidget *found;
    require(name, gp_camera_get_single_config(one->camera, name, &found, one->context));
    require(name, gp_widget_set_value(found, value));
    return found;
}

static void set(shooter *one, const char *name, const void *value) {
    CameraWidget *found = widget(one, name, value);
    require(name, gp_camera_set_single_config(one->camera, name, found, one->context));
    gp_widget_free(found);
}

/// Takes every event that there is; true where an image was told of.
static int drain(shooter *one) {
    int has_image = 0;
    for (;;) {
        CameraEventType type;
        void *data = NULL;
        require("event", gp_camera_wait_for_event(one->camera, 1, &type, &data, one->context));
        free(data);
        if (type == GP_EVENT_TIMEOUT) return has_image;
        has_image |= type == GP_EVENT_FILE_ADDED;
    }
}

static void pause_for(int milliseconds) { usleep((useconds_t)milliseconds * 1000); }

/// A frame, as of a live view that is on until the body is armed; then the body is at rest.
static void arm(shooter *one, CameraFile *frame) {
    int off = 0;
    if (one->all->has_view) {
        require("preview", gp_camera_capture_preview(one->camera, frame, one->context));
        set(one, "viewfinder", &off);
    }
    drain(one);
    if (!one->all->presses) return;
    set(one, "eosremoterelease", "Press Half");
    drain(one);
}

static void release(shooter *one, CameraWidget *press) {
    int64_t end = clock_now(CLOCK_MONOTONIC) + busy_time;
    for (;;) {
        int code = press ? gp_camera_set_single_config(one->camera, "eosremoterelease", press, one->context)
                         : gp_camera_trigger_capture(one->camera, one->context);
        if (code >= GP_OK) return;
        if (code != GP_ERROR_CAMERA_BUSY || clock_now(CLOCK_MONOTONIC) > end) require("release", code);
        drain(one);
        pause_for(2);
    }
}

static void await_image(shooter *one) {
    int64_t end = clock_now(CLOCK_MONOTONIC) + image_time;
    while (!drain(one) && clock_now(CLOCK_MONOTONIC) < end) pause_for(5);
}

static void *shoot(void *argument) {
    shooter *one = argument;
    company *all = one->all;
    CameraFile *frame;
    require("file", gp_file_new(&frame));
    if (all->is_best) prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    for (int round = 0; round < all->rounds; round++) {
        arm(one, frame);
        CameraWidget *press = all->presses ? widget(one, "eosremoterelease", "Press Full") : NULL;
        if (all->is_best) be_realtime(1);
        pthread_barrier_wait(&all->barrier);
        int64_t time = clock_now(CLOCK_REALTIME);
        release(one, press);
        if (all->is_best) be_realtime(0);
        pthread_mutex_lock(&all->lock);
        passage *passed = &all->passages[round];
        if (!passed->first || time < passed->first) passed->first = time;
        if (time > passed->last) passed->last = time;
        pthread_mutex_unlock(&all->lock);
        if (press) {
            gp_widget_free(press);
            set(one, "eosremoterelease", "Release Full");
        }
        await_image(one);
    }
    gp_file_unref(frame);
    return NULL;
}

static int open_all(shooter *shooters, int count, char *ports[], company *all) {
    for (int index = 0; index < count; index++) {
        shooters[index].all = all;
        shooters[index].context = gp_context_new();
        if (!shooters[index].context) return 1;
        if (bare_open(ports[index], shooters[index].context, &shooters[index].camera)) return 1;
    }
    return 0;
}

static void print(const company *all) {
    printf("{\"first_ns\":[");
    for (int round = 0; round < all->rounds; round++) printf("%s%" PRId64, round ? "," : "", all->passages[round].first);
    printf("],\"last_ns\":[");
    for (int round = 0; round < all->rounds; round++) printf("%s%" PRId64, round ? "," : "", all->passages[round].last);
    printf("]}\n");
}

int bare_camera_release(int count, char *arguments[], int is_best) {
    company all = {.lock = PTHREAD_MUTEX_INITIALIZER, .is_best = is_best};
    int bodies = count - 3;
    if (bodies >= 1) all.rounds = atoi(arguments[0]);
    if (bodies < 1 || bodies > most_bodies || all.rounds < 1 || all.rounds > most_rounds) {
        fprintf(stderr, "a number of rounds, how, whether with live view, and ports; see bare_camera.h\n");
        return 64;
    }
    all.presses = strcmp(arguments[1], "press") == 0;
    all.has_view = strcmp(arguments[2], "view") == 0;
    signal(SIGPIPE, SIG_IGN);
    char driver[] = "ptp2", time_key[] = "cachetime", none[] = "0", target_key[] = "capturetarget", card[] = "card";
    gp_setting_set(driver, time_key, none);
    gp_setting_set(driver, target_key, card);
    shooter *shooters = calloc((size_t)bodies, sizeof *shooters);
    all.passages = calloc((size_t)all.rounds, sizeof *all.passages);
    if (!shooters || !all.passages || open_all(shooters, bodies, arguments + 3, &all)) return 1;
    if (pthread_barrier_init(&all.barrier, NULL, (unsigned)bodies)) return 1;
    for (int index = 0; index < bodies; index++) {
        if (pthread_create(&shooters[index].thread, NULL, shoot, &shooters[index])) return 1;
    }
    for (int index = 0; index < bodies; index++) pthread_join(shooters[index].thread, NULL);
    print(&all);
    for (int index = 0; index < bodies; index++) {
        gp_camera_exit(shooters[index].camera, shooters[index].context);
        gp_camera_unref(shooters[index].camera);
        gp_context_unref(shooters[index].context);
    }
    free(all.passages);
    free(shooters);
    return 0;
}
