/* statements: stands between the whole daemon and sqlite3_step (the linker puts it there, for the simulator alone): a
 * statement fails where the disk beneath would not have been asked, since what it wants is in a cache. So every place
 * that must bear a failure of the database is tried, and not only those that read or write a page. And what a turn of
 * the loop asks of SQLite is counted here, as it is done. */
#include "sim/disk.h"

#include <sqlite3.h>

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	struct disk *disk = disk_entered();
	int status = disk ? disk_statement(disk) : SQLITE_OK;
	if (status != SQLITE_OK)
		return status;
	int before = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
	status = __real_sqlite3_step(statement);
	if (disk)
		disk_count_steps(disk, sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0) - before);
	return status;
}
