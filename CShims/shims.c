#include "ring.h"
#include "memory.h"
