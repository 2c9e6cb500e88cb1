#include "config.h"

#include "source/postgres/url.h"
