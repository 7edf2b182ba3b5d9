#pragma once
#include <gphoto2/gphoto2.h>
#include <gphoto2/gphoto2-setting.h>
#include <gphoto2/gphoto2-version.h>
