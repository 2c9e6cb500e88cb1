#include "config.h"

#include "source/postgres/slot.h"
