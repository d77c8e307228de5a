/* disk_internal: what the files of the disk share; nobody else includes it. */
#ifndef CASEWATCH_SIM_DISK_INTERNAL_H
#define CASEWATCH_SIM_DISK_INTERNAL_H

#include "base/mem.h"
#include "sim/disk.h"

#include <sqlite3.h>

#define DISK_FILES_MOST 32   /* the database, its log and a copy of them; far fewer are ever there */
#define DISK_LOCKS 8         /* SQLITE_SHM_NLOCK */
#define DISK_REGIONS_MOST 64 /* of 32 KiB, each of 4,096 pages of the log: the daemon begins it anew at 4,000 */

/* One change that was not synchronised. */
struct disk_write {
	int64_t at; /* in the file; -1: it is cut to `length` bytes */
	int64_t length;
	char *bytes; /* owned; NULL for a cut */
};

struct disk_bytes {
	char *at;
	int64_t length, room;
};

struct disk_file {
	char *name;                   /* owned; NULL: the place is free */
	bool there;                   /* a process sees it */
	bool there_for_good;          /* its name was synchronised */
	bool fresh;                   /* the folder is synchronised with it, the first time */
	bool temporary;               /* it goes when it is closed */
	struct disk_bytes seen, kept; /* as a process reads it; as it is on the disk */
	struct disk_write *writes;    /* between the two, in order */
	size_t write_count, write_room;
	int open;
	/* The lock of the file itself, and the index of its write-ahead log, in memory that its connections share. */
	int shared, reserved, exclusive;
	void *regions[DISK_REGIONS_MOST];
	int region_count, region_bytes, maps;
	int lock_shared[DISK_LOCKS], lock_exclusive[DISK_LOCKS];
};

struct disk {
	struct disk_file files[DISK_FILES_MOST];
	enum disk_fault planned;
	uint64_t after, times;
	struct chance chance;
	bool dead, power, looks, spared;
	bool half; /* of what the last read that failed was to read half was read */
	void (*died)(void *context);
	void *died_context;
	uint64_t struck, calls, steps;
	int statement; /* what is said of statements that fail */
	uint64_t statement_after, statement_times;
};

/* disk.c */
struct disk_file *disk_find(struct disk *disk, const char *name);
struct disk_file *disk_make(struct disk *disk, const char *name);
void disk_bytes_put(struct disk_bytes *bytes, int64_t at, const void *from, int64_t length);
void disk_bytes_cut(struct disk_bytes *bytes, int64_t length);
void disk_note(struct disk_file *file, int64_t at, const void *bytes, int64_t length);
void disk_sync(struct disk_file *file);       /* all that was written is kept */
void disk_sync_names(struct disk *disk);      /* and which files there are */
void disk_sync_fails(struct disk_file *file); /* and never will be */
void disk_forget_shared(struct disk_file *file);
void disk_clear(struct disk_file *file);

/* disk_faults.c: what comes of a call that would change something, or read. Anything but SQLITE_OK: it has no other
 * effect. */
enum disk_call { DISK_WRITES, DISK_SYNCS, DISK_READS, DISK_CHANGES /* a cut, a name */ };
int disk_called(struct disk *disk, enum disk_call call, bool grows);
bool disk_reads_half(const struct disk *disk);

/* disk_shared.c: locks and the shared index. */
struct disk_handle {
	sqlite3_file base;
	struct disk *disk;
	struct disk_file *file;
	int lock; /* SQLITE_LOCK_* that this connection holds */
	bool mapped;
	unsigned held_shared, held_exclusive; /* bits */
};
int disk_lock(sqlite3_file *file, int level);
int disk_unlock(sqlite3_file *file, int level);
int disk_reserved(sqlite3_file *file, int *answer);
int disk_map(sqlite3_file *file, int region, int bytes, int extend, void volatile **at);
int disk_lock_shared(sqlite3_file *file, int first, int count, int flags);
void disk_barrier(sqlite3_file *file);
int disk_unmap(sqlite3_file *file, int forget);

#endif
