#include "config.h"

#include "pgoutput/frame.h"
