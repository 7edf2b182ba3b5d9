#include "driver_log.h"
