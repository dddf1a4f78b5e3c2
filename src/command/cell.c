#include "cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cell cell_of_number(enum column_kind kind, double number) {
    return (struct cell){.kind = kind, .number = number};
}

static const char *flag_name(const struct column *column, double value) {
    const char *const *flags = column->variable.flags;
    for (int i = 0; flags[i] != NULL; i++)
        if (value == i) return flags[i];
    return NULL;
}

struct cell cell_of_value(const struct column *column, const void *value) {
    const double *numbers = value;
    struct cell cell = {.kind = column->kind, .number = (double)NAN};
    if (column->kind == COLUMN_TEXT) {
        cell.text = value;
    } else if (column->kind == COLUMN_LIST) {
        cell.list = numbers;
        cell.count = column->variable.lengths[0];
        while (cell.count > 0 && isnan(numbers[cell.count - 1]))
            cell.count--;
    } else {
        cell.number = *numbers;
    }
    if (column->kind == COLUMN_FLAG) cell.text = flag_name(column, *numbers);
    return cell;
}

static void format_number(double number, bool exact, char *text, size_t size) {
    if (isnan(number)) {
        snprintf(text, size, "%s", exact ? "" : "-");
        return;
    }
    snprintf(text, size, "%.*g", exact ? 15 : 6, number);
    if (exact && strtod(text, NULL) != number) snprintf(text, size, "%.17g", number);
}

static void format_list(const struct cell *cell, bool exact, char text[CELL_TEXT]) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < cell->count; i++) {
        char number[32];
        format_number(cell->list[i], exact, number, sizeof number);
        int wrote =
            snprintf(text + used, CELL_TEXT - used, "%s%s", i > 0 ? ";" : "", number);
        used += (size_t)wrote;
        if (used < CELL_TEXT) continue;
        memcpy(text + CELL_TEXT - 3, "..", 3);
        return;
    }
}

void cell_format(const struct cell *cell, bool exact, char text[CELL_TEXT]) {
    const char *undefined = exact ? "" : "-";
    if (cell->kind == COLUMN_LIST)
        format_list(cell, exact, text);
    else if (cell->kind == COLUMN_REAL)
        format_number(cell->number, exact, text, CELL_TEXT);
    else if (cell->kind == COLUMN_INTEGER && !isnan(cell->number))
        snprintf(text, CELL_TEXT, "%.0f", cell->number);
    else if (cell->text != NULL && *cell->text != '\0')
        snprintf(text, CELL_TEXT, "%s", cell->text);
    else
        snprintf(text, CELL_TEXT, "%s", undefined);
}

static json_t *json_number(enum column_kind kind, double number) {
    if (!isfinite(number)) return json_null();
    return kind == COLUMN_INTEGER ? json_integer((json_int_t)number) : json_real(number);
}

json_t *cell_json(const struct cell *cell) {
    if (cell->kind == COLUMN_REAL || cell->kind == COLUMN_INTEGER)
        return json_number(cell->kind, cell->number);
    if (cell->kind != COLUMN_LIST)
        return cell->text && *cell->text ? json_string(cell->text) : json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < cell->count; i++)
        json_array_append_new(list, json_number(COLUMN_REAL, cell->list[i]));
    return list;
}
