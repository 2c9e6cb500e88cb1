#include "config.h"

#include "source/sql/chunk.h"
