# A result file in R with ncdf4: Rscript with_ncdf4.R FILE.h5 ROW
# R reverses the order of dimensions, (index, layer, config), and counts from 1.
library(ncdf4)
arguments <- commandArgs(trailingOnly = TRUE)
row <- as.integer(arguments[2])
file <- nc_open(arguments[1])
column <- function(name) as.vector(ncvar_get(file, name))
named <- function(name) {  # a flag variable by the names of its values
  names <- strsplit(ncatt_get(file, name, "flag_meanings")$value, " ")[[1]]
  names[column(name) + 1]
}
points <- data.frame(row = seq_along(column("loss")) - 1, depth = column("depth"),
                     lambda = column("lambda"), ending = named("outcome"), loss = column("loss"))
points <- points[named("status") == "done", ]
options(digits = 17)

# 1. A table of losses.
write.csv(points, quote = FALSE, row.names = FALSE)

# 2. The spectrum of one point by layer.
cat("\nlayer,singular_values\n")
spectrum <- ncvar_get(file, "sv_mean_post", start = c(1, 1, row + 1), count = c(-1, -1, 1),
                      collapse_degen = FALSE)
for (layer in seq_len(dim(spectrum)[2])) {
  values <- spectrum[, layer, 1]
  if (any(is.finite(values)))
    cat(layer, values[is.finite(values)], sep = ",", fill = 100000)
}

# 3. A map over two axes: the mean loss.
cat("\n")
mean_loss <- aggregate(list(mean_loss = points$loss), points[c("depth", "lambda")], mean)
write.csv(mean_loss, quote = FALSE, row.names = FALSE)
nc_close(file)
