#include "config.h"

#include "source/sql/report.h"
