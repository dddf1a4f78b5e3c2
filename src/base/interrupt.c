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

enum error interrupt_install(void) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    const int numbers[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], &action, NULL) != 0)
            return RAISE(ERROR_SYSTEM, "cannot handle signal %d: %s", numbers[i],
                         strerror(errno));
    return ERROR_NONE;
}

bool interrupt_requested(void) {
    return requested != 0;
}

void interrupt_request(void) {
    requested = 1;
}
