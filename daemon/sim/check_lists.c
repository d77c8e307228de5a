/* check_lists: silence is never ambiguous: each list goes out each time it is due, also with nothing in it, and on the
 * last day, when nothing fails, each of its readers has it; and ops hear of a record that waits in quarantine. */
#include "sim/sim.h"

#include "report/schedule.h"
#include "store/outbox/outbox.h"
#include "time/recurrence.h"

#define IN_TIME (2 * HOUR) /* for what is due, where nothing was wrong meanwhile */
#define QUIET (12 * HOUR)  /* of the last day: the tree's own configuration is in force for longer */
#define PATIENCE HOUR      /* before a record that waits is ops' business (pipeline/ops.c) */

/* Of the list, made since then for that person; all: for anybody. `taken`: of which a server said that it has them. */
static int64_t count_rows(struct sim *sim, const struct config_list *list, instant due, const char *person, bool taken)
{
	struct buffer words = {0};
	int64_t count = 0;
	buffer_format(&words, "\"list\":\"%s\"", list->id);
	sqlite3_stmt *row = look_start(sim, "SELECT count(*) FROM outbox WHERE purpose = 'list' AND created >= ?1"
	                                    " AND instr(payload, ?2) > 0 AND (?3 = '' OR person = ?3)"
	                                    " AND (NOT ?4 OR state IN (2, 3))");
	(void)sqlite3_bind_int64(row, 1, due);
	(void)sqlite3_bind_text(row, 2, buffer_cstr(&words), -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(row, 3, person, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(row, 4, taken);
	while (look_row(sim, row))
		count = look_int(row, 0);
	buffer_free(&words);
	return count;
}

static void check_readers(struct sim *sim, const struct config_list *list, instant due)
{
	const struct config *config = sim->council->config;
	struct schedule_recipients to;
	schedule_recipients_find(list, config->directory, zone_date(calendar_zone(config->calendar), due), &to);
	for (size_t i = 0; i < to.count; i++)
		if (!count_rows(sim, list, due, to.items[i].person->id, true))
			sim_fail(sim, "list %s was due, and %s does not have it", list->id, to.items[i].person->id);
	schedule_recipients_free(&to);
}

/* A list that was not there when it was due, or before the council began, owes nothing for then. */
static void check_list(struct sim *sim, const struct config_list *list, bool end)
{
	instant now = sim->hands.now, due = recurrence_latest(&list->due, sim->council->config->calendar, now);
	if (due < sim->plan.begins + IN_TIME || now - due < IN_TIME)
		return;
	if (!count_rows(sim, list, due, "", false))
		sim_fail(sim, "list %s was due, and was not made", list->id);
	else if (end && !sim->member)
		check_readers(sim, list, due);
}

static void check_quarantine(struct sim *sim)
{
	instant now = sim->hands.now;
	sqlite3_stmt *row = look_start(sim, "SELECT min(id) FROM quarantine WHERE state = 'waiting' AND arrived < ?1"
	                                    " AND NOT EXISTS (SELECT 1 FROM condition WHERE id = 'ops.quarantine'"
	                                    " AND ended > ?2 AND told > 0) HAVING min(id) > 0");
	(void)sqlite3_bind_int64(row, 1, now - PATIENCE - IN_TIME);
	(void)sqlite3_bind_int64(row, 2, now);
	while (look_row(sim, row))
		sim_fail(sim, "record %lld waits in quarantine, and ops were not told", (long long)look_int(row, 0));
}

/* Of the directory that is in force: people's addresses were other ones for a while (edition.c). */
static void check_addresses(struct sim *sim)
{
	const struct directory *directory = sim->council->config->directory;
	sqlite3_stmt *row =
		look_start(sim, "SELECT DISTINCT person, address FROM outbox WHERE created > ?1 AND sent > ?1"
	                        " AND person <> '' AND address <> ''");
	(void)sqlite3_bind_int64(row, 1, sim->hands.now - QUIET);
	while (look_row(sim, row)) {
		const struct person *person = directory_person(directory, look_text(row, 0));
		const char *address = person ? directory_address(person, CHANNEL_EMAIL) : NULL;
		if (address && !text_equal(text_of(address), look_text(row, 1)))
			sim_fail(sim, "%s was written to at %.*s, and has the address %s", person->id,
			         TEXT_ARG(look_text(row, 1)), address);
	}
}

/* `end`: a day after the last fault. Else only where nothing was wrong for so long that all should be done. */
void check_lists(struct sim *sim, bool end)
{
	const struct config *config = sim->council->config;
	if (sim->clock_was_wrong || (!end && sim->truth < sim->amiss + IN_TIME))
		return;
	for (size_t i = 0; i < config->list_count; i++)
		check_list(sim, &config->lists[i], end);
	check_quarantine(sim);
	if (end)
		check_addresses(sim);
}
