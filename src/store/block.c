#include "block.h"

#include <math.h>
#include <string.h>

#include "dufm/hash.h"

static bool on_config(const struct variable *variable) {
    return variable->dimensions[0] == DIMENSION_CONFIG;
}

bool block_of_creation(const struct variable *variable) {
    return on_config(variable) && variable->phase == PHASE_CREATION;
}

bool block_of_parameters(const struct variable *variable) {
    return variable->parameter != NULL;
}

bool block_of_rows(const struct variable *variable) {
    return on_config(variable);
}

bool block_of_launch(const struct variable *variable) {
    return variable->phase == PHASE_LAUNCH;
}

int block_rows_within(const struct lengths *lengths, block_filter *filter, size_t bytes,
                      uint64_t most) {
    size_t row = block_row_bytes(lengths, filter);
    uint64_t rows = row > 0 ? bytes / row : most;
    if (rows > most) rows = most;
    return rows < 1 ? 1 : (int)rows;
}

size_t block_row_bytes(const struct lengths *lengths, block_filter *filter) {
    const struct schema *schema = schema_get();
    size_t bytes = 0;
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        if (filter(variable) && variable_exists(variable, lengths))
            bytes += variable_bytes(variable, lengths);
    }
    return bytes;
}

static void carve(struct block *block, block_filter *filter) {
    const struct schema *schema = schema_get();
    size_t rows = (size_t)block->capacity;
    block->row = arena_take(&block->arena, rows, sizeof *block->row);
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        bool held = filter(variable) && variable_exists(variable, &block->lengths);
        block->image[i] = held ? arena_take(&block->arena, rows,
                                            variable_bytes(variable, &block->lengths))
                               : NULL;
    }
}

enum error block_create(struct block *block, const struct lengths *lengths,
                        block_filter *filter, int capacity) {
    *block = (struct block){.lengths = *lengths, .capacity = capacity};
    TRY(hash_create(&block->hash));
    carve(block, filter);
    enum error error = arena_reserve(&block->arena);
    if (error) {
        hash_destroy(&block->hash);
        return error;
    }
    carve(block, filter);
    return ERROR_NONE;
}

void block_destroy(struct block *block) {
    arena_release(&block->arena);
    hash_destroy(&block->hash);
    *block = (struct block){0};
}

unsigned char *block_cell(const struct block *block, int slot, int variable) {
    const struct variable *row = &schema_get()->variables[variable];
    return block->image[variable] + (size_t)slot * variable_bytes(row, &block->lengths);
}

/* A row of a variable seen as at most three nested dimensions, missing outer ones 1. */
struct nest {
    size_t padded[3]; /* lengths in the image */
    size_t tight[3];  /* lengths of the values, which fill the leading corner */
};

static struct nest nest_of(const struct variable *variable, const struct lengths *padded,
                           const struct lengths *tight) {
    struct nest nest = {{1, 1, 1}, {1, 1, 1}};
    int inner = variable_rank(variable) - 1;
    for (int i = 0; i < inner; i++) {
        enum dimension dimension = variable->dimensions[1 + i];
        nest.padded[3 - inner + i] = padded->of[dimension];
        nest.tight[3 - inner + i] = tight->of[dimension];
    }
    return nest;
}

/* Copy `count` cells, each in the form the file stores. */
static void copy_cells(enum cell cell, unsigned char *image, const void *values,
                       size_t count) {
    if (cell == CELL_CHARACTER) {
        memset(image, 0, count);
        memcpy(image, values, strnlen(values, count));
    } else if (cell == CELL_INTEGER) {
        memcpy(image, values, count * sizeof(int32_t));
    } else if (cell == CELL_BYTE) {
        for (size_t i = 0; i < count; i++)
            image[i] = (unsigned char)((const int *)values)[i];
    } else {
        for (size_t i = 0; i < count; i++) {
            double value = ((const double *)values)[i];
            if (isnan(value)) value = *(const double *)cell_fill(CELL_REAL);
            memcpy(image + i * sizeof value, &value, sizeof value);
        }
    }
}

static void fill_cells(enum cell cell, unsigned char *image, size_t count) {
    size_t bytes = cell_bytes(cell);
    for (size_t i = 0; i < count; i++)
        memcpy(image + i * bytes, cell_fill(cell), bytes);
}

void block_pack_variable(struct block *block, int slot, int variable, const void *value,
                         const struct lengths *tight) {
    const struct variable *row = &schema_get()->variables[variable];
    unsigned char *image = block_cell(block, slot, variable);
    fill_cells(row->cell, image, variable_cells(row, &block->lengths));
    if (!value) return;
    struct nest nest = nest_of(row, &block->lengths, tight);
    size_t bytes = cell_bytes(row->cell);
    size_t value_bytes = row->cell == CELL_BYTE ? sizeof(int) : bytes;
    const unsigned char *next = value;
    for (size_t i = 0; i < nest.tight[0]; i++)
        for (size_t j = 0; j < nest.tight[1]; j++) {
            size_t start = (i * nest.padded[1] + j) * nest.padded[2];
            copy_cells(row->cell, image + start * bytes, next, nest.tight[2]);
            next += nest.tight[2] * value_bytes;
        }
}

