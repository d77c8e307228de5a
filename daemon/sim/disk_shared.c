/* disk_shared: the locks of a file, and the index of its write-ahead log, shared by the connections of one process.
 *
 * All is one thread, so that a lock that somebody else holds is "busy" at once. */
#include "sim/disk_internal.h"

#include <stdlib.h>

static struct disk_handle *handle_of(sqlite3_file *file)
{
	return (struct disk_handle *)file;
}

/* ---- the file ---- */

int disk_lock(sqlite3_file *file, int level)
{
	struct disk_handle *handle = handle_of(file);
	struct disk_file *of = handle->file;
	if (level <= handle->lock)
		return SQLITE_OK;
	if (level == SQLITE_LOCK_SHARED && of->exclusive)
		return SQLITE_BUSY;
	if (level >= SQLITE_LOCK_RESERVED && handle->lock < SQLITE_LOCK_RESERVED && of->reserved)
		return SQLITE_BUSY;
	if (level == SQLITE_LOCK_EXCLUSIVE && of->shared > 1)
		return SQLITE_BUSY;
	if (handle->lock == SQLITE_LOCK_NONE)
		of->shared++;
	if (level >= SQLITE_LOCK_RESERVED && handle->lock < SQLITE_LOCK_RESERVED)
		of->reserved++;
	if (level == SQLITE_LOCK_EXCLUSIVE)
		of->exclusive++;
	handle->lock = level;
	return SQLITE_OK;
}

int disk_unlock(sqlite3_file *file, int level)
{
	struct disk_handle *handle = handle_of(file);
	struct disk_file *of = handle->file;
	if (level >= handle->lock)
		return SQLITE_OK;
	if (handle->lock == SQLITE_LOCK_EXCLUSIVE)
		of->exclusive--;
	if (handle->lock >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED)
		of->reserved--;
	if (level == SQLITE_LOCK_NONE)
		of->shared--;
	handle->lock = level;
	return SQLITE_OK;
}

int disk_reserved(sqlite3_file *file, int *answer)
{
	*answer = handle_of(file)->file->reserved > 0;
	return SQLITE_OK;
}

/* ---- the index of the log ---- */

int disk_map(sqlite3_file *file, int region, int bytes, int extend, void volatile **at)
{
	struct disk_handle *handle = handle_of(file);
	struct disk_file *of = handle->file;
	*at = NULL;
	if (handle->disk->dead)
		return SQLITE_IOERR_SHMMAP;
	if (!handle->mapped) {
		handle->mapped = true;
		of->maps++;
	}
	if (region >= DISK_REGIONS_MOST)
		return SQLITE_IOERR_SHMSIZE;
	while (extend && of->region_count <= region)
		of->regions[of->region_count++] = mem_zero(1, (size_t)bytes);
	*at = region < of->region_count ? of->regions[region] : NULL;
	return SQLITE_OK;
}

static void let_go(struct disk_handle *handle, int i)
{
	if (handle->held_shared & 1u << i)
		handle->file->lock_shared[i]--;
	if (handle->held_exclusive & 1u << i)
		handle->file->lock_exclusive[i]--;
	handle->held_shared &= ~(1u << i);
	handle->held_exclusive &= ~(1u << i);
}

static bool is_free(const struct disk_handle *handle, int i, bool exclusive)
{
	const struct disk_file *of = handle->file;
	int others = of->lock_shared[i] - (int)(handle->held_shared >> i & 1);
	int barred = of->lock_exclusive[i] - (int)(handle->held_exclusive >> i & 1);
	return !barred && !(exclusive && others);
}

int disk_lock_shared(sqlite3_file *file, int first, int count, int flags)
{
	struct disk_handle *handle = handle_of(file);
	bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
	if (handle->disk->dead && flags & SQLITE_SHM_LOCK)
		return SQLITE_IOERR_SHMLOCK;
	for (int i = first; i < first + count; i++)
		if (flags & SQLITE_SHM_LOCK && !is_free(handle, i, exclusive))
			return SQLITE_BUSY;
	for (int i = first; i < first + count; i++) {
		let_go(handle, i);
		if (!(flags & SQLITE_SHM_LOCK))
			continue;
		handle->file->lock_shared[i] += !exclusive;
		handle->file->lock_exclusive[i] += exclusive;
		handle->held_shared |= exclusive ? 0 : 1u << i;
		handle->held_exclusive |= exclusive ? 1u << i : 0;
	}
	return SQLITE_OK;
}

void disk_barrier(sqlite3_file *file)
{
	(void)file; /* one thread */
}

int disk_unmap(sqlite3_file *file, int forget)
{
	struct disk_handle *handle = handle_of(file);
	if (!handle->mapped)
		return SQLITE_OK;
	for (int i = 0; i < DISK_LOCKS; i++)
		let_go(handle, i);
	handle->mapped = false;
	if (--handle->file->maps == 0 && forget)
		disk_forget_shared(handle->file);
	return SQLITE_OK;
}
