/* disk: files, what of them is on the disk, and what a power cut leaves. */
#include "sim/disk_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

static void bytes_room(struct disk_bytes *bytes, int64_t length)
{
	if (length <= bytes->room)
		return;
	bytes->room = length + length / 4 + 65536;
	bytes->at = mem_grow(bytes->at, (size_t)bytes->room, 1);
}

/* Beyond the end there are zeros first, as in a file with a hole. */
void disk_bytes_put(struct disk_bytes *bytes, int64_t at, const void *from, int64_t length)
{
	bytes_room(bytes, at + length);
	if (at > bytes->length)
		memset(bytes->at + bytes->length, 0, (size_t)(at - bytes->length));
	if (length)
		memcpy(bytes->at + at, from, (size_t)length);
	if (at + length > bytes->length)
		bytes->length = at + length;
}

void disk_bytes_cut(struct disk_bytes *bytes, int64_t length)
{
	if (length < bytes->length)
		bytes->length = length;
}

static void bytes_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
	to->length = 0;
	disk_bytes_put(to, 0, from->at, from->length);
}

/* ---- files ---- */

struct disk_file *disk_find(struct disk *disk, const char *name)
{
	for (size_t i = 0; i < DISK_FILES_MOST; i++)
		if (disk->files[i].name && strcmp(disk->files[i].name, name) == 0)
			return &disk->files[i];
	return NULL;
}

struct disk_file *disk_make(struct disk *disk, const char *name)
{
	for (size_t i = 0; i < DISK_FILES_MOST; i++)
		if (!disk->files[i].name) {
			disk->files[i] = (struct disk_file){.name = mem_copy_text(name, strlen(name))};
			return &disk->files[i];
		}
	return NULL;
}

int64_t disk_length(const struct disk *disk, const char *name)
{
	for (size_t i = 0; i < DISK_FILES_MOST; i++)
		if (disk->files[i].name && strcmp(disk->files[i].name, name) == 0)
			return disk->files[i].seen.length;
	return 0;
}

static void forget_writes(struct disk_file *file)
{
	for (size_t i = 0; i < file->write_count; i++)
		free(file->writes[i].bytes);
	file->write_count = 0;
}

void disk_forget_shared(struct disk_file *file)
{
	for (int i = 0; i < file->region_count; i++)
		free(file->regions[i]);
	file->region_count = file->maps = 0;
	memset(file->lock_shared, 0, sizeof file->lock_shared);
	memset(file->lock_exclusive, 0, sizeof file->lock_exclusive);
}

void disk_clear(struct disk_file *file)
{
	forget_writes(file);
	disk_forget_shared(file);
	free(file->writes);
	free(file->seen.at);
	free(file->kept.at);
	free(file->name);
	*file = (struct disk_file){0};
}

void disk_note(struct disk_file *file, int64_t at, const void *bytes, int64_t length)
{
	struct disk_write *write =
		mem_push((void **)&file->writes, &file->write_count, &file->write_room, sizeof *write);
	*write = (struct disk_write){.at = at, .length = length};
	if (at >= 0)
		write->bytes = mem_copy_text(bytes, (size_t)length);
}

static void apply(struct disk_file *file, const struct disk_write *write)
{
	if (write->at < 0)
		disk_bytes_cut(&file->kept, write->length);
	else
		disk_bytes_put(&file->kept, write->at, write->bytes, write->length);
}

void disk_sync(struct disk_file *file)
{
	for (size_t i = 0; i < file->write_count; i++)
		apply(file, &file->writes[i]);
	forget_writes(file);
}

void disk_sync_names(struct disk *disk)
{
	for (size_t i = 0; i < DISK_FILES_MOST; i++) {
		struct disk_file *file = &disk->files[i];
		file->there_for_good = file->there;
		file->fresh = false;
		if (file->name && !file->there) {
			forget_writes(file);
			disk_bytes_cut(&file->kept, 0);
		}
	}
}

void disk_sync_fails(struct disk_file *file)
{
	forget_writes(file);
}

/* ---- a power cut ---- */

/* The pieces of one write that lie in different sectors reach the disk or not, each for itself. */
static void apply_by_sector(struct disk_file *file, const struct disk_write *write, struct chance *chance)
{
	int64_t at = write->at, end = write->at + write->length;
	while (at < end) {
		int64_t next = (at / DISK_SECTOR + 1) * DISK_SECTOR;
		int64_t length = (next < end ? next : end) - at;
		if (chance_one_in(chance, 2))
			disk_bytes_put(&file->kept, at, write->bytes + (at - write->at), length);
		at += length;
	}
}

/* In half of the cuts a prefix of what was written is there, in the others any of it; so both the orderly and the
 * disorderly disk are met. */
static void lose(struct disk_file *file, struct chance *chance)
{
	size_t whole = file->write_count ? chance_below(chance, file->write_count + 1) : 0;
	bool orderly = chance_one_in(chance, 2);
	for (size_t i = 0; i < file->write_count; i++) {
		const struct disk_write *write = &file->writes[i];
		if (i < whole && orderly)
			apply(file, write);
		else if (write->at >= 0 && (!orderly || i == whole))
			apply_by_sector(file, write, chance);
		else if (write->at < 0 && !orderly && chance_one_in(chance, 2))
			apply(file, write);
	}
	forget_writes(file);
	if (file->there != file->there_for_good && chance_one_in(chance, 2))
		file->there_for_good = file->there;
	file->there = file->there_for_good;
	bytes_copy(&file->seen, &file->kept);
	if (!file->there)
		disk_bytes_cut(&file->seen, 0);
}

