/* A sweep in sentences. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "spec.h"

enum { COUNT_TEXT = 32 };

/* "1,234,567" */
static const char *count_text(uint64_t count, char text[COUNT_TEXT]) {
    char digits[COUNT_TEXT];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count), used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

/* What stands between item `index` of `count` and the one before. */
static const char *separator(int index, int count) {
    return index == 0 ? "" : index + 1 == count ? " and " : ", ";
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static enum error print_values(FILE *out, const char *before, const struct axis *axis,
                               const char *after) {
    char *values = NULL;
    TRY(axis_describe(axis, &values));
    fprintf(out, "%s%s%s", before, values, after);
    free(values);
    return ERROR_NONE;
}

/* "depth (2 values: 3, 4)", or "depth with width (2 pairs: 3, 4 with 16, 32)" */
static enum error print_zip(FILE *out, const struct grid *grid, const struct zip *zip) {
    const char *item = zip->size == 1 ? "value" : zip->size == 2 ? "pair" : "tuple";
    char count[COUNT_TEXT];
    for (int i = 0; i < zip->size; i++)
        fprintf(out, "%s%s", i > 0 ? " with " : "",
                grid->axes[zip->first + i].parameter->name);
    fprintf(out, " (%s %s%s", count_text(zip->count, count), item, plural(zip->count));
    for (int i = 0; i < zip->size; i++)
        TRY(print_values(out, i > 0 ? " with " : ": ", &grid->axes[zip->first + i], ""));
    fputs(")", out);
    return ERROR_NONE;
}

static enum error print_product(FILE *out, const struct grid *grid) {
    if (grid->zip_count == 0) fputs("one point", out);
    if (grid->zip_count == 1) fputs("all values of ", out);
    if (grid->zip_count > 1) fputs("the product of ", out);
    for (int z = 0; z < grid->zip_count; z++) {
        fputs(separator(z, grid->zip_count), out);
        TRY(print_zip(out, grid, &grid->zips[z]));
    }
    for (int i = 0; i < grid->fixed_count; i++) {
        fprintf(out, "%s%s", i == 0 ? ", with " : separator(i, grid->fixed_count),
                grid->fixed[i].parameter->name);
        TRY(print_values(out, " ", &grid->fixed[i], ""));
    }
    return ERROR_NONE;
}

static enum error print_overrides(FILE *out, const struct grid *grid) {
    for (int i = 0; i < grid->override_count; i++) {
        const struct override *row = &grid->overrides[i];
        fprintf(out, "; where %s: ", condition_text(row->where));
        for (int j = 0; j < row->set_count; j++) {
            fprintf(out, "%s%s", separator(j, row->set_count),
                    row->set[j].parameter->name);
            TRY(print_values(out, " ", &row->set[j], ""));
        }
    }
    return ERROR_NONE;
}

static void print_excludes(FILE *out, const struct grid *grid) {
    char excluded[COUNT_TEXT], product[COUNT_TEXT];
    for (int i = 0; i < grid->exclude_count; i++)
        fprintf(out, "%s%s", i == 0 ? "; except where " : ", or where ",
                condition_text(grid->excludes[i]));
    if (grid->exclude_count > 0)
        fprintf(out, " (%s of %s combinations)", count_text(grid->excluded, excluded),
                count_text(grid->product, product));
}

/* "; 60 more occur twice and are kept once.", the end of a sentence */
static void print_repeated(FILE *out, uint64_t repeated) {
    char count[COUNT_TEXT];
    if (repeated > 0)
        fprintf(out, "; %s more occur%s twice and %s kept once",
                count_text(repeated, count), repeated == 1 ? "s" : "",
                repeated == 1 ? "is" : "are");
    fputs(".\n", out);
}

/* "Grid 2: the product of ...: 60 points, 10 more are in the grids before." */
static enum error print_grid(FILE *out, const struct sweep *sweep, int index) {
    const struct grid *grid = &sweep->grids[index];
    char count[COUNT_TEXT];
    if (sweep->grid_count > 1)
        fprintf(out, "Grid %d: ", index + 1);
    else
        fputs("This is ", out);
    TRY(print_product(out, grid));
    TRY(print_overrides(out, grid));
    print_excludes(out, grid);
    fprintf(out, ": %s point%s", count_text(grid->count, count), plural(grid->count));
    print_repeated(out, grid->repeated);
    return ERROR_NONE;
}

static enum error print_all(FILE *out, const struct sweep *sweep) {
    uint64_t points = grid_count(sweep), repeated = 0;
    char count[COUNT_TEXT];
    for (int i = 0; i < sweep->grid_count; i++) {
        TRY(print_grid(out, sweep, i));
        repeated += sweep->grids[i].repeated;
    }
    if (sweep->grid_count == 1) return ERROR_NONE;
    fprintf(out, "Together: %s point%s", count_text(points, count), plural(points));
    print_repeated(out, repeated);
    return ERROR_NONE;
}

enum error sweep_explain(const struct sweep *sweep, char **out) {
    size_t size;
    *out = NULL;
    FILE *stream = open_memstream(out, &size);
    if (stream == NULL) return RAISE(ERROR_SYSTEM, "no memory to explain a sweep");
    enum error error = print_all(stream, sweep);
    bool failed = ferror(stream) != 0;
    failed = fclose(stream) != 0 || failed;
    if (error == ERROR_NONE && failed)
        error = RAISE(ERROR_SYSTEM, "no memory to explain a sweep");
    if (error == ERROR_NONE) return ERROR_NONE;
    free(*out);
    *out = NULL;
    return error;
}
