/* Completion for bash: the tables of the commands as a shell function. Each command adds
 * a branch that says what may follow the word before; the function's end turns that into
 * candidates. */
#include <ctype.h>
#include <string.h>

#include "dufm/command.h"
#include "usage.h"

/* What a placeholder of help stands for: "FILE.h5" files of that ending, "relu|linear"
 * these words, "[COMMAND]" the commands; anything else cannot be proposed. */
static void print_candidates(const char *placeholder) {
    const char *dot = strrchr(placeholder, '.');
    if (strchr(placeholder, '|') != NULL) {
        fputs("words='", stdout);
        for (const char *at = placeholder; *at != '\0'; at++)
            putchar(*at == '|' ? ' ' : *at);
        putchar('\'');
    } else if (strstr(placeholder, "COMMAND") != NULL) {
        fputs("words=$commands", stdout);
    } else if (dot != NULL && isalpha((unsigned char)dot[1])) {
        printf("ending=%s", dot + 1);
    } else {
        fputs("return", stdout);
    }
    puts(" ;;");
}

void usage_completion(const struct option_set *set) {
    const struct command *command = set->command;
    printf("    %s)\n        case $before in\n", command->name);
    for (int i = 0; i < set->count; i++) {
        const struct option_row *row = &set->rows[i];
        if (row->type == OPTION_FLAG) continue;
        printf("        --%s", row->name);
        if (row->letter) printf(" | -%c", row->letter);
        fputs(") ", stdout);
        print_candidates(row->value);
    }
    fputs("        *)\n            options='", stdout);
    for (int i = 0; i < set->count; i++)
        printf("--%s ", set->rows[i].name);
    fputs("--help'\n            ", stdout);
    if (*command->arguments)
        print_candidates(command->arguments);
    else
        puts(";;");
    puts("        esac ;;");
}

static const char beginning[] =
    "# Completion of dufm for bash, made by 'dufm help --completion bash'.\n"
    "_dufm() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local options='' words='' ending='' commands='";

/* "--option=value" reaches the function as three words. */
static const char middle[] = "'\n"
                             "    COMPREPLY=()\n"
                             "    if [ \"$word\" = = ]; then\n"
                             "        word=''\n"
                             "    elif [ \"$before\" = = ]; then\n"
                             "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
                             "    fi\n"
                             "    case ${COMP_WORDS[1]} in\n";

static const char end[] =
    "    esac\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        words=$commands options='--help --version' ending=''\n"
    "    fi\n"
    "    if [[ $word == -* || -z $words$ending ]]; then\n"
    "        words=$options ending=''\n"
    "    fi\n"
    "    if [ -n \"$ending\" ]; then\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -X \"!*.$ending\" -- \"$word\"\n"
    "            compgen -d -- \"$word\")\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "complete -F _dufm dufm\n";

int usage_overview_completion(void) {
    int code = EXIT_CODE_OK;
    fputs(beginning, stdout);
    for (int i = 0; command_table[i] != NULL; i++)
        printf("%s%s", i > 0 ? " " : "", command_table[i]->name);
    fputs(middle, stdout);
    for (int i = 0; command_table[i] != NULL && code == EXIT_CODE_OK; i++)
        code = option_show(command_table[i], "--help=completion");
    fputs(end, stdout);
    return code;
}
