/* disk_vfs: the disk as SQLite sees it. */
#include "sim/disk_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct disk_handle *handle_of(sqlite3_file *file)
{
	return (struct disk_handle *)file;
}

/* ---- a file ---- */

static int close_file(sqlite3_file *file)
{
	struct disk_handle *handle = handle_of(file);
	(void)disk_unmap(file, 1);
	(void)disk_unlock(file, SQLITE_LOCK_NONE);
	handle->file->open--;
	if (handle->file->temporary && !handle->file->open)
		disk_clear(handle->file);
	return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *to, int length, sqlite3_int64 at)
{
	struct disk_handle *handle = handle_of(file);
	const struct disk_bytes *seen = &handle->file->seen;
	int status = disk_called(handle->disk, DISK_READS, false);
	int64_t there = seen->length > at ? seen->length - at : 0;
	if (there > length)
		there = length;
	if (status != SQLITE_OK && disk_reads_half(handle->disk) && there) /* then the rest cannot be read */
		memcpy(to, seen->at + at, (size_t)there / 2);
	if (status != SQLITE_OK)
		return status;
	if (there)
		memcpy(to, seen->at + at, (size_t)there);
	memset((char *)to + there, 0, (size_t)(length - there));
	return there == length ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *file, const void *from, int length, sqlite3_int64 at)
{
	struct disk_handle *handle = handle_of(file);
	struct disk_file *of = handle->file;
	if (of->temporary) {
		disk_bytes_put(&of->seen, at, from, length);
		return SQLITE_OK;
	}
	int status = disk_called(handle->disk, DISK_WRITES, at + length > of->seen.length);
	if (status != SQLITE_OK)
		return status;
	disk_bytes_put(&of->seen, at, from, length);
	disk_note(of, at, from, length);
	return SQLITE_OK;
}

static int cut_file(sqlite3_file *file, sqlite3_int64 length)
{
	struct disk_handle *handle = handle_of(file);
	int status = disk_called(handle->disk, DISK_CHANGES, false);
	if (status != SQLITE_OK)
		return status;
	disk_bytes_cut(&handle->file->seen, length);
	disk_note(handle->file, -1, NULL, length);
	return SQLITE_OK;
}

static int sync_file(sqlite3_file *file, int flags)
{
	struct disk_handle *handle = handle_of(file);
	int status = disk_called(handle->disk, DISK_SYNCS, false);
	(void)flags;
	if (status == SQLITE_OK)
		disk_sync(handle->file);
	if (status == SQLITE_OK && handle->file->fresh) /* as unixSync does for a new journal or log */
		disk_sync_names(handle->disk);
	else if (status == SQLITE_IOERR_FSYNC)
		disk_sync_fails(handle->file);
	return status;
}

static int size_file(sqlite3_file *file, sqlite3_int64 *length)
{
	*length = handle_of(file)->file->seen.length;
	return SQLITE_OK;
}

/* The daemon's pages are of 16 KiB, for a disk that is slow to write and quick to read. Here each is copied, and all of
 * what is summed up in the log for each commit would be a tenth of the run: they stay as small as SQLite has them, so
 * that a power cut tears more of them. */
static int small_pages(char **pragma)
{
	return pragma[2] && strcmp(pragma[1], "page_size") == 0 ? SQLITE_OK : SQLITE_NOTFOUND;
}

static int control(sqlite3_file *file, int what, void *argument)
{
	(void)file;
	if (what == SQLITE_FCNTL_PRAGMA)
		return small_pages(argument);
	if (what != SQLITE_FCNTL_HAS_MOVED)
		return SQLITE_NOTFOUND;
	*(int *)argument = 0;
	return SQLITE_OK;
}

static int sector_size(sqlite3_file *file)
{
	(void)file;
	return 4096; /* as SQLite assumes of a file under Linux */
}

static int characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = close_file,
	.xRead = read_file,
	.xWrite = write_file,
	.xTruncate = cut_file,
	.xSync = sync_file,
	.xFileSize = size_file,
	.xLock = disk_lock,
	.xUnlock = disk_unlock,
	.xCheckReservedLock = disk_reserved,
	.xFileControl = control,
	.xSectorSize = sector_size,
	.xDeviceCharacteristics = characteristics,
	.xShmMap = disk_map,
	.xShmLock = disk_lock_shared,
	.xShmBarrier = disk_barrier,
	.xShmUnmap = disk_unmap,
};

