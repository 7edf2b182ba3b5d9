#ifndef UNNAMED_FILE_H
#define UNNAMED_FILE_H

#include <stdint.h>

/// Makes a file without a name in a folder, to read and to write, which is gone when its descriptor is closed. Gives the
/// descriptor, or -1 and errno.
int unnamed_file_open(const char *folder);

/// Gives the space of a part of a file back to the disk, where the file system can; it reads as zeros then.
void unnamed_file_forget(int file, int64_t offset, int64_t count);

#endif
