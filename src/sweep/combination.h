/* Combinations of a grid's values, and which of them are points. */
#ifndef DUFM_SWEEP_COMBINATION_H
#define DUFM_SWEEP_COMBINATION_H

#include "dufm/given.h"
#include "dufm/sweep.h"

/* ---- grid.c ---- */

/* Position of each zip; those behind zip_count are unused. */
struct combination {
    uint64_t at[GIVEN_MAX];
};

/* Fill grid->base; before any point is made. */
void combination_prepare(struct grid *grid);

/* The point of a combination, overrides applied, resolved; it may not exist. Pure. */
void combination_point(const struct grid *grid, const struct combination *combination,
                       struct point *out);

/* Number of a combination in the whole product. */
uint64_t combination_number(const struct grid *grid,
                            const struct combination *combination);

/* Combinations of the zips with a bit in `zips`; saturates at UINT64_MAX. */
uint64_t combination_count(const struct grid *grid, uint64_t zips);

/* Combination number `index` of those zips, the others at 0; and the next one (by the
 * last of those zips, carrying over). */
void combination_split(const struct grid *grid, uint64_t zips, uint64_t index,
                       struct combination *out);
void combination_advance(const struct grid *grid, uint64_t zips,
                         struct combination *combination);

/* Whether an exclude of the grid holds for the resolved point. */
bool combination_excluded(const struct grid *grid, const struct point *point);

/* ---- relevance.c: which values matter ---- */

/* Fill grid->inputs and grid->entangled; before anything else of this file. ERROR_SYSTEM.
 */
enum error relevance_prepare(struct grid *grid);

/* Parameters (bits by given_number) that the value of one parameter, or a condition,
 * depends on within a grid, itself included. */
uint64_t relevance_of_parameter(const struct grid *grid, int number);
uint64_t relevance_of_condition(const struct grid *grid,
                                const struct condition *condition);

/* Zips of the grid that hold one of the parameters. */
uint64_t relevance_zips(const struct grid *grid, uint64_t parameters);

/* Whether the grid gives the parameter anywhere, overrides included. */
bool relevance_gives(const struct grid *grid, int number);

/* ---- member.c: which points two grids share ---- */

/* Numbers of an axis's values equal to `value`: the order[*first] .. order[*last - 1]
 * (the numbers themselves where order is NULL). Not for PARAMETER_LAYERS. */
void member_range(const struct axis *axis, double value, uint64_t *first, uint64_t *last);

/* Whether some combination of `grid` numbered below `limit` makes this resolved point and
 * no exclude of `grid` holds for it. Pure. */
bool member_find(const struct grid *grid, const struct point *point, uint64_t limit);

/* Zips of `grid` on which it may depend whether its points are in `earlier`; *disjoint:
 * no point is. */
uint64_t member_relevant(const struct grid *grid, const struct grid *earlier,
                         bool *disjoint);

/* Zips of `grid` on which it may depend whether two combinations make one point. */
uint64_t member_relevant_itself(const struct grid *grid);

/* ---- number.c ---- */

enum { COMBINATIONS_MAX = 1 << 30 }; /* whose existence is looked at one by one */

/* Find out which points exist in every grid, count and number them. ERROR_SYSTEM;
 * ERROR_INPUT with *crowded the grid whose combinations are too many. */
enum error number_points(struct sweep *sweep, int *crowded);

#endif
