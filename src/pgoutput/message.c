#include "config.h"

#include "pgoutput/message.h"