/* ---- the disk ---- */

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	static unsigned nameless;
	struct disk *disk = vfs->pAppData;
	char own_name[32];
	(void)snprintf(own_name, sizeof own_name, "temporary-%u", nameless++);
	file->pMethods = NULL;
	struct disk_file *found = disk_find(disk, name ? name : own_name);
	if (disk->dead && !disk->looks)
		return SQLITE_CANTOPEN;
	if (!found || !found->there) {
		if (!(flags & SQLITE_OPEN_CREATE) && flags & SQLITE_OPEN_MAIN_DB && flags & SQLITE_OPEN_READONLY)
			return SQLITE_CANTOPEN;
		if (name && disk_called(disk, DISK_CHANGES, false) != SQLITE_OK)
			return SQLITE_CANTOPEN;
		if (!found)
			found = disk_make(disk, name ? name : own_name);
		if (!found)
			return SQLITE_CANTOPEN;
		if (found->there_for_good) /* it was deleted, and that may not be on the disk yet */
			disk_note(found, -1, NULL, 0);
		found->there = true;
		found->fresh = flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL);
		found->temporary = !name || flags & SQLITE_OPEN_DELETEONCLOSE;
	}
	found->open++;
	*handle_of(file) = (struct disk_handle){.base = {&methods}, .disk = disk, .file = found};
	if (out_flags)
		*out_flags = flags;
	return SQLITE_OK;
}

/* What was written of it and not synchronised may yet be there after a power cut, as may its name. */
static int delete_file(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	struct disk *disk = vfs->pAppData;
	struct disk_file *file = disk_find(disk, name);
	if (!file || !file->there)
		return SQLITE_IOERR_DELETE_NOENT;
	if (disk_called(disk, DISK_CHANGES, false) != SQLITE_OK)
		return SQLITE_IOERR_DELETE;
	file->there = false;
	disk_bytes_cut(&file->seen, 0);
	if (sync_folder)
		disk_sync_names(disk);
	return SQLITE_OK;
}

static int is_there(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
	const struct disk_file *file = disk_find(vfs->pAppData, name);
	(void)flags;
	*answer = file && file->there && (flags != SQLITE_ACCESS_EXISTS || file->seen.length > 0);
	return SQLITE_OK;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)room, "%s", name) < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int randomness(sqlite3_vfs *vfs, int length, char *out)
{
	(void)vfs;
	memset(out, 0x5a, (size_t)length); /* the salts of a log need only change, and SQLite adds to them */
	return length;
}

static int sleep_a_while(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds; /* nobody else could let go meanwhile */
}

static int current_time(sqlite3_vfs *vfs, sqlite3_int64 *milliseconds)
{
	(void)vfs;
	*milliseconds = 210866760000000; /* 1970: nothing in casewatch asks SQLite for the time */
	return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int length, char *out)
{
	(void)vfs;
	if (length > 0)
		out[0] = '\0';
	return 0;
}

static sqlite3_vfs vfs = {
	.iVersion = 2,
	.szOsFile = sizeof(struct disk_handle),
	.mxPathname = 512,
	.zName = DISK_VFS,
	.xOpen = open_file,
	.xDelete = delete_file,
	.xAccess = is_there,
	.xFullPathname = full_name,
	.xRandomness = randomness,
	.xSleep = sleep_a_while,
	.xCurrentTimeInt64 = current_time,
	.xGetLastError = last_error,
};

void disk_enter(struct disk *disk)
{
	vfs.pAppData = disk;
}

struct disk *disk_entered(void)
{
	return vfs.pAppData;
}

static int register_vfs(struct disk *disk)
{
	disk_enter(disk);
	return sqlite3_vfs_register(&vfs, 1);
}

/* One thread, and nobody who asks how much memory it takes: no lock for each block, and no sum of all. Before SQLite
 * is used first: what the store says (open.c) comes too late here. In a second run of one process it is refused, and
 * is so already. */
static void configure_sqlite(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct disk *disk_new(void)
{
	struct disk *disk = MEM_NEW(struct disk);
	configure_sqlite();
	if (register_vfs(disk) != SQLITE_OK)
		abort(); /* a table of functions that SQLite refuses: a mistake here, and not of any input */
	return disk;
}
