/* Fatal signals: records of deaths, the guard that writes them, points run in children. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/faults.h"
#include "dufm/guard.h"
#include "dufm/isolate.h"
#include "unit.h"

static char path[] = "/tmp/dufm-test-guard-XXXXXX";

static void append(const void *data, size_t bytes) {
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, data, bytes), bytes);
    close(fd);
}

static void append_death(uint64_t point, int number) {
    struct fault_record record = {.rank = 1, .point = point, .row = 7, .signal = number};
    fault_record_seal(&record);
    append(&record, sizeof record);
}

static int empty_file(void **state) {
    (void)state;
    return truncate(path, 0);
}

static void test_records(void **state) {
    (void)state;
    struct faults faults;
    int number = 0;
    append_death(5, SIGSEGV);
    append("half a record", 13);
    append_death(5, SIGBUS);
    struct fault_record forged = {.magic = 0x746c6644, .point = 5};
    append(&forged, sizeof forged);
    append_death(6, SIGFPE);
    assert_ok(faults_read(path, &faults));
    assert_int_equal(faults.count, 3);
    assert_int_equal(faults_deaths(&faults, 5, &number), 2);
    assert_int_equal(number, SIGBUS);
    assert_int_equal(faults_deaths(&faults, 6, NULL), 1);
    assert_int_equal(faults_deaths(&faults, 7, &number), 0);
    assert_int_equal(number, SIGBUS);
    faults_release(&faults);
    assert_ok(faults_read("/tmp/dufm-no-such-file", &faults));
    assert_int_equal(faults.count, 0);
}

static bool is_point(const void *context, const struct fault_record *record) {
    return record->point == *(const uint64_t *)context;
}

/* Syncs of folders: this one is called instead of the C library's. */
static int folder_syncs;

int fsync(int fd) {
    struct stat facts;
    folder_syncs += fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode);
    return 0;
}

static void test_forget(void **state) {
    (void)state;
    uint64_t first = 5, second = 6;
    struct faults faults;
    struct stat facts;
    append_death(5, SIGSEGV);
    append_death(6, SIGBUS);
    folder_syncs = 0;
    assert_ok(faults_forget(path, is_point, &first));
    assert_int_equal(folder_syncs, 1); /* or the old records could come back */
    assert_ok(faults_read(path, &faults));
    assert_int_equal(faults.count, 1);
    assert_int_equal(faults.records[0].point, 6);
    faults_release(&faults);
    assert_ok(faults_forget(path, is_point, &second));
    assert_int_equal(stat(path, &facts), -1);
    assert_ok(faults_forget(path, is_point, &second)); /* there is none */
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
}

/* What a child does, and what becomes of it. */
struct act {
    int number;   /* of the signal it raises; 0: a bad access */
    bool guarded; /* while a point is at work */
    bool outside; /* sent by another process */
    int expected; /* enum isolation_end */
    int deaths;
};

static void wait_for_signal(int number) {
    if (fork() == 0) {
        kill(getppid(), number);
        _exit(0);
    }
    for (;;)
        pause();
}

static void perform(void *context) {
    const struct act *act = context;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (act->guarded) guard_enter(9, 4);
    if (act->outside) wait_for_signal(act->number);
    if (act->number != 0)
        raise(act->number);
    else
        *(volatile int *)mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
}

static bool never(void *context) {
    (void)context;
    return false;
}

/* The test library has handlers of its own: what does not count is to end a child. */
static void install(void) {
    const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], SIG_DFL);
    assert_ok(guard_install(&(struct guard_options){.path = path}));
}

static void test_guard(void **state) {
    (void)state;
    static const struct act acts[] = {
        {0, true, false, ISOLATION_FAULT, 1},
        {SIGSEGV, true, false, ISOLATION_FAULT, 1},
        {SIGABRT, true, false, ISOLATION_FAULT, 1},
        {SIGFPE, true, false, ISOLATION_FAULT, 1},
        {SIGBUS, true, false, ISOLATION_FAULT, 1},
        {SIGILL, true, false, ISOLATION_FAULT, 1},
        {SIGSEGV, false, false, ISOLATION_KILLED, 0},
        {0, false, false, ISOLATION_KILLED, 0},
        {SIGSEGV, true, true, ISOLATION_KILLED, 0},
        {SIGABRT, true, true, ISOLATION_KILLED, 0},
        {SIGKILL, true, false, ISOLATION_KILLED, 0},
    };
    install();
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        struct act act = acts[i];
        struct isolation isolation = {.run = perform, .poll = never, .context = &act};
        enum isolation_end end;
        struct faults faults;
        int number = act.number;
        assert_int_equal(truncate(path, 0), 0);
        assert_ok(isolate(&isolation, &end));
        assert_ok(faults_read(path, &faults));
        if ((int)end != act.expected || faults_deaths(&faults, 9, &number) != act.deaths)
            fail_msg("act %zu: end %d, %d deaths", i, (int)end, faults.count);
        assert_int_equal(number, act.number || !act.deaths ? act.number : SIGSEGV);
        if (act.deaths) assert_int_equal(faults.records[0].rank, FAULTS_CHILD);
        if (act.deaths) assert_int_equal(faults.records[0].row, 4);
        faults_release(&faults);
    }
}

static void write_shared(void *context) {
    *(int *)context = 42;
}

static void sleep_long(void *context) {
    (void)context;
    clock_sleep(60);
}

/* Until it is told to stop, and then what takes a moment. */
static void wait_for_stop(void *context) {
    atomic_bool *stop = context;
    while (!atomic_load(stop))
        clock_sleep(0.001);
    clock_sleep(0.1);
}

static bool third_time(void *context) {
    return ++*(int *)context == 3;
}

static void test_isolate(void **state) {
    (void)state;
    void *memory;
    int polls = 0;
    enum isolation_end end;
    assert_ok(isolate_share(sizeof(int), &memory));
    struct isolation writer = {.run = write_shared, .poll = never, .context = memory};
    assert_ok(isolate(&writer, &end));
    assert_int_equal(end, ISOLATION_DONE);
    assert_int_equal(*(int *)memory, 42);
    isolate_release(&memory, sizeof(int));
    assert_null(memory);
    double start = clock_seconds();
    struct isolation deaf = {
        .run = sleep_long, .poll = third_time, .poll_context = &polls, .patience = 0.1};
    assert_ok(isolate(&deaf, &end));
    assert_int_equal(end, ISOLATION_STOPPED);
    assert_true(clock_seconds() - start < 10);
    struct isolation heard = {
        .run = wait_for_stop, .poll = third_time, .poll_context = &polls, .patience = 60};
    polls = 0;
    assert_ok(isolate_share(sizeof(atomic_bool), &memory));
    heard.context = heard.stop = memory;
    assert_ok(isolate(&heard, &end));
    assert_int_equal(end, ISOLATION_DONE);
    isolate_release(&memory, sizeof(atomic_bool));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static int create_file(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_records, empty_file),
        cmocka_unit_test_setup(test_forget, empty_file),
        cmocka_unit_test(test_guard),
        cmocka_unit_test(test_isolate),
    };
    return cmocka_run_group_tests_name("guard", tests, create_file, remove_file);
}
