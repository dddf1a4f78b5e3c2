#include "dufm/text.h"

#include <string.h>

enum { WORD_MAX = 63 };

static int least(int a, int b) {
    return a < b ? a : b;
}

int text_distance(const char *one, const char *other) {
    size_t rows = strlen(one), columns = strlen(other);
    if (rows > WORD_MAX || columns > WORD_MAX) return 2 * WORD_MAX;
    int table[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= rows; i++)
        table[i][0] = (int)i;
    for (size_t j = 0; j <= columns; j++)
        table[0][j] = (int)j;
    for (size_t i = 1; i <= rows; i++)
        for (size_t j = 1; j <= columns; j++) {
            int change = table[i - 1][j - 1] + (one[i - 1] != other[j - 1]);
            int best = least(change, least(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
                one[i - 2] == other[j - 1])
                best = least(best, table[i - 2][j - 2] + 1);
            table[i][j] = best;
        }
    return table[rows][columns];
}

int text_is_near(const char *name, const char *known) {
    int third = (int)strlen(name) / 3;
    return text_distance(name, known) <= (third < 2 ? third + 1 : third);
}
