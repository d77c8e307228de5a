/* attempt: a page of memory that outlives the process. */
#include "store/attempt.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x6361736577410001) /* "casewA", layout 1 */
#define SUSPECTS 16 /* more at once would mean that records are not the reason; the one with the fewest deaths goes */

struct what {
	int64_t number;
	uint32_t length;
	char name[ATTEMPT_NAME];
};

/* As it lies in the file, in this machine's byte order: the file is of no use elsewhere. */
struct page {
	uint64_t magic;
	_Atomic uint32_t under_way; /* written last, cleared first: what is under way is whole or not there */
	uint32_t deaths[SUSPECTS];  /* 0: the place is free */
	struct what now;
	struct what suspects[SUSPECTS];
};

struct attempt {
	struct page *page;
};

static struct text cut(struct text name)
{
	return (struct text){name.at, name.length < ATTEMPT_NAME ? name.length : ATTEMPT_NAME};
}

static void set(struct what *what, struct text name, int64_t number)
{
	name = cut(name);
	what->number = number;
	what->length = (uint32_t)name.length;
	memcpy(what->name, name.at, name.length);
}

static bool is(const struct what *what, struct text name, int64_t number)
{
	return what->number == number && text_equal((struct text){what->name, what->length}, cut(name));
}

/* The place of a suspect, or SUSPECTS. */
static size_t find(const struct page *page, struct text name, int64_t number)
{
	size_t i = 0;
	while (i < SUSPECTS && !(page->deaths[i] && is(&page->suspects[i], name, number)))
		i++;
	return i;
}

static size_t place(const struct page *page)
{
	size_t least = 0;
	for (size_t i = 1; i < SUSPECTS; i++)
		if (page->deaths[i] < page->deaths[least])
			least = i;
	return least;
}

/* The process before us ended within an attempt. */
static void count_death(struct page *page)
{
	if (!atomic_load(&page->under_way))
		return;
	struct text name = {page->now.name, page->now.length};
	size_t at = find(page, name, page->now.number);
	if (at == SUSPECTS) {
		at = place(page);
		page->deaths[at] = 0;
		set(&page->suspects[at], name, page->now.number);
	}
	page->deaths[at]++;
	atomic_store(&page->under_way, 0);
}

/* Lengths are looked at before they are believed: the file may be anybody's. */
static bool is_whole(const struct page *page)
{
	bool whole = page->magic == MAGIC && page->now.length <= ATTEMPT_NAME;
	for (size_t i = 0; i < SUSPECTS; i++)
		whole = whole && page->suspects[i].length <= ATTEMPT_NAME;
	return whole;
}

static struct page *map(const char *path, struct fault *fault)
{
	struct stat found;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	void *page = MAP_FAILED;
	/* Its blocks are laid down now: a full disk must be met here, and not as a signal at some later write. */
	if (fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) &&
	    (errno = posix_fallocate(fd, 0, sizeof(struct page))) == 0)
		page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		(void)fault_set(fault, RESULT_TEMPORARY,
		                "%s cannot be used, so that a record at which casewatch dies again and again "
		                "would not be set aside: %s",
		                path, errno ? strerror(errno) : "it is no regular file");
	if (fd >= 0)
		(void)close(fd);
	return page == MAP_FAILED ? NULL : page;
}

enum result attempt_open(const char *database, struct attempt **attempt, struct fault *fault)
{
	struct buffer path = {0};
	*attempt = NULL;
	errno = 0;
	buffer_format(&path, "%s.attempt", database);
	struct page *page = map(buffer_cstr(&path), fault);
	buffer_free(&path);
	if (!page)
		return RESULT_TEMPORARY;
	if (!is_whole(page)) {
		memset(page, 0, sizeof *page);
		page->magic = MAGIC;
	}
	count_death(page);
	*attempt = MEM_NEW(struct attempt);
	(*attempt)->page = page;
	return RESULT_OK;
}

void attempt_close(struct attempt *attempt)
{
	attempt_end(attempt);
	attempt_leave(attempt);
}

void attempt_leave(struct attempt *attempt)
{
	if (!attempt)
		return;
	(void)munmap(attempt->page, sizeof *attempt->page);
	free(attempt);
}

void attempt_begin(struct attempt *attempt, struct text name, int64_t number)
{
	if (!attempt)
		return;
	atomic_store(&attempt->page->under_way, 0);
	set(&attempt->page->now, name, number);
	atomic_store(&attempt->page->under_way, 1);
}

void attempt_end(struct attempt *attempt)
{
	if (attempt)
		atomic_store(&attempt->page->under_way, 0);
}

unsigned attempt_deaths(const struct attempt *attempt, struct text name, int64_t number)
{
	size_t at = attempt ? find(attempt->page, name, number) : SUSPECTS;
	return at < SUSPECTS ? attempt->page->deaths[at] : 0;
}

bool attempt_suspects(const struct attempt *attempt)
{
	for (size_t i = 0; attempt && i < SUSPECTS; i++)
		if (attempt->page->deaths[i])
			return true;
	return false;
}

void attempt_passed(struct attempt *attempt, struct text name, int64_t number)
{
	size_t at = attempt ? find(attempt->page, name, number) : SUSPECTS;
	if (at < SUSPECTS)
		attempt->page->deaths[at] = 0;
}

void attempt_forget(struct attempt *attempt)
{
	for (size_t i = 0; attempt && i < SUSPECTS; i++)
		attempt->page->deaths[i] = 0;
}
