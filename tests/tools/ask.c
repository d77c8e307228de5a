/* ask: the tool, asked many questions in one process: starting it takes as long as most of its answers.
 *
 * A line of standard input is one call, its words set apart by tabs ("backtest\t--until\t…\tFILE"). For each comes
 * "STATUS LENGTH\n" and so many bytes of what it printed; what it complains of goes to standard error. */
#include "base/log.h"
#include "cli/cli.h"
#include "event/schema.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 64

static int split(char *line, char **words)
{
	int count = 0;
	words[count++] = "casewatch";
	line[strcspn(line, "\n")] = '\0';
	for (char *rest = NULL, *word = strtok_r(line, "\t", &rest); word && count < WORDS_MOST;
	     word = strtok_r(NULL, "\t", &rest))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

static bool answer(char *line)
{
	char *words[WORDS_MOST + 1], *bytes = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&bytes, &length);
	if (!out)
		return false;
	int status = cli_main(split(line, words), words, out, stderr, clock_real());
	bool whole = fclose(out) == 0 && printf("%d %zu\n", status, length) > 0 &&
	             fwrite(bytes, 1, length, stdout) == length && fflush(stdout) == 0;
	free(bytes);
	return whole;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	bool goes_on = true;
	log_set_level(LOG_LEVEL_WARNING);
	(void)hash_seed();
	schema_start();
	while (goes_on && getline(&line, &room, stdin) > 0)
		goes_on = answer(line);
	free(line);
	return goes_on ? 0 : 1;
}
