/* The values of columns: one function for each way to come by them. */
#ifndef DUFM_COMMAND_VALUE_H
#define DUFM_COMMAND_VALUE_H

#include "dufm/column.h"

/* As the field `fill` of struct column. */
typedef enum error value_fill(const struct column *column, struct reader *reader,
                              const struct column_rows *rows, void *out);

value_fill value_row_number;
value_fill value_element; /* a scalar, or one element */
value_fill value_from_last_layer;
value_fill value_list;
value_fill value_text;
value_fill value_layer_text; /* the same in all rows */
value_fill value_loss_ratio;
value_fill value_loss_ratio_srg;
value_fill value_least_rank;

#endif
