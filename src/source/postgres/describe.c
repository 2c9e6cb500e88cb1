#include "config.h"

#include "source/postgres/private.h"
