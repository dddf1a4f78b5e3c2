% A result file in MATLAB or Octave: with_ncread('FILE.h5', ROW)
% octave-cli --path analysis/examples --eval "with_ncread('FILE.h5', ROW)"
% They reverse the order of dimensions, (index, layer, config), and count from 1.
function with_ncread(file, row)
  if exist('OCTAVE_VERSION', 'builtin')
    pkg load netcdf
  end
  done = strcmp(named(file, 'status'), 'done');
  rows = find(done) - 1;
  depth = double(ncread(file, 'depth'));
  lambda = ncread(file, 'lambda');
  loss = ncread(file, 'loss');
  ending = named(file, 'outcome');

  % 1. A table of losses.
  fprintf('row,depth,lambda,ending,loss\n');
  for i = rows(:)' + 1
    fprintf('%d,%d,%.17g,%s,%.17g\n', i - 1, depth(i), lambda(i), ending{i}, loss(i));
  end

  % 2. The spectrum of one point by layer.
  fprintf('\nlayer,singular_values\n');
  spectrum = ncread(file, 'sv_mean_post', [1 1 row + 1], [Inf Inf 1]);
  for layer = 1:size(spectrum, 2)
    values = spectrum(isfinite(spectrum(:, layer)), layer);
    if ~isempty(values)
      fprintf('%d', layer); fprintf(',%.17g', values); fprintf('\n');
    end
  end

  % 3. A map over two axes: the mean loss.
  fprintf('\ndepth,lambda,mean_loss\n');
  [cells, ~, cell] = unique([depth(done) lambda(done)], 'rows');
  means = accumarray(cell(:), loss(done), [], @mean);
  fprintf('%d,%.17g,%.17g\n', [cells means]');
end

% A flag variable as a cell array of names.
function names = named(file, variable)
  meanings = strsplit(ncreadatt(file, variable, 'flag_meanings'), ' ');
  names = meanings(double(ncread(file, variable)) + 1);
end
