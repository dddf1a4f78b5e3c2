# What a site needs before the program runs: copy to site.sh beside the scripts, or name a copy with
# DUFM_SITE. slurm/submit and the job both source it (bash). Keep what applies.
# shellcheck shell=bash disable=SC2034  # the scripts that source this use the variables

# Modules: the compiler's MPI and the HDF5 built on it.
# module purge
# module load gcc openmpi hdf5-mpi openblas

# A program that is not on the PATH.
# DUFM=$HOME/dufm/bin/dufm

# A container (Apptainer): the launcher stays outside and starts one container a rank, whose Open MPI
# has to speak the PMIx of the host. Bind the file systems of sweeps and results.
# DUFM="apptainer exec --bind /scratch $HOME/dufm.sif dufm"

# A launcher of your choice; without it srun where its PMIx is there, else mpirun.
# LAUNCHER="srun --mpi=pmix_v4"
# LAUNCHER="mpirun --quiet --map-by core"

# Options of every run, in words.
# DUFM_RUN_OPTIONS="--checkpoint 300"
