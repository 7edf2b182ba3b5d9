#ifndef CAMERA_FLEET_FILES_H
#define CAMERA_FLEET_FILES_H

#include <stddef.h>
#include <stdint.h>

// Gives a file another name, which nothing may have: 0, or the errno. What has the name already stays as it is (EEXIST).
// renameat2(RENAME_NOREPLACE), and on file systems without that a hard link.
int rename_exclusively(const char *from, const char *to);

// What the bytes of `write_past_memory` are aligned to, and its offsets where nothing is to be copied.
enum { disk_alignment = 4096 };

// Writes bytes into a file that is there already: 0, or the errno. Nothing is on the disk for sure before a later fsync.
//
// They go past the system's memory of files where the file system can do that (O_DIRECT): copying there what nobody reads again
// took most of the time that saving an image takes. What is not aligned, and all of it on other file systems, goes the usual
// way, and the disk is told to begin at once.
int write_past_memory(const char *path, const void *bytes, size_t count, int64_t offset);

#endif
