#include "config.h"

#include "pgoutput/cell.h"
