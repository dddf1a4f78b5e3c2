#include "dufm/preflight.h"

#include <mpi.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "dufm/comm.h"
#include "dufm/file.h"
#include "dufm/log.h"

/* Pieces share pages and stripes with their neighbours', as rows do. */
enum { PIECES = 4, PIECE = 1000, PATH = 4096 };

struct probe {
    char path[PATH];
    uint64_t nonce; /* of this launch: an older probe's bytes are no success */
    bool skip;      /* the disk is full */
    MPI_File file;  /* of several ranks, ... */
    int fd;         /* ... of one: rows are written likewise */
};

static const char general[] = "choose a folder on another file system";

struct preflight_system preflight_system_of(unsigned long magic) {
    static const char nfs[] = "mount it with 'noac' (or 'actimeo=0,lookupcache=none') on "
                              "every node, or choose a parallel file system";
    static const char lustre[] =
        "mount it with 'flock', and give the folder a striping of its "
        "own ('lfs setstripe -c 4 FOLDER')";
    static const char shared[] = "mount it so that caches are coherent between nodes";
    static const char local[] =
        "it is no file system that nodes share: choose one that is, "
        "or run on one node";
    static const struct {
        unsigned long magic;
        struct preflight_system system;
    } known[] = {
        {0x6969, {"NFS", nfs}},
        {0x0bd00bd0, {"Lustre", lustre}},
        {0x19830326, {"BeeGFS", shared}},
        {0x47504653, {"GPFS", shared}},
        {0x00c36400, {"Ceph", shared}},
        {0xaad7aaea, {"PanFS", shared}},
        {0x20030528, {"OrangeFS", shared}},
        {0x65735546, {"FUSE", shared}},
        {0xff534d42, {"CIFS", shared}},
        {0xfe534d42, {"SMB", shared}},
        {0x01021997, {"9p", shared}},
        {0x01021994, {"tmpfs", local}},
        {0xef53, {"ext", local}},
        {0x58465342, {"XFS", local}},
        {0x9123683e, {"Btrfs", local}},
        {0x2fc12fc1, {"ZFS", local}},
        {0x794c7630, {"overlay", local}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].magic == magic) return known[i].system;
    return (struct preflight_system){"of a kind not known here", general};
}

/* Turn the recorded cause into an error that says where and what to do. */
static enum error explain(const char *path, const struct probe *probe) {
    char folder[PATH];
    struct statfs facts;
    const char *slash = strrchr(probe->path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - probe->path) + 1 : 1,
             slash ? probe->path : ".");
    unsigned long magic = statfs(folder, &facts) ? 0 : (unsigned long)facts.f_type;
    struct preflight_system system = preflight_system_of(magic & 0xffffffff);
    return RAISE(ERROR_SYSTEM,
                 "the folder of %s does not keep what is written: %s. File system: %s; "
                 "%s%s",
                 path, error_message(), system.name, system.remedy,
                 comm_size() > 1 ? ", or try OMPI_MCA_io=romio321" : "");
}

/* Rank 0: the probe with all its space, so that the ranks overwrite, as they do with
 * rows. */
