/* What rows took: reported by a worker with each batch, learned from by the policy, added
 * up for the whole launch. */
#ifndef DUFM_EFFORT_H
#define DUFM_EFFORT_H

struct effort {
    double seconds;    /* that the rows took, commits included */
    double committing; /* of these, seconds of commits */
    double squares;    /* sum over the rows of their seconds squared, without commits */
    double share;      /* sum over the rows of steps taken / steps allowed, each 0 to 1 */
};

/* total += part */
void effort_add(struct effort *total, const struct effort *part);

#endif
