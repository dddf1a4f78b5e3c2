#include "dufm/tally.h"

void tally_count(struct tally *tally, enum status status, enum outcome outcome) {
    if (status == STATUS_DONE) {
        tally->done++;
        tally->outcomes[outcome]++;
    } else {
        tally->failed++;
    }
}

void tally_add(struct tally *total, const struct tally *part) {
    total->done += part->done;
    total->failed += part->failed;
    for (int i = 0; i < TALLY_OUTCOMES; i++)
        total->outcomes[i] += part->outcomes[i];
}
