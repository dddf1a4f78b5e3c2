/* dufm measure: the layers of any trained network, from files of features. Only the work
 * in a child process decodes them: what it stumbles over is that file's fault alone. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/command.h"
#include "dufm/interrupt.h"
#include "dufm/isolate.h"
#include "dufm/log.h"
#include "dufm/measured.h"
#include "dufm/session.h"
#include "measuring.h"

static int run(int argc, char **argv);

const struct command command_measure = {
    .name = "measure",
    .summary = "Measure the layers of a trained network from files of its features",
    .arguments = "FEATURES.h5...",
    .details =
        "Spectra, ranks, NC1 to NC3 and Gram matrices of each layer, under the names "
        "that\n"
        "a sweep's result file has, a row for each file. A file of features holds\n\n"
        "  /labels             (N) integers, the class of each sample, from 0\n"
        "  /layers/NAME/pre    (N, ...) features before the activation\n"
        "  /layers/NAME/post   (N, ...) the same after it\n"
        "  /layers/NAME/weight (out, ...) the weights that post is multiplied with\n\n"
        "in floating-point numbers of any size; pre, post and weight may each be "
        "missing,\n"
        "but not pre and post both. Layers come in the order in which they were created\n"
        "where the file tells it (track_order=True in h5py), else by name. Attributes "
        "of\n"
        "the root that are numbers (epoch, weight_decay, width) are coordinates of the\n"
        "row, under their own names. All files need the same layers and the same\n"
        "coordinates; widths and numbers of samples may differ. Anything else in a file "
        "is\n"
        "ignored, and told.\n\n"
        "Features are read in blocks, twice: a layer of d features takes memory for "
        "some\n"
        "5 d^2 numbers, of very many samples 12 d^2, and their labels take 4 bytes "
        "each.\n"
        "Wide layers are measured on several cores, as many as the process may use and\n"
        "--memory has room for; the results are the same bits on any number.\n"
        "The result is written whole or not at all.\n"
        "'dufm show', 'dufm verify' and the pictures read it.\n\n"
        "Examples:\n"
        "  dufm measure features.h5 -o measured.h5\n"
        "  dufm measure epoch-*.h5 -o epochs.h5 --memory 2000\n",
    .run = run};

static enum error parse(int argc, char **argv, struct measuring *measuring,
                        bool *helped) {
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &measuring->output, "FILE.h5",
         "result file to make; must not exist"},
        {"memory", 0, OPTION_INTEGER, &measuring->memory, "MIB",
         "refuse to take more than that (4096)"},
    };
    const struct option_set set = {&command_measure, rows, sizeof rows / sizeof *rows};
    TRY(option_parse(&set, argc, argv, measuring->files, argc, &measuring->count,
                     helped));
    if (*helped) return ERROR_NONE;
    if (measuring->count == 0)
        return RAISE(ERROR_USAGE, "no file of features given; see 'dufm measure --help'");
    if (measuring->output == NULL || *measuring->output == '\0')
        return RAISE(ERROR_USAGE, "-o needs the name of the file to make");
    if (measuring->memory < 1)
        return RAISE(ERROR_USAGE, "--memory takes a number of MiB from 1 on");
    return ERROR_NONE;
}

static enum error measure(struct measuring *measuring) {
    TRY(measuring_run(measuring));
    printf("%s: %d file%s measured; 'dufm show %s' shows what came out\n",
           measuring->output, measuring->count, measuring->count == 1 ? "" : "s",
           measuring->output);
    if (fflush(stdout))
        return RAISE(ERROR_SYSTEM, "cannot write to the standard output: %m");
    return ERROR_NONE;
}

_Noreturn static void work_in_child(struct measuring *measuring, pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
        _exit(EXIT_CODE_ERROR);
    enum error error = measure(measuring);
    int code = error ? option_fail(&command_measure, error) : EXIT_CODE_OK;
    fflush(NULL);
    _exit(code);
}

/* Wait for the child's end; a signal asks it to stop, too. */
static enum error wait_for(pid_t child, int *status) {
    enum { NAP_MILLISECONDS = 10 };
    bool told = false;
    for (;;) {
        pid_t ended = waitpid(child, status, WNOHANG);
        if (ended == child) return ERROR_NONE;
        if (ended < 0 && errno != EINTR)
            return RAISE(ERROR_SYSTEM, "lost the measuring process: %m");
        if (interrupt_requested() && !told) told = kill(child, SIGTERM) == 0;
        clock_sleep(NAP_MILLISECONDS / 1e3);
    }
}

static enum error conclude_death(const struct measuring *measuring, int number) {
    return RAISE(ERROR_STORE,
                 "%s is damaged, or there is too little memory (measuring it died of "
                 "signal %d, %s)",
                 measuring->files[*measuring->current], number, strsignal(number));
}

static int measure_in_child(struct measuring *measuring) {
    int status = 0;
    pid_t parent = getpid(), child = fork();
    if (child == 0) work_in_child(measuring, parent);
    enum error error = child < 0 ? RAISE(ERROR_SYSTEM, "cannot start a process: %m")
                                 : wait_for(child, &status);
    if (!error && WIFEXITED(status)) return WEXITSTATUS(status);
    if (!error) error = conclude_death(measuring, WTERMSIG(status));
    return option_fail(&command_measure, error);
}

static enum error prepare(struct measuring *measuring, struct measured_claim **claim) {
    void *memory;
    TRY(interrupt_install());
    TRY(session_describe(&measuring->launch));
    TRY(measured_claim(measuring->output, &measuring->launch, claim));
    TRY(isolate_share(sizeof *measuring->current, &memory));
    measuring->current = memory;
    log_enable_info(true);
    return ERROR_NONE;
}

/* The name is claimed here: whatever becomes of the child, what it left goes. */
static int prepare_and_measure(struct measuring *measuring) {
    struct measured_claim *claim = NULL;
    enum error error = prepare(measuring, &claim);
    int code = error ? option_fail(&command_measure, error) : measure_in_child(measuring);
    void *memory = measuring->current;
    if (memory) isolate_release(&memory, sizeof *measuring->current);
    measured_release(&claim);
    return code;
}

static int run(int argc, char **argv) {
    struct measuring measuring = {.memory = 4096};
    bool helped = false;
    void *memory;
    enum error error = memory_allocate((size_t)argc, sizeof *measuring.files, &memory);
    if (error) return option_fail(&command_measure, error);
    measuring.files = memory;
    int code = EXIT_CODE_OK;
    error = parse(argc, argv, &measuring, &helped);
    if (error)
        code = option_fail(&command_measure, error);
    else if (!helped)
        code = prepare_and_measure(&measuring);
    free(memory);
    return code;
}
