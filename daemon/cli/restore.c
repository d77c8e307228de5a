/* restore: a backup is put back in place of a database that is gone or of no use. */
#include "cli/opened.h"

#include "store/copies/backup.h"
#include "time/words.h"

static const struct cli_option options[] = {
	{"replace", NULL, "put aside the database that is there (it is renamed, and never deleted)"},
	{"check", NULL, "read the backup through and change nothing"},
	{NULL, NULL, NULL},
};

static void put_newer(int64_t newer, const char *one, const char *many, struct buffer *out)
{
	if (newer <= 0)
		return;
	buffer_string(out, "  ");
	words_count(newer, one, many, out);
	buffer_string(out, "\n");
}

/* What was stored since the backup, as far as the database that was put aside still says. */
static void put_lost(const struct opened *opened, const struct restored *restored, struct buffer *out)
{
	const struct backup_facts *backup = &restored->backup, *before = &restored->before;
	buffer_string(out, "What this database does not know: everything since ");
	if (backup->head.row)
		cli_time(opened, backup->head.at, out);
	else
		buffer_string(out, "it was made");
	buffer_string(out, ".\n");
	if (restored->had_before)
		buffer_format(out, "The database before it is %s.%s\n", restored->aside,
		              restored->before_readable ? " It has more by:" : " It cannot be read.");
	if (restored->before_readable) {
		put_newer(before->events - backup->events, "event", "events", out);
		put_newer(before->alerts - backup->alerts, "alert", "alerts", out);
		put_newer(before->head.row - backup->head.row, "row of the audit", "rows of the audit", out);
	}
}

static void put_what_follows(const struct restored *restored, struct buffer *out)
{
	buffer_string(
		out,
		"\nEvents of Kafka since then are read again: positions went back with the database. Files of the "
	        "spool "
		"since\nthen are in its directory done/: move them back into the spool, and what is known already is "
		"passed over.\nAnswers that people gave since then by page or tool are among those files.\n");
	if (restored->marked)
		buffer_string(out, "\n");
	put_newer(restored->marked, "message that waited then may have gone since, and is marked a possible duplicate.",
	          "messages that waited then may have gone since, and are marked possible duplicates.", out);
	buffer_string(out, "What is told again of what happened before now is marked as well.\n");
	if (restored->erased)
		buffer_string(out, "\n");
	put_newer(restored->erased, "child that was erased since was erased again.",
	          "children that were erased since were erased again.", out);
	buffer_string(out, "\nNext: casewatch verify; then start casewatchd.\n");
}

static void print(struct cli *cli, const struct opened *opened, const char *from, const struct restored *restored)
{
	struct buffer out = {0};
	if (cli->json) {
		struct json_writer json = json_writer_on(&out);
		json_object(&json);
		json_put_string(&json, "backup", from);
		json_put_integer(&json, "events", restored->backup.events);
		json_put_integer(&json, "alerts", restored->backup.alerts);
		json_put_instant(&json, "of", restored->backup.head.at);
		if (restored->had_before)
			json_put_string(&json, "aside", restored->aside);
		if (restored->before_readable)
			json_put_integer(&json, "lost_events", restored->before.events - restored->backup.events);
		json_put_integer(&json, "possible_duplicates", restored->marked);
		json_put_integer(&json, "erased_again", restored->erased);
		cli_put_damaged_json(&restored->backup.damaged, &json);
		json_object_end(&json);
		cli_print_json(cli, &out);
		return;
	}
	buffer_format(&out, "%s was put back from %s: ", opened->config->database, from);
	words_count(restored->backup.events, "event, ", "events, ", &out);
	words_count(restored->backup.alerts, "alert.", "alerts.", &out);
	buffer_string(&out, "\n");
	cli_put_damaged(&restored->backup.damaged, &out);
	put_lost(opened, restored, &out);
	put_what_follows(restored, &out);
	cli_print(cli, &out);
}

static enum cli_status check_only(struct cli *cli, const struct opened *opened)
{
	struct backup_facts facts;
	struct fault fault = {{0}};
	struct buffer out = {0};
	if (backup_check(cli->operands[0], true, &facts, &fault) != RESULT_OK) {
		(void)cli_failed(cli, "%s", fault.text);
		return CLI_FOUND;
	}
	buffer_format(&out, "%s is whole: schema %d, ", cli->operands[0], facts.version);
	words_count(facts.events, "event", "events", &out);
	if (facts.head.row) {
		buffer_string(&out, ", the last row of its audit of ");
		cli_time(opened, facts.head.at, &out);
	}
	buffer_string(&out, facts.chain_read ? ".\n" : ". Its audit is read when it was brought up to date.\n");
	cli_put_damaged(&facts.damaged, &out);
	cli_print(cli, &out);
	return facts.damaged.count ? CLI_FOUND : CLI_FINE;
}

static enum cli_status run_restore(struct cli *cli)
{
	struct opened opened = {.now = clock_now(&cli->clock)};
	struct restored restored;
	struct fault fault = {{0}};
	enum cli_status status = cli_open_without_store(cli, &opened);
	if (status == CLI_FINE && cli_value(cli, "check"))
		status = check_only(cli, &opened);
	else if (status == CLI_FINE &&
	         backup_restore(opened.config->database, cli->operands[0], cli_value(cli, "replace") != NULL,
	                        opened.now, &restored, &fault) != RESULT_OK)
		status = cli_failed(cli, "%s", fault.text);
	else if (status == CLI_FINE)
		print(cli, &opened, cli->operands[0], &restored);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_restore = {
	.name = "restore",
	.usage = "BACKUP",
	.summary = "puts a backup back, and says what is lost since",
	.help = "For a machine or a database that is lost. Stop casewatchd first: it is refused while one runs. Where "
                "a\n"
		"database is there it is refused, too, but with --replace, which renames it. The backup is copied, "
                "read\n"
		"through, brought up to date and made ready beside the database, and only then gets its name.\n"
		"\n"
		"  casewatch restore --check /var/backups/casewatch/casewatch-20261129T020000Z.db\n"
		"  casewatch restore --replace /var/backups/casewatch/casewatch-20261129T020000Z.db\n"
		"\n"
		"Messages that waited when the backup was made may have gone since, and are marked possible "
                "duplicates, as\n"
		"is what is told again of what happened before the restore. Whoever was erased is erased again.\n",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run_restore,
};
