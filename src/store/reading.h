/* The reader's state, shared by reading and verifying. */
#ifndef DUFM_STORE_READING_H
#define DUFM_STORE_READING_H

#include "table.h"

struct reader {
    struct table table;
};

#endif
