#include "config.h"

#include "source/postgres/client.h"
