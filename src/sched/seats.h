/* The state of the policy: what is handed out, to whom, what is left. */
#ifndef DUFM_SCHED_SEATS_H
#define DUFM_SCHED_SEATS_H

#include "dufm/order.h"
#include "dufm/outlook.h"
#include "dufm/policy.h"

/* Rows that are no longer handed out by class; those before `next` have been. */
struct list {
    uint32_t *rows; /* owned */
    uint32_t count, next;
};

/* Where a worker's rows are found. */
enum seat_source {
    SEAT_ORDER,    /* `first` is a row: it and the next ones of its class */
    SEAT_RETURNED, /* `first` is a place in the list of returned rows */
    SEAT_SUSPECTS, /* ... of suspects */
};

/* What one worker is doing. */
struct seat {
    enum seat_source source;
    uint32_t first;
    int count;    /* rows; 0: idle */
    int class_;   /* of all of them; not of suspects */
    double since; /* time of the assignment */
};

struct policy {
    struct order order;
    struct outlook outlook;
    struct list returned; /* rows of lost workers */
    struct list suspects;
    struct seat *seats; /* size workers; owned */
    uint32_t *rows;     /* size batch_limit: the rows of the last answer; owned */
    int workers, batch_limit, busy;
    int living;        /* workers that are not lost */
    double reports;    /* that came in, ... */
    double committing; /* ... seconds of their commits */
    double deadline, patience;
    uint32_t late; /* rows passed over for the deadline */
    bool stopped;
};

#endif
