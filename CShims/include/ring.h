#ifndef CAIRN_RING_H
#define CAIRN_RING_H
#include <liburing.h>
#endif
