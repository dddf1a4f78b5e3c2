#include "dufm/effort.h"

void effort_add(struct effort *total, const struct effort *part) {
    total->seconds += part->seconds;
    total->committing += part->committing;
    total->squares += part->squares;
    total->share += part->share;
}
