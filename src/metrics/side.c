#include "side.h"

#include "dufm/team.h"

/* A stripe is worth a process when it takes some milliseconds, and its factor is small
 * beside it. */
enum { STRIPE_HEIGHT = 4 };
static const double stripe_work = 1e9; /* N d^2 */

int side_stripes(int width, int samples) {
    double work = (double)samples * width * width;
    double stripes = (double)samples / width / STRIPE_HEIGHT;
    if (stripes > work / stripe_work) stripes = work / stripe_work;
    return stripes < 1 ? 1 : stripes > SIDE_STRIPES ? SIDE_STRIPES : (int)stripes;
}

enum error side_each_block(const struct layer_side *side, int first, int last,
                           take_block *take, void *context) {
    const struct features_source *source = side->source;
    for (int count; first < last; first += count) {
        count = last - first < side->columns ? last - first : side->columns;
        TRY(source->read(source->context, side->layer, side->side, first, count,
                         side->block));
        TRY(take(context, side, first, count));
    }
    return ERROR_NONE;
}

/* The first sample of a stripe; of the one behind the last: N. */
static int begin_of(const struct side_round *round, int stripe) {
    return (int)((long long)round->side->samples * stripe / round->stripes);
}

static enum error take_stripe(void *context, int stripe) {
    const struct side_round *round = context;
    round->begin(round->context, stripe);
    return side_each_block(round->side, begin_of(round, stripe),
                           begin_of(round, stripe + 1), round->take, round->context);
}

enum error side_each_stripe(const struct side_round *round) {
    struct side_round own = *round;
    return team_run(&(struct team){take_stripe, &own, round->stripes, round->processes});
}
