/* disk: a disk in memory, behind SQLite's VFS: it keeps what was synchronised, and on demand it loses, tears, reorders
 * or refuses the rest, fills up, or takes the machine down in the middle of a call.
 *
 * The one rule: nothing is promised beyond what a disk under Linux promises. A write is on the disk only once the file
 * was synchronised after it; until then a power cut leaves any subset of the sectors written, in any order. A process
 * that is killed loses nothing that it wrote. After a synchronisation that failed, what it was to bring to the disk is
 * never brought there by a later one, unless it is written again ("fsyncgate"). */
#ifndef CASEWATCH_SIM_DISK_H
#define CASEWATCH_SIM_DISK_H

#include "sim/chance.h"

#define DISK_SECTOR 512

enum disk_fault {
	DISK_WELL,
	DISK_KILLED,      /* the process ends at this call: it and those after it have no effect */
	DISK_POWER_CUT,   /* the same, and what was not synchronised is lost, wholly or in part */
	DISK_WRITE_FAILS, /* EIO */
	DISK_SYNC_FAILS,
	DISK_READ_FAILS,
	DISK_SHORT_READ, /* half of it is read, and then EIO */
	DISK_FULL,       /* no file grows, for as long as said */
};
const char *disk_fault_name(enum disk_fault fault);

struct disk;
#define DISK_VFS "simulated"
/* The default VFS from now on. */
struct disk *disk_new(void);
void disk_free(struct disk *disk);
/* Of several disks: what is opened from now on is on that one. The last that was made is, until then. */
void disk_enter(struct disk *disk);
struct disk *disk_entered(void); /* NULL: there is none yet */

/* The fault strikes at the call number `after` from now of those it is about (writes, synchronisations, reads; for the
 * first two of all that change something), and `times` times in a row. One at a time: a new one takes its place. */
void disk_plan(struct disk *disk, enum disk_fault fault, uint64_t after, uint64_t times, struct chance chance);
/* The same of SQLite's own calls: the statement number `after` from now is not done, and `status` is said of it: EIO
 * that it met in a page that is in no cache, memory that is not there, another who holds the lock (statements.c). */
void disk_plan_statement(struct disk *disk, int status, uint64_t after, uint64_t times);
/* Steps of SQLite's machine, of all but who looks from outside; how many there were since the disk was made. */
void disk_count_steps(struct disk *disk, int steps);
uint64_t disk_steps(const struct disk *disk);
int disk_statement(struct disk *disk); /* what comes of a statement that is about to be done; 0: nothing */
void disk_forgive(struct disk *disk); /* nothing is planned, and there is room again */
/* The machine is down: no call has an effect any more. Until disk_start. `power`: and what was not synchronised is lost
 * as the chance has it. */
void disk_kill(struct disk *disk, bool power, struct chance chance);
/* Called once for each death, whatever its cause, at that very moment. */
void disk_on_death(struct disk *disk, void (*died)(void *context), void *context);
/* While somebody looks who is not of the simulated world nothing fails and nothing is counted. */
void disk_look(struct disk *disk, bool looks);
/* The same while all is looked at: what looks in between ends its own. */
void disk_spare(struct disk *disk, bool spared);
bool disk_is_dead(const struct disk *disk);
bool disk_lost_power(const struct disk *disk); /* while it is dead: what was not synchronised is lost */
void disk_start(struct disk *disk); /* the machine is up again: what is there is what outlived it */
/* How often a fault struck, and how many calls changed something, since the disk was made. */
uint64_t disk_struck(const struct disk *disk);
uint64_t disk_calls(const struct disk *disk);

/* How long the file is, as a process sees it; 0: there is none. */
int64_t disk_length(const struct disk *disk, const char *name);

/* A copy of every file as a process would read it, to be looked at or put back; of what is on the disk by then. */
struct disk_image;
struct disk_image *disk_copy(const struct disk *disk);
void disk_restore(struct disk *disk, const struct disk_image *image); /* while nothing is open; it is synchronised */
/* Its files into a folder of the machine, under their last names; false: they cannot be written. */
bool disk_image_write(const struct disk_image *image, const char *folder);
void disk_image_free(struct disk_image *image);
/* A file of the machine's own in place of all that is there, and synchronised; false: it cannot be read. */
bool disk_take(struct disk *disk, const char *name, const char *path);
/* The same files under another folder, beside those that are there. */
void disk_put_beside(struct disk *disk, const struct disk_image *image, const char *from, const char *to);
void disk_remove(struct disk *disk, const char *beginning); /* every file whose name begins so; none is open */

#endif
