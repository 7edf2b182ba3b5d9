#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int rename_exclusively(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    if (link(from, to) != 0) {
        return errno;
    }
    return unlink(from) == 0 ? 0 : errno;
}

// How many bytes were written before an error, or before what cannot be written like this: then the errno is 0.
static size_t write_some(int descriptor, const char *bytes, size_t count, int64_t offset, size_t unit) {
    size_t done = 0;
    errno = 0;
    while (count - done >= unit && (offset + (int64_t)done) % (int64_t)unit == 0) {
        size_t most = (count - done) / unit * unit;
        ssize_t written = pwrite(descriptor, bytes + done, most, offset + (int64_t)done);
        if (written < 0 && errno == EINTR) continue;
        if (written == 0) errno = EIO;
        if (written <= 0) return done;
        done += (size_t)written;
    }
    errno = 0;
    return done;
}

static int write_whole(const char *path, const char *bytes, size_t count, int64_t offset, int flags, size_t unit,
                       size_t *done) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC | flags);
    if (descriptor < 0) {
        return errno;
    }
    *done = write_some(descriptor, bytes, count, offset, unit);
    int code = errno;
    if (code == 0 && flags == 0) {
        (void)sync_file_range(descriptor, offset, (off_t)count, SYNC_FILE_RANGE_WRITE);
    }
    close(descriptor);
    return code;
}

int write_past_memory(const char *path, const void *bytes, size_t count, int64_t offset) {
    size_t done = 0;
    if (count >= disk_alignment && offset % disk_alignment == 0) {
        int code = write_whole(path, bytes, count, offset, O_DIRECT, disk_alignment, &done);
        if (code != 0 && code != EINVAL && code != EOPNOTSUPP) {
            return code;
        }
    }
    if (done == count) {
        return 0;
    }
    size_t rest = 0;
    return write_whole(path, (const char *)bytes + done, count - done, offset + (int64_t)done, 0, 1, &rest);
}
