#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// Starts `path` with `arguments` and `environment` (both end with NULL) as a child in the folder `directory` (NULL: the
/// parent's), with `input` on 0 (-1: /dev/null), the parent's 1 and 2 (or `link` on both where it `writes_to_link`), `link`
/// on 3 and nothing else open. Signal mask and dispositions are the default ones. Returns 0 or an errno; the child's id is
/// in `process`, and a descriptor that becomes readable when it ends in `process_descriptor` (pidfd_open(2),
/// close-on-exec).
///
/// posix_spawn_file_actions_addclosefrom_np is not shown by Swift's Glibc module, hence C.
int fleet_process_start(const char *path, char *const arguments[], char *const environment[], const char *directory,
                        int input, int link, bool writes_to_link, pid_t *process, int *process_descriptor);

/// A file without a name, in memory, that holds `bytes` and is read from its start (memfd_create(2), close-on-exec): a
/// child that does not read it, or ends first, is no writer's trouble. Returns its descriptor or -errno.
int fleet_process_input(const void *bytes, size_t length);

/// Waits for the child behind a pidfd, by that descriptor alone (waitid(2), P_PIDFD), so that no other child is ever
/// reaped. Returns its exit code, 128 + the signal that ended it, or -errno.
int fleet_process_reap(int process_descriptor);

/// Sends `signal` to the process behind a pidfd (pidfd_send_signal(2)): never to another one that got its number.
int fleet_process_signal(int process_descriptor, int signal);
