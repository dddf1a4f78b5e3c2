/* The reader's state, shared by reading and verifying. */
#ifndef DUFM_STORE_READING_H
#define DUFM_STORE_READING_H

#include "coordinates.h"
#include "table.h"

struct reader {
    struct table table;
    struct coordinates coordinates; /* of measured features; else none */
    struct sweep *sweep;            /* of the file, once it was asked for; owned */
};

#endif
