#ifndef CAMERA_FLEET_FILES_H
#define CAMERA_FLEET_FILES_H

#include <stdint.h>

// Gives a file another name, which nothing may have: 0, or the errno. What has the name already stays as it is (EEXIST).
// renameat2(RENAME_NOREPLACE), and on file systems without that a hard link.
int rename_exclusively(const char *from, const char *to);

// Has the system begin to write a part of a file to the disk, and does not wait for it; where that cannot be done nothing is lost
// (sync_file_range).
void begin_writing(int descriptor, int64_t offset, int64_t count);

// What tells a folder from another that had its name before: its inode, and when that was made, in nanoseconds since 1970. 0, or
// the errno, which is ENOTSUP where the file system does not keep it.
int folder_birth(const char *path, uint64_t *inode, int64_t *born);

#endif
