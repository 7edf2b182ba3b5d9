#pragma once

#include <gphoto2/gphoto2.h>

/// Opens the body at a port, as libgphoto2 writes it. Gives 0, or 1 after a word on the standard error.
int bare_open(const char *path, GPContext *context, Camera **camera);

/// Says on the standard error what failed; 0 where nothing did.
int bare_failed(const char *what, int code);
