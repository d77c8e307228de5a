/* alerts: what stands, and on request what stood. */
#include "cli/rows.h"

#include "store/alerts/alerts.h"

static const struct cli_option options[] = {
	{"rule", "ID", "those of this rule"},
	{"subject", "ID", "those of this child, worker or provider"},
	{"all", NULL, "also those that are resolved or withdrawn"},
	{"shadow", NULL, "those of rules on trial (mode: shadow), of which nobody was told, instead of all others"},
	{NULL, NULL, NULL},
};

static void write_json(struct json_writer *json, const struct alert_row *row, struct text evidence)
{
	json_put_integer(json, "number", row->number);
	json_put_text(json, "alert", row->id);
	json_put_text(json, "rule", row->rule);
	json_put_text(json, "subject", row->subject);
	json_put_string(json, "severity", severity_name(row->severity));
	json_put_string(json, "state", alert_state_name(row->state));
	json_put_text(json, "key", row->key);
	json_put_instant(json, "opened", row->opened);
	json_put_instant(json, "closed", row->closed);
	json_put_instant(json, "told", row->told);
	json_put_integer(json, "step", row->step);
	json_put_instant(json, "next", row->next);
	json_put_bool(json, "acknowledged", row->acknowledged);
	json_put_instant(json, "acknowledged_at", row->acknowledged_at);
	json_put_instant(json, "review_at", row->review_at);
	json_put_bool(json, "spent", row->spent);
	if (row->shadow)
		json_put_bool(json, "shadow", true);
	json_put_text(json, "because", row->because);
	json_put_text(json, "reason", row->reason);
	json_key(json, "evidence");
	json_raw(json, evidence);
}

/* "standing, nobody answered; step 2"; "answered, looked at again Tue 4 Feb 2020, 22:10". */
static void write_state(const struct opened *opened, const struct alert_row *row, struct buffer *out)
{
	if (row->state != ALERT_STANDING) {
		buffer_string(out, alert_state_name(row->state));
		if (row->reason.length)
			buffer_format(out, ": %.*s", TEXT_ARG(row->reason));
	} else if (row->acknowledged) {
		buffer_string(out, "answered, looked at again ");
		cli_time(opened, row->review_at == INSTANT_NONE ? row->next : row->review_at, out);
	} else if (row->shadow) {
		buffer_format(out, "on trial, nobody told; it would be at step %d", row->step);
	} else if (row->step == 0) {
		buffer_string(out, "nobody told yet");
		if (row->next != INSTANT_NEVER) { /* it opened while it was muted */
			buffer_string(out, ": muted until ");
			cli_time(opened, row->next, out);
		}
	} else {
		buffer_format(out, "step %d, %s ", row->step,
		              row->spent ? "the last, asked again" : "unanswered, goes on");
		cli_time(opened, row->next, out);
	}
}

static enum result show(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct rows *rows = argument;
	struct json_writer json;
	struct buffer state = {0}, evidence = {0};
	if (rows_next(rows, &json)) {
		enum result result = alerts_evidence(rows->opened->store, row, &evidence, fault);
		write_json(&json, row, buffer_view(&evidence));
		rows_json_end(rows, &json);
		buffer_free(&evidence);
		return result;
	}
	rows_format(rows, "A-%lld", (long long)row->number);
	rows_text(rows, text_of(severity_name(row->severity)));
	rows_text(rows, row->rule);
	rows_text(rows, row->subject);
	rows_time(rows, row->opened);
	write_state(rows->opened, row, &state);
	rows_buffer(rows, &state);
	buffer_free(&state);
	return RESULT_OK;
}

static enum cli_status run_alerts(struct cli *cli)
{
	static const char *const titles[] = {"alert", "severity", "rule", "subject", "since", "state", NULL};
	struct opened opened;
	struct fault fault = {{0}};
	enum cli_status status = cli_open(cli, &opened);
	if (status == CLI_FINE) {
		struct rows rows = rows_begin(cli, &opened, titles);
		bool all = cli_value(cli, "all") != NULL;
		if ((cli_value(cli, "shadow") ? alerts_each_shadow : alerts_each)(
			    opened.store, text_of(cli_value(cli, "rule")), text_of(cli_value(cli, "subject")), all,
			    show, &rows, &fault) != RESULT_OK)
			status = cli_failed(cli, "%s", fault.text);
		/* Of a rule that was taken out, or of none: only where nothing is found does it matter which. */
		if (status == CLI_FINE && cli_value(cli, "rule") && !rows.count && opened.config->rules)
			status = cli_know_rule(cli, cli_value(cli, "rule"), opened.config->rules, NULL);
		rows_end(&rows, all ? "There are no such alerts." : "No such alert stands.");
	}
	cli_close(&opened);
	return status;
}

const struct cli_command cli_alerts = {
	.name = "alerts",
	.usage = "",
	.summary = "what stands now",
	.help = "Lists the alerts that stand, the oldest first: number, severity, rule, subject, since when, and with "
                "whom it is.\n"
		"With --json one object a line. An alert whose rule was taken out of the rules is withdrawn, and --all "
                "shows it with that\n"
		"reason; what rules in `mode: shadow` found is listed with --shadow.\n",
	.options = options,
	.run = run_alerts,
};
