/* dufm verify: is a result file whole? Every row's status, identity and checksum. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/command.h"
#include "dufm/kind.h"
#include "dufm/memory.h"
#include "dufm/reader.h"

static int run(int argc, char **argv);

const struct command command_verify = {
    .name = "verify",
    .summary = "Check every row of a result file against its identity and checksum",
    .arguments = "FILE.h5",
    .details = "Names what is wrong, a line each, and exits with 1; exits with 0 when\n"
               "nothing is. Also while a job writes the file.\n\n"
               "Examples:\n"
               "  dufm verify phase.h5\n",
    .run = run};

enum { BLOCK_ROWS = 4096, STATUSES = STATUS_QUARANTINED + 1 };

/* What was found. */
struct tally {
    uint64_t bad;
    uint64_t status[STATUSES];
};

static const char *fault_text(int fault) {
    static const char *const texts[] = {
        [ROW_FINE] = "is fine",
        [ROW_BAD_STATUS] = "has a status that does not exist",
        [ROW_BAD_IDENTITY] = "has parameters that are not those of its point_id",
        [ROW_BAD_CHECKSUM] = "holds values that are not those of its checksum"};
    return texts[fault];
}

/* One block of rows. */
struct block {
    int8_t bad[BLOCK_ROWS];
    int status[BLOCK_ROWS];
};

static enum error verify_block(struct reader *reader, uint64_t first, uint64_t count,
                               struct block *block, struct tally *tally) {
    TRY(reader_integers(reader, "status", first, count, block->status));
    TRY(reader_verify_rows(reader, first, count, block->bad));
    for (uint64_t i = 0; i < count; i++) {
        int status = block->status[i];
        if (status >= 0 && status < STATUSES) tally->status[status]++;
        if (block->bad[i] == ROW_FINE) continue;
        printf("row %llu %s\n", (unsigned long long)(first + i),
               fault_text(block->bad[i]));
        tally->bad++;
    }
    return ERROR_NONE;
}

static enum error verify_rows(struct reader *reader, struct tally *tally) {
    void *block;
    TRY(memory_allocate(1, sizeof(struct block), &block));
    enum error error = ERROR_NONE;
    uint64_t total = reader_count(reader);
    for (uint64_t first = 0; first < total && !error; first += BLOCK_ROWS) {
        uint64_t left = total - first;
        error = verify_block(reader, first, left < BLOCK_ROWS ? left : BLOCK_ROWS, block,
                             tally);
    }
    free(block);
    return error;
}

static void print_tally(const char *path, uint64_t rows, const struct tally *tally) {
    printf("%s: %llu rows (", path, (unsigned long long)rows);
    const char *comma = "";
    for (int i = 0; i < STATUSES; i++) {
        if (tally->status[i] == 0) continue;
        printf("%s%llu %s", comma, (unsigned long long)tally->status[i],
               reader_flag_name("status", i));
        comma = ", ";
    }
    if (tally->bad == 0)
        puts("): whole");
    else
        printf("): damaged, %llu bad\n", (unsigned long long)tally->bad);
}

static enum error verify(const char *path, struct tally *tally) {
    struct reader *reader;
    TRY(reader_open(path, &reader));
    enum error error = verify_rows(reader, tally);
    if (!error) print_tally(path, reader_count(reader), tally);
    reader_close(&reader);
    return error;
}

/* The library that decodes the file may fall over a damaged one: it does so in a child
 * process, whose death is a finding. */
static int verify_in_child(const char *path) {
    struct tally tally = {0};
    pid_t child = fork();
    if (child < 0)
        return option_fail(&command_verify,
                           RAISE(ERROR_SYSTEM, "cannot start a process: %m"));
    if (child == 0) {
        enum error error = verify(path, &tally);
        int code = tally.bad > 0 ? EXIT_CODE_ERROR : EXIT_CODE_OK;
        if (error) code = option_fail(&command_verify, error);
        fflush(NULL);
        _exit(code);
    }
    int status;
    if (waitpid(child, &status, 0) != child)
        return option_fail(&command_verify,
                           RAISE(ERROR_SYSTEM, "lost the verifying process: %m"));
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    return option_fail(&command_verify,
                       RAISE(ERROR_STORE,
                             "%s is damaged: reading it died of signal %d (%s)", path,
                             WTERMSIG(status), strsignal(WTERMSIG(status))));
}

static int run(int argc, char **argv) {
    const struct option_set set = {&command_verify, NULL, 0};
    const char *path;
    int found;
    bool helped;
    enum error error = option_parse(&set, argc, argv, &path, 1, &found, &helped);
    if (!error && !helped && found == 0)
        error = RAISE(ERROR_USAGE, "no result file given");
    if (error) return option_fail(&command_verify, error);
    return helped ? EXIT_CODE_OK : verify_in_child(path);
}