/* ---- the machine ---- */

void disk_kill(struct disk *disk, bool power, struct chance chance)
{
	if (disk->dead)
		return;
	disk->dead = true;
	disk->power = power;
	disk->chance = chance;
	if (disk->died)
		disk->died(disk->died_context);
}

void disk_on_death(struct disk *disk, void (*died)(void *context), void *context)
{
	disk->died = died;
	disk->died_context = context;
}

void disk_spare(struct disk *disk, bool spared)
{
	disk->spared = spared;
}

void disk_look(struct disk *disk, bool looks)
{
	disk->looks = looks;
}

bool disk_is_dead(const struct disk *disk)
{
	return disk->dead;
}

bool disk_lost_power(const struct disk *disk)
{
	return disk->dead && disk->power;
}

void disk_start(struct disk *disk)
{
	for (size_t i = 0; i < DISK_FILES_MOST; i++) {
		struct disk_file *file = &disk->files[i];
		if (!file->name)
			continue;
		if (disk->power)
			lose(file, &disk->chance);
		disk_forget_shared(file);
		file->shared = file->reserved = file->exclusive = 0;
		if (file->temporary || (!file->there && !file->there_for_good))
			disk_clear(file);
	}
	disk->dead = disk->power = false;
	disk->planned = disk->planned == DISK_FULL ? DISK_FULL : DISK_WELL;
}

void disk_free(struct disk *disk)
{
	for (size_t i = 0; i < DISK_FILES_MOST; i++)
		disk_clear(&disk->files[i]);
	free(disk);
}

/* ---- copies ---- */

struct disk_image {
	size_t count;
	struct {
		char *name;
		struct disk_bytes bytes;
	} files[DISK_FILES_MOST];
};

struct disk_image *disk_copy(const struct disk *disk)
{
	struct disk_image *image = MEM_NEW(struct disk_image);
	for (size_t i = 0; i < DISK_FILES_MOST; i++) {
		const struct disk_file *file = &disk->files[i];
		if (!file->name || !file->there || file->temporary)
			continue;
		image->files[image->count].name = mem_copy_text(file->name, strlen(file->name));
		bytes_copy(&image->files[image->count++].bytes, &file->seen);
	}
	return image;
}

static void put(struct disk *disk, const char *name, const struct disk_bytes *bytes)
{
	struct disk_file *file = disk_find(disk, name);
	if (!file)
		file = disk_make(disk, name);
	if (!file)
		abort(); /* more files than the simulator ever makes */
	forget_writes(file);
	bytes_copy(&file->seen, bytes);
	bytes_copy(&file->kept, bytes);
	file->there = file->there_for_good = true;
}

void disk_restore(struct disk *disk, const struct disk_image *image)
{
	for (size_t i = 0; i < DISK_FILES_MOST; i++)
		disk_clear(&disk->files[i]);
	for (size_t i = 0; i < image->count; i++)
		put(disk, image->files[i].name, &image->files[i].bytes);
}

void disk_put_beside(struct disk *disk, const struct disk_image *image, const char *from, const char *to)
{
	for (size_t i = 0; i < image->count; i++) {
		const char *name = image->files[i].name;
		if (strncmp(name, from, strlen(from)) != 0)
			continue;
		char *other = mem_alloc(strlen(to) + strlen(name) + 1);
		(void)stpcpy(stpcpy(other, to), name + strlen(from));
		put(disk, other, &image->files[i].bytes);
		free(other);
	}
}

bool disk_image_write(const struct disk_image *image, const char *folder)
{
	bool well = true;
	for (size_t i = 0; i < image->count && well; i++) {
		const struct disk_bytes *bytes = &image->files[i].bytes;
		const char *last = strrchr(image->files[i].name, '/');
		char path[512];
		(void)snprintf(path, sizeof path, "%s%s", folder, last ? last : image->files[i].name);
		FILE *file = fopen(path, "we");
		size_t length = (size_t)bytes->length;
		well = file && (length == 0 || fwrite(bytes->at, 1, length, file) == length);
		if (file && fclose(file) != 0)
			well = false;
	}
	return well;
}

bool disk_take(struct disk *disk, const char *name, const char *path)
{
	struct disk_bytes bytes = {0};
	char piece[65536];
	FILE *file = fopen(path, "re");
	for (size_t got; file && (got = fread(piece, 1, sizeof piece, file)) > 0;)
		disk_bytes_put(&bytes, bytes.length, piece, (int64_t)got);
	bool well = file && !ferror(file);
	if (file)
		(void)fclose(file);
	for (size_t i = 0; i < DISK_FILES_MOST && well; i++)
		disk_clear(&disk->files[i]);
	if (well)
		put(disk, name, &bytes);
	free(bytes.at);
	return well;
}

void disk_image_free(struct disk_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->count; i++) {
		free(image->files[i].name);
		free(image->files[i].bytes.at);
	}
	free(image);
}

void disk_remove(struct disk *disk, const char *beginning)
{
	for (size_t i = 0; i < DISK_FILES_MOST; i++) {
		struct disk_file *file = &disk->files[i];
		if (file->name && !file->open && strncmp(file->name, beginning, strlen(beginning)) == 0)
			disk_clear(file);
	}
}
