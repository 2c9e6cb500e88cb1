#include "config.h"

#include "source/sql/table.h"
