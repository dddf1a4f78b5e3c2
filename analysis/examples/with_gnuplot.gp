# A result file in gnuplot, by way of dufm show:
#   gnuplot -e "file='FILE.h5'; row=7; picture='picture.png'" with_gnuplot.gp
# Draws the three panels, and prints their numbers as the other examples do.
set terminal pngcairo size 1200, 400
set output picture
set datafile separator ","
show(words) = "dufm show ".file." --csv --where 'status = done' ".words
set multiplot layout 1, 3
set key off

# 1. A table of losses.
losses = show("--columns row,depth,lambda,outcome,loss")
set title "losses"; set xlabel "row"; set ylabel "loss"
plot "< ".losses every ::1 using 1:5:2 with points pointtype 7 palette
print_table(command, head) = sprintf("echo '%s'; %s | tail -n +2", head, command)
set print "-"
print system(print_table(losses, "row,depth,lambda,ending,loss"))

# 2. The spectrum of one point by layer: an element for each column. Indices count from 0; on
# layers they end with the depth of the point.
of_row(words) = "dufm show ".file." --csv --where 'row = ".row."' --columns '".words."' | tail -n +2"
depth = int(system(of_row("depth")))
width = int(system(of_row("width")))
classes = int(system(of_row("classes")))
most = width < classes ? width : classes
element(layer, i) = sprintf("sv_mean_post[%d,%d]", layer, i)
elements(layer, n) = n == 1 ? element(layer, 0) : elements(layer, n - 1).",".element(layer, n - 1)
set title "singular values of row ".row; set xlabel "index"; set ylabel "s(M_l)"; set logscale y
plot for [l = 0:depth - 1] "< ".of_row(elements(l, most))." | tr ',' '\n'" using ($0 + 1):1 with linespoints
unset logscale y
print "\nlayer,singular_values"
do for [l = 0:depth - 1] { print sprintf("%d,%s", l + 1, system(of_row(elements(l, most)))) }

# 3. A map over two axes: the mean loss.
means = show("--by depth,lambda --columns loss")
means = means." | cut -d, -f 1,2,$(".means." | sed -n 1p | tr ',' '\n' | grep -n '^loss_mean$' | cut -d: -f1)"
set title "mean loss"; set xlabel "depth"; set ylabel "log_2 lambda"
set offsets 0.5, 0.5, 0.5, 0.5; set xtics 1; set ytics 1
plot "< ".means." | tail -n +2" using 1:(log($2) / log(2)):3 with points pointtype 5 pointsize 6 palette
unset multiplot
print "\n".system(print_table(means, "depth,lambda,mean_loss"))