/* The field, or the array it points to; NULL where the source is missing. */
static const void *value_of(const struct variable *variable,
                            const struct row_sources *from) {
    const void *const bases[] = {[SOURCE_POINT] = from->point,
                                 [SOURCE_RESULT] = from->result,
                                 [SOURCE_RESULT_ARRAY] = from->arrays,
                                 [SOURCE_STAMP] = from->stamp,
                                 [SOURCE_LAUNCH] = from->launch,
                                 [SOURCE_TOLERANCE] = rank_tolerances,
                                 [SOURCE_LAYOUT] = NULL,
                                 [SOURCE_MEASURED] = NULL};
    const unsigned char *field = bases[variable->source];
    if (!field) return NULL;
    field += variable->offset;
    if (variable->source != SOURCE_RESULT_ARRAY) return field;
    const void *array;
    memcpy(&array, field, sizeof array);
    return array;
}

void block_pack(struct block *block, int slot, const struct row_sources *from,
                const struct lengths *tight) {
    const struct schema *schema = schema_get();
    for (int i = 0; i < schema->count; i++)
        if (block->image[i])
            block_pack_variable(block, slot, i, value_of(&schema->variables[i], from),
                                tight);
}

static bool is_reproducible(const struct variable *variable) {
    return variable->reproducible;
}

static bool is_checked(const struct variable *variable) {
    return variable->phase != PHASE_CHECKSUM && !variable->unchecked;
}

static bool is_launch_fact(const struct variable *variable) {
    return variable->source == SOURCE_LAUNCH && !variable->unchecked;
}

/* Hash the tight values of the variables that pass, in the order of the table. */
static uint64_t hash_row(struct block *block, int slot, block_filter *filter,
                         const struct lengths *tight) {
    const struct schema *schema = schema_get();
    hash_reset(block->hash);
    for (int v = 0; v < schema->count; v++) {
        const struct variable *variable = &schema->variables[v];
        if (!block->image[v] || !filter(variable)) continue;
        struct nest nest = nest_of(variable, &block->lengths, tight);
        size_t bytes = cell_bytes(variable->cell);
        const unsigned char *image = block_cell(block, slot, v);
        for (size_t i = 0; i < nest.tight[0]; i++)
            for (size_t j = 0; j < nest.tight[1]; j++) {
                size_t start = (i * nest.padded[1] + j) * nest.padded[2];
                hash_update(block->hash, image + start * bytes, nest.tight[2] * bytes);
            }
    }
    return hash_value(block->hash);
}

uint64_t block_result_hash(struct block *block, int slot, const struct lengths *tight) {
    return hash_row(block, slot, is_reproducible, tight);
}

uint64_t block_checksum(struct block *block, int slot, const struct lengths *tight) {
    return hash_row(block, slot, is_checked, tight);
}

uint64_t block_launch_checksum(struct block *block, int slot) {
    return hash_row(block, slot, is_launch_fact, &block->lengths);
}

/* Whether `count` cells are fill: the first is, and each is as the one before. */
static bool is_fill(enum cell cell, const unsigned char *image, size_t count) {
    size_t bytes = cell_bytes(cell);
    if (count == 0) return true;
    return !memcmp(image, cell_fill(cell), bytes) &&
           !memcmp(image, image + bytes, (count - 1) * bytes);
}

static bool is_variable_padded(const struct variable *variable, const struct nest *nest,
                               const unsigned char *image) {
    size_t bytes = cell_bytes(variable->cell);
    for (size_t i = 0; i < nest->padded[0]; i++)
        for (size_t j = 0; j < nest->padded[1]; j++) {
            size_t start = (i * nest->padded[1] + j) * nest->padded[2];
            bool inside = i < nest->tight[0] && j < nest->tight[1];
            size_t used = inside ? nest->tight[2] : 0;
            if (!is_fill(variable->cell, image + (start + used) * bytes,
                         nest->padded[2] - used))
                return false;
        }
    return true;
}

bool block_is_padded(const struct block *block, int slot, const struct lengths *tight,
                     block_filter *filter) {
    const struct schema *schema = schema_get();
    for (int v = 0; v < schema->count; v++) {
        const struct variable *variable = &schema->variables[v];
        if (!block->image[v] || !filter(variable)) continue;
        struct nest nest = nest_of(variable, &block->lengths, tight);
        if (!is_variable_padded(variable, &nest, block_cell(block, slot, v)))
            return false;
    }
    return true;
}

bool block_is_blank(const struct block *block, int slot) {
    const struct schema *schema = schema_get();
    for (int v = 0; v < schema->count; v++) {
        const struct variable *variable = &schema->variables[v];
        if (block->image[v] && !is_fill(variable->cell, block_cell(block, slot, v),
                                        variable_cells(variable, &block->lengths)))
            return false;
    }
    return true;
}

/* The tight corner of one variable, from one padding to another. */
static void copy_corner(const struct variable *variable, const struct nest *to,
                        unsigned char *target, const struct nest *from,
                        const unsigned char *values) {
    size_t bytes = cell_bytes(variable->cell);
    for (size_t i = 0; i < to->tight[0]; i++)
        for (size_t j = 0; j < to->tight[1]; j++)
            memcpy(target + (i * to->padded[1] + j) * to->padded[2] * bytes,
                   values + (i * from->padded[1] + j) * from->padded[2] * bytes,
                   to->tight[2] * bytes);
}

void block_copy(struct block *to, int to_slot, const struct block *from, int from_slot,
                const struct lengths *tight) {
    const struct schema *schema = schema_get();
    for (int v = 0; v < schema->count; v++) {
        const struct variable *variable = &schema->variables[v];
        if (!to->image[v] || !from->image[v]) continue;
        struct nest target = nest_of(variable, &to->lengths, tight);
        struct nest origin = nest_of(variable, &from->lengths, tight);
        unsigned char *image = block_cell(to, to_slot, v);
        fill_cells(variable->cell, image, variable_cells(variable, &to->lengths));
        copy_corner(variable, &target, image, &origin, block_cell(from, from_slot, v));
    }
}
