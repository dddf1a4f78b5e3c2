/* The comm layer at any number of ranks: agreement, broadcast, messages, sleep. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "check.h"
#include "dufm/clock.h"
#include "dufm/memory.h"

enum { TAG_RING = 7, TAG_BIG = 8 };

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void test_agreement(void) {
    char text[64];
    int last = comm_size() - 1;
    CHECK_OK(comm_agree(ERROR_NONE));
    snprintf(text, sizeof text, "trouble of rank %d", last);
    enum error mine = comm_rank() == last ? RAISE(ERROR_INPUT, "%s", text) : ERROR_NONE;
    CHECK_ERROR(comm_agree(mine), ERROR_INPUT, text);

    /* Everyone fails in another way: the lowest rank's error is everyone's. */
    mine =
        comm_rank() == 0 ? RAISE(ERROR_STORE, "the first") : RAISE(ERROR_SYSTEM, "mine");
    CHECK_ERROR(comm_agree(mine), ERROR_STORE, "the first");
}

static void test_broadcast(void) {
    int numbers[1000];
    for (int i = 0; i < 1000; i++)
        numbers[i] = comm_rank() == 0 ? i * i : -1;
    CHECK_OK(comm_broadcast(numbers, sizeof numbers));
    for (int i = 0; i < 1000; i++)
        CHECK(numbers[i] == i * i, "number %d is %d", i, numbers[i]);
    CHECK_OK(comm_broadcast(NULL, 0));
}

/* Wait for the next message; its length must be that. */
static void receive(int from, int tag, void *data, size_t bytes) {
    bool found = false;
    int sender = -1, label = -1, idle = 0;
    size_t length = 0;
    while (!found) {
        CHECK_OK(comm_probe(&found, &sender, &label, &length));
        if (!found) comm_doze(&idle);
    }
    CHECK(sender == from && label == tag, "message %d from %d", label, sender);
    CHECK(length == bytes, "%zu bytes, expected %zu", length, bytes);
    CHECK_OK(comm_receive(sender, label, data, length));
}

/* All send to the right before anyone receives: neither small messages nor those too long
 * for MPI's own buffers may wait for their receiver. */
static void test_ring(size_t bytes, int tag) {
    void *out, *in;
    int right = (comm_rank() + 1) % comm_size();
    int left = (comm_rank() + comm_size() - 1) % comm_size();
    CHECK_OK(memory_allocate(bytes + 1, 1, &out));
    CHECK_OK(memory_allocate(bytes + 1, 1, &in));
    memset(out, 1 + comm_rank(), bytes);
    CHECK_OK(comm_send(right, tag, out, bytes));
    memset(out, 0, bytes); /* ours again */
    receive(left, tag, in, bytes);
    for (size_t i = 0; i < bytes; i++)
        CHECK(((char *)in)[i] == 1 + left, "byte %zu", i);
    free(out);
    free(in);
    CHECK_OK(comm_barrier());
}

static void test_order(void) {
    if (comm_rank() != 0)
        for (int i = 0; i < 10; i++)
            CHECK_OK(comm_send(0, TAG_RING, &i, sizeof i));
    int next[64] = {0};
    for (int n = 0; comm_rank() == 0 && n < 10 * (comm_size() - 1);) {
        bool found;
        int from, tag, value;
        size_t bytes;
        CHECK_OK(comm_probe(&found, &from, &tag, &bytes));
        if (!found) continue;
        CHECK_OK(comm_receive(from, tag, &value, bytes));
        CHECK(value == next[from]++, "rank %d sent %d out of order", from, value);
        n++;
    }
    CHECK_OK(comm_barrier());
}

/* The others sleep while one is late. */
static void test_sleep(void) {
    double cpu = cpu_seconds(), start = clock_seconds();
    CHECK_OK(comm_barrier());
    if (comm_rank() == 0) clock_sleep(0.5);
    CHECK_OK(comm_barrier());
    double waited = clock_seconds() - start;
    cpu = cpu_seconds() - cpu;
    CHECK(waited > 0.4, "waited only %g s", waited);
    CHECK(cpu < 0.4 * waited, "%g s of CPU in %g s of waiting", cpu, waited);
}

int main(void) {
    if (comm_start()) {
        fprintf(stderr, "%s\n", error_message());
        return 1;
    }
    CHECK(strlen(comm_library()) > 0 && !strchr(comm_library(), ','), "%s",
          comm_library());
    test_agreement();
    test_broadcast();
    test_ring(0, TAG_RING);
    test_ring(100, TAG_RING);
    test_ring(1 << 20, TAG_BIG);
    test_order();
    test_sleep();
    CHECK_OK(comm_end());
    return check_failures > 0;
}
