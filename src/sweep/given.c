/* Both tables of parameters as one. */
#include "dufm/given.h"

#include <string.h>

#include "dufm/derived.h"

int given_count(void) {
    return parameter_count + derived_count;
}

const struct parameter *given_row(int number) {
    return number < parameter_count ? &parameter_table[number]
                                    : &derived_table[number - parameter_count];
}

int given_number(const struct parameter *parameter) {
    for (int i = 0; i < derived_count; i++)
        if (parameter == &derived_table[i]) return parameter_count + i;
    return (int)(parameter - parameter_table);
}

int given_find(const char *name) {
    for (int i = 0; i < given_count(); i++)
        if (strcmp(given_row(i)->name, name) == 0) return i;
    return -1;
}

double given_value(int number, const struct point *point) {
    const struct parameter *parameter = given_row(number);
    return number < parameter_count ? parameter_value(parameter, point)
                                    : derived_value(parameter, point);
}
