/* All that is known of a file of features as one number. */
#include <string.h>

#include "dufm/featurefile.h"
#include "dufm/hash.h"

/* Hash of what has been added so far. Numbers go in by themselves, names with their closing
 * zero: paddings and what is left behind a name count nothing. */
struct digest {
    uint64_t value;
};

static void add(struct digest *digest, uint64_t number) {
    const uint64_t pair[2] = {digest->value, number};
    digest->value = hash_block(pair, sizeof pair);
}

static void add_name(struct digest *digest, const char *name) {
    add(digest, hash_block(name, strlen(name) + 1));
}

static void add_shape(struct digest *digest, const struct features_shape *shape) {
    add(digest, (uint64_t)shape->depth);
    add(digest, (uint64_t)shape->classes);
    add(digest, (uint64_t)shape->samples);
    for (int l = 0; l < shape->depth; l++) {
        const struct features_layer *layer = &shape->layer[l];
        add(digest, (uint64_t)layer->width);
        add(digest, (uint64_t)layer->rows);
        add(digest, (uint64_t)layer->columns);
        for (int side = 0; side < SIDE_COUNT; side++)
            add(digest, layer->side[side]);
    }
}

uint64_t featurefile_identity(const struct featurefile_facts *facts) {
    struct digest digest = {0};
    add(&digest, facts->state.bytes);
    add(&digest, (uint64_t)facts->state.modified);
    add_shape(&digest, &facts->shape);
    for (int l = 0; l < facts->shape.depth; l++)
        add_name(&digest, facts->layer_name[l]);
    add(&digest, (uint64_t)facts->coordinate_count);
    for (int i = 0; i < facts->coordinate_count; i++) {
        const struct featurefile_coordinate *coordinate = &facts->coordinate[i];
        add_name(&digest, coordinate->name);
        add(&digest, hash_block(&coordinate->value, sizeof coordinate->value));
    }
    return digest.value;
}
