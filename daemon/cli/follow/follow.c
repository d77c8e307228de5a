/* follow: a copy on another machine, kept seconds behind; and taking over by hand. */
#include "cli/follow/follow.h"

#include "store/copies/backup.h"
#include "time/words.h"

static const struct cli_option options[] = {
	{"serve", NULL, "on the original: say what was committed since, to whoever started this"},
	{"into", "DIR", "on the other machine: keep a copy in DIR, by what COMMAND says"},
	{"once", NULL, "with --into: until the copy has everything, and end"},
	{"take-over", "DIR", "put the copy in DIR in place of this machine's database"},
	{"replace", NULL, "with --take-over: put aside the database that is here (it is renamed)"},
	{"original-is-off", NULL, "with --take-over: it was seen to, and nothing can start it"},
	{NULL, NULL, NULL},
};

/* ---- taking over ---- */

static const char what_first[] =
	"Nothing was done. Taking over is yours to decide: no machine can see whether the other is dead or only out "
        "of\n"
	"sight, and two that send tell people everything twice and hear answers by halves.\n"
	"\n"
	"1. See to it that the original does not run and cannot start by itself: systemctl disable --now casewatchd\n"
	"   there; or, if it cannot be reached, switch the machine off and take its network away.\n"
	"2. Stop what follows here: systemctl stop casewatch-follow.\n"
	"3. Put configuration, keys and passwords here as they were there, and run casewatch check.\n"
	"4. casewatch follow --take-over DIR --original-is-off\n"
	"5. Point senders, the proxy and Kafka's access at this machine, and start casewatchd.\n";

static void print_taken(struct cli *cli, const struct opened *opened, instant at, const struct restored *restored)
{
	struct buffer out = {0};
	if (cli->json) {
		struct json_writer json = json_writer_on(&out);
		json_object(&json);
		json_put_string(&json, "database", opened->config->database);
		json_put_instant(&json, "as_of", at);
		json_put_integer(&json, "events", restored->backup.events);
		json_put_integer(&json, "alerts", restored->backup.alerts);
		json_put_integer(&json, "possible_duplicates", restored->marked);
		json_put_integer(&json, "erased_again", restored->erased);
		json_object_end(&json);
		cli_print_json(cli, &out);
		return;
	}
	buffer_format(&out, "%s is the copy, as the original was on ", opened->config->database);
	cli_time(opened, at, &out);
	buffer_string(&out, ": ");
	words_count(restored->backup.events, "event, ", "events, ", &out);
	words_count(restored->backup.alerts, "alert.", "alerts.", &out);
	buffer_string(&out, "\n");
	words_count(restored->marked,
	            "message that waited then may have gone since, and is marked a possible duplicate.",
	            "messages that waited then may have gone since, and are marked possible duplicates.", &out);
	buffer_string(
		&out,
		" What is told\nagain of what happened before now is marked as well.\n\nEvents of Kafka since then are "
		"read again. Events that the original took since by HTTP or from its spool,\nand answers, are on its "
	        "disk "
		"alone: have senders send them again, and ask who answered.\n\nNever both: as long as the original can "
		"start, people may be told twice and answers be split. To go back,\nfollow from this machine into a "
		"directory there, and take over the same way.\n\nNext: casewatch verify; then systemctl start "
		"casewatchd.\n");
	cli_print(cli, &out);
}

static enum cli_status take_over(struct cli *cli, const char *folder)
{
	struct opened opened = {.now = clock_now(&cli->clock)};
	struct restored restored;
	struct fault fault = {{0}};
	struct buffer copy = {0};
	instant at;
	if (!cli_value(cli, "original-is-off")) {
		(void)fputs(what_first, cli->err);
		return CLI_WRONG;
	}
	buffer_format(&copy, "%s/casewatch.db", folder);
	enum cli_status status = cli_open_without_store(cli, &opened);
	if (status == CLI_FINE &&
	    (follow_copy_settle(buffer_cstr(&copy), &at, &fault) != RESULT_OK ||
	     backup_restore(opened.config->database, buffer_cstr(&copy), cli_value(cli, "replace") != NULL, opened.now,
	                    &restored, &fault) != RESULT_OK))
		status = cli_failed(cli, "%s", fault.text);
	else if (status == CLI_FINE)
		print_taken(cli, &opened, at, &restored);
	buffer_free(&copy);
	cli_close(&opened);
	return status;
}

static const struct cli_with with[] = {
	{"once", "into"}, {"replace", "take-over"}, {"original-is-off", "take-over"}, {NULL, NULL}};

static enum cli_status run_follow(struct cli *cli)
{
	const char *into = cli_value(cli, "into"), *over = cli_value(cli, "take-over");
	bool serve = cli_value(cli, "serve") != NULL;
	if (serve + (into != NULL) + (over != NULL) != 1)
		return cli_wrong(cli, "say one of --serve, --into DIR and --take-over DIR");
	if (!into && cli->operand_count)
		return cli_wrong(cli, "\"%s\" is too much", cli->operands[0]);
	return serve ? follow_serve(cli) : into ? follow_into(cli, into) : take_over(cli, over);
}

const struct cli_command cli_follow = {
	.name = "follow",
	.usage = "[-- COMMAND...]",
	.summary = "a copy on another machine, seconds behind, and taking over by hand",
	.help = "Keeps a copy of a council's database on another machine, at most five seconds behind while the two "
                "can\n"
		"speak. The other machine runs\n"
		"\n"
		"  casewatch follow --into /var/lib/casewatch/copy -- ssh casewatch@council casewatch follow --serve\n"
		"\n"
		"as a service. It says where its copy is, and is sent the rows that were written since: each time the\n"
		"copy is as the original was between two transactions. The original's configuration says `follow: "
                "yes`.\n"
		"Whatever breaks off is gone on with; where it cannot be (the original was put back from a backup, has "
                "a\n"
		"new version, or the copy is too far behind) everything is sent anew, and the old copy stays until "
                "then.\n"
		"\n"
		"A copy is looked at like any database (database: DIR/casewatch.db), but no daemon starts on it. "
                "Taking\n"
		"over is by hand: --take-over says what has to be seen to before, and does it with --original-is-off.\n"
		"What may have gone since is sent again, marked as a possible duplicate. See docs/follow.md.\n",
	.options = options,
	.with = with,
	.most = 64,
	.run = run_follow,
};
