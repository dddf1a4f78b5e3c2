/* Solutions on graphs: the K classes in blocks that share nothing, the classes of a block
 * the edges of a graph.  For any K, where the graph solution (srg.h) needs triangular ones.
 *
 * With B the incidence matrix of a block's graph, its layers are
 *
 *     s(M_l) = b_l B,   W_l = (b_{l+1}/b_l) P between them, P the projection on the
 *     column space of B; rows of W_{L-1} in that space, so that the response to b B is
 *     1 on the edges inside of a set S of vertices, 0 on the others, up to scale,
 *
 * with scales of its own: the loss is a sum over the blocks, each of which has its own
 * least point.  Graphs of a block:
 *
 *     a single class      one vertex; all classes so: DNC
 *     K_r, r >= 3         mixtures of srg_mixture's families
 *     K_{a,b}, 2 <= a <= b S has p and q vertices of the sides; all pairs (p, q) are
 *                         families of one mixture (mixture.h).  With X = p + b - q and
 *                         Y = q + a - p the shortest row has the square X Y / (a + b).
 *     K_r and all, r >= 4 besides the edges a class on all vertices, a column c 1 of B
 *                         with the best c found; families of rows 1 on m vertices and -u
 *                         elsewhere, u = 1, or m/(r-m) < 1 so that they do not respond
 *                         to that class; stars and all vertices
 *     K_r without edges   of one vertex, r the least with edges enough; one family, the
 *                         m-subsets that hold an edge, best m. N^T N is the part of
 *                         K_r's that belongs to the edges left.
 *
 * None is a proven minimum, not even among all last layers on its graph.
 */
#ifndef DUFM_GRAPH_H
#define DUFM_GRAPH_H

#include <stddef.h>

#include "dufm/error.h"
#include "dufm/mixture.h"
#include "dufm/model.h"

enum { GRAPH_CLASSES_MAX = BRANCH_MODES_MAX };

enum graph_kind {
    GRAPH_ZERO,      /* a class whose output stays 0 */
    GRAPH_CLASS,     /* a class on a vertex of its own */
    GRAPH_COMPLETE,  /* K_r */
    GRAPH_BIPARTITE, /* K_{a,b} */
    GRAPH_WITH_ALL,  /* K_r and a class on all of its vertices */
    GRAPH_PART       /* K_r without some edges of one vertex */
};

struct graph_block {
    enum graph_kind kind;
    int a, b;    /* r, and how many edges are missing; the sides of K_{a,b} */
    double loss; /* its part of the loss */
};

struct graph_solution {
    double loss; /* NaN: none */
    int blocks;
    struct graph_block block[GRAPH_CLASSES_MAX]; /* the last ones single classes */
};

/* The blocks of least loss for 2 <= K <= GRAPH_CLASSES_MAX, exact over all ways to divide
 * K; a block of k classes may use k/K of the width. Expects L >= 3, ReLU and positive
 * lambdas (reference_has_dnc), else there is none, nor where no block but zeros is left.
 * Pure but for memory of its own while it runs; up to some tenths of a second. Errors
 * ERROR_SYSTEM, ERROR_NUMERIC. */
enum error graph_best(const struct problem *problem, struct graph_solution *out);

/* "K_{3,4}", "K_5 + a class", "K_6 without 2 edges of a vertex": into `text` of that
 * size, empty where there is no solution. */
void graph_describe(const struct graph_solution *solution, char *text, size_t size);

#endif
