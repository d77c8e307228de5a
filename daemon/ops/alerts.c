/* alerts: the table of everything that ops can be told. */
#include "ops/alerts.h"

#include <string.h>

#define UNTIL_GONE "In the daily email until it is gone"
#define ONCE_MORE "Once more in the next daily email, and at once if it happens again."

static const struct ops_alert alerts[] = {
	{
		.what = OPS_SOURCE_SILENT,
		.id = "ops.source-silent",
		.one = "A source is silent beyond its usual quiet",
		.many = "{} sources are silent beyond their usual quiet",
		.meaning = "What is not sent is not seen: no alert about a child comes from this source until it sends "
                           "again. Lists say "
			   "up to when they are complete.",
		.steps = {{"Ask the owner of the case system's export whether it runs.", {NULL}},
                          {"See when each source last sent something.", {"casewatch status"}}},
		.again = UNTIL_GONE ".",
		.lasting = OPS_UNTIL_OVER,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30101",
	},
	{
		.what = OPS_SOURCE_LOST,
		.id = "ops.source-lost",
		.one = "Events do not come in",
		.many = "Events do not come in",
		.meaning = "Nobody hears of what happens to a child there until it is mended. Nothing that was taken "
                           "is lost, and reading "
			   "goes on where it stopped.",
		.steps = {{"See what the source says of itself.",
                           {"casewatch status", "journalctl -u casewatchd -p warning --since today"}},
                          {"Gone: look at the broker and the network. Lost its place: docs/operations.md, \"A lost "
                           "Kafka position\".",
                           {NULL}}},
		.again = UNTIL_GONE ", and at once if another one is lost.",
		.lasting = OPS_UNTIL_OVER,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30102",
	},
	{
		.what = OPS_QUARANTINE,
		.id = "ops.quarantine",
		.one = "1 record is set aside",
		.many = "{} records are set aside",
		.second = "A child may be behind it",
		.meaning = "A child may be behind each: no alert, no clock and no line in a list comes from it.",
		.steps = {{"Look at it.", {"casewatch quarantine show {}", "casewatch quarantine"}},
                          {"Ask the owner of the source to have it sent again, corrected.", {NULL}},
                          {"If you know what is right, release it corrected. If it has come again by itself, discard "
                           "it.",
                           {"casewatch quarantine release {} --with fixed.json --person p-ops --reason 'time added'",
                            "casewatch quarantine discard {} --person p-ops --reason 'sent again'"}}},
		.again = UNTIL_GONE ", and at once if another record is set aside for more than an hour.",
		.lasting = OPS_UNTIL_OVER,
		.pause = 5 * MINUTE,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30103",
	},
	{
		.what = OPS_SET_ASIDE,
		.id = "ops.set-aside",
		.one = "Work that fails was set aside so that the rest goes on",
		.many = "{} pieces of work that fail were set aside so that the rest goes on",
		.second = "A child may be behind it",
		.meaning =
			"The child behind it is not watched: its alerts stay as they were, and new ones do not come.",
		.steps =
			{{"Look at the record, or at the child's alerts as they last were.",
                          {"casewatch quarantine show {}", "casewatch quarantine"}},
                         {"Tell the team of that child: until this is mended they watch without casewatch.", {NULL}},
                         {"Send the journal of that time to whoever maintains casewatch: it is a fault of the program.",
                          {"journalctl -u casewatchd --since today"}}},
		.again = UNTIL_GONE ", and at once for each further one.",
		.lasting = OPS_UNTIL_OVER,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30111",
	},
	{
		.what = OPS_CONFLICT,
		.id = "ops.conflict",
		.one = "1 record came under the id of another",
		.many = "{} records came under the ids of others",
		.meaning = "What the record says was not counted: it came with the source and id of an event that says "
                           "something else.",
		.steps = {{"Look at it.", {"casewatch quarantine"}},
                          {"The owner of the source gives a correction an id of its own, with replaces. Then discard "
                           "the record.",
                           {NULL}}},
		.again = ONCE_MORE,
		.lasting = OPS_UNTIL_DIGEST,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f3010f",
	},
	{
		.what = OPS_UNDELIVERABLE,
		.id = "ops.undeliverable",
		.one = "A message could not be delivered",
		.many = "{} messages could not be delivered",
		.meaning = "Somebody was not told. The person's other channel or the next step of the ladder was told "
                           "instead, where there "
			   "is one.",
		.steps = {{"See what the server answered, and who was told instead.",
                           {"casewatch outbox --alert {}", "casewatch outbox"}},
                          {"Correct the address in the directory, then reload.",
                           {"casewatch check", "systemctl reload casewatchd"}}},
		.again = "In the daily email until the alert is answered or over, and at once for each further one.",
		.lasting = OPS_UNTIL_ANSWERED,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30104",
	},
	{
		.what = OPS_LADDER_SPENT,
		.id = "ops.ladder-spent",
		.one = "Nobody has answered an alert, and no step is left",
		.many = "Nobody has answered {} alerts, and no step is left",
		.meaning = "Everybody whom the rule names was told, and nobody has said what is done for the child. "
                           "The last step is asked "
			   "again without end.",
		.steps = {{"Ring the people of the last step.", {"casewatch explain {}", "casewatch alerts"}}},
		.again = "In the daily email until the alert is answered or over, and at once for each further alert.",
		.lasting = OPS_UNTIL_ANSWERED,
		.pause = 24 * HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30105",
	},
	{
		.what = OPS_NOBODY,
		.id = "ops.nobody",
		.one = "Nobody could be found for a role",
		.many = "Nobody could be found for a role, {} times",
		.meaning = "Alerts went past this step to the next one.",
		.steps = {{"Fill the role in the directory or add cover, then reload.",
                           {"casewatch check", "systemctl reload casewatchd"}},
                          {"See who has the alert now.", {"casewatch explain {}", "casewatch outbox"}}},
		.again = ONCE_MORE,
		.lasting = OPS_UNTIL_DIGEST, /* a gap of a rota stands */
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30106",
	},
	{
		.what = OPS_MAIL_DOWN,
		.id = "ops.mail-down",
		.one = "The mail server takes nothing",
		.many = "The mail server takes nothing",
		.meaning = "Nobody is told anything by email until it does. Messages wait and go out by themselves.",
		.steps = {{"Look at the mail server: address, port, certificate, password.", {"casewatch status"}},
                          {"If it takes long, ring those whom the critical alerts concern.",
                           {"casewatch alerts", "casewatch outbox --open"}}},
		.again = "In the daily email after it is over.",
		.lasting = OPS_UNTIL_OVER,
		.not_by_mail = true,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30107",
	},
	{
		.what = OPS_PAGES,
		.id = "ops.pages",
		.one = "The pages are not served",
		.many = "The pages are not served",
		.meaning = "Nobody can answer by the link in their message. They ring the duty team instead, and who "
			   "does "
			   "not is followed by the next step.",
		.steps = {{"See in the journal what keeps them from it, and make that way free: casewatch tries again "
			   "every minute.",
			   {"journalctl -u casewatchd -p warning --since today", "casewatch check"}}},
		.again = UNTIL_GONE ".",
		.lasting = OPS_UNTIL_OVER,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30120",
	},
	{
		.what = OPS_TEMPLATE,
		.id = "ops.template",
		.one = "A message fell back to plain text",
		.many = "{} messages fell back to plain text",
		.meaning = "None is lost: what was sent holds the facts, in plain words.",
		.steps = {{"Correct the template that check names, then reload.",
                           {"casewatch check", "systemctl reload casewatchd"}}},
		.again = ONCE_MORE,
		.lasting = OPS_UNTIL_DIGEST,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30108",
	},
	{
		.what = OPS_DISK,
		.id = "ops.disk",
		.one = "Little room is left on the disk of the database",
		.many = "Little room is left on the disk of the database",
		.meaning =
			"When it is full no events are taken and nobody is told of a child. They wait at their source.",
		.steps = {{"Make room.", {"df -h", "journalctl --vacuum-size=1G"}}},
		.again = UNTIL_GONE ".",
		.lasting = OPS_UNTIL_OVER,
		.pause = 6 * HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30109",
	},
	{
		.what = OPS_STORE,
		.id = "ops.store",
		.one = "The database is in trouble",
		.many = "The database was in trouble {} times",
		.meaning = "While the database cannot be trusted nothing is taken and nobody is told. Events wait at "
                           "their source.",
		.steps = {{"Look for errors of the disk.", {"journalctl -k --since today"}},
                          {"docs/operations.md, \"Is the database sound?\". Keep a copy before anything else.",
                           {NULL}}},
		.again = UNTIL_GONE ".",
		.lasting = OPS_UNTIL_OVER,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f3010a",
	},
	{
		.what = OPS_TEAM_UNREAD,
		.id = "ops.team-unread",
		.one = "Nobody reads the list of a team",
		.many = "Nobody reads the list of a team",
		.meaning = "Its children are on the duty team's list instead.",
		.steps = {{"Name the team's manager in the directory, then reload.",
                           {"casewatch check", "systemctl reload casewatchd"}}},
		.again = UNTIL_GONE ", and at once for another team.",
		.lasting = OPS_UNTIL_OVER,
		.pause = 24 * HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30112",
	},
	{
		.what = OPS_CONTRADICTION,
		.id = "ops.contradiction",
		.one = "1 record contradicts itself",
		.many = "{} records contradict themselves",
		.second = "A child may be behind it",
		.meaning = "An end dated before its own start ended nothing: what it should have ended stands, such "
                           "as a child on the list of missing children. An end without a start for a week says that "
                           "nobody watched over its beginning.",
		.steps = {{"Have the owner of the source correct it in the case system and send the correction.",
                           {NULL}}},
		.again = UNTIL_GONE ", and at once for each further record.",
		.lasting = OPS_UNTIL_OVER,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30113",
	},
	{
		.what = OPS_RELOAD_FAILED,
		.id = "ops.reload-failed",
		.one = "A changed configuration was refused",
		.many = "A changed configuration was refused",
		.meaning = "The configuration before it stays in force. What was meant to change for a child has not.",
		.steps = {{"Correct it and reload again.", {"casewatch check", "systemctl reload casewatchd"}}},
		.again = "In the daily email until a reload is taken, and at once if another is refused.",
		.lasting = OPS_UNTIL_OVER,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f3010b",
	},
	{
		.what = OPS_CALENDAR_ENDS,
		.id = "ops.calendar-ends",
		.one = "Bank holidays are known for less than 90 days",
		.many = "Bank holidays are known for less than 90 days",
		.meaning = "A clock in working days that runs past the last year of the file cannot be reckoned: a "
                           "legal limit would go "
			   "unwatched.",
		.steps = {{"Fetch https://www.gov.uk/bank-holidays.json into the file that calendar.file names, then "
                           "reload.",
                           {"casewatch check", "systemctl reload casewatchd"}}},
		.again = UNTIL_GONE ".",
		.lasting = OPS_UNTIL_OVER,
		.pause = 7 * 24 * HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f3010c",
	},
	{
		.what = OPS_CLOCK_STEPPED,
		.id = "ops.clock-stepped",
		.one = "The wall clock was set",
		.many = "The wall clock was set {} times",
		.meaning = "Clocks and steps follow it: a legal limit falls when the machine says so.",
		.steps = {{"See whether time is synchronised.", {"timedatectl"}}},
		.again = ONCE_MORE,
		.lasting = OPS_UNTIL_DIGEST,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f3010d",
	},
	{
		.what = OPS_CERTIFICATE,
		.id = "ops.certificate",
		.one = "A certificate is about to run out",
		.many = "{} certificates are about to run out",
		.meaning =
			"When it has expired, connections that need it fail: no events come in, or no messages go out.",
		.steps = {{"Renew it and reload.", {"casewatch status"}}},
		.again = UNTIL_GONE ".",
		.lasting = OPS_UNTIL_OVER,
		.pause = 24 * HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f3010e",
	},
	{
		.what = OPS_LADDER_MISSED,
		.id = "ops.ladder-missed",
		.one = "Something that should have been told was missed, and was told late",
		.many = "{} times something that should have been told was missed, and was told late",
		.meaning = "Somebody heard later than the rules say. It was found when casewatch reckoned anew, from "
			   "what is stored, what it should have told; they have been told now.",
		.steps = {{"See who was told, when.",
                           {"casewatch explain {}", "casewatch outbox --alert {}"}},
                          {"Was the database changed by hand? If not, report it: it is a mistake in casewatch.",
                           {"journalctl -u casewatchd"}}},
		.again = ONCE_MORE,
		.lasting = OPS_UNTIL_DIGEST,
		.pause = HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30114",
	},
	{
		.what = OPS_COPY,
		.id = "ops.copy",
		.one = "The copy on another machine does not follow",
		.many = "The copy on another machine does not follow",
		.meaning = "Everybody is told as before. But if this machine is lost now, so is what came since the "
                           "copy had everything.",
		.steps = {{"On the other machine: see why it does not follow, and start it again.",
                           {"journalctl -u casewatch-follow", "systemctl restart casewatch-follow"}},
                          {"If there is to be no copy, write `follow: no` and restart casewatchd.", {NULL}}},
		.again = UNTIL_GONE ".",
		.lasting = OPS_UNTIL_OVER,
		.pause = 24 * HOUR,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30115",
	},
	{
		.what = OPS_CELL,
		.id = "ops.cell",
		.one = "A machine of the cell goes no further in the log, and sends nothing",
		.many = "A machine of the cell is not as far as the others",
		.second = "Look at once whether another machine sends",
		.meaning = "Another machine of the cell tells people of what happens to children, if one stands by "
			   "that goes on. If none does, nobody is told anything of this council.",
		.steps = {{"See whether another machine sends, and what this one says.",
                           {"casewatch status", "journalctl -u casewatchd -p warning --since today"}},
                          {"Mend what it says; it is tried again every minute. docs/cells.md, \"Publishing\".",
                           {NULL}}},
		.again = UNTIL_GONE ".",
		.lasting = OPS_UNTIL_OVER,
		.message_id = "5c9d1f3be4c14d0fa0e6b4f1a7f30116",
	},
};
_Static_assert(sizeof alerts / sizeof alerts[0] == OPS_WHATS, "each alert to ops has its row");

