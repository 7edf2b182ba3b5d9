#pragma once

/// What a program in C does that drives one body with libgphoto2 and nothing else: the measure of fleet-benchmark.
///
/// `arguments` are the port, as libgphoto2 writes it, and what is to be measured:
///
///     PORT open
///     PORT download FOLDER NAME …       each file once, into memory (gp_camera_file_get)
///     PORT preview COUNT                frames of live view (gp_camera_capture_preview)
///     PORT get WIDGET COUNT             gp_camera_get_single_config and its value
///     PORT set WIDGET VALUE OTHER COUNT gp_camera_set_single_config, the two values in turn
///     usb: await                        opens the next body that udev tells of (bare_camera_await)
///
/// Prints one line of JSON: nanoseconds of each call, bytes of each file or frame, and the CPU time of this process and the
/// time that passed for all of them. Returns an exit code; what went wrong is on the standard error.
///
/// HOME is where libgphoto2 keeps its settings; the folder should be one of this process alone.
int bare_camera_run(int count, char *arguments[]);

/// The same with what is known to make libgphoto2 2.5.30 fast: the thread's timer slack is 1 ns and freed memory stays with
/// the process. A `gp_log_data` that does nothing is up to the program.
int bare_camera_run_at_best(int count, char *arguments[]);

/// Prints "waiting", waits until udev tells of a new device on USB, opens that with gp_camera_init, and prints a line of JSON:
/// when it was told, when it was open (CLOCK_MONOTONIC), and the time from one to the other, in nanoseconds. With
/// `loads_models_before` libgphoto2's table of models is in memory before it waits; else gp_camera_init loads it.
int bare_camera_await(int loads_models_before);

/// Releases many bodies again and again, with a thread for each that waits for the others at a barrier. `arguments` are how
/// often, how, whether live view is on before, and the ports:
///
///     ROUNDS trigger|press view|blind PORT …
///
/// trigger is gp_camera_trigger_capture; press is the widget eosremoterelease of a Canon EOS, held at half press before. Each
/// thread takes a frame and ends live view (view), takes the events, waits at the barrier, releases, and waits for the image.
/// With `is_best` a thread is on SCHED_FIFO, where that is allowed, from before the barrier until it has released.
///
/// Prints one line of JSON: of each round when the first thread and the last came past the barrier, in nanoseconds since
/// 1970. Returns an exit code; what went wrong is on the standard error.
int bare_camera_release(int count, char *arguments[], int is_best);

/// What this machine can do where nothing is to be done: threads that sleep to one time again and again (clock_nanosleep,
/// TIMER_ABSTIME), on SCHED_FIFO where that is allowed, with a timer slack of 1 ns. `arguments` are how often, and how many.
///
/// Prints one line of JSON: of each round the time from the first thread that ran to the last, and how long after the time the
/// last ran, in nanoseconds. Returns an exit code; what went wrong is on the standard error.
int bare_camera_sleep(int count, char *arguments[]);

/// Saves objects of many bodies, with a thread for each. `arguments` are a folder of this machine, the folder on the bodies, how
/// many names follow, the names, and the ports:
///
///     TARGET FOLDER COUNT NAME … PORT …
///
/// Each object goes by gp_camera_file_get into a new file (gp_file_new_from_fd), which is synchronised (fsync) before the next.
/// All bodies are open before the first begins. `is_best` as with `bare_camera_run_at_best`.
///
/// Prints one line of JSON: the nanoseconds that all of it took, and how many bytes it was. Returns an exit code; what went
/// wrong is on the standard error.
int bare_camera_save(int count, char *arguments[], int is_best);
