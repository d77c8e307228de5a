/* next_steps: what to do next about a thing that needs something else than others of its kind. */
#include "ops/alerts.h"

#include <string.h>

#define RELOAD {"casewatch check", "systemctl reload casewatchd"}

static const struct own {
	enum ops_what what;
	const char *key; /* of the thing; one that ends in '*' begins its keys */
	struct ops_step steps[OPS_STEPS];
} owns[] = {
	{OPS_STORE,
         "audit",
         {{"See which row does not fit, and keep a copy of the database before anything else.", {"casewatch verify"}},
          {"docs/audit.md, \"When it does not verify\".", {NULL}}}},
	{OPS_STORE,
         "stamp",
         {{"Look at the time stamp service, at audit.stamp-url and at audit.stamp-ca-file.",
           {"journalctl -u casewatchd -p warning --since today"}}}},
	{OPS_STORE,
         "taking",
         {{"See why nothing is taken: a full disk, an error of it, or somebody else at the database.",
           {"df -h", "journalctl -u casewatchd -p warning --since today", "journalctl -k --since today"}}}},
	{OPS_STORE,
         "events",
         {{"See which events, and whether the disk has errors.",
           {"journalctl -u casewatchd -p err --since today", "journalctl -k --since today"}},
          {"Keep a copy of the database, and restore the last backup that verifies: docs/backup.md.", {NULL}}}},
	{OPS_STORE,
         "said",
         {{"See whether the database's disk has room, for bytes and for files, and whether its folder is the daemon's "
           "user's own, to write in.",
           {"df -h", "df -i", "ls -ld /var/lib/casewatch"}}}},
	{OPS_STORE, "ended", {{"See why it ended.", {"journalctl -u casewatchd -p warning --since yesterday"}}}},
	{OPS_CELL,
         "aside",
         {{"See which machine sends.", {"casewatch status"}},
          {"Stop casewatchd on this one, put a backup of the other's database in place of its own, and start it: "
           "docs/cells.md, \"Records set aside\".",
           {NULL}},
          {"Send the journal of that time to whoever maintains casewatch, or look at this machine's memory.",
           {"journalctl -u casewatchd -p warning --since today"}}}},
	{OPS_CELL,
         "standby",
         {{"See on the machine that is not there what it says, and start it.",
           {"casewatch status", "journalctl -u casewatchd -p warning --since today"}},
          {"If it was taken away on purpose, write how many machines there are (cell.machines), and reload.",
           {"systemctl reload casewatchd"}}}},
	{OPS_CELL,
         "members",
         {{"See what the brokers say, and give this machine's Kafka user the right to describe its group, and to "
           "list groups (ACLs: Describe on the group, Describe on the cluster).",
           {"casewatch check"}},
          {"Until then see by hand whether another machine stands by.", {"casewatch status"}}}},
	{OPS_CELL,
         "journal",
         {{"See what this machine says of the journal: whether it is there, and whether this machine may write to it.",
           {"casewatch check", "journalctl -u casewatchd -p warning --since today"}},
          {"If another machine could send, stop casewatchd on this one.", {"casewatch status --cell"}}}},
	{OPS_UNDELIVERABLE, "late", {{"See what waits, and what the servers answered.", {"casewatch outbox --open"}}}},
	{OPS_UNDELIVERABLE,
         "late-critical",
         {{"Ring whoever it is for.", {"casewatch alerts"}},
          {"See what waits, and what the servers answered.", {"casewatch outbox --open"}}}},
	{OPS_UNDELIVERABLE,
         "late-list/*",
         {{"Ring whoever reads it, and see what it waits for.", {"casewatch status", "casewatch outbox --open"}}}},
	{OPS_UNDELIVERABLE,
         "lost-list/*",
         {{"Ring whoever it was for, and see why it did not go.", {"casewatch outbox"}},
          {"Where the address is wrong correct it in the directory, then reload.", RELOAD}}},
	{OPS_UNDELIVERABLE,
         "passed-over/*",
         {{"Make the report of each period that is missing: casewatch report NAME --period PERIOD.", {NULL}}}},
	{OPS_UNDELIVERABLE,
         "returned-unwritten",
         {{"See why it cannot be written: a full disk, or an error of it.",
           {"df -h", "journalctl -u casewatchd -p warning --since today"}}}},
	{OPS_UNDELIVERABLE,
         "returned",
         {{"Make the directory that smtp.bounces names readable for casewatch.", {NULL}}}},
	{OPS_UNDELIVERABLE, "letters", {{"Read the flagged mail in smtp.bounces, and ring whoever wrote it.", {NULL}}}},
	{OPS_UNDELIVERABLE,
         "bounces",
         {{"Read the flagged mail in smtp.bounces: it says who was not told, and why.", {NULL}},
          {"Ring whoever that is, and correct the address in the directory, then reload.", RELOAD}}},
	{OPS_UNDELIVERABLE, "dead-man", {{"Look at dead-man.url, and at whoever listens there.", {"casewatch check"}}}},
	{OPS_UNDELIVERABLE,
         "by-*",
         {{"See what the server answered.", {"casewatch outbox"}},
          {"Correct the address in the directory, then reload.", RELOAD}}},
	{OPS_UNDELIVERABLE, "texts/*", {{"See what keeps alerting this person.", {"casewatch outbox"}}}},
	{OPS_UNDELIVERABLE,
         "notify*",
         {{"See how the channel is, and what GOV.UK Notify answered.", {"casewatch status", "casewatch outbox"}},
          {"Look at notify.key-file, the templates and the service's own status page.", {NULL}}}},
	{OPS_UNDELIVERABLE,
         "webhook",
         {{"See how the channel is, and what the servers answered.", {"casewatch status", "casewatch outbox"}}}},
	{OPS_NOBODY, "rota *", {{"Put somebody on call for that time, or add cover, then reload.", RELOAD}}},
};

static bool is_of(const struct own *own, struct text key)
{
	size_t length = strlen(own->key);
	if (own->key[length - 1] != '*')
		return text_equal(key, text_of(own->key));
	return key.length >= length - 1 && memcmp(key.at, own->key, length - 1) == 0;
}

const struct ops_step *ops_steps(const struct ops_alert *alert, struct text key)
{
	for (size_t i = 0; i < sizeof owns / sizeof owns[0]; i++)
		if (owns[i].what == alert->what && key.length && is_of(&owns[i], key))
			return owns[i].steps;
	return alert->steps;
}
