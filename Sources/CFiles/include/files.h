#ifndef CAMERA_FLEET_FILES_H
#define CAMERA_FLEET_FILES_H

// Gives a file another name, which nothing may have: 0, or the errno. What has the name already stays as it is (EEXIST).
// renameat2(RENAME_NOREPLACE), and on file systems without that a hard link.
int rename_exclusively(const char *from, const char *to);

#endif
