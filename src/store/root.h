/* The attributes of a file's root: what makes it ours, its sweep, how it came about. */
#ifndef DUFM_STORE_ROOT_H
#define DUFM_STORE_ROOT_H

#include "dufm/launch.h"
#include "dufm/sweep.h"
#include "hdf.h"

#define ATTRIBUTE_PROGRAM   "program"
#define ATTRIBUTE_VERSION   "schema_version"
#define ATTRIBUTE_TEXT      "sweep_text"
#define ATTRIBUTE_CANONICAL "sweep_canonical"
#define ATTRIBUTE_HISTORY   "history"
#define ATTRIBUTE_GIVEN     "given_coordinates" /* of measured features alone */
#define PROGRAM_NAME        "dufm"

/* How a file came about. */
struct deed {
    const char *past; /* lines of the history of the file it replaces, or NULL */
    const char *text; /* "created", "grown from 40 to 60 points" */
    const struct launch *launch;
};

/* Write all of them to the new file. */
enum error root_write(hid_t file, const struct sweep *sweep, const struct deed *deed);

/* Those of a file of measured features: its name, and what its files are told apart by,
 * separated by spaces. */
struct measured_root {
    const char *title, *given;
};
enum error root_write_measured(hid_t file, const struct measured_root *root,
                               const struct deed *deed);

#endif
