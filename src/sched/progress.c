#include "dufm/progress.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/reader.h"

enum { TEXT = 512, BAR_CELLS = 20 };

static const double first_line = 2, longest_interval = 60, bar_interval = 0.2;

enum progress_mode progress_mode_of(FILE *stream) {
    return isatty(fileno(stream)) ? PROGRESS_BAR : PROGRESS_LINES;
}

void progress_begin(struct progress *progress, enum progress_mode mode, FILE *stream,
                    double now) {
    double interval = mode == PROGRESS_BAR ? bar_interval : first_line;
    *progress = (struct progress){
        .mode = mode, .stream = stream, .next = now + interval, .interval = interval};
}

bool progress_due(const struct progress *progress, double now) {
    return progress->mode != PROGRESS_OFF && now >= progress->next;
}

/* Append to text like snprintf; what does not fit is cut. */
__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
                                                         const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

/* The first outcome with a count that comes after `last` in the
 * order (count descending, code ascending); -1: none. */
static int next_outcome(const struct tally *tally, int last) {
    int best = -1;
    for (int i = 0; i < TALLY_OUTCOMES; i++) {
        uint32_t count = tally->outcomes[i];
        bool after = last < 0 || count < tally->outcomes[last] ||
                     /* cppcheck-suppress arrayIndexThenCheck ; -1 came first */
                     (count == tally->outcomes[last] && i > last);
        if (count > 0 && after && (best < 0 || count > tally->outcomes[best])) best = i;
    }
    return best;
}

void progress_format_tally(const struct tally *tally, char *text, size_t size) {
    text[0] = '\0';
    for (int i = next_outcome(tally, -1); i >= 0; i = next_outcome(tally, i))
        append(text, size, "%s%u %s", *text ? ", " : "", tally->outcomes[i],
               reader_flag_name("outcome", i));
    if (tally->failed > 0)
        append(text, size, "%s%u failed", *text ? ", " : "", tally->failed);
}

/* "12.5/s", or "3.1/min" and "2.4/h" where less than one comes in the shorter unit. */
static void append_rate(char *text, size_t size, double rate) {
    if (rate >= 1)
        append(text, size, ", %.3g/s", rate);
    else if (rate * 60 >= 1)
        append(text, size, ", %.3g/min", rate * 60);
    else
        append(text, size, ", %.3g/h", rate * 3600);
}

/* The unit in which people would say that time. */
struct unit {
    const char *name;
    double seconds;
};

static struct unit unit_of(double seconds) {
    const struct unit units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    const double longest[] = {100, 100 * 60, 48 * 3600};
    int u = 0;
    while (u < 3 && seconds > longest[u])
        u++;
    return units[u];
}

/* Two digits: "0.3", "9", "9.5", "12", "140". */
static void format_value(double value, char *text, size_t size) {
    bool small = value < 9.95;
    snprintf(text, size, "%.*f", small ? 1 : 0, value);
    char *dot = strchr(text, '.');
    if (dot != NULL && strcmp(dot, ".0") == 0) *dot = '\0';
}

void progress_format_left(const struct policy_estimate *left, const char *word,
                          char *text, size_t size) {
    struct unit unit = unit_of(left->seconds);
    char value[32], low[32], high[32];
    format_value(left->seconds / unit.seconds, value, sizeof value);
    format_value(left->low / unit.seconds, low, sizeof low);
    format_value(left->high / unit.seconds, high, sizeof high);
    snprintf(text, size, "%s %s%s", value, unit.name, word);
    if (isfinite(left->high) && strcmp(low, high) != 0)
        append(text, size, " (%s to %s)", low, high);
}

void progress_format(const struct progress_facts *facts, char *text, size_t size) {
    char detail[TEXT];
    uint64_t fresh = (uint64_t)facts->tally.done + facts->tally.failed;
    uint64_t finished = facts->before + fresh;
    text[0] = '\0';
    append(text, size, "%llu of %llu points (%d %%)", (unsigned long long)finished,
           (unsigned long long)facts->total,
           (int)(100.0 * (double)finished / (double)facts->total));
    if (fresh > 0 && facts->elapsed > 0)
        append_rate(text, size, (double)fresh / facts->elapsed);
    if (facts->left.seconds >= 0) {
        progress_format_left(&facts->left, " left", detail, sizeof detail);
        append(text, size, ", %s", detail);
    }
    progress_format_tally(&facts->tally, detail, sizeof detail);
    if (*detail) append(text, size, "; %s", detail);
}

static int terminal_columns(FILE *stream) {
    struct winsize window;
    if (ioctl(fileno(stream), TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return 80;
    return window.ws_col;
}

static void draw_bar(const struct progress *progress, const struct progress_facts *facts,
                     const char *line) {
    char cells[BAR_CELLS + 1], whole[TEXT + BAR_CELLS + 8];
    uint64_t finished = facts->before + facts->tally.done + facts->tally.failed;
    int full = (int)(finished * BAR_CELLS / facts->total);
    memset(cells, '.', BAR_CELLS);
    memset(cells, '#', (size_t)full);
    cells[BAR_CELLS] = '\0';
    snprintf(whole, sizeof whole, "[%s] %s", cells, line);
    /* A line longer than the terminal would wrap and could not be redrawn. */
    fprintf(progress->stream, "\r%.*s\033[K", terminal_columns(progress->stream) - 1,
            whole);
}

void progress_show(struct progress *progress, const struct progress_facts *facts,
                   double now) {
    char line[TEXT];
    progress_format(facts, line, sizeof line);
    if (progress->mode == PROGRESS_BAR) {
        draw_bar(progress, facts, line);
        progress->drawn = true;
    } else {
        fprintf(progress->stream, "dufm: %s\n", line);
        progress->interval *= 2;
        if (progress->interval > longest_interval) progress->interval = longest_interval;
    }
    fflush(progress->stream);
    progress->next = now + progress->interval;
}

void progress_clear(struct progress *progress) {
    if (!progress->drawn) return;
    fputs("\r\033[K", progress->stream);
    fflush(progress->stream);
    progress->drawn = false;
}
