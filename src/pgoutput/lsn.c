#include "config.h"

#include "pgoutput/lsn.h"
