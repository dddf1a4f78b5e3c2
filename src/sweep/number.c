/* Find out which combinations are points, before anything else is asked of a grid.
 *
 * Only the zips that conditions and earlier grids depend on are looked at, one bit for
 * each of their combinations; all others multiply.
 */
#include "bitset.h"
#include "combination.h"

/* What decides whether a combination is a point. */
struct judge {
    const struct sweep *sweep;
    const struct grid *grid;
    uint64_t excluders; /* zips on which excludes depend */
    bool itself;        /* combinations of this grid may make one point */
    uint64_t earlier[(SWEEP_GRIDS_MAX + 63) / 64]; /* bit g: grid g may share points */
};

enum verdict { VERDICT_POINT, VERDICT_EXCLUDED, VERDICT_REPEATED };

static bool is_repeated(const struct judge *judge, const struct point *point,
                        const struct combination *combination) {
    for (int g = 0; &judge->sweep->grids[g] != judge->grid; g++)
        if (judge->earlier[g / 64] >> g % 64 & 1 &&
            member_find(&judge->sweep->grids[g], point, UINT64_MAX))
            return true;
    return judge->itself &&
           member_find(judge->grid, point, combination_number(judge->grid, combination));
}

/* Find the zips that matter; false: every combination is a point. */
static bool prepare(struct judge *judge, struct grid *grid) {
    bool shares = false;
    for (int i = 0; i < grid->exclude_count; i++)
        judge->excluders |=
            relevance_zips(grid, relevance_of_condition(grid, grid->excludes[i]));
    grid->relevant = judge->excluders;
    for (int g = 0; &judge->sweep->grids[g] != grid; g++) {
        bool disjoint;
        grid->relevant |= member_relevant(grid, &judge->sweep->grids[g], &disjoint);
        if (disjoint) continue;
        judge->earlier[g / 64] |= UINT64_C(1) << g % 64;
        shares = true;
    }
    uint64_t itself = member_relevant_itself(grid);
    judge->itself = itself != 0;
    grid->relevant |= itself;
    return shares || judge->itself || grid->exclude_count > 0;
}

/* Where only zips that no exclude depends on have moved, the answer about excludes is
 * that of the combination before. */
static bool same_for_excludes(const struct judge *judge, const struct combination *one,
                              const struct combination *other) {
    for (int z = 0; z < judge->grid->zip_count; z++)
        if (judge->excluders >> z & 1 && one->at[z] != other->at[z]) return false;
    return true;
}

static void judge_all(const struct judge *judge, struct grid *grid) {
    struct combination at, last;
    bool shares = judge->itself, excluded = false;
    uint64_t copies = combination_count(grid, ~grid->relevant);
    for (int g = 0; &judge->sweep->grids[g] != grid; g++)
        shares = shares || (judge->earlier[g / 64] >> g % 64 & 1);
    combination_split(grid, grid->relevant, 0, &at);
    for (uint64_t i = 0; i < grid->exists->size; i++) {
        struct point point;
        bool same = i > 0 && same_for_excludes(judge, &at, &last);
        if (!same || (shares && !excluded)) combination_point(grid, &at, &point);
        if (!same) excluded = combination_excluded(grid, &point);
        last = at;
        if (excluded)
            grid->excluded += copies;
        else if (shares && is_repeated(judge, &point, &at))
            grid->repeated += copies;
        else
            bitset_add(grid->exists, i);
        combination_advance(grid, grid->relevant, &at);
    }
    bitset_seal(grid->exists);
}

static enum error number_grid(struct sweep *sweep, struct grid *grid) {
    struct judge judge = {.sweep = sweep, .grid = grid};
    bool all = !prepare(&judge, grid);
    grid->product = combination_count(grid, UINT64_MAX);
    grid->count = grid->product;
    if (all) return ERROR_NONE;
    uint64_t size = combination_count(grid, grid->relevant);
    if (size > COMBINATIONS_MAX)
        return RAISE(ERROR_INPUT, "%llu combinations", (unsigned long long)size);
    TRY(bitset_create(size, &grid->exists));
    judge_all(&judge, grid);
    grid->count -= grid->excluded + grid->repeated;
    return ERROR_NONE;
}

enum error number_points(struct sweep *sweep, int *crowded) {
    uint64_t first = 0;
    for (int g = 0; g < sweep->grid_count; g++) {
        combination_prepare(&sweep->grids[g]);
        TRY(relevance_prepare(&sweep->grids[g]));
    }
    for (*crowded = 0; *crowded < sweep->grid_count; ++*crowded) {
        struct grid *grid = &sweep->grids[*crowded];
        TRY(number_grid(sweep, grid));
        grid->first = first;
        first += grid->count;
    }
    return ERROR_NONE;
}
