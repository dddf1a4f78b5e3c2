"""Names of neurons by the classes that they respond to, where classes are sets of vertices.

A neuron that weighs the vertices of a set S with +1, those of T with -1 and the others not responds to
the classes with more vertices in S than in T; with large negative weights, to those on S and not on T.
Where classes lie on their vertices with unequal strength, weights of 1 and 2 take that into account.
"""
import functools
import itertools

import numpy as np

from graphs import label

VERTICES_MAX = 12  # more are not searched for sets of them
SIGNED_MAX = 8     # nor for pairs of sets, 3^8 of them
WEIGHTED_MAX = 6   # nor for weights, 5^6 of them: with more, chance finds some for most sets of classes
RESPONDS = 0.2     # of the largest response: below it a neuron does not respond to a class


def touching(ends, chosen):
    return frozenset(k for k, end in enumerate(ends) if end & chosen)


def inside(ends, chosen):
    return frozenset(k for k, end in enumerate(ends) if end and end <= chosen)


def is_graded(response, ends, chosen):
    """Whether the classes inside of the set get more than all those that only touch it."""
    within, crossing = inside(ends, chosen), touching(ends, chosen) - inside(ends, chosen)
    return bool(within and crossing) and min(response[list(within)]) > 1.1 * max(response[list(crossing)])


def small_vectors(vertices, largest):
    """All vectors of whole numbers from -largest to largest, by rising sum of their magnitudes."""
    numbers = sorted(range(-largest, largest + 1), key=lambda number: (abs(number), -number))
    found = np.array(list(itertools.product(numbers, repeat=vertices)))
    return found[np.argsort(np.abs(found).sum(axis=1), kind="stable")]


@functools.lru_cache(maxsize=4)
def pairs_of_sets(ends, vertices):
    """(signs, on, more): pairs of sets S and T of vertices, by rising number of vertices in both, as rows
    of +1 and -1; for each, the classes (columns) on S and not on T, and those with more of S than of T."""
    signs = small_vectors(vertices, 1)
    incidence = np.array([[vertex in end for end in ends] for vertex in range(vertices)], dtype=int)
    first, second = (signs == 1) @ incidence, (signs == -1) @ incidence
    return signs, (first > 0) & (second == 0), first > second


def weighted_sum(weights):
    """[2, 0, -1] as '2A - C'."""
    terms = [f"{' - ' if weight < 0 else ' + '}{'' if abs(weight) == 1 else abs(weight)}{label([vertex])}"
             for vertex, weight in enumerate(weights) if weight]
    return "".join(terms).removeprefix(" + ").strip()


def name_weighted(support, strength):
    """(name, which) by the smallest weights of the vertices that give these classes, None without any."""
    weights = small_vectors(len(strength), 2)
    given = weights @ strength
    largest = given.max(axis=1, keepdims=True)
    responds = np.isin(np.arange(strength.shape[1]), list(support))
    fits = np.flatnonzero((largest[:, 0] > 0) & ((given > RESPONDS * largest) == responds).all(axis=1))
    if not fits.size:
        return None
    chosen = weights[fits[0]].tolist()
    return f"weighted {np.count_nonzero(chosen)}", weighted_sum(chosen)


def name_signed(support, ends, vertices):
    """(name, which) by the smallest pair of sets that fits, None without one; 'on, not on' comes first."""
    signs, on, more = pairs_of_sets(tuple(ends), vertices)
    responds = np.isin(np.arange(len(ends)), list(support))
    fits = [np.flatnonzero((table == responds).all(axis=1)) for table in (on, more)]
    sizes = [np.abs(signs[found[0]]).sum() if found.size else np.inf for found in fits]
    if min(sizes) == np.inf:
        return None
    best = int(np.argmin(sizes))
    chosen = signs[fits[best][0]]
    first, second = (np.flatnonzero(chosen == sign).tolist() for sign in (1, -1))
    if not second:
        return f"on {len(first)}", label(first)
    if best == 0:
        return f"on {len(first)}, not on {len(second)}", f"{label(first)}, not {label(second)}"
    return f"more of {len(first)} than of {len(second)}", f"{label(first)} > {label(second)}"


def name_sets(pattern, support, ends, vertices):
    """(name, which) by one set of vertices, None without one."""
    sets = [frozenset(chosen) for size in range(1, vertices) for chosen in
            itertools.combinations(range(vertices), size)]
    for chosen in sets:
        if len(chosen) == 1 and touching(ends, chosen) == support:
            return "star", label(chosen)
    for chosen in sets:
        pairs = {k for k in inside(ends, chosen) if len(ends[k]) == 2}
        if len(chosen) > 2 and support == pairs and len(pairs) == len(chosen) * (len(chosen) - 1) // 2:
            return f"{len(chosen)}-clique", label(chosen)
        if len(chosen) > 1 and inside(ends, chosen) == support:
            return f"inside {len(chosen)}", label(chosen)
    for chosen in sets:
        if len(chosen) > 1 and touching(ends, chosen) == support and is_graded(pattern.response, ends, chosen):
            return f"graded {len(chosen)}", label(chosen)
    for chosen in sets:
        rest = frozenset(range(vertices)) - chosen
        if touching(ends, chosen) & touching(ends, rest) == support:
            return "cut", f"{label(chosen)} | {label(rest)}"
    return None


def name_pattern(pattern, ends, strength):
    """(name, which): the first description that fits the classes responded to. `ends`: vertices of each
    class, none: no vertices; `strength`: (vertices, classes) of each class on each vertex."""
    support, vertices = pattern.support(), len(strength) if ends else 0
    classes = " ".join(map(str, sorted(support)))
    if len(support) == 1:
        return "single class", classes
    if len(support) == len(pattern.response):
        return "all", "all classes"
    named = name_sets(pattern, support, ends, vertices) if ends and vertices <= VERTICES_MAX else None
    if named:
        return named
    if ends and all(not ends[j] & ends[k] for j, k in itertools.combinations(support, 2)):
        return "matching", classes
    if len(support) == 2:
        return "pair", classes
    named = name_signed(support, ends, vertices) if ends and vertices <= SIGNED_MAX else None
    named = named or (name_weighted(support, strength) if ends and vertices <= WEIGHTED_MAX else None)
    return named or ("other", classes)
