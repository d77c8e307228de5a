/* mem: allocation that cannot fail quietly, and arenas. */
#include "base/mem.h"

#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct chunk {
	struct chunk *next;
	size_t size, used;
	_Alignas(16) char bytes[];
};

struct arena {
	struct chunk *first; /* the newest; older ones behind it */
	size_t chunk_bytes, total;
};

static void *checked(void *memory, size_t size)
{
	if (!memory && size) {
		(void)fprintf(stderr, "casewatch: out of memory asking for %zu bytes\n", size);
		abort();
	}
	return memory;
}

void *mem_alloc(size_t size)
{
	return checked(malloc(size ? size : 1), size);
}

void *mem_zero(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1), size);
}

/* Tables and arenas of many megabytes are touched at random: with pages of 4 KiB each touch is a miss in the page
 * tables too. A hint; where the system has none to give, nothing changes. */
#define HUGE_PAGE ((uintptr_t)2 * 1024 * 1024)
static void advise_huge(void *memory, size_t bytes)
{
	uintptr_t from = ((uintptr_t)memory + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1),
		  until = ((uintptr_t)memory + bytes) & ~(HUGE_PAGE - 1);
	if (from < until)
		(void)madvise((void *)from, until - from, MADV_HUGEPAGE);
}

void mem_expect(size_t bytes)
{
	/* AddressSanitizer's heap is another, and writes down of each byte given back that it is free: 0.1 s. */
	if (MEM_IS_WATCHED)
		return;
	/* What is asked for and given back at once stays at the heap's end, as it is not to be trimmed. */
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	(void)mallopt(M_MMAP_MAX, 0);
	void *room = malloc(bytes);
	(void)mallopt(M_MMAP_MAX, 65536);         /* as it is by default */
	(void)mallopt(M_MMAP_THRESHOLD, 1024 * 1024); /* larger things are given back when they are freed */
	if (room)
		advise_huge(room, bytes);
	free(room);
}

void mem_share_heap(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
}

void *mem_zero_large(size_t count, size_t size)
{
	void *memory = mem_zero(count, size);
	if (count >= HUGE_PAGE / (size ? size : 1))
		advise_huge(memory, count * size);
	return memory;
}

void *mem_grow(void *old, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		return checked(NULL, SIZE_MAX); /* says so, and ends */
	return checked(realloc(old, bytes ? bytes : 1), bytes);
}

char *mem_copy_text(const char *at, size_t length)
{
	char *copy = mem_alloc(length + 1);
	if (length)
		memcpy(copy, at, length);
	copy[length] = '\0';
	return copy;
}

void *mem_push(void **items, size_t *count, size_t *room, size_t size)
{
	if (*count == *room) {
		*room = *room ? *room * 2 : 4;
		*items = mem_grow(*items, *room, size);
	}
	return (char *)*items + size * (*count)++;
}

void *mem_push32(void **items, uint32_t *count, uint32_t *room, size_t size)
{
	if (*count == *room) {
		if (*room > UINT32_MAX / 2)
			abort(); /* four thousand million of anything in one history: there is no memory for it */
		*room += *room / 2 + 1; /* there are many of these, and most stay small */
		*items = mem_grow(*items, *room, size);
	}
	return (char *)*items + size * (*count)++;
}

struct arena *arena_new(size_t chunk_bytes)
{
	struct arena *arena = MEM_NEW(struct arena);
	arena->chunk_bytes = chunk_bytes;
	return arena;
}

static void free_chunks(struct chunk *chunk)
{
	while (chunk) {
		struct chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	free_chunks(arena->first);
	free(arena);
}

static void add_chunk(struct arena *arena, size_t at_least)
{
	size_t size = at_least > arena->chunk_bytes ? at_least : arena->chunk_bytes;
	struct chunk *chunk = mem_alloc(sizeof *chunk + size);
	if (size >= 2 * HUGE_PAGE)
		advise_huge(chunk, sizeof *chunk + size);
	chunk->next = arena->first;
	chunk->size = size;
	chunk->used = 0;
	arena->first = chunk;
	arena->total += size;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size = (size + 7) & ~(size_t)7;
	if (!arena->first || arena->first->size - arena->first->used < size)
		add_chunk(arena, size);
	void *at = arena->first->bytes + arena->first->used;
	arena->first->used += size;
	return at;
}

char *arena_copy_text(struct arena *arena, const char *at, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);
	if (length)
		memcpy(copy, at, length);
	copy[length] = '\0';
	return copy;
}

void arena_reset(struct arena *arena)
{
	struct chunk *keep = arena->first;
	if (!keep)
		return;
	free_chunks(keep->next);
	keep->next = NULL;
	keep->used = 0;
	arena->total = keep->size;
}

size_t arena_bytes(const struct arena *arena)
{
	return arena->total;
}
