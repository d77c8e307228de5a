/* check_registers: the registers are what a daemon makes of the same events that has none yet: they are made anew in a
 * copy of the database, and compared row by row. */
#include "sim/sim.h"

#include "base/mem.h"
#include "store/events/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static size_t linked(void *context, struct text id, const struct text **ids)
{
	return pipeline_linked(((const struct council *)context)->pipeline, id, ids);
}

static struct text canonical(void *context, struct text id)
{
	return pipeline_canonical(((const struct council *)context)->pipeline, id);
}

/* ---- the copy ---- */

static void forget_registers(struct sim *sim, const char *path)
{
	sqlite3 *database = NULL;
	if (sqlite3_open(path, &database) != SQLITE_OK ||
	    sqlite3_exec(database, "UPDATE register_state SET fingerprint = fingerprint + 1", NULL, NULL, NULL) !=
	            SQLITE_OK)
		sim_fail(sim, "the copy cannot be written: %s", sqlite3_errmsg(database));
	(void)sqlite3_close(database);
}

static void make_registers(struct sim *sim, const char *path)
{
	struct council *council = sim->council;
	struct store *store = NULL;
	struct registers *registers = NULL;
	struct fault fault = {0};
	bool more = true;
	enum result result = store_open(path, STORE_WRITE, &store, &fault);
	if (result == RESULT_OK) {
		struct registers_settings settings = {.store = store,
		                                      .rules = council->config->rules,
		                                      .zone = calendar_zone(council->config->calendar),
		                                      .context = council,
		                                      .linked = linked,
		                                      .canonical = canonical};
		events_set_parser(store, council->reader);
		result = registers_new(&settings, &registers, &fault);
	}
	while (result == RESULT_OK && more)
		result = registers_step(registers, &more, &fault);
	if (result != RESULT_OK)
		sim_fail(sim, "the registers cannot be made anew: %s", fault.text);
	registers_free(registers);
	store_close(store);
}

/* ---- both sides ---- */

static const char REGISTER_TABLES[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE"
				      " 'register~_%' ESCAPE '~' AND name NOT IN ('register_state', 'register_again')";

/* The same for the same rows, in whatever order. */
static uint64_t sum_rows(sqlite3 *database, const char *table)
{
	char sql[160];
	sqlite3_stmt *row = NULL;
	uint64_t sum = 0;
	(void)snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
	if (sqlite3_prepare_v2(database, sql, -1, &row, NULL) != SQLITE_OK)
		return 0;
	while (sqlite3_step(row) == SQLITE_ROW) {
		uint64_t print = 1;
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			const char *at = (const char *)sqlite3_column_text(row, i);
			print = text_fingerprint(text_of(at ? at : "\1"), print);
		}
		sum += print * 0x9e3779b97f4a7c15u + 1;
	}
	(void)sqlite3_finalize(row);
	return sum;
}

uint64_t check_registers_sum(struct sim *sim)
{
	uint64_t sum = 0;
	(void)look_one(sim, "SELECT 1"); /* the connection is open */
	disk_look(sim->disk, true);
	sqlite3_stmt *row = look_start(sim, REGISTER_TABLES);
	while (look_row(sim, row)) {
		char table[96];
		(void)snprintf(table, sizeof table, "%.*s", TEXT_ARG(look_text(row, 0)));
		sum += sum_rows(sim->look.database, table) + text_fingerprint(text_of(table), sum);
	}
	return sum;
}

static void compare_tables(struct sim *sim, const char *path)
{
	sqlite3 *other = NULL;
	if (sqlite3_open(path, &other) != SQLITE_OK)
		sim_fail(sim, "the copy cannot be read");
	sqlite3_stmt *row = look_start(sim, REGISTER_TABLES);
	while (look_row(sim, row)) {
		char table[96];
		(void)snprintf(table, sizeof table, "%.*s", TEXT_ARG(look_text(row, 0)));
		if (sum_rows(sim->look.database, table) != sum_rows(other, table))
			sim_fail(sim, "%s is not what the events say", table);
	}
	(void)sqlite3_close(other);
}

/* A file of that name stands on the machine's own disk, as one does for the database. */
void check_registers(struct sim *sim)
{
	char path[128], lock[160], erased[160];
	struct disk_image *image = disk_copy(sim->disk);
	(void)snprintf(path, sizeof path, "%s/copy.db", sim->folder);
	(void)snprintf(lock, sizeof lock, "%s.lock", path);
	(void)snprintf(erased, sizeof erased, "%s.erased", path); /* it is written beside a copy that knows erasures */
	FILE *file = fopen(path, "we");
	if (!file || fputs("This stands for a copy.\n", file) < 0 || fclose(file) != 0)
		sim_fail(sim, "the simulator cannot write %s", path);
	look_one(sim, "SELECT 1"); /* the connection is open before anything is compared */
	disk_put_beside(sim->disk, image, sim->database, path);
	disk_look(sim->disk, true);
	forget_registers(sim, path);
	make_registers(sim, path);
	compare_tables(sim, path);
	disk_look(sim->disk, false);
	disk_remove(sim->disk, path);
	disk_image_free(image);
	(void)unlink(path);
	(void)unlink(lock);
	(void)unlink(erased);
	sim->figures.reckonings++;
}
