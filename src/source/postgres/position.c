#include "config.h"

#include "source/postgres/position.h"
