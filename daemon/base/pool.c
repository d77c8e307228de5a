/* pool: a short list under a lock: a few things for each council. */
#include "base/pool.h"

#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST ((off_t)4 << 20) /* none of those that are made something of may be as large */

/* ---- what files say ---- */

static bool read_file(int fd, struct buffer *bytes)
{
	ssize_t got = 1;
	buffer_clear(bytes);
	while (got > 0 && bytes->length <= (size_t)FILE_MOST) {
		got = read(fd, buffer_room(bytes, 65536), 65536);
		bytes->length += got > 0 ? (size_t)got : 0;
	}
	return got == 0;
}

static void put_digest(struct text bytes, struct buffer *out)
{
	struct digest digest = digest_sha256(bytes);
	buffer_text(out, digest_view(&digest));
}

/* Which file it is, and when it was written: who copies the same bytes over it leaves it empty, or half, for a moment,
 * and what was read in that moment is none of theirs, though they are there before and after. */
static void put_stamp(const struct stat *found, struct buffer *out)
{
	const int64_t stamp[] = {(int64_t)found->st_dev,         (int64_t)found->st_ino,
	                         (int64_t)found->st_size,        (int64_t)found->st_mtim.tv_sec,
	                         (int64_t)found->st_mtim.tv_nsec, (int64_t)found->st_ctim.tv_sec,
	                         (int64_t)found->st_ctim.tv_nsec};
	put_digest((struct text){(const char *)stamp, sizeof stamp}, out);
}

/* A directory in it is nothing that anything is made of. */
static bool add_file(int directory, const char *name, struct buffer *bytes, struct buffer *all)
{
	struct stat found;
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool good = fd >= 0 && fstat(fd, &found) == 0;
	if (good && !S_ISDIR(found.st_mode)) {
		good = S_ISREG(found.st_mode) && read_file(fd, bytes);
		put_digest(text_of(name), all);
		put_stamp(&found, all);
		put_digest(buffer_view(bytes), all);
	}
	if (fd >= 0)
		(void)close(fd);
	return good;
}

static int is_named(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

bool pool_look(const char *kind, const char *directory, struct pool_key *key)
{
	struct dirent **entries;
	struct buffer bytes = {0}, all = {0};
	int count = scandir(directory, &entries, is_named, alphasort);
	int fd = count < 0 ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0;
	for (int i = 0; i < count; i++) {
		good = good && add_file(fd, entries[i]->d_name, &bytes, &all);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (fd >= 0)
		(void)close(fd);
	*key = (struct pool_key){kind, directory, digest_sha256(buffer_view(&all))};
	buffer_free(&bytes);
	buffer_free(&all);
	return good;
}

static bool is_same(const struct pool_key *a, const struct pool_key *b)
{
	return strcmp(a->kind, b->kind) == 0 && strcmp(a->directory, b->directory) == 0 &&
	       memcmp(a->digest.at, b->digest.at, sizeof a->digest.at) == 0;
}

/* ---- what was made of them ---- */

static struct {
	pthread_mutex_t lock;
	struct pooled {
		struct pool_key key; /* its directory is owned */
		void *item;
		pool_free *free;
		size_t holders;
	} * items;
	size_t count, room;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *hold(const struct pool_key *key)
{
	for (size_t i = 0; i < pool.count; i++)
		if (is_same(&pool.items[i].key, key)) {
			pool.items[i].holders++;
			return pool.items[i].item;
		}
	return NULL;
}

void *pool_take(const struct pool_key *key)
{
	(void)pthread_mutex_lock(&pool.lock);
	void *item = hold(key);
	(void)pthread_mutex_unlock(&pool.lock);
	return item;
}

void *pool_add(const struct pool_key *key, void *item, pool_free *free)
{
	struct pool_key now;
	if (!pool_look(key->kind, key->directory, &now) || !is_same(key, &now))
		return item;
	(void)pthread_mutex_lock(&pool.lock);
	void *there = hold(key);
	if (!there) {
		struct pooled *new = mem_push((void **)&pool.items, &pool.count, &pool.room, sizeof *new);
		*new = (struct pooled){*key, item, free, 1};
		new->key.directory = mem_copy_text(key->directory, strlen(key->directory));
	}
	(void)pthread_mutex_unlock(&pool.lock);
	if (there)
		free(item);
	return there ? there : item;
}

static void take_away(size_t at)
{
	free((char *)(uintptr_t)pool.items[at].key.directory);
	pool.items[at] = pool.items[--pool.count];
	if (pool.count)
		return;
	free(pool.items);
	pool.items = NULL;
	pool.room = 0;
}

bool pool_leave(const void *item)
{
	struct pooled last = {0};
	bool found = false;
	(void)pthread_mutex_lock(&pool.lock);
	for (size_t i = 0; i < pool.count && !found; i++) {
		found = pool.items[i].item == item;
		if (found && !--pool.items[i].holders) {
			last = pool.items[i];
			take_away(i);
		}
	}
	(void)pthread_mutex_unlock(&pool.lock);
	if (last.free)
		last.free(last.item);
	return found;
}
