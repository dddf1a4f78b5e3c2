/* dufm version: what this program is made of and what it chose on this machine. */
#include <jansson.h>
#include <libfyaml.h>
#include <stdio.h>
#include <xxhash.h>

#include "dufm/blas.h"
#include "dufm/comm.h"
#include "dufm/command.h"
#include "dufm/product.h"
#include "dufm/session.h"
#include "dufm/store.h"
#include "dufm/svd.h"

static int run(int argc, char **argv);

const struct command command_version = {
    .name = "version",
    .summary = "Show the version, the libraries, the CPU and the kernels chosen",
    .arguments = "",
    .details =
        "Names the program's version and git revision, the compiler, every library with\n"
        "its version, the kernels that BLAS chose for this CPU and its threads (1).\n"
        "Equal fingerprints mean that the same bits are expected of every point; a run\n"
        "records them in the result file.\n\n"
        "Examples:\n"
        "  dufm version\n"
        "  dufm version --json | jq -r .fingerprint\n",
    .run = run};

/* Names and versions as people and JSON get them. */
struct part {
    const char *key, *value;
};

enum { PARTS = 13 };

#ifdef __clang__
static const char compiler[] = "clang " __clang_version__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

static void collect(const struct launch *launch, struct part parts[PARTS]) {
    static char threads[16], hashing[32];
    snprintf(threads, sizeof threads, "%d", blas_thread_count());
    unsigned version = XXH_versionNumber();
    snprintf(hashing, sizeof hashing, "xxHash %u.%u.%u", version / 10000,
             version / 100 % 100, version % 100);
    static char yaml[64], json[64];
    snprintf(yaml, sizeof yaml, "libfyaml %s", fy_library_version());
    snprintf(json, sizeof json, "jansson %s", jansson_version_str());
    const struct part all[PARTS] = {{"mpi", comm_library()},
                                    {"hdf5", store_library()},
                                    {"blas", blas_library()},
                                    {"blas_kernel", blas_kernel()},
                                    {"blas_threads", threads},
                                    {"lapack", svd_library()},
                                    {"products", product_library()},
                                    {"product_kernel", product_target()},
                                    {"yaml", yaml},
                                    {"json", json},
                                    {"hash", hashing},
                                    {"compiler", compiler},
                                    {"cpu", launch->cpu}};
    for (int i = 0; i < PARTS; i++)
        parts[i] = all[i];
}

static void print_text(const struct launch *launch, const struct part *parts) {
    printf("dufm %s\n", launch->revision);
    for (int i = 0; i < PARTS; i++)
        printf("  %-15s%s\n", parts[i].key, parts[i].value);
    printf("  %-15s%s\n", "fingerprint", launch->fingerprint);
}

static enum error print_json(const struct launch *launch, const struct part *parts) {
    json_t *root = json_pack("{s:s, s:s}", "version", launch->revision, "fingerprint",
                             launch->fingerprint);
    for (int i = 0; i < PARTS; i++)
        json_object_set_new(root, parts[i].key, json_string(parts[i].value));
    json_object_set_new(root, "blas_threads", json_integer(blas_thread_count()));
    int failed = root == NULL || json_dumpf(root, stdout, JSON_INDENT(2));
    json_decref(root);
    if (failed || putchar('\n') == EOF)
        return RAISE(ERROR_SYSTEM, "cannot write JSON to the standard output");
    return ERROR_NONE;
}

static enum error show(bool json) {
    struct launch launch = {0};
    struct part parts[PARTS];
    TRY(session_describe(&launch));
    collect(&launch, parts);
    if (json) return print_json(&launch, parts);
    print_text(&launch, parts);
    return ERROR_NONE;
}

static int run(int argc, char **argv) {
    const char *none[1];
    bool json = false, helped = false;
    int found;
    const struct option_row rows[] = {
        {"json", 0, OPTION_FLAG, &json, NULL, "as a JSON object"},
    };
    const struct option_set set = {&command_version, rows, 1};
    enum error error = option_parse(&set, argc, argv, none, 0, &found, &helped);
    if (helped) return EXIT_CODE_OK;
    if (error == ERROR_NONE) error = show(json);
    return error == ERROR_NONE ? EXIT_CODE_OK : option_fail(&command_version, error);
}
