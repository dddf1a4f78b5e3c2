/* Messages for people, on stderr: "dufm: ...", one line each, never mixed with results.
 */
#ifndef DUFM_LOG_H
#define DUFM_LOG_H

#include <stdbool.h>

/* Print on this process only when `enabled` (rank 0); warnings always print.
 */
void log_enable_info(bool enabled);

/* A fact for the user of this run. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something the user should look at; the run goes on. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
