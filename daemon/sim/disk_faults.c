/* disk_faults: at which call what goes wrong. */
#include "sim/disk_internal.h"

static const char *const names[] = {"well",         "killed",       "power cut",    "a write fails",
                                    "a sync fails", "a read fails", "a short read", "the disk is full"};

const char *disk_fault_name(enum disk_fault fault)
{
	return names[fault];
}

void disk_plan(struct disk *disk, enum disk_fault fault, uint64_t after, uint64_t times, struct chance chance)
{
	disk->planned = fault;
	disk->after = after;
	disk->times = times;
	disk->chance = chance;
}

void disk_plan_statement(struct disk *disk, int status, uint64_t after, uint64_t times)
{
	disk->statement = status;
	disk->statement_after = after;
	disk->statement_times = times;
}

void disk_count_steps(struct disk *disk, int steps)
{
	if (!disk->looks && !disk->spared && steps > 0)
		disk->steps += (uint64_t)steps;
}

uint64_t disk_steps(const struct disk *disk)
{
	return disk->steps;
}

int disk_statement(struct disk *disk)
{
	if (disk->looks || disk->spared || disk->dead || !disk->statement_times)
		return SQLITE_OK;
	if (disk->statement_after) {
		disk->statement_after--;
		return SQLITE_OK;
	}
	disk->statement_times--;
	disk->struck++;
	return disk->statement;
}

void disk_forgive(struct disk *disk)
{
	disk->statement_times = 0;
	disk->planned = DISK_WELL;
}

uint64_t disk_struck(const struct disk *disk)
{
	return disk->struck;
}

uint64_t disk_calls(const struct disk *disk)
{
	return disk->calls;
}

static bool is_about(enum disk_fault fault, enum disk_call call, bool grows)
{
	switch (fault) {
	case DISK_WELL: return false;
	case DISK_KILLED:
	case DISK_POWER_CUT: return call != DISK_READS;
	case DISK_WRITE_FAILS: return call == DISK_WRITES || call == DISK_CHANGES;
	case DISK_SYNC_FAILS: return call == DISK_SYNCS;
	case DISK_READ_FAILS:
	case DISK_SHORT_READ: return call == DISK_READS;
	case DISK_FULL: return call == DISK_WRITES && grows;
	}
	return false;
}

static int strike(struct disk *disk, enum disk_call call)
{
	switch (disk->planned) {
	case DISK_WELL: break;
	case DISK_KILLED:
	case DISK_POWER_CUT: disk_kill(disk, disk->planned == DISK_POWER_CUT, disk->chance); return SQLITE_IOERR;
	case DISK_WRITE_FAILS: return call == DISK_CHANGES ? SQLITE_IOERR_TRUNCATE : SQLITE_IOERR_WRITE;
	case DISK_SYNC_FAILS: return SQLITE_IOERR_FSYNC;
	case DISK_READ_FAILS:
	case DISK_SHORT_READ: return SQLITE_IOERR_READ;
	case DISK_FULL: return SQLITE_FULL;
	}
	return SQLITE_OK;
}

int disk_called(struct disk *disk, enum disk_call call, bool grows)
{
	if (disk->looks || disk->spared)
		return SQLITE_OK;
	if (disk->dead)
		return SQLITE_IOERR;
	disk->calls += call != DISK_READS;
	if (!is_about(disk->planned, call, grows))
		return SQLITE_OK;
	if (disk->after) {
		disk->after--;
		return SQLITE_OK;
	}
	disk->half = disk->planned == DISK_SHORT_READ;
	int status = strike(disk, call);
	disk->struck++;
	if (disk->times && --disk->times == 0)
		disk->planned = DISK_WELL;
	return status;
}

bool disk_reads_half(const struct disk *disk)
{
	return disk->half;
}
