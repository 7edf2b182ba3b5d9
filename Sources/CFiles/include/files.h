#ifndef CAMERA_FLEET_FILES_H
#define CAMERA_FLEET_FILES_H

#include <stdint.h>

// Gives a file another name, which nothing may have: 0, or the errno. What has the name already stays as it is (EEXIST).
// renameat2(RENAME_NOREPLACE), and on file systems without that a hard link.
int rename_exclusively(const char *from, const char *to);

// Has the disk begin with these bytes of a file, which are waited for by a later fsync; where that is not possible, nothing.
void begin_writing(int descriptor, int64_t offset, int64_t length);

#endif
