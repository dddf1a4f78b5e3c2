/* Text: the nearest of several names, for messages that suggest what was meant. */
#ifndef DUFM_TEXT_H
#define DUFM_TEXT_H

/* Least number of insertions, deletions, substitutions and swaps of neighbours that turn
 * one word into the other (optimal string alignment); words longer than 63 bytes count as
 * far. */
int text_distance(const char *one, const char *other);

/* Whether `name` is near enough to `known` to be a slip: a distance of at most a third of
 * its length, and one more for short words. */
int text_is_near(const char *name, const char *known);

#endif
