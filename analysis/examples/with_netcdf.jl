# A result file in Julia with NCDatasets (untested): julia with_netcdf.jl FILE.h5 ROW
# Julia reverses the order of dimensions, (index, layer, config), and counts from 1.
using NCDatasets, Statistics

file = NCDataset(ARGS[1])
row = parse(Int, ARGS[2])
column(name) = Array(file[name].var)
named(name) = split(file[name].attrib["flag_meanings"])[column(name) .+ 1]
depth, lambda, loss, ending = column("depth"), column("lambda"), column("loss"), named("outcome")
points = findall(==("done"), named("status"))

# 1. A table of losses.
println("row,depth,lambda,ending,loss")
for i in points
    println(join((i - 1, depth[i], lambda[i], ending[i], loss[i]), ","))
end

# 2. The spectrum of one point by layer.
println("\nlayer,singular_values")
spectrum = file["sv_mean_post"].var[:, :, row + 1]
for (layer, values) in enumerate(eachcol(spectrum))
    found = filter(isfinite, values)
    isempty(found) || println(join((layer, found...), ","))
end

# 3. A map over two axes: the mean loss.
println("\ndepth,lambda,mean_loss")
for d in sort(unique(depth[points])), l in sort(unique(lambda[points]))
    here = [i for i in points if depth[i] == d && lambda[i] == l]
    isempty(here) || println(join((d, l, mean(loss[here])), ","))
end
close(file)
