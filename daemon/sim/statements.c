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
	const sqlite3_vfs *vfs = sqlite3_vfs_find(DISK_VFS);
	int status = vfs ? disk_statement(vfs->pAppData) : SQLITE_OK;
	if (status != SQLITE_OK)
		return status;
	int before = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
	status = __real_sqlite3_step(statement);
	if (vfs)
		disk_count_steps(vfs->pAppData, sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0) - before);
	return status;
}
