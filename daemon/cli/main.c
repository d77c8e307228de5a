/* tool: main of `casewatch`, the tool. */
#include "cli/cli.h"

#include <signal.h>

#include "base/file.h"
#include "base/log.h"
#include "event/schema.h"

int main(int argc, char **argv)
{
	file_hold_standard();
	(void)signal(SIGPIPE, SIG_IGN); /* `casewatch alerts | head` ends with a failed write, not by a signal */
	log_set_level(LOG_LEVEL_WARNING);
	(void)hash_seed();
	schema_start();
	return cli_main(argc, argv, stdout, stderr, clock_real());
}
