/* backups: one is made and put back as people do it, by the functions of `casewatch backup` and `casewatch restore`:
 * on the machine's own disk, to which the database is written out for as long. */
#include "sim/sim.h"

#include "store/copies/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct outside {
	struct sim *sim;
	char folder[96], database[128], backup[128];
};

static void step_outside(struct sim *sim, struct outside *outside)
{
	struct disk_image *image = disk_copy(sim->disk);
	*outside = (struct outside){.sim = sim};
	(void)snprintf(outside->folder, sizeof outside->folder, "%s/outside", sim->folder);
	(void)snprintf(outside->database, sizeof outside->database, "%s/casewatch.db", outside->folder);
	(void)snprintf(outside->backup, sizeof outside->backup, "%s/backup.db", sim->folder);
	edition_empty(sim, "outside", false);
	if (!disk_image_write(image, outside->folder))
		sim_fail(sim, "the simulator cannot write into %s", outside->folder);
	disk_image_free(image);
	(void)sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);
}

static void step_inside(struct outside *outside)
{
	(void)sqlite3_vfs_register(sqlite3_vfs_find(DISK_VFS), 1);
	edition_empty(outside->sim, "outside", true);
}

/* Beside the daemon, of what it wrote up to now. */
void backups_make(struct sim *sim)
{
	struct outside outside;
	struct fault fault = {0};
	step_outside(sim, &outside);
	(void)unlink(outside.backup);
	disk_look(sim->disk, true);
	if (access(outside.database, F_OK) == 0 &&
	    backup_copy(outside.database, outside.backup, NULL, NULL, &fault) != RESULT_OK)
		sim_fail(sim, "a backup cannot be made: %s", fault.text);
	disk_look(sim->disk, false);
	sim->has_backup = access(outside.backup, F_OK) == 0;
	step_inside(&outside);
}

/* What the database that goes knows to have been told; what is told again of it is marked from now on. */
static void remember_told(struct sim *sim)
{
	sqlite3_stmt *row = look_start(sim, TOLD_ONCE);
	while (look_row(sim, row))
		map_add(&sim->told_before, text_fingerprint(look_text(row, 1), 0), 1);
	look_close(sim);
}

static void put_back(struct sim *sim, struct outside *outside)
{
	struct restored restored = {0};
	struct fault fault = {0};
	disk_look(sim->disk, true);
	if (backup_restore(outside->database, outside->backup, true, sim->hands.now, &restored, &fault) != RESULT_OK)
		sim_fail(sim, "a backup cannot be put back: %s", fault.text);
	disk_look(sim->disk, false);
	if (!disk_take(sim->disk, sim->database, outside->database))
		sim_fail(sim, "the simulator cannot read %s", outside->database);
}

void backups_restore(struct sim *sim)
{
	struct outside outside;
	if (!sim->has_backup)
		return;
	world_stop(sim);
	remember_told(sim);
	step_outside(sim, &outside);
	put_back(sim, &outside);
	step_inside(&outside);
	sim->restored = sim->hands.now;
	sim->decision_count = 0; /* a record may have another number, once it is read again */
	mail_forget(&sim->mail); /* its references are numbers of rows, which are given out once more */
	check_restored(sim);
}

void backups_clear(struct sim *sim)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/backup.db", sim->folder);
	(void)unlink(path);
	map_free(&sim->told_before);
}
