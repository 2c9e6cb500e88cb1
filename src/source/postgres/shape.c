#include "config.h"

#include "source/postgres/shape.h"
