/* Parts in child processes: what they share, what comes back of their errors, deaths and
 * interruptions, and that none is left. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/interrupt.h"
#include "dufm/isolate.h"
#include "dufm/team.h"
#include "unit.h"

enum { PARTS = 7 };

/* In memory that all share. */
struct board {
    pid_t process[PARTS];
    atomic_int working, most;
    int failing, dying; /* parts; -1: none */
};

static int set_up(void **state) {
    void *memory;
    if (isolate_share(sizeof(struct board), &memory)) return -1;
    *state = memory;
    struct board *board = memory;
    board->failing = board->dying = -1;
    return 0;
}

static int tear_down(void **state) {
    bool none_left = waitpid(-1, NULL, WNOHANG) == -1;
    isolate_release(state, sizeof(struct board));
    return none_left ? 0 : -1;
}

static enum error work(void *context, int part) {
    struct board *board = context;
    int working = atomic_fetch_add(&board->working, 1) + 1;
    int most = board->most;
    while (working > most && !atomic_compare_exchange_weak(&board->most, &most, working))
        ;
    clock_sleep(0.01);
    board->process[part] = getpid();
    atomic_fetch_sub(&board->working, 1);
    if (part == board->dying) raise(SIGKILL);
    return part == board->failing ? RAISE(ERROR_INPUT, "part %d is bad", part)
                                  : ERROR_NONE;
}

static void test_all_parts_are_run(void **state) {
    struct board *board = *state;
    for (int most = 1; most <= PARTS + 1; most++) {
        const struct team team = {work, board, PARTS, most};
        memset(board->process, 0, sizeof board->process);
        board->most = 0;
        assert_ok(team_run(&team));
        assert_true(board->most >= 1 && board->most <= most);
        int processes = 0;
        for (int i = 0; i < PARTS; i++) {
            bool again = false;
            for (int j = 0; j < i; j++)
                again |= board->process[i] == board->process[j];
            processes += !again;
            assert_true(board->process[i] > 0);
            assert_int_equal(board->process[i] == getpid(), most == 1);
        }
        assert_true(processes <= most);
    }
}

static void test_one_part_needs_no_child(void **state) {
    struct board *board = *state;
    const struct team team = {work, board, 1, 4};
    assert_ok(team_run(&team));
    assert_int_equal(board->process[0], getpid());
}

static void test_errors_come_back(void **state) {
    struct board *board = *state;
    for (int most = 1; most <= 3; most++)
        for (board->failing = 0; board->failing < PARTS; board->failing++) {
            const struct team team = {work, board, PARTS, most};
            char want[32];
            memset(board->process, 0, sizeof board->process);
            snprintf(want, sizeof want, "part %d is bad", board->failing);
            assert_int_equal(team_run(&team), ERROR_INPUT);
            assert_string_equal(error_message(), want);
            for (int i = board->failing + 1; most == 1 && i < PARTS; i++)
                assert_int_equal(board->process[i], 0); /* it did not begin */
        }
}

static void test_a_death_is_told(void **state) {
    struct board *board = *state;
    const struct team team = {work, board, PARTS, 2};
    board->dying = 3;
    assert_int_equal(team_run(&team), ERROR_SYSTEM);
    assert_string_equal(error_message(), "a child died of signal 9, Killed");
}

static enum error until_asked_to_stop(void *context, int part) {
    struct board *board = context;
    board->process[part] = getpid();
    while (!interrupt_requested())
        clock_sleep(0.001);
    return RAISE(ERROR_INTERRUPTED, "part %d stopped", part);
}

/* Only this process gets the signal; sent once both children are at work. */
static void test_an_interruption_is_handed_on(void **state) {
    struct board *board = *state;
    const struct team team = {until_asked_to_stop, board, 3, 2};
    pid_t parent = getpid(), sender = fork();
    if (sender == 0) {
        while (board->process[0] == 0 || board->process[1] == 0)
            clock_sleep(0.001);
        _exit(kill(parent, SIGTERM));
    }
    assert_true(sender > 0);
    assert_int_equal(team_run(&team), ERROR_INTERRUPTED);
    assert_string_equal(error_message(), "part 0 stopped");
    assert_int_equal(board->process[2], 0);
    assert_int_equal(waitpid(sender, NULL, 0), sender);
}

static void test_cores(void **state) {
    (void)state;
    assert_true(team_cores() >= 1);
    assert_true(team_cores() <= sysconf(_SC_NPROCESSORS_CONF));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_parts_are_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_part_needs_no_child, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_death_is_told, set_up, tear_down),
        cmocka_unit_test(test_cores),
        /* The last: from then on a stop is asked for. */
        cmocka_unit_test_setup_teardown(test_an_interruption_is_handed_on, set_up,
                                        tear_down),
    };
    if (interrupt_install()) return EXIT_FAILURE;
    return cmocka_run_group_tests_name("team", tests, NULL, NULL);
}