static enum error create_probe(struct probe *probe) {
    static const unsigned char zeros[PIECES * PIECE];
    bool written = true;
    int fd = open(probe->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return RAISE(ERROR_SYSTEM, "cannot create %s: %s", probe->path, strerror(errno));
    for (int i = 0; i < comm_size() && written; i++)
        written = write(fd, zeros, sizeof zeros) == (ssize_t)sizeof zeros;
    written = written && fsync(fd) == 0;
    int code = errno;
    close(fd);
    if (written) return ERROR_NONE;
    probe->skip = code == ENOSPC || code == EDQUOT;
    if (!probe->skip)
        return RAISE(ERROR_SYSTEM, "cannot write %s: %s", probe->path, strerror(code));
    log_warning("no space is left for %s, which would show whether the file system keeps "
                "what is written",
                probe->path);
    return ERROR_NONE;
}

static enum error prepare(struct probe *probe, const char *path) {
    TRY(file_beside(path, ".probe", probe->path, PATH));
    if (comm_rank() != 0) return ERROR_NONE;
    probe->nonce = (uint64_t)time(NULL) << 32 | (uint64_t)getpid();
    return create_probe(probe);
}

static MPI_Offset place_of(int piece, int rank) {
    return ((MPI_Offset)piece * comm_size() + rank) * PIECE;
}

/* What a rank writes as its piece. */
static void fill(unsigned char *bytes, const struct probe *probe, int piece, int rank) {
    uint64_t state = probe->nonce + (uint64_t)rank * PIECES + (uint64_t)piece;
    for (int i = 0; i < PIECE; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (unsigned char)(state >> 56);
    }
}

static enum error write_piece(const struct probe *probe, MPI_Offset place,
                              const unsigned char *bytes) {
    if (comm_size() > 1)
        COMM_TRY(MPI_File_write_at(probe->file, place, bytes, PIECE, MPI_BYTE,
                                   MPI_STATUS_IGNORE));
    else if (pwrite(probe->fd, bytes, PIECE, place) != PIECE)
        return RAISE(ERROR_SYSTEM, "cannot write %s: %s", probe->path, strerror(errno));
    return ERROR_NONE;
}

/* What is cut short shows in the bytes. */
static enum error read_piece(const struct probe *probe, MPI_Offset place,
                             unsigned char *bytes) {
    memset(bytes, 0, PIECE);
    if (comm_size() > 1)
        COMM_TRY(MPI_File_read_at(probe->file, place, bytes, PIECE, MPI_BYTE,
                                  MPI_STATUS_IGNORE));
    else if (pread(probe->fd, bytes, PIECE, place) < 0)
        return RAISE(ERROR_SYSTEM, "cannot read %s: %s", probe->path, strerror(errno));
    return ERROR_NONE;
}

static enum error write_pieces(const struct probe *probe) {
    unsigned char bytes[PIECE];
    for (int i = 0; i < PIECES; i++) {
        fill(bytes, probe, i, comm_rank());
        TRY(write_piece(probe, place_of(i, comm_rank()), bytes));
    }
    return ERROR_NONE;
}

static enum error read_pieces(const struct probe *probe) {
    unsigned char bytes[PIECE], expected[PIECE];
    int neighbour = (comm_rank() + 1) % comm_size();
    for (int i = 0; i < PIECES; i++) {
        TRY(read_piece(probe, place_of(i, neighbour), bytes));
        fill(expected, probe, i, neighbour);
        if (memcmp(bytes, expected, PIECE) != 0)
            return RAISE(ERROR_SYSTEM, "what rank %d wrote was read as something else",
                         neighbour);
    }
    return ERROR_NONE;
}

static enum error sync_probe(const struct probe *probe) {
    if (comm_size() > 1)
        COMM_TRY(MPI_File_sync(probe->file));
    else if (fsync(probe->fd))
        return RAISE(ERROR_SYSTEM, "cannot sync %s: %s", probe->path, strerror(errno));
    return ERROR_NONE;
}

/* On the open probe. Every step is taken by all ranks or by none. */
static enum error exchange(const struct probe *probe) {
    TRY(comm_agree(write_pieces(probe)));
    TRY(comm_agree(sync_probe(probe)));
    TRY(comm_agree(sync_probe(probe))); /* MPI's way to see what others wrote */
    return comm_agree(read_pieces(probe));
}

static enum error open_probe(struct probe *probe) {
    if (comm_size() > 1)
        COMM_TRY(MPI_File_open(MPI_COMM_WORLD, probe->path, MPI_MODE_RDWR, MPI_INFO_NULL,
                               &probe->file));
    else if ((probe->fd = open(probe->path, O_RDWR | O_CLOEXEC)) < 0)
        return RAISE(ERROR_SYSTEM, "cannot open %s: %s", probe->path, strerror(errno));
    return ERROR_NONE;
}

static enum error close_probe(struct probe *probe) {
    if (comm_size() > 1)
        COMM_TRY(MPI_File_close(&probe->file));
    else if (close(probe->fd))
        return RAISE(ERROR_SYSTEM, "cannot close %s: %s", probe->path, strerror(errno));
    return ERROR_NONE;
}

static enum error check_together(struct probe *probe) {
    TRY(comm_agree(open_probe(probe)));
    enum error error = exchange(probe);
    if (error == ERROR_NONE) return comm_agree(close_probe(probe));
    if (comm_size() > 1)
        (void)MPI_File_close(&probe->file); /* the first error is the one to tell */
    else
        close(probe->fd);
    return error;
}

enum error preflight_check(const char *path) {
    struct probe probe = {.skip = false};
    enum error error = comm_agree(prepare(&probe, path));
    if (error == ERROR_NONE) error = comm_broadcast(&probe.nonce, sizeof probe.nonce);
    if (error == ERROR_NONE) error = comm_broadcast(&probe.skip, sizeof probe.skip);
    if (error == ERROR_NONE && !probe.skip) error = check_together(&probe);
    if (comm_rank() == 0) unlink(probe.path);
    return error == ERROR_NONE || error == ERROR_INPUT ? error : explain(path, &probe);
}
