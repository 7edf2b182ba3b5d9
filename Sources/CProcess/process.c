#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const char *directory, int input,
                  int link, bool writes_to_link) {
    int error = input < 0 ? posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0)
                          : posix_spawn_file_actions_adddup2(actions, input, 0);
    if (!error && directory) error = posix_spawn_file_actions_addchdir_np(actions, directory);
    if (!error && writes_to_link) error = posix_spawn_file_actions_adddup2(actions, link, 1);
    if (!error && writes_to_link) error = posix_spawn_file_actions_adddup2(actions, link, 2);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, link, 3);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, 4);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (!error) error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error) {
        // A group of its own: a Ctrl-C in the terminal is the server's to handle, which ends its children in order.
        error = posix_spawnattr_setpgroup(attributes, 0);
    }
    if (!error) {
        error = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    return error;
}

int fleet_process_start(const char *path, char *const arguments[], char *const environment[], const char *directory,
                        int input, int link, bool writes_to_link, pid_t *process, int *process_descriptor) {
    // dup2 of a descriptor onto itself would leave close-on-exec set: the caller's link is never 3 in a server that
    // has its standard streams open, and a copy above it makes sure.
    int copy = fcntl(link, F_DUPFD_CLOEXEC, 4);
    if (copy < 0) return errno;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) {
        close(copy);
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = set_up(&actions, &attributes, directory, input, copy, writes_to_link);
        if (!error) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(copy);
    if (error) return error;
    // The child is not reaped before this returns, so its number cannot name another process.
    *process_descriptor = (int)syscall(SYS_pidfd_open, *process, 0);
    if (*process_descriptor < 0) {
        error = errno;
        kill(*process, SIGKILL);
        waitpid(*process, NULL, 0);
        return error;
    }
    return 0;
}

int fleet_process_input(const void *bytes, size_t length) {
    int file = memfd_create("input", MFD_CLOEXEC);
    if (file < 0) return -errno;
    const char *rest = bytes;
    while (length > 0) {
        ssize_t written = write(file, rest, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            int error = written < 0 ? errno : EIO;
            close(file);
            return -error;
        }
        rest += written;
        length -= (size_t)written;
    }
    if (lseek(file, 0, SEEK_SET) < 0) {
        int error = errno;
        close(file);
        return -error;
    }
    return file;
}

int fleet_process_reap(int process_descriptor) {
    siginfo_t information = {0};
    while (waitid((idtype_t)P_PIDFD, (id_t)process_descriptor, &information, WEXITED) < 0) {
        if (errno != EINTR) return -errno;
    }
    return information.si_code == CLD_EXITED ? information.si_status : 128 + information.si_status;
}

int fleet_process_signal(int process_descriptor, int signal) {
    return syscall(SYS_pidfd_send_signal, process_descriptor, signal, NULL, 0) < 0 ? errno : 0;
}