const struct ops_alert *ops_alert(enum ops_what what)
{
	return &alerts[what];
}

bool ops_is_of_alert(struct text key)
{
	return key.length > 2 && memcmp(key.at, "A-", 2) == 0;
}

/* Without an alert that it hangs on, it only happened. */
enum ops_lasting ops_lasts(const struct ops_alert *alert, struct text key, enum ops_lasting said)
{
	enum ops_lasting lasting = said == OPS_AS_ITS_KIND ? alert->lasting : said;
	return lasting == OPS_UNTIL_ANSWERED && !ops_is_of_alert(key) ? OPS_UNTIL_DIGEST : lasting;
}

const char *ops_again(const struct ops_alert *alert, enum ops_lasting lasting)
{
	if (lasting == OPS_AS_ITS_KIND || lasting == alert->lasting)
		return alert->again;
	return lasting == OPS_UNTIL_DIGEST ? ONCE_MORE : UNTIL_GONE ".";
}

const struct ops_alert *ops_alert_by_id(const char *id)
{
	for (size_t i = 0; id && i < OPS_WHATS; i++)
		if (strcmp(alerts[i].id, id) == 0)
			return &alerts[i];
	return NULL;
}

const char *ops_message_id(const char *id)
{
	const struct ops_alert *found = ops_alert_by_id(id);
	return found ? found->message_id : NULL;
}
