#include "dufm/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "dufm/error.h"

static volatile sig_atomic_t requested;
static volatile sig_atomic_t interrupts;

static void handle(int number) {
    requested = 1;
    if (number != SIGINT) return;
    interrupts = interrupts + 1;
    if (interrupts >= 2) _exit(EXIT_CODE_UNFINISHED);
}

static enum error install(int number) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    int code = sigaction(number, NULL, &before);
    /* nohup */
    if (code == 0 && number == SIGHUP && before.sa_handler == SIG_IGN) return ERROR_NONE;
    if (code == 0) code = sigaction(number, &action, NULL);
    if (code == 0) return ERROR_NONE;
    return RAISE(ERROR_SYSTEM, "cannot handle signal %d: %s", number, strerror(errno));
}

enum error interrupt_install(void) {
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        TRY(install(numbers[i]));
    return ERROR_NONE;
}

enum error interrupt_ignore_pipe(void) {
    if (signal(SIGPIPE, SIG_IGN) != SIG_ERR) return ERROR_NONE;
    return RAISE(ERROR_SYSTEM, "cannot ignore signal %d: %s", SIGPIPE, strerror(errno));
}

bool interrupt_requested(void) {
    return requested != 0;
}

void interrupt_request(void) {
    requested = 1;
}
