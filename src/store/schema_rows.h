/* Shorthands for the rows of the table in schema.c, one for each kind of variable. */
#ifndef DUFM_STORE_SCHEMA_ROWS_H
#define DUFM_STORE_SCHEMA_ROWS_H

#include "schema.h"

/* A field of struct result: one value a point; and one that came in a later version. */
#define LATER(version_, field_, type_, stored_, units_, long_, comment_)                 \
    {                                                                                    \
        .name = stored_, .cell = type_, .phase = PHASE_DATA,                             \
        .dimensions = {DIMENSION_CONFIG}, .source = SOURCE_RESULT,                       \
        .offset = offsetof(struct result, field_), .reproducible = true,                 \
        .units = units_, .long_name = long_, .comment = comment_, .since = version_      \
    }
#define VALUE(field_, type_, stored_, units_, long_, comment_)                           \
    LATER(0, field_, type_, stored_, units_, long_, comment_)

/* An array of struct result; the dimensions inside a row come last. */
#define ARRAY(field_, type_, stored_, units_, long_, comment_, ...)                      \
    {                                                                                    \
        .name = stored_, .cell = type_, .phase = PHASE_DATA,                             \
        .dimensions = {DIMENSION_CONFIG, __VA_ARGS__}, .source = SOURCE_RESULT_ARRAY,    \
        .offset = offsetof(struct result, field_), .reproducible = true,                 \
        .units = units_, .long_name = long_, .comment = comment_                         \
    }

/* The same array for each matrix whose spectrum is measured. */
#define SPECTRA(field_, type_, stored_, long_, comment_, ...)                            \
    ARRAY(field_[SPECTRUM_WEIGHT], type_, stored_ "_weight", "1", long_ " of W_l",       \
          comment_, __VA_ARGS__),                                                        \
        ARRAY(field_[SPECTRUM_FEATURE_PRE], type_, stored_ "_feature_pre", "1",          \
              long_ " of the features H_l", comment_, __VA_ARGS__),                      \
        ARRAY(field_[SPECTRUM_FEATURE_POST], type_, stored_ "_feature_post", "1",        \
              long_ " of s(H_l)", comment_, __VA_ARGS__),                                \
        ARRAY(field_[SPECTRUM_MEAN_PRE], type_, stored_ "_mean_pre", "1",                \
              long_ " of the class means M_l of H_l", comment_, __VA_ARGS__),            \
        ARRAY(field_[SPECTRUM_MEAN_POST], type_, stored_ "_mean_post", "1",              \
              long_ " of the class means of s(H_l)", comment_, __VA_ARGS__)

/* An array by layer for each side of the activation. */
#define SIDES(field_, stored_, long_, comment_)                                          \
    ARRAY(field_[SIDE_PRE], CELL_REAL, stored_ "_pre", "1", long_ " of H_l", comment_,   \
          DIMENSION_LAYER),                                                              \
        ARRAY(field_[SIDE_POST], CELL_REAL, stored_ "_post", "1", long_ " of s(H_l)",    \
              comment_, DIMENSION_LAYER)

#define FLAG(field_, phase_, stored_, long_, comment_, names_)                           \
    {                                                                                    \
        .name = stored_, .cell = CELL_BYTE, .phase = phase_,                             \
        .dimensions = {DIMENSION_CONFIG}, .source = SOURCE_RESULT,                       \
        .offset = offsetof(struct result, field_),                                       \
        .reproducible = (phase_) == PHASE_DATA, .long_name = long_, .comment = comment_, \
        .flags = names_                                                                  \
    }

/* How firm an ending is. */
#define FIRM(field_, type_, long_, comment_)                                             \
    LATER(7, firmness.field_, type_, #field_, "1", long_, comment_)
#define KICK_FLAG(field_, long_, names_)                                                 \
    {                                                                                    \
        .name = #field_, .cell = CELL_BYTE, .phase = PHASE_DATA,                         \
        .dimensions = {DIMENSION_CONFIG}, .source = SOURCE_RESULT,                       \
        .offset = offsetof(struct result, firmness.field_), .reproducible = true,        \
        .long_name = long_, .comment = "none without kick", .flags = names_, .since = 7  \
    }

/* A text of the store's own. */
#define STAMP(field_, phase_, long_, comment_)                                           \
    {                                                                                    \
        .name = #field_, .cell = CELL_CHARACTER, .phase = phase_,                        \
        .dimensions = {DIMENSION_CONFIG, DIMENSION_HASH}, .source = SOURCE_STAMP,        \
        .offset = offsetof(struct stamp, field_),                                        \
        .reproducible = (phase_) == PHASE_CREATION, .long_name = long_,                  \
        .comment = comment_                                                              \
    }

#define LAUNCH(field_, type_, units_, long_, comment_, ...)                              \
    {                                                                                    \
        .name = "launch_" #field_, .cell = type_, .phase = PHASE_LAUNCH,                 \
        .dimensions = {DIMENSION_LAUNCH, __VA_ARGS__}, .source = SOURCE_LAUNCH,          \
        .offset = offsetof(struct launch, field_), .units = units_, .long_name = long_,  \
        .comment = comment_                                                              \
    }

/* How the workers of a launch are used: changes while it runs. */
#define USE(field_, long_, comment_)                                                     \
    {                                                                                    \
        .name = "launch_" #field_, .cell = CELL_REAL, .phase = PHASE_LAUNCH,             \
        .dimensions = {DIMENSION_LAUNCH}, .source = SOURCE_LAUNCH,                       \
        .offset = offsetof(struct launch, use.field_), .unchecked = true, .units = "s",  \
        .long_name = long_, .comment = comment_, .since = 5                              \
    }

/* What a file of features says of itself. */
#define MEASURED(stored_, type_, units_, long_, comment_, ...)                           \
    {                                                                                    \
        .name = stored_, .cell = type_, .phase = PHASE_DATA,                             \
        .dimensions = {__VA_ARGS__}, .source = SOURCE_MEASURED, .units = units_,         \
        .long_name = long_, .comment = comment_, .since = 7                              \
    }

/* The same of what early files lack. */
#define MEASURED_DATED(stored_, type_, units_, long_, comment_, ...)                     \
    {                                                                                    \
        .name = stored_, .cell = type_, .phase = PHASE_DATA,                             \
        .dimensions = {__VA_ARGS__}, .source = SOURCE_MEASURED, .units = units_,         \
        .long_name = long_, .comment = comment_, .since = 7, .dated = true               \
    }

/* The table of layout.h, twice, so that one can be lost. */
#define LAYOUT(stored_, long_)                                                           \
    {                                                                                    \
        .name = stored_, .cell = CELL_CHARACTER, .phase = PHASE_CREATION,                \
        .dimensions = {DIMENSION_LAYOUT}, .source = SOURCE_LAYOUT, .long_name = long_,   \
        .comment = "lengths, sweep and offset of each variable; for 'dufm salvage'"      \
    }

#endif
